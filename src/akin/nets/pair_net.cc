#include "akin/nets/pair_net.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/permutation.h"
#include "akin/base/safetensors.h"
#include "akin/models/fit/interactions.h"
#include "akin/nets/never.h"
#include "akin/nets/pair_inputs.h"
#include "akin/nets/user_rows.h"

namespace akin::nets {
namespace {

/// The rows of the first table of learned vectors that reads an input, without row 0.
Matrix rows_for(const NetPredictor& net, std::size_t input, std::size_t n) {
  const nn::NetSpec& spec = net.spec();
  for (std::size_t l = 0; l < spec.layers().size(); ++l) {
    const nn::LayerSpec& layer = spec.layers()[l];
    const auto of = table_of(spec, l);
    if (!of || spec.sources(l)[0] != input || layer.rows < static_cast<std::int64_t>(n) + 1) continue;
    const std::vector<float>& values =
        std::get<0>(net.weight(spec.layers()[of->layer].name + "/embeddings").values);
    Matrix table(n, static_cast<std::size_t>(layer.units));
    for (std::size_t i = 0; i < n; ++i) {
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>((i + 1) * table.cols()), table.cols(),
                  table.row(i));
    }
    return table;
  }
  return {};
}

nn::Loss loss_of(const TensorReader& reader) {
  try {
    return nn::parse_loss(reader.meta("model.loss"));
  } catch (const Error& error) {
    reader.inconsistent(error.what());
  }
}

}  // namespace

PairNetModel::PairNetModel(std::unique_ptr<NetPredictor> net, std::vector<std::uint8_t> inputs, Known known)
    : net_(std::move(net)),
      inputs_(std::move(inputs)),
      known_(std::move(known)),
      fold_in_(*net_, inputs_, known_.users, known_.loss) {
  const std::vector<std::size_t> layers = net_->spec().inputs();
  for (std::size_t i = 0; i < inputs_.size() && embeddings_.empty(); ++i) {
    if (inputs_[i] == 0) embeddings_ = rows_for(*net_, layers[i], known_.items.size());
  }
  for (std::size_t i = 0; i < embeddings_.rows(); ++i) {  // what nobody has chosen is where it began
    if (known_.items[i] == 0) std::ranges::fill(embeddings_[i], 0.0f);
  }
}

bool PairNetModel::score_all(const Query& query, std::span<float> out) const {
  std::vector<idx_t> all(n_items());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<idx_t>(i);
  return score(query, all, out);
}

bool PairNetModel::score(const Query& query, std::span<const idx_t> items, std::span<float> out) const {
  if (!query.user || *query.user >= known_.users.size() || known_.users[*query.user] == 0) {
    if (!score_folded(query, items, out)) return false;
  } else {
    constexpr std::size_t kBatch = 4096;
    for (std::size_t begin = 0; begin < items.size(); begin += kBatch) {
      const std::span<const idx_t> part = items.subspan(begin, std::min(kBatch, items.size() - begin));
      const std::vector<idx_t> users(part.size(), *query.user);
      std::ranges::copy(net_->predict(pair_inputs(inputs_, users, part)).floats(),
                        out.begin() + static_cast<std::ptrdiff_t>(begin));
    }
  }
  for (std::size_t k = 0; k < items.size(); ++k) {
    if (known_.ranks() && known_.items[items[k]] == 0) out[k] = kNeverLogit;
  }
  return true;
}

bool PairNetModel::score_folded(const Query& query, std::span<const idx_t> items,
                                std::span<float> out) const {
  if (!fold_in_.possible()) return false;
  HistoryRow history =
      known_.ranks() ? positive_history_row(query) : history_row(query, Repeats::kLast, known_.liked);
  if (history.items.empty()) return false;
  if (known_.ranks()) std::ranges::fill(history.values, 1.0f);
  // Every other item about as often as any: of chance there is enough in the net.
  const Permutation order(n_items(), seed_of(history.items));
  const std::uint64_t drawn = history.items.size() * static_cast<std::uint64_t>(known_.negatives);
  const std::vector<idx_t> own = history.items;
  for (std::uint64_t d = 0; d < drawn; ++d) {
    const auto other = static_cast<idx_t>(order.at(d % n_items()));
    if (known_.items[other] == 0 || std::ranges::binary_search(own, other)) continue;
    history.items.push_back(other);
    history.values.push_back(0);
  }
  try {
    const std::vector<float> scores = fold_in_.scores(history.items, history.values, items);
    std::ranges::copy(scores, out.begin());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadData) throw;
    return false;  // the loss of this history is not finite, or not made for its values
  }
  return true;
}

