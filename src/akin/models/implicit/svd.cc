#include "akin/models/implicit/svd.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/truncated_svd.h"
#include "akin/models/fit/factor_model.h"
#include "akin/models/fit/interactions.h"

namespace akin {
namespace {

/// Divides each column by (its entries)^power.
void scale_columns(Csr& matrix, float power) {
  std::vector<float> count(matrix.cols, 0.0f);
  for (const idx_t column : matrix.indices) ++count[column];
  for (std::size_t e = 0; e < matrix.entries(); ++e)
    matrix.values[e] *= std::pow(count[matrix.indices[e]], -power);
}

/// The query's history as a row of R.
HistoryRow history_of(const Query& query, bool use_values) {
  HistoryRow row = positive_history_row(query);
  if (!use_values) std::ranges::fill(row.values, 1.0f);
  return row;
}

}  // namespace

std::unique_ptr<Model> Svd::fit(const TrainingData& data, const Config& config, const Context& context) {
  context.check_stop();
  Csr by_user = positive_interactions(data, kName, context);
  if (!config.use_values) std::ranges::fill(by_user.values, 1.0f);
  if (!std::ranges::all_of(by_user.values, [](float value) { return value < 1e12f; })) {
    fail(ErrorCode::kBadData, "svd: the summed values overflow; scale them or train without use_values");
  }
  scale_columns(by_user, config.item_scaling);
  const SvdOptions options{.rank = static_cast<std::size_t>(config.factors),
                           .oversampling = static_cast<std::size_t>(config.oversampling),
                           .power_iterations = config.power_iterations};
  TruncatedSvd svd = truncated_svd(by_user, transpose(by_user), options, context);
  std::vector<float> singular_values(svd.singular_values.begin(), svd.singular_values.end());
  for (std::size_t i = 0; i < svd.right.rows(); ++i) {
    for (std::size_t f = 0; f < singular_values.size(); ++f) svd.right[i][f] *= singular_values[f];
  }
  return std::unique_ptr<Model>(new Svd(std::move(svd.left), std::move(svd.right), std::move(singular_values),
                                        {config.item_scaling, config.use_values}));
}

Svd::Svd(Matrix users, Matrix items, std::vector<float> singular_values, Scaling scaling)
    : users_(std::move(users)),
      items_(std::move(items)),
      singular_values_(std::move(singular_values)),
      scaling_(scaling),
      inverse_squares_(1, singular_values_.size()) {
  for (std::size_t f = 0; f < singular_values_.size(); ++f) {
    const float value = singular_values_[f];
    if (value > 0) inverse_squares_[0][f] = 1 / (value * value);
  }
}

bool Svd::user_vector(const Query& query, std::span<float> out) const {
  const HistoryRow row = history_of(query, scaling_.use_values);
  Matrix x(1, items_.cols());
  gather_multiply(items_, {row.items, row.values, {}}, nullptr, x.row(0));
  for (std::size_t f = 0; f < out.size(); ++f) out[f] = x[0][f] * inverse_squares_[0][f];
  return std::ranges::any_of(out, [](float value) { return value != 0; });
}

bool Svd::item_vector(std::span<const idx_t> users, std::span<const float> values,
                      std::span<float> out) const {
  KnownUsers known = known_positive_users(users_, users, values);
  if (!scaling_.use_values) std::ranges::fill(known.values, 1.0f);
  if (known.users.empty()) return false;
  const float scale = std::pow(static_cast<float>(known.users.size()), -scaling_.item_scaling);
  Matrix sum(1, users_.cols());
  gather_multiply(users_, {known.users, known.values, {}}, nullptr, sum.row(0));
  for (std::size_t f = 0; f < out.size(); ++f) {
    const float value = singular_values_[f];
    out[f] = value > 0 ? scale * sum[0][f] / value : 0;
  }
  return true;
}

std::optional<Explanation> Svd::explain(const Query& query, idx_t item) const {
  std::vector<float> vector(items_.cols());
  if (!user_vector(query, vector)) return std::nullopt;
  Matrix scaled(1, items_.cols());
  for (std::size_t f = 0; f < items_.cols(); ++f) scaled[0][f] = items_[item][f] * inverse_squares_[0][f];
  const HistoryRow row = history_of(query, scaling_.use_values);
  Explanation explanation;
  for (std::size_t h = 0; h < row.items.size(); ++h) {
    const float part = row.values[h] * dot(items_.row(row.items[h]), scaled.row(0), items_.stride());
    if (part != 0) explanation.causes.push_back({row.items[h], part});
  }
  std::ranges::sort(explanation.causes, ranks_before);
  return explanation;
}

void Svd::save(TensorWriter& writer) const {
  write_factors(writer, users_, items_);
  writer.tensor("model.singular_values", singular_values_);
  writer.tensor("model.item_scaling", std::vector<float>{scaling_.item_scaling});
  writer.meta("model.use_values", scaling_.use_values ? "1" : "0");
}

std::unique_ptr<Model> Svd::select_users(std::span<const idx_t> users) const {
  return std::unique_ptr<Model>(
      new Svd(Matrix::gather(users_, users), items_.clone(), singular_values_, scaling_));
}

std::unique_ptr<Model> Svd::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  auto [users, items] = read_factors(reader, n_users, n_items);
  auto singular_values =
      reader.vector_in<float>("model.singular_values", items.cols(), 0, std::numeric_limits<float>::max());
  const Scaling scaling{reader.vector<float>("model.item_scaling", 1)[0],
                        reader.meta_int("model.use_values", 0, 1) != 0};
  return std::unique_ptr<Model>(
      new Svd(std::move(users), std::move(items), std::move(singular_values), scaling));
}

}  // namespace akin
