// Vectors with their ids in the formats of other programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "akin/data/id_map.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// What to write: row r of `vectors` belongs to ids.id(r).
struct Embeddings {
  const IdMap& ids;
  const Matrix& vectors;
};

enum class EmbeddingFormat {
  kNpy,          ///< NumPy array (rows, dim) of little-endian floats; ids as a JSON array in FILE.ids.json
  kCsv,          ///< header id,d0,d1,...; quoted as RFC 4180 says
  kWord2Vec,     ///< text: "rows dim", then "id x x x" per line
  kWord2VecBin,  ///< the same header line, then per row the id, a space, dim little-endian floats, a newline
  kSafetensors,  ///< tensors "vectors" (rows, dim) and the ids as ids.bytes and ids.offsets
};
/// Throws Error(kUsage) with the nearest names.
EmbeddingFormat parse_embedding_format(std::string_view name);

/// word2vec files end an id at the first white space, and readers take ids for UTF-8.
/// kPercent writes ids by escaped_word().
enum class IdEscape { kNone, kPercent };
/// The id with white space and '%' as %XX of the byte, and, if it is not valid UTF-8,
/// all bytes that are not ASCII too.
std::string escaped_word(std::string_view id);
/// %XX -> the byte; other characters as they are.
std::string unescaped_word(std::string_view word);

/// The file beside a NumPy array that has the ids of its rows.
std::string ids_file(const std::string& path);

/// Writes `path`, whole or not at all, and returns the names of all files written. Numbers in text are the
/// shortest that read back to the same float. Throws Error(kIo); Error(kBadData) if a word2vec file is asked
/// for, an id is empty or holds white space, and `escape` is kNone, or kNpy for an id that is not valid UTF-8.
std::vector<std::string> write_embeddings(const Embeddings& embeddings, EmbeddingFormat format,
                                          const std::string& path, IdEscape escape = IdEscape::kNone);

}  // namespace akin
