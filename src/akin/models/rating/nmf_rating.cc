#include "akin/models/rating/nmf_rating.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/nonnegative.h"
#include "akin/models/fit/row_loop.h"
#include "akin/models/fit/warm_start.h"

namespace akin {
namespace {

// Streams of the seed.
constexpr std::uint64_t kUserStream = 1, kItemStream = 2;

enum class Side { kUsers, kItems };

float upper_quartile(std::vector<float> values) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) * 3 / 4);
  std::ranges::nth_element(values, at);
  return *at;
}

/// The ratings of one row and who gave them.
struct Ratings {
  std::span<const idx_t> rows;
  std::span<const float> values;
};

}  // namespace

/// Improves rows of one side, [x, mu + b_u, 1] or [x, 1, b_i], while the other side is fixed. One per thread:
/// it owns scratch memory.
class NmfRating::RowStep {
 public:
  RowStep(const Matrix& fixed, const Objective& objective, Side side)
      : fixed_(fixed),
        objective_(objective),
        factors_(fixed.cols() - 2),
        bias_(side == Side::kUsers ? factors_ : factors_ + 1),
        constant_(side == Side::kUsers ? factors_ + 1 : factors_),
        offset_(side == Side::kUsers ? objective.mean : 0),
        system_(fixed.cols(), fixed.cols()),
        slope_(1, fixed.cols()) {}

  /// A row that knows nothing yet.
  void reset(std::span<float> row) const {
    std::ranges::fill(row, 0.0f);
    row[bias_] = offset_;
    row[constant_] = 1;
  }

  /// Moves the row, of stride() floats, towards the minimum of L. Returns its part of L without the other
  /// side's penalties.
  double improve(const Ratings& ratings, const SweepLimit& limit, std::span<float> row) {
    row[bias_] -= offset_;
    row[constant_] = 0;
    prepare(ratings);
    // The bias is column f or f + 1, with a zero line in between: all before it are bounded.
    descend(system_, factors_, limit, slope_.row(0), row.data());
    row[bias_] += offset_;
    row[constant_] = 1;
    return loss(ratings, row);
  }

 private:
  /// With z the fixed rows: system_ = sum z z^T + penalties, slope_ = sum (r - what is not up to this row) z.
  void prepare(const Ratings& ratings) {
    residuals_.resize(ratings.rows.size());
    for (std::size_t k = 0; k < residuals_.size(); ++k)
      residuals_[k] = ratings.values[k] - offset_ - fixed_[ratings.rows[k]][constant_];
    ones_.assign(residuals_.size(), 1.0f);
    const std::size_t cols = fixed_.cols(), stride = fixed_.stride();
    std::fill_n(system_.data(), cols * stride, 0.0f);
    std::fill_n(slope_.row(0), stride, 0.0f);
    gather_gram(fixed_, {ratings.rows, {}, ones_}, system_);
    gather_multiply(fixed_, {ratings.rows, residuals_, {}}, nullptr, slope_.row(0));
    for (std::size_t r = 0; r < cols; ++r) {
      for (std::size_t c = 0; c < r; ++c) system_[r][c] = system_[c][r];
      std::fill(system_.row(r) + cols, system_.row(r) + stride, 0.0f);
    }
    const auto n = static_cast<float>(ratings.rows.size());
    for (std::size_t k = 0; k < factors_; ++k) system_[k][k] += n * objective_.regularization;
    system_[bias_][bias_] += n * objective_.bias_regularization;
    remove(constant_);
    if (!objective_.biases) remove(bias_);
  }

  /// Takes a coordinate out of the system.
  void remove(std::size_t k) {
    for (std::size_t c = 0; c < system_.cols(); ++c) system_[k][c] = system_[c][k] = 0;
    slope_[0][k] = 0;
  }

  double loss(const Ratings& ratings, std::span<const float> row) const {
    const auto n = static_cast<double>(ratings.rows.size());
    const double bias = static_cast<double>(row[bias_]) - static_cast<double>(offset_);
    double sum = n * static_cast<double>(objective_.regularization) *
                     static_cast<double>(dot(row.data(), row.data(), factors_)) +
                 n * static_cast<double>(objective_.bias_regularization) * bias * bias;
    for (std::size_t k = 0; k < ratings.rows.size(); ++k) {
      const auto error = static_cast<double>(ratings.values[k] -
                                             dot(fixed_.row(ratings.rows[k]), row.data(), fixed_.cols()));
      sum += error * error;
    }
    return sum;
  }

