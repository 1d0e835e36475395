#include "akin/nets/pairs/ncf_model.h"

#include <algorithm>
#include <string>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/small_product.h"
#include "akin/models/fit/interactions.h"
#include "akin/nets/never.h"
#include "akin/nets/pairs/ncf_fold_in.h"
#include "akin/nets/pairs/ncf_kernels.h"

namespace akin {
namespace {

Matrix dot_vectors(const NcfNet& net, std::span<const float> item_bias) {
  Matrix result(net.items.rows(), net.shape.product + 1);
  for (std::size_t i = 0; i < result.rows(); ++i) {
    for (std::size_t k = 0; k < net.shape.product; ++k)
      result[i][k] = net.product_weights[0][k] * net.items[i][k];
    result[i][net.shape.product] = item_bias[i];
  }
  return result;
}

/// One half of the first layer: what vectors (n, columns) add to it; the item's half brings the bias.
void add_first(const NcfNet& net, const Matrix& vectors, std::size_t input, Matrix& out) {
  const StridedMatrix part = {vectors.data() + net.shape.product_columns(), vectors.stride(), 1};
  const Matrix weights = net.layers[0].weights.slice(input, padded(net.shape.embedding));
  add_product(part, vectors.rows(), net.shape.embedding, weights, out);
}

Matrix first_layer_of_items(const NcfNet& net) {
  Matrix result(net.items.rows(), net.layers[0].bias.cols());
  for (std::size_t i = 0; i < result.rows(); ++i) std::ranges::copy(net.layers[0].bias[0], result.row(i));
  add_first(net, net.items, padded(net.shape.embedding), result);
  return result;
}

}  // namespace

NcfModel::NcfModel(NcfNet net, FoldIn numbers)
    : net_(std::move(net)),
      fold_in_(numbers),
      mean_user_(mean_row(net_.users)),
      embeddings_(item_embeddings(net_)) {
  for (std::size_t i = 0; i < net_.items.rows(); ++i) {
    const bool never = fold_in_.loss == NcfLoss::kLogistic && is_zero(net_.items[i]);
    item_bias_.push_back(never ? nets::kNeverLogit : net_.bias[0][0]);
  }
  if (net_.layers.empty()) {
    item_vectors_ = dot_vectors(net_, item_bias_);
  } else {
    item_first_ = first_layer_of_items(net_);
  }
}

bool NcfModel::find_user(const Query& query, Matrix& row) const {
  if (copy_stored_row(net_.users, query, row[0])) return true;
  const bool ranks = fold_in_.loss == NcfLoss::kLogistic;
  HistoryRow history =
      ranks ? positive_history_row(query) : history_row(query, Repeats::kLast, fold_in_.liked);
  if (history.items.empty()) return false;
  if (ranks) std::ranges::fill(history.values, 1.0f);
  std::ranges::copy(mean_user_[0], row.row(0));
  NcfFoldIn(net_, fold_in_.loss).user({std::move(history.items), std::move(history.values)}, row);
  return true;
}

bool NcfModel::user_vector(const Query& query, std::span<float> out) const {
  if (item_vectors_.empty()) return false;
  Matrix row(1, net_.users.cols());
  if (!find_user(query, row)) return false;
  std::copy_n(row.row(0), net_.shape.product, out.begin());
  out[net_.shape.product] = 1;
  return true;
}

/// out[k] <- y of the user and item item_of(k), k < n.
template <typename ItemOf>
void NcfModel::score_rows(const Matrix& user, std::size_t n, ItemOf item_of, std::span<float> out) const {
  Matrix first(1, item_first_.cols());
  add_first(net_, user, 0, first);
  std::vector<Matrix> x;
  for (const DenseLayer& layer : net_.layers) x.emplace_back(NcfTile::kPairs, layer.bias.cols());
  const std::size_t product = net_.shape.product_columns();
  for (std::size_t begin = 0; begin < n; begin += NcfTile::kPairs) {
    const std::size_t count = std::min(NcfTile::kPairs, n - begin);
    for (std::size_t s = 0; s < count; ++s) {
      std::copy_n(item_first_.row(item_of(begin + s)), x[0].stride(), x[0].row(s));
      axpy(1, first.row(0), x[0].row(s), x[0].stride());
    }
    relu(count, x[0]);
    for (std::size_t l = 1; l < net_.layers.size(); ++l) {
      const DenseLayer& layer = net_.layers[l];
      for (std::size_t s = 0; s < count; ++s) std::copy_n(layer.bias.row(0), x[l].stride(), x[l].row(s));
      add_product(as_is(x[l - 1]), count, layer.weights.rows(), layer.weights, x[l]);
      relu(count, x[l]);
    }
    for (std::size_t s = 0; s < count; ++s) {
      float y = item_bias_[item_of(begin + s)] +
                dot(x.back().row(s), net_.hidden_weights.row(0), x.back().stride());
      if (product > 0)
        y +=
            triple_dot(net_.product_weights.row(0), user.row(0), net_.items.row(item_of(begin + s)), product);
      out[begin + s] = y;
    }
  }
}

bool NcfModel::score_all(const Query& query, std::span<float> out) const {
  if (!item_vectors_.empty()) return Model::score_all(query, out);
  Matrix user(1, net_.users.cols());
  if (!find_user(query, user)) return false;
  score_rows(
      user, n_items(), [](std::size_t k) { return k; }, out);
  return true;
}

bool NcfModel::score(const Query& query, std::span<const idx_t> items, std::span<float> out) const {
  if (!item_vectors_.empty()) return Model::score(query, items, out);
  Matrix user(1, net_.users.cols());
  if (!find_user(query, user)) return false;
  score_rows(
      user, items.size(), [&](std::size_t k) { return items[k]; }, out);
  return true;
}

void NcfModel::save(TensorWriter& writer) const {
  write_matrix(writer, "model.users", net_.users);
  write_matrix(writer, "model.items", net_.items);
  const NcfShape& shape = net_.shape;
  std::vector<std::uint32_t> sizes = {static_cast<std::uint32_t>(shape.product), shape.weighted ? 1u : 0u,
                                      static_cast<std::uint32_t>(shape.embedding)};
  for (const std::size_t layer : shape.layers) sizes.push_back(static_cast<std::uint32_t>(layer));
  writer.tensor("model.shape", std::move(sizes));
  writer.tensor("model.numbers", std::vector<float>{static_cast<float>(fold_in_.loss), fold_in_.liked});
  const std::vector<const Matrix*> dense = net_.dense();
  for (std::size_t d = 0; d < dense.size(); ++d)
    write_matrix(writer, fmt::format("model.dense{}", d), *dense[d]);
}

std::unique_ptr<Model> NcfModel::select_users(std::span<const idx_t> users) const {
  NcfNet net = net_.clone();
  net.users = Matrix::gather(net_.users, users);
  return std::make_unique<NcfModel>(std::move(net), fold_in_);
}

std::unique_ptr<Model> NcfModel::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  const auto damaged = [&] {
    fail(ErrorCode::kBadData, "{}: the tensors of the net do not fit together", reader.path());
  };
  const auto sizes = reader.tensor<std::uint32_t>("model.shape");
  if (sizes.size() < 3 || std::ranges::any_of(sizes, [](std::uint32_t s) { return s > 1'000'000; }))
    damaged();
  NcfShape shape{sizes[0], sizes[1] != 0, sizes[2], {sizes.begin() + 3, sizes.end()}};
  const bool zero_layer = std::ranges::count(shape.layers, 0u) > 0;
  if (shape.product + shape.embedding == 0 || (shape.embedding > 0) == shape.layers.empty() || zero_layer)
    damaged();
  std::size_t inputs = 2 * padded(shape.embedding);  // what the net takes is there before it is made
  for (std::size_t l = 0; l < shape.layers.size(); ++l) {
    if (reader.shape(fmt::format("model.dense{}", 2 * l)) !=
        std::vector<std::size_t>{inputs, shape.layers[l]})
      damaged();
    inputs = shape.layers[l];
  }
  NcfNet net(std::move(shape), 0, 0);
  net.users = read_matrix(reader, "model.users", n_users, net.shape.columns());
  net.items = read_matrix(reader, "model.items", n_items, net.shape.columns());
  const std::vector<Matrix*> dense = net.dense();
  for (std::size_t d = 0; d < dense.size(); ++d)
    *dense[d] = read_matrix(reader, fmt::format("model.dense{}", d), dense[d]->rows(), dense[d]->cols());
  const auto numbers = reader.vector<float>("model.numbers", 2);
  if (!(numbers[0] >= 0 && numbers[0] <= 2)) damaged();
  return std::make_unique<NcfModel>(std::move(net), FoldIn{static_cast<NcfLoss>(numbers[0]), numbers[1]});
}

}  // namespace akin
