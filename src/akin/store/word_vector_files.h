// Vectors of words as word2vec and GloVe write them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "akin/base/byte_cursor.h"
#include "akin/store/embeddings_reader.h"

namespace akin {

/// The whole text as a number, infinite where it is beyond floats, and NaN where it says so.
std::optional<float> any_number(std::string_view text);

/// `text` for a message: cut off where it is long.
std::string_view start_of(std::string_view text);

/// Whether the next line begins a file of word vectors: "rows dimensions" (word2vec), or an id with at least two
/// numbers, between blanks (GloVe).
bool is_word_vectors(ByteCursor& file);

/// Reads a word2vec file, text or binary, or GloVe's text, which has no first line of counts. The numbers are
/// taken from the end of a line, so ids may hold blanks. Throws Error(kBadData) with the line and the field.
ReadEmbeddings read_word_vector_file(ByteCursor& file);

}  // namespace akin