  const Matrix& fixed_;
  const Objective objective_;
  const std::size_t factors_;
  const std::size_t bias_;      // the column of this side's bias
  const std::size_t constant_;  // the column that is 1, times the other side's bias
  const float offset_;
  Matrix system_;
  Matrix slope_;
  std::vector<float> residuals_;
  std::vector<float> ones_;
};

/// A fit under way.
class NmfRating::Fit {
 public:
  Fit(const TrainingData& data, const Config& config, const FitContext& context)
      : config_(config),
        context_(context),
        by_user_(to_csr(data.events, data.n_users(), data.n_items(), Repeats::kLast, context.threads)),
        by_item_(transpose(by_user_)) {
    if (by_user_.entries() == 0) fail(ErrorCode::kBadData, "nmf-rating: there are no training ratings");
    const auto [lowest, highest] = std::ranges::minmax(by_user_.values);
    if (!config.biases && lowest < 0) {
      fail(ErrorCode::kBadData, "nmf-rating: a rating is {}, and without biases none may be below 0", lowest);
    }
    if (!(std::max(highest, -lowest) < 1e15f))
      fail(ErrorCode::kBadData, "nmf-rating: a rating is {}; scale them", highest);
    begin();
  }

  void run() {
    run_epochs({.total = config_.epochs,
                .phase = "epoch",
                .unit = "epochs",
                .run = [&](int) { return iterate(); },
                .snapshot = [&] { return snapshot(); }},
               state_of(users_, items_), context_);
  }

  /// The model of the items as they are, with the users that are best for them.
  std::unique_ptr<Model> snapshot() const {
    Matrix users(users_.rows(), users_.cols());
    for_rows(by_user_, context_, stepper(items_, Side::kUsers), [&](std::size_t row, RowStep& step) {
      step.reset(users[row]);
      step.improve(ratings(by_user_, row), kUntilConverged, users[row]);
    });
    return std::unique_ptr<Model>(new NmfRating({std::move(users), items_.clone()}, objective_));
  }
  /// The model of the state as it is. Ends the fit.
  std::unique_ptr<Model> take() {
    return std::unique_ptr<Model>(new NmfRating({std::move(users_), std::move(items_)}, objective_));
  }

 private:
  void begin() {
    const auto factors = static_cast<std::size_t>(config_.factors);
    if (const NmfRating* old = start_model<NmfRating>(context_)) {
      objective_ = old->objective_;
      const auto make = [old](Factors rows) {
        return std::unique_ptr<Model>(new NmfRating(std::move(rows), old->objective_));
      };
      Factors grown = grow_factors({*old, old->users_, factors + 2, kName, make}, by_user_, *context_.start);
      users_ = std::move(grown.users);
      items_ = std::move(grown.items);
      for (std::size_t i = 0; i < items_.rows(); ++i) items_[i][factors] = 1;
      set_penalties();
      return;
    }
    const double sum = std::accumulate(by_user_.values.begin(), by_user_.values.end(), 0.0);
    const auto mean = static_cast<float>(sum / static_cast<double>(by_user_.entries()));
    objective_.mean = config_.biases ? mean : 0;
    objective_.liked = std::max(mean, upper_quartile(by_user_.values));
    set_penalties();
    // Products of random rows have the mean of what they are to explain: all of a rating, or a bit of it.
    const float share = config_.biases ? 0.25f : mean;
    const float scale = 2 * std::sqrt(share / static_cast<float>(factors));
    Matrix users = uniform_matrix(by_user_.rows(), factors, scale, Rng(context_.seed, kUserStream).next());
    Matrix items = uniform_matrix(by_user_.cols, factors, scale, Rng(context_.seed, kItemStream).next());
    take_nonnegative_item_vectors(context_, kName, items);
    clear_rows_without_entries(by_user_, users);
    clear_rows_without_entries(by_item_, items);
    users_ = users.resized(users.rows(), factors + 2);
    items_ = items.resized(items.rows(), factors + 2);
    for (std::size_t u = 0; u < users_.rows(); ++u) {
      if (by_user_.row_size(u) == 0) continue;
      users_[u][factors] = objective_.mean;
      users_[u][factors + 1] = 1;
    }
    for (std::size_t i = 0; i < items_.rows(); ++i) items_[i][factors] = 1;
  }

