// What cuts the texts of a pretrained model into tokens.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "akin/text/byte_pairs.h"
#include "akin/text/word_piece.h"

namespace akin {

class TensorReader;  // base/safetensors.h
class TensorWriter;

namespace bert {

/// Of BERT and DistilBERT, and of RoBERTa.
using Tokenizer = std::variant<WordPiece, BytePairs>;

const std::vector<std::string>& vocabulary_of(const Tokenizer& tokenizer);
/// As the encode() of either.
std::vector<std::uint32_t> token_ids(const Tokenizer& tokenizer, std::string_view text, std::size_t most);

/// Stores what load_tokenizer() needs under names that begin with `prefix` and a dot.
void save_tokenizer(TensorWriter& writer, const std::string& prefix, const Tokenizer& tokenizer);
/// Throws Error(kBadData), also for more than `most` tokens.
Tokenizer load_tokenizer(const TensorReader& reader, const std::string& prefix, std::size_t most);

}  // namespace bert
}  // namespace akin
