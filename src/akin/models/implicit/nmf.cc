#include "akin/models/implicit/nmf.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/nonnegative.h"
#include "akin/models/fit/rank_rows.h"
#include "akin/models/fit/row_loop.h"
#include "akin/models/fit/warm_start.h"

namespace akin {
namespace {

// Streams of the seed.
constexpr std::uint64_t kUserStream = 1, kItemStream = 2;

Csr interactions(const TrainingData& data, bool use_values, const Context& context) {
  Csr matrix = positive_interactions(data, Nmf::kName, context);
  if (!use_values) std::ranges::fill(matrix.values, 1.0f);
  return matrix;
}

/// One row of the other side: linear <- sum_k values_k fixed_k, then x moves towards the minimum.
void improve(const Matrix& fixed, const Matrix& gram, const RowTerms& terms, const SweepLimit& limit,
             float* linear, float* x) {
  std::fill_n(linear, fixed.stride(), 0.0f);
  gather_multiply(fixed, terms, nullptr, linear);
  descend(gram, fixed.cols(), limit, linear, x);
}

/// The minimum for one row, from nothing. False if it is zero.
bool fold_in(const Matrix& fixed, const Matrix& gram, const RowTerms& terms, std::span<float> out) {
  Matrix scratch(2, fixed.cols());
  improve(fixed, gram, terms, kUntilConverged, scratch.row(0), scratch.row(1));
  std::ranges::copy(scratch[1], out.begin());
  return std::ranges::any_of(out, [](float value) { return value != 0; });
}

}  // namespace

/// A fit under way.
class Nmf::Fit {
 public:
  Fit(const TrainingData& data, const Config& config, const FitContext& context)
      : config_(config),
        context_(context),
        objective_{config.regularization, config.use_values},
        matrix_(divide_matrix(interactions(data, config.use_values, context), data,
                              static_cast<std::size_t>(config.factors), context)) {
    squares_ = add_in_order(context.ranks(), 0, [&](double sum) {
      for (const float value : matrix_.by_user.values) sum += static_cast<double>(value) * value;
      return sum;
    });
    begin();
  }

  void run() {
    run_epochs({.total = config_.epochs,
                .phase = "epoch",
                .unit = "epochs",
                .run = [&](int epoch) { return iterate(epoch + 1); },
                .snapshot = [&] { return snapshot(); }},
               state_of(matrix_, users_, items_), context_);
  }

  /// The model of the items as they are, with the users that are best for them.
  std::unique_ptr<Model> snapshot() const {
    Matrix users(users_.rows(), users_.cols());
    const Matrix gram = ridge_gram(items_, objective_.regularization, context_.threads, context_.ranks());
    const Csr& by_user = matrix_.by_user;
    for_rows(by_user, context_, two_rows(), [&](std::size_t row, Matrix& scratch) {
      const RowTerms terms{by_user.cols_of(row), by_user.values_of(row), {}};
      improve(items_, gram, terms, kUntilConverged, scratch.row(0), users.row(row));
    });
    gather_users(context_.ranks(), matrix_, users);
    return std::unique_ptr<Model>(new Nmf({std::move(users), items_.clone()}, objective_));
  }
  /// The model of the state as it is. Ends the fit.
  std::unique_ptr<Model> take() {
    return std::unique_ptr<Model>(new Nmf({std::move(users_), std::move(items_)}, objective_));
  }

 private:
  void begin() {
    const auto factors = static_cast<std::size_t>(config_.factors);
    if (const Nmf* old = start_model<Nmf>(context_)) {
      const auto make = [old](Factors rows) {
        return std::unique_ptr<Model>(new Nmf(std::move(rows), old->objective_));
      };
      Factors grown =
          grow_factors({*old, old->users_, factors, kName, make}, matrix_.by_user, *context_.start);
      users_ = std::move(grown.users);
      items_ = std::move(grown.items);
      return;
    }
    // Products of random rows have the mean of X.
    const double sum = add_in_order(context_.ranks(), 0, [&](double before) {
      return std::accumulate(matrix_.by_user.values.begin(), matrix_.by_user.values.end(), before);
    });
    const std::size_t n_items = matrix_.item_counts.size(), own_users = matrix_.user_counts.size();
    const double cells = static_cast<double>(matrix_.n_users()) * static_cast<double>(n_items);
    const auto scale = static_cast<float>(2 * std::sqrt(sum / cells / config_.factors));
    users_ = uniform_matrix(own_users, factors, scale, Rng(context_.seed, kUserStream).next(),
                            matrix_.own_users.empty() ? 0 : matrix_.own_users[0]);
    items_ = uniform_matrix(n_items, factors, scale, Rng(context_.seed, kItemStream).next());
    take_nonnegative_item_vectors(context_, kName, items_);
    clear_rows_without_entries(matrix_.user_counts, users_);
    clear_rows_without_entries(matrix_.item_counts, items_);
  }

