// Where the vectors of a net's embedding come from, chosen when it is trained.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/id_map.h"
#include "akin/linalg/matrix.h"
#include "akin/nets/net_data.h"
#include "akin/nn/net.h"

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

/// The net with the choices made. A one-hot embedding E becomes two layers, E_one_hot and a dense layer E, whose
/// kernel is the table. Throws Error(kUsage) for a layer that is no embedding, with the names there are, and for
/// vectors of another length than the layer's units.
nn::NetSpec with_embeddings(const nn::NetSpec& spec, const std::vector<EmbeddingChoice>& choices);

/// Puts the pretrained vectors into the rows of their ids; `ids` are those of the samples (NetIds). The other rows
/// keep their random start, frozen ones too. Returns a remark for each choice. Throws Error(kBadData) if no id is
/// known.
std::vector<std::string> fill_embeddings(nn::Net& net, const std::vector<EmbeddingChoice>& choices,
                                         const NetIds& ids);

}  // namespace akin::nets
