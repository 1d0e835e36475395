// Reads the folder of a model that sentence-transformers or transformers wrote.
#pragma once

#include <optional>
#include <string>

#include "akin/text/bert/sentence_encoder.h"

namespace akin::bert {

/// What takes the place of what the files say.
struct ImportOptions {
  std::optional<Pooling> pooling = {};
  std::optional<bool> normalize = {};
  std::size_t most_tokens = 0;  ///< 0 = as the files say
  std::string prefix = {};
  std::string origin = {};   ///< "" = the title of README.md, the name in config.json, or the folder's
  std::string license = {};  ///< SPDX; "" = that of README.md, or NOASSERTION
};

/// Reads config.json, model.safetensors (float32, float16 or bfloat16), the tokenizer (tokenizer.json, or
/// vocab.txt, or vocab.json and merges.txt, with tokenizer_config.json), and what there is of modules.json, its pooling,
/// sentence_bert_config.json and README.md. Models of kind bert, distilbert and roberta. Throws Error(kNotFound) for missing
/// files; Error(kBadData) for damaged ones, and with the name of what akin does not compute: other kinds, activations,
/// positions, poolings, modules, tokenizers.
SentenceEncoder import_model(const std::string& folder, const ImportOptions& options = {});

}  // namespace akin::bert
