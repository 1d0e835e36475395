// The vocabulary of a BERT model in the files of other programs.
#pragma once

#include <string>

#include "akin/text/word_piece.h"

namespace akin::bert {

/// Of a model's folder: tokenizer.json of kind WordPiece, or else vocab.txt, one token a line, read as
/// tokenizer_config.json says. Throws Error(kNotFound) if neither is there, Error(kBadData) for another kind of
/// tokenizer, naming it.
WordPiece read_word_piece(const std::string& folder);

}  // namespace akin::bert
