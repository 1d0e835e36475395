#include "akin/nets/history_net.h"

#include <algorithm>

#include "akin/base/safetensors.h"
#include "akin/models/fit/interactions.h"
#include "akin/nets/never.h"

namespace akin::nets {
namespace {

/// (n_items, d + 1) from the weights of a dense layer (d, n_items).
Matrix item_table(const NetPredictor& net, const std::string& layer, const std::vector<std::uint8_t>& known) {
  const nn::NamedArray& kernel = net.weight(layer + "/kernel");
  const std::vector<float>& weights = std::get<0>(kernel.values);
  const std::vector<float>& bias = std::get<0>(net.weight(layer + "/bias").values);
  const auto dim = static_cast<std::size_t>(kernel.shape.at(0)),
             n = static_cast<std::size_t>(kernel.shape.at(1));
  Matrix table(n, dim + 1);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t d = 0; d < dim && known[i] != 0; ++d) table.row(i)[d] = weights[d * n + i];
    table.row(i)[dim] = known[i] != 0 ? bias[i] : kNeverLogit;
  }
  return table;
}

}  // namespace

HistoryNetModel::HistoryNetModel(std::unique_ptr<NetPredictor> net, HistoryLayers layers,
                                 std::vector<std::uint8_t> known)
    : net_(std::move(net)),
      layers_(std::move(layers)),
      known_(std::move(known)),
      item_vectors_(item_table(*net_, layers_.item, known_)) {}

bool HistoryNetModel::user_vector(const Query& query, std::span<float> out) const {
  const HistoryRow history = positive_history_row(query);
  std::vector<std::int32_t> indices;
  for (const idx_t item : history.items) {
    if (item < n_items()) indices.push_back(static_cast<std::int32_t>(item) + 1);
  }
  if (indices.empty()) return false;
  const auto length = static_cast<std::int64_t>(indices.size());
  const nn::Array hidden = net_->predict({nn::make_ids({1, length}, std::move(indices))}, layers_.user);
  std::ranges::copy(hidden.floats(), out.begin());
  out[embedding_dim()] = 1;
  return true;
}

void HistoryNetModel::save(TensorWriter& writer) const {
  net_->save(writer, "model.net");
  writer.meta("model.user_layer", layers_.user);
  writer.meta("model.item_layer", layers_.item);
  writer.tensor("model.known_items", known_);
}

std::unique_ptr<Model> HistoryNetModel::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  auto net = NetPredictor::load(reader, "model.net");
  HistoryLayers layers{reader.meta("model.user_layer"), reader.meta("model.item_layer")};
  const nn::NetSpec& spec = net->spec();
  const auto shape_of = [&](const std::string& layer) -> const nn::LayerShape* {
    const auto found = std::ranges::find(spec.layers(), layer, &nn::LayerSpec::name);
    if (found == spec.layers().end()) return nullptr;
    return &spec.shape(static_cast<std::size_t>(found - spec.layers().begin()));
  };
  const nn::LayerShape* const user = shape_of(layers.user);
  const nn::LayerShape* const item = shape_of(layers.item);
  const bool fits = user != nullptr && item != nullptr && spec.inputs().size() == 1 && spec.reads_ids(0) &&
                    item->weights.size() == 2 && user->output.size() == 1 &&
                    item->weights[0].shape == nn::Shape{user->output[0], static_cast<std::int64_t>(n_items)};
  if (!fits) reader.inconsistent("the layers of its net do not fit its items");
  return std::make_unique<HistoryNetModel>(
      std::move(net), std::move(layers), reader.vector_in<std::uint8_t>("model.known_items", n_items, 0, 1));
}

std::vector<std::uint8_t> items_with_entries(const Csr& matrix) {
  std::vector<std::uint8_t> known(matrix.cols, 0);
  for (const idx_t item : matrix.indices) known[item] = 1;
  return known;
}

}  // namespace akin::nets
