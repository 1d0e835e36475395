// Where the vectors of a net's embedding come from, chosen when it is trained.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "akin/data/id_map.h"
#include "akin/linalg/matrix.h"
#include "akin/nn/layer.h"

namespace akin::nets {

/// Vectors by id.
struct PretrainedRows {
  IdMap ids;
  Matrix vectors;
};

/// One embedding layer and its vectors. The three give the same values where their tables agree: `learned` looks
/// the row up, `one-hot` multiplies the unit vector of the row by a dense layer without bias.
struct EmbeddingChoice {
  std::string layer = {};  ///< name; "" = the net's only embedding
  nn::VectorSource vectors = nn::VectorSource::kLearned;
  std::string file = {};                            ///< of pretrained vectors
  bool freeze = false;                              ///< pretrained: training leaves them as they are
  std::shared_ptr<const PretrainedRows> rows = {};  ///< pretrained: what the caller read from the file
};

/// "one-hot", "learned", "pretrained=FILE" or "pretrained=FILE,freeze", each with "LAYER:" before it where a net
/// has several embeddings. Throws Error(kUsage).
EmbeddingChoice parse_embedding_choice(std::string_view text);

}  // namespace akin::nets
