#include "akin/models/rating/rating_factors.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/nth_value.h"
#include "akin/models/fit/interactions.h"

namespace akin {
namespace {

/// In parts that do not depend on the threads.
double sum_of(std::span<const float> values, int threads) {
  constexpr std::size_t kPart = std::size_t{1} << 18;
  std::vector<double> sums((values.size() + kPart - 1) / kPart, 0.0);
  parallel_for(
      values.size(), threads,
      [&](std::size_t begin, std::size_t end, int) {
        double sum = 0;
        for (std::size_t e = begin; e < end; ++e) sum += values[e];
        sums[begin / kPart] = sum;
      },
      kPart);
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace

Ratings training_ratings(const TrainingData& data, std::string_view model, const Context& context) {
  const int threads = context.threads;
  Ratings ratings{to_csr(data.events, data.n_users(), data.n_items(), Repeats::kLast, threads), 0, 0};
  std::vector<float> of_all;
  if (!context.ranks().alone())
    of_all = gather_all(context.ranks(), std::span<const float>(ratings.by_user.values));
  const std::vector<float>& values = context.ranks().alone() ? ratings.by_user.values : of_all;
  if (values.empty()) fail(ErrorCode::kBadData, "{}: there are no training ratings", model);
  ratings.mean = static_cast<float>(sum_of(values, threads) / static_cast<double>(values.size()));
  ratings.liked = std::max(ratings.mean, nth_value(values, (values.size() - 1) * 3 / 4, threads));
  return ratings;
}

float decayed_rate(float rate, float decay, int epoch) {
  return static_cast<float>(rate * std::pow(static_cast<double>(decay), epoch));
}

bool RatingFactors::user_vector(const Query& query, std::span<float> out) const {
  if (copy_stored_row(users_, query, out)) return true;
  const HistoryRow row = history_row(query, Repeats::kLast, fold_in_.liked);
  if (row.items.empty()) return false;
  Matrix x(1, items_.cols());
  RatingRidge(RatingRidge::Side::kUser, items_, fold_in_.layout, fold_in_.user)
      .solve(row.items, row.values, x.row(0));
  std::ranges::copy(x[0], out.begin());
  return true;
}

bool RatingFactors::item_vector(std::span<const idx_t> users, std::span<const float> values,
                                std::span<float> out) const {
  const KnownUsers known = known_users(users_, users, values, fold_in_.liked);
  if (known.users.empty()) return false;
  Matrix x(1, items_.cols());
  RatingRidge(RatingRidge::Side::kItem, users_, fold_in_.layout, fold_in_.item)
      .solve(known.users, known.values, x.row(0));
  std::ranges::copy(x[0], out.begin());
  return true;
}

void RatingFactors::save(TensorWriter& writer) const {
  write_factors(writer, users_, items_);
  const auto& [layout, liked, user, item] = fold_in_;
  writer.tensor("model.numbers", std::vector<float>{layout.biases ? 1.0f : 0.0f, layout.mean, liked,
                                                    user.factors, user.bias, user.count_power, user.l1,
                                                    item.factors, item.bias, item.count_power, item.l1});
}

RatingFactors::State RatingFactors::load_state(const TensorReader& reader, std::size_t n_users,
                                               std::size_t n_items) {
  const auto n = reader.vector<float>("model.numbers", 11);
  if (std::ranges::any_of(std::span(n).subspan(3), [](float penalty) { return penalty < 0; }))
    reader.inconsistent("tensor model.numbers holds a negative penalty");
  const FoldIn numbers{{n[0] != 0, n[1]}, n[2], {n[3], n[4], n[5], n[6]}, {n[7], n[8], n[9], n[10]}};
  return {read_factors(reader, n_users, n_items, numbers.layout.biases ? 3 : 1), numbers};
}

RatingLayout start_layout(const Ratings& ratings, bool biases, const RatingFactors* old) {
  if (old) return old->numbers().layout;
  return {biases, biases ? ratings.mean : 0};
}

Matrix user_rows(const Matrix& users, std::span<const float> biases, const RatingLayout& layout,
                 std::span<const std::uint32_t> user_counts) {
  if (!layout.biases) return users.clone();
  Matrix rows = users.resized(users.rows(), users.cols() + 2);
  const std::size_t f = users.cols();
  for (std::size_t u = 0; u < rows.rows(); ++u) {
    if (user_counts[u] == 0) continue;
    rows[u][f] = layout.mean + biases[u];
    rows[u][f + 1] = 1;
  }
  return rows;
}

Matrix item_rows(const Matrix& items, std::span<const float> biases, const RatingLayout& layout) {
  if (!layout.biases) return items.clone();
  Matrix rows = items.resized(items.rows(), items.cols() + 2);
  const std::size_t f = items.cols();
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    rows[i][f] = 1;
    rows[i][f + 1] = biases[i];
  }
  return rows;
}

FactorModel narrow(const Factors& rows, const RatingLayout& layout) {
  const std::size_t f = layout.factors(rows.items.cols());
  FactorModel model{rows.users.resized(rows.users.rows(), f), rows.items.resized(rows.items.rows(), f),
                    std::vector<float>(rows.users.rows()), std::vector<float>(rows.items.rows())};
  if (!layout.biases) return model;
  for (std::size_t u = 0; u < rows.users.rows(); ++u) {
    if (rows.users[u][f + 1] != 0) model.user_bias[u] = rows.users[u][f] - layout.mean;
  }
  for (std::size_t i = 0; i < rows.items.rows(); ++i) model.item_bias[i] = rows.items[i][f + 1];
  return model;
}

}  // namespace akin
