#include "akin/nets/pair_fold_in.h"

#include <algorithm>
#include <cmath>

#include "akin/nets/fit.h"
#include "akin/nets/pair_inputs.h"
#include "akin/nets/user_rows.h"

namespace akin::nets {
namespace {

// A step of Adam moves a coordinate by about its rate: all steps together by no more than the known users differ among
// themselves. The optimum of a short history lies far outside of them, and ranks worse than popularity.
constexpr int kSteps = 10;
constexpr double kStep = 0.1;

/// Root of the mean square of what the rows of known users differ from their mean.
double spread_of(const nn::NamedArray& table, const nn::NamedArray& mean,
                 std::span<const std::uint8_t> known) {
  const std::vector<float>& values = std::get<0>(table.values);
  const std::span<const float> middle = std::span(std::get<0>(mean.values)).last(mean.size() / 2);
  double squares = 0, count = 0;
  for (std::size_t user = 0; user < known.size(); ++user) {
    if (known[user] == 0) continue;
    for (std::size_t d = 0; d < middle.size(); ++d) {
      const double difference =
          static_cast<double>(values[(user + 1) * middle.size() + d]) - static_cast<double>(middle[d]);
      squares += difference * difference;
    }
    count += static_cast<double>(middle.size());
  }
  return count > 0 ? std::sqrt(squares / count) : 0;
}

/// A row of zeros, for nobody, and the mean of the rows of known users.
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
  std::vector<float> mean(width);
  for (const double sum : sums) mean.push_back(static_cast<float>(count > 0 ? sum / count : 0));
  return {table.name, {2, static_cast<std::int64_t>(width)}, std::move(mean)};
}

}  // namespace

PairFoldIn::PairFoldIn(const NetPredictor& net, std::span<const std::uint8_t> inputs,
                       std::span<const std::uint8_t> known_users, nn::Loss loss)
    : inputs_(inputs.begin(), inputs.end()), loss_(loss) {
  const nn::NetSpec& spec = net.spec();
  std::vector<std::size_t> of_users;
  const std::vector<std::size_t> layers = spec.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] != 0) of_users.push_back(layers[i]);
  }
  const UserTables tables = user_tables(spec, of_users);
  if (!tables.entangled.empty()) return;
  const auto is_owner = [&](std::string_view name) {
    return std::ranges::find(tables.owners, name) != tables.owners.end();
  };
  spec_ = nn::with_layers(spec, [&](nn::LayerSpec layer) {
    // A layer all of whose weights are another's cannot be said to be fixed, and need not.
    const bool has_none = spec.shape(spec.index(layer.name)).weights.empty();
    layer.trainable = is_owner(layer.name) || (!layer.weights_of.empty() && has_none);
    if (std::ranges::find(tables.readers, layer.name) != tables.readers.end()) layer.rows = 2;
    return std::vector{std::move(layer)};
  });
  for (const nn::NamedArray& weight : net.weights()) {
    const std::size_t slash = weight.name.find('/');
    const bool is_table =
        is_owner(weight.name.substr(0, slash)) && weight.name.substr(slash) == "/embeddings";
    if (is_table) {
      tables_.push_back(mean_user(weight, known_users));
      spread_ = std::max(spread_, spread_of(weight, tables_.back(), known_users));
    }
    weights_.push_back(is_table ? tables_.back() : weight);
  }
}

PairFoldIn::~PairFoldIn() = default;

/// Of the only user there is.
std::vector<nn::Array> PairFoldIn::inputs_for(std::span<const idx_t> items) const {
  return pair_inputs(inputs_, std::vector<idx_t>(items.size(), 0), items);
}

std::vector<float> PairFoldIn::scores(std::span<const idx_t> items, std::span<const float> targets,
                                      std::span<const idx_t> asked) const {
  const std::lock_guard lock(mutex_);
  if (!net_) {
    auto net = std::make_unique<nn::Net>(nn::make_net(spec_));
    net->set_weights(weights_);
    net_ = std::move(net);
  }
  net_->set_weights(tables_);
  nn::OptimizerSpec adam = nn::make_optimizer("adam");
  const bool moves = spread_ > 0;  // a single user is the mean
  if (moves) adam.learning_rate = std::clamp(kStep * spread_, 1e-9, 1.0);
  net_->compile({.optimizer = adam, .loss = loss_});
  const auto n = static_cast<std::int64_t>(items.size());
  const nn::Batch history{inputs_for(items), nn::make_array({n, 1}, {targets.begin(), targets.end()})};
  const int steps = moves ? kSteps : 0;
  fit(*net_, history, {.epochs = steps, .batch_size = n, .shuffle = false}, {.threads = 1});
  return net_->predict(inputs_for(asked), "", 4096).floats();
}

}  // namespace akin::nets