  void set_penalties() {
    objective_.regularization = config_.regularization;
    objective_.bias_regularization = config_.bias_regularization;
    objective_.biases = config_.biases;
  }

  static Ratings ratings(const Csr& matrix, std::size_t row) {
    return {matrix.cols_of(row), matrix.values_of(row)};
  }

  double iterate() {
    const SweepLimit limit{config_.sweeps, 0};
    for_rows(by_user_, context_, stepper(items_, Side::kUsers), [&](std::size_t row, RowStep& step) {
      step.improve(ratings(by_user_, row), limit, users_[row]);
    });
    std::vector<double> losses(by_item_.rows(), 0.0);
    for_rows(by_item_, context_, stepper(users_, Side::kItems), [&](std::size_t row, RowStep& step) {
      losses[row] = step.improve(ratings(by_item_, row), limit, items_[row]);
    });
    return std::accumulate(losses.begin(), losses.end(), user_penalties());
  }

  double user_penalties() const {
    const auto factors = static_cast<std::size_t>(config_.factors);
    double sum = 0;
    for (std::size_t u = 0; u < users_.rows(); ++u) {
      const auto n = static_cast<double>(by_user_.row_size(u));
      const auto bias = static_cast<double>(users_[u][factors] - objective_.mean);
      sum += n * static_cast<double>(objective_.regularization * dot(users_.row(u), users_.row(u), factors)) +
             n * static_cast<double>(objective_.bias_regularization) * bias * bias;
    }
    return sum;
  }

  /// Makes a step for rows of `side`.
  std::function<RowStep()> stepper(const Matrix& fixed, Side side) const {
    return [this, &fixed, side] { return RowStep(fixed, objective_, side); };
  }

  const Config& config_;
  const FitContext& context_;
  Objective objective_{};
  const Csr by_user_;
  const Csr by_item_;
  Matrix users_;
  Matrix items_;
};

std::unique_ptr<Model> NmfRating::fit(const TrainingData& data, const Config& config,
                                      const FitContext& context) {
  context.check_stop();
  Fit fit(data, config, context);
  fit.run();
  return config.epochs > 0 ? fit.snapshot() : fit.take();
}

bool NmfRating::user_vector(const Query& query, std::span<float> out) const {
  if (copy_stored_row(users_, query, out)) return true;
  const HistoryRow history = history_row(query, Repeats::kLast, objective_.liked);
  if (history.items.empty()) return false;
  Matrix row(1, items_.cols());
  RowStep step(items_, objective_, Side::kUsers);
  step.reset(row[0]);
  step.improve({history.items, history.values}, kUntilConverged, row[0]);
  std::ranges::copy(row[0], out.begin());
  return true;
}

bool NmfRating::item_vector(std::span<const idx_t> users, std::span<const float> values,
                            std::span<float> out) const {
  const KnownUsers known = known_users(users_, users, values, objective_.liked);
  if (known.users.empty()) return false;
  Matrix row(1, items_.cols());
  RowStep step(users_, objective_, Side::kItems);
  step.reset(row[0]);
  step.improve({known.users, known.values}, kUntilConverged, row[0]);
  std::ranges::copy(row[0], out.begin());
  return true;
}

void NmfRating::save(TensorWriter& writer) const {
  write_factors(writer, users_, items_);
  writer.tensor("model.objective",
                std::vector<float>{objective_.mean, objective_.liked, objective_.regularization,
                                   objective_.bias_regularization});
  writer.meta("model.biases", objective_.biases ? "1" : "0");
}

std::unique_ptr<Model> NmfRating::select_users(std::span<const idx_t> users) const {
  return std::unique_ptr<Model>(new NmfRating({Matrix::gather(users_, users), items_.clone()}, objective_));
}

std::unique_ptr<Model> NmfRating::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  Factors factors = read_factors(reader, n_users, n_items, 3);
  const auto numbers = reader.vector<float>("model.objective", 4);
  if (numbers[2] < 0 || numbers[3] < 0)
    reader.inconsistent("tensor model.objective holds a negative penalty");
  const Objective objective{numbers[0], numbers[1], numbers[2], numbers[3],
                            reader.meta_int("model.biases", 0, 1) != 0};
  return std::unique_ptr<Model>(new NmfRating(std::move(factors), objective));
}

}  // namespace akin
