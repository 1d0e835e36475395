// Nets with other vectors in their embeddings.
#pragma once

#include <string>
#include <vector>

#include "akin/nets/net_data.h"
#include "akin/nets/net_train.h"
#include "akin/nn/net.h"

namespace akin::nets {

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