  double iterate(int number) {
    const Communicator& ranks = context_.ranks();
    const float ridge = objective_.regularization;
    const Matrix item_gram = ridge_gram(items_, ridge, context_.threads, ranks);
    improve_rows(matrix_.by_user, {0, matrix_.by_user.rows()}, {items_, item_gram}, users_, nullptr);
    gather_users(ranks, matrix_, users_);
    std::vector<double> losses(items_.rows(), 0.0);
    const Matrix user_gram = ridge_gram(users_, ridge, context_.threads, matrix_.user_owners(ranks));
    matrix_.for_item_tiles(users_, context_, [&](Share rows, const Matrix& users) {
      improve_rows(matrix_.by_item, rows, {users, user_gram}, items_, &losses);
    });
    gather_rows(ranks, matrix_.items, items_);
    gather_rows(ranks, matrix_.items, losses);
    double loss = std::accumulate(losses.begin(), losses.end(), squares_);
    const Share own = matrix_.user_rows(ranks);
    loss = add_in_order(ranks, loss, [&](double sum) {
      for (std::size_t u = own.begin; u < own.end; ++u)
        sum += static_cast<double>(ridge * dot(users_.row(u), users_.row(u), users_.stride()));
      return sum;
    });
    if (!std::isfinite(loss)) {
      fail(ErrorCode::kBadData, "nmf: epoch {} gave vectors that are not finite; scale the values of events",
           number);
    }
    return loss;
  }

  /// Makes a thread's scratch.
  std::function<Matrix()> two_rows() const {
    return [this] { return Matrix(2, items_.cols()); };
  }

  /// The side that stays as it is: rows, and the Gram matrix of all of its rows.
  struct Fixed {
    const Matrix& rows;
    const Matrix& gram;
  };

  /// If asked for, losses_r = x G x - 2 b x: the row's part of L without |X|^2 and the other side's penalty.
  void improve_rows(const Csr& matrix, Share range, const Fixed& side, Matrix& rows,
                    std::vector<double>* losses) const {
    const SweepLimit limit{config_.sweeps, 0};
    const std::size_t stride = side.rows.stride();
    for_rows(matrix, range, context_, two_rows(), [&](std::size_t row, Matrix& scratch) {
      const RowTerms terms{matrix.cols_of(row), matrix.values_of(row), {}};
      float *slope = scratch.row(0), *x = rows.row(row);
      improve(side.rows, side.gram, terms, limit, slope, x);
      if (!losses) return;
      std::fill_n(scratch.row(1), stride, 0.0f);  // b; slope is b - G x by now
      gather_multiply(side.rows, terms, nullptr, scratch.row(1));
      (*losses)[row] =
          -static_cast<double>(dot(slope, x, stride)) - static_cast<double>(dot(scratch.row(1), x, stride));
    });
  }

  const Config& config_;
  const FitContext& context_;
  const Objective objective_;
  const RankMatrix matrix_;
  double squares_ = 0;  // |X|^2
  Matrix users_;
  Matrix items_;
};

std::unique_ptr<Model> Nmf::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  context.check_stop();
  Fit fit(data, config, context);
  fit.run();
  return config.epochs > 0 ? fit.snapshot() : fit.take();
}

Nmf::Nmf(Factors factors, const Objective& objective)
    : users_(std::move(factors.users)),
      items_(std::move(factors.items)),
      objective_(objective),
      user_gram_(ridge_gram(users_, objective.regularization, 0)),
      item_gram_(ridge_gram(items_, objective.regularization, 0)) {}

bool Nmf::user_vector(const Query& query, std::span<float> out) const {
  if (copy_stored_row(users_, query, out)) return true;
  HistoryRow row = positive_history_row(query);
  if (row.items.empty()) return false;
  if (!objective_.use_values) std::ranges::fill(row.values, 1.0f);
  return fold_in(items_, item_gram_, {row.items, row.values, {}}, out);
}

bool Nmf::item_vector(std::span<const idx_t> users, std::span<const float> values,
                      std::span<float> out) const {
  KnownUsers known = known_positive_users(users_, users, values);
  if (!objective_.use_values) std::ranges::fill(known.values, 1.0f);
  return !known.users.empty() && fold_in(users_, user_gram_, {known.users, known.values, {}}, out);
}

void Nmf::save(TensorWriter& writer) const {
  write_factors(writer, users_, items_);
  writer.tensor("model.regularization", std::vector<float>{objective_.regularization});
  writer.meta("model.use_values", objective_.use_values ? "1" : "0");
}

std::unique_ptr<Model> Nmf::select_users(std::span<const idx_t> users) const {
  return std::unique_ptr<Model>(new Nmf({Matrix::gather(users_, users), items_.clone()}, objective_));
}

std::unique_ptr<Model> Nmf::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  Factors factors = read_factors(reader, n_users, n_items);
  const Objective objective{
      reader.vector_in<float>("model.regularization", 1, 0, std::numeric_limits<float>::max())[0],
      reader.meta_int("model.use_values", 0, 1) != 0};
  return std::unique_ptr<Model>(new Nmf(std::move(factors), objective));
}

}  // namespace akin