void PairNetModel::save(TensorWriter& writer) const {
  net_->save(writer, "model.net");
  writer.tensor("model.inputs", inputs_);
  writer.tensor("model.known_users", known_.users);
  writer.tensor("model.known_items", known_.items);
  writer.meta("model.negatives", fmt::format("{}", known_.negatives));
  writer.tensor("model.liked", std::vector<float>{known_.liked});
  writer.meta("model.loss", std::string(nn::to_string(known_.loss)));
}

std::unique_ptr<Model> PairNetModel::load(const TensorReader& reader, std::size_t n_users,
                                          std::size_t n_items) {
  auto net = NetPredictor::load(reader, "model.net");
  const nn::NetSpec& spec = net->spec();
  std::vector<std::uint8_t> inputs =
      reader.vector_in<std::uint8_t>("model.inputs", spec.inputs().size(), 0, 1);
  Known known{reader.vector_in<std::uint8_t>("model.known_users", n_users, 0, 1),
              reader.vector_in<std::uint8_t>("model.known_items", n_items, 0, 1),
              static_cast<int>(reader.meta_int("model.negatives", 0, 1000)),
              reader.vector<float>("model.liked", 1)[0], loss_of(reader)};
  bool fits = spec.shape(spec.output()).output == nn::Shape{1};
  for (std::size_t l = 0; l < spec.layers().size(); ++l) {
    const nn::LayerSpec& layer = spec.layers()[l];
    if (layer.kind == nn::LayerKind::kInput) fits = fits && spec.shape(l).output == nn::Shape{1};
    const bool reads_rows =
        layer.kind == nn::LayerKind::kEmbedding || layer.kind == nn::LayerKind::kEmbeddingBag;
    if (!reads_rows && layer.kind != nn::LayerKind::kMultiHot) continue;
    // Indices must be rows: they are checked when they are asked about, but not every item is.
    const std::int64_t rows = reads_rows ? layer.rows : layer.units;
    const std::vector<std::size_t> layers = spec.inputs();
    const auto at = std::ranges::find(layers, spec.sources(l)[0]);
    if (at == layers.end()) continue;
    const bool users = inputs[static_cast<std::size_t>(at - layers.begin())] == 1;
    fits = fits && rows > static_cast<std::int64_t>(users ? n_users : n_items);
  }
  if (!fits) reader.inconsistent("the layers of its net do not fit its users and items");
  return std::make_unique<PairNetModel>(std::move(net), std::move(inputs), std::move(known));
}

std::unique_ptr<Model> PairNetModel::select_users(std::span<const idx_t> users) const {
  const nn::NetSpec& spec = net_->spec();
  const std::vector<std::size_t> layers = spec.inputs();
  const std::vector<idx_t> kept(users.begin(), users.end());
  std::vector<std::size_t> of_users;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i] != 0) of_users.push_back(layers[i]);
  }
  const UserTables tables = separable_user_tables(spec, of_users, "net " + spec.name());
  std::vector<nn::NamedArray> weights = net_->weights();
  nn::NetSpec smaller = nn::with_layers(spec, [&](nn::LayerSpec layer) {
    if (std::ranges::find(tables.readers, layer.name) != tables.readers.end()) {
      const std::vector<std::size_t> rows =
          kept_rows(kept, known_.users.size(), static_cast<std::size_t>(layer.rows));
      layer.rows = static_cast<std::int64_t>(rows.size());
      if (layer.weights_of.empty())
        select_rows(*std::ranges::find(weights, layer.name + "/embeddings", &nn::NamedArray::name), rows);
    }
    return std::vector{std::move(layer)};
  });
  Known known = known_;
  known.users.clear();
  for (const idx_t user : users) known.users.push_back(known_.users[user]);
  return std::make_unique<PairNetModel>(
      std::make_unique<NetPredictor>(std::move(smaller), std::move(weights)), inputs_, std::move(known));
}

}  // namespace akin::nets
