#include "akin/nets/pair_fold_in.h"

#include <algorithm>

#include "akin/nets/user_rows.h"

namespace akin::nets {
namespace {

/// Whether each layer that reads an input of users is a learned table of its own.
bool separable(const nn::NetSpec& spec, std::span<const std::uint8_t> inputs) {
  const std::vector<std::size_t> layers = spec.inputs();
  for (std::size_t l = 0; l < spec.layers().size(); ++l) {
    for (const std::size_t source : spec.sources(l)) {
      const auto at = std::ranges::find(layers, source);
      if (at == layers.end() || inputs[static_cast<std::size_t>(at - layers.begin())] == 0) continue;
      const nn::LayerSpec& layer = spec.layers()[l];
      if (layer.kind != nn::LayerKind::kEmbedding || layer.vectors == nn::VectorSource::kOneHot) return false;
    }
  }
  return true;
}

/// The mean of the rows of known users, behind row 0.
nn::NamedArray mean_user(const nn::NamedArray& table, std::span<const std::uint8_t> known) {
  const std::vector<float>& values = std::get<0>(table.values);
  const auto width = static_cast<std::size_t>(table.shape.at(1));
  std::vector<double> sums(width);
  double count = 0;
  for (std::size_t user = 0; user < known.size(); ++user) {
    if (known[user] == 0) continue;
    for (std::size_t d = 0; d < width; ++d) sums[d] += static_cast<double>(values[(user + 1) * width + d]);
    ++count;
  }
  std::vector<float> mean;
  for (const double sum : sums) mean.push_back(static_cast<float>(count > 0 ? sum / count : 0));
  return {table.name, {1, static_cast<std::int64_t>(width)}, std::move(mean)};
}

}  // namespace

PairFoldIn::PairFoldIn(const NetPredictor& net, std::span<const std::uint8_t> inputs,
                       std::span<const std::uint8_t> known_users, nn::Loss loss)
    : spec_(net.spec().name()), inputs_(inputs.begin(), inputs.end()), loss_(loss) {
  const nn::NetSpec& spec = net.spec();
  if (!separable(spec, inputs)) return;
  std::vector<std::string> tables;
  const std::vector<std::size_t> layers = spec.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] == 0) continue;
    for (std::string& table : user_tables(spec, spec.layers()[layers[i]].name, spec.name()))
      tables.push_back(std::move(table));
  }
  for (nn::LayerSpec layer : spec.layers()) {
    layer.trainable = std::ranges::find(tables, layer.name) != tables.end();
    if (layer.trainable) layer.rows = 1;
    spec_.add(std::move(layer));
  }
  spec_.set_output(spec.layers()[spec.output()].name);
  for (const nn::NamedArray& weight : net.weights()) {
    const bool is_table =
        std::ranges::find(tables, weight.name.substr(0, weight.name.find('/'))) != tables.end();
    if (is_table) tables_.push_back(mean_user(weight, known_users));
    weights_.push_back(is_table ? tables_.back() : weight);
  }
}

PairFoldIn::~PairFoldIn() = default;

std::vector<nn::Array> PairFoldIn::inputs_for(std::span<const std::int32_t> items) const {
  const auto n = static_cast<std::int64_t>(items.size());
  std::vector<nn::Array> arrays;
  for (const std::uint8_t takes_users : inputs_) {
    arrays.push_back(nn::make_ids({n, 1}, takes_users != 0
                                              ? std::vector<std::int32_t>(items.size(), 0)
                                              : std::vector<std::int32_t>(items.begin(), items.end())));
  }
  return arrays;
}

std::vector<float> PairFoldIn::scores(std::span<const std::int32_t> items, std::span<const float> targets,
                                      std::span<const std::int32_t> asked) const {
  const std::lock_guard lock(mutex_);
  if (!net_) {
    auto net = std::make_unique<nn::Net>(nn::make_net(spec_));
    net->set_weights(weights_);
    net_ = std::move(net);
  }
  net_->set_weights(tables_);
  net_->compile({.optimizer = nn::make_optimizer("lbfgs"), .loss = loss_});
  const auto n = static_cast<std::int64_t>(items.size());
  const nn::Batch history{inputs_for(items), nn::make_array({n, 1}, {targets.begin(), targets.end()})};
  net_->fit(history, {.epochs = 1, .batch_size = n, .shuffle = false}, {.threads = 1});
  return net_->predict(inputs_for(asked), "", 4096).floats();
}

}  // namespace akin::nets
