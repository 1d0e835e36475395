// The tokenizer of a RoBERTa model in the files of other programs.
#pragma once

#include <string>

#include "akin/text/byte_pairs.h"

namespace akin::bert {

/// Of a model's folder: tokenizer.json of kind byte-level BPE, or else vocab.json and merges.txt, read as
/// tokenizer_config.json says. Throws Error(kNotFound) if neither is there, Error(kBadData) for another kind of
/// tokenizer, naming it.
BytePairs read_byte_pairs(const std::string& folder);

}  // namespace akin::bert
