#include "akin/models/rating/als_wr.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/params.h"
#include "akin/models/fit/rank_rows.h"
#include "akin/models/fit/row_loop.h"

namespace akin {
namespace {

// Streams of the seed.
constexpr std::uint64_t kItemStream = 1;

}  // namespace

std::vector<Param> AlsWr::Config::params() {
  return {
      factors_param(&factors, {4, 128}),
      {"epochs", &epochs, "epochs; each solves for all users, then all items", 0, 10000},
      {"regularization",
       &regularization,
       "lambda, the L2 penalty on the vectors",
       0,
       1e6,
       {},
       true,
       {0.02, 10}},
      bias_regularization_param(&bias_regularization, 1e6, {1e-3, 3}),
      {"count_power",
       &count_power,
       "nu: lambda is multiplied by (ratings of the row)^nu; 1 = ALS-WR, 0 = ordinary ALS",
       0,
       2,
       {},
       false,
       {0.1, 1}},
      {"biases", &biases, "use the mean and biases; false = vectors alone, as in the paper"},
      {"solver", &solver, "cg = conjugate gradient, exact = Cholesky", 0, 0, {"cg", "exact"}},
      {"cg_steps", &cg_steps, "conjugate gradient steps per row and epoch", 1, 1000},
      {"init_sigma",
       &init_sigma,
       "item vectors start from N(0, init_sigma^2 / factors)",
       1e-9,
       100,
       {},
       true},
      {"report_loss", &report_loss, "compute the loss after each epoch"},
  };
}

/// A fit under way. Matrices are in the layout of the finished model.
class AlsWr::Fit {
 public:
  Fit(const TrainingData& data, const Config& config, const FitContext& context)
      : config_(config),
        context_(context),
        ratings_(training_ratings(data, kName, context)),
        matrix_(divide_matrix(std::move(ratings_.by_user), data,
                              static_cast<std::size_t>(config.factors) + (config.biases ? 2 : 0), context)),
        old_(start_model<AlsWr>(context)) {
    const auto factors = static_cast<std::size_t>(config.factors);
    const RatingPenalty penalty{config.regularization, config.bias_regularization, config.count_power, 0};
    fold_in_ = {start_layout(ratings_, config.biases, old_), ratings_.liked, penalty, penalty};
    if (old_) {
      const auto make = [&](Factors grown) {
        return std::unique_ptr<Model>(new AlsWr({std::move(grown), old_->numbers()}));
      };
      const std::size_t expected = factors + (config.biases ? 2 : 0);
      Factors grown =
          grow_factors({*old_, old_->user_vectors(), expected, kName, make}, matrix_.by_user, *context.start);
      users_ = std::move(grown.users);
      items_ = std::move(grown.items);
      // New items that nobody rated are average ones.
      for (std::size_t i = 0; i < items_.rows() && config.biases; ++i) items_[i][factors] = 1;
    } else {
      start();
    }
  }

  std::unique_ptr<Model> run() {
    run_epochs({.total = config_.epochs,
                .phase = "epoch",
                .unit = "epochs",
                .run = [&](int) { return iterate(); },
                .snapshot = [&] { return snapshot(); }},
               state_of(matrix_, users_, items_), context_);
    return config_.epochs == 0 && old_ ? as_started() : snapshot();
  }

 private:
  /// Random items, and users that are their optimum.
  void start() {
    const auto factors = static_cast<std::size_t>(config_.factors);
    const double sigma = config_.init_sigma / std::sqrt(static_cast<double>(factors));
    Matrix bare = Matrix::normal(matrix_.item_counts.size(), factors, sigma,
                                 Rng(context_.seed, kItemStream).next(), context_.threads);
    clear_rows_without_entries(matrix_.item_counts, bare);
    // Without biases the mean is the first column's.
    for (std::size_t i = 0; i < bare.rows() && !config_.biases; ++i) {
      if (matrix_.item_counts[i] > 0) bare[i][0] += 1;
    }
    take_item_vectors(context_, kName, bare);
    items_ = item_rows(bare, std::vector<float>(bare.rows(), 0.0f), fold_in_.layout);
    users_ = Matrix(matrix_.user_counts.size(), items_.cols());
    solve_users(/*exactly=*/true, users_);
  }

  double iterate() {
    const bool exact = config_.solver == "exact";
    solve_users(exact, users_);
    matrix_.for_item_tiles(users_, context_, [&](Share rows, const Matrix& users) {
      solve(RatingRidge::Side::kItem, rows, users, exact, items_);
    });
    gather_rows(context_.ranks(), matrix_.items, items_);
    const bool finite = all_finite(users_) && all_finite(items_);
    if (sum_over_ranks(context_.ranks(), finite ? 0 : 1) > 0) {
      fail(ErrorCode::kBadData, "als-wr: vectors are not finite; raise regularization (now {})",
           config_.regularization);
    }
    return config_.report_loss ? total_loss() : std::numeric_limits<double>::quiet_NaN();
  }

  void solve_users(bool exactly, Matrix& users) const {
    solve(RatingRidge::Side::kUser, {0, users.rows()}, items_, exactly, users);
    gather_users(context_.ranks(), matrix_, users);
  }

  /// Solves for the rows of `range`, the other side being `fixed`.
  void solve(RatingRidge::Side side, Share range, const Matrix& fixed, bool exactly, Matrix& rows) const {
    const bool of_users = side == RatingRidge::Side::kUser;
    const Csr& matrix = of_users ? matrix_.by_user : matrix_.by_item;
    const auto make = [&] {
      return RatingRidge(side, fixed, fold_in_.layout, of_users ? fold_in_.user : fold_in_.item);
    };
    for_rows(matrix, range, context_, make, [&](std::size_t row, RatingRidge& ridge) {
      if (exactly) {
        ridge.solve(matrix.cols_of(row), matrix.values_of(row), rows.row(row));
      } else {
        ridge.improve(matrix.cols_of(row), matrix.values_of(row), config_.cg_steps, rows.row(row));
      }
    });
  }

  double total_loss() const {
    const Csr& by_user = matrix_.by_user;
    std::vector<double> losses(by_user.rows(), 0.0);
    const auto make = [&] {
      return RatingRidge(RatingRidge::Side::kUser, items_, fold_in_.layout, fold_in_.user);
    };
    for_rows(by_user, context_, make, [&](std::size_t row, RatingRidge& ridge) {
      losses[row] = ridge.loss(by_user.cols_of(row), by_user.values_of(row), users_.row(row));
    });
    const Share own = matrix_.user_rows(context_.ranks());
    double sum = add_in_order(context_.ranks(), 0, [&](double before) {
      return std::accumulate(losses.data() + own.begin, losses.data() + own.end, before);
    });
    const RatingRidge ridge(RatingRidge::Side::kItem, users_, fold_in_.layout, fold_in_.item);
    for (std::size_t i = 0; i < items_.rows(); ++i) {
      if (matrix_.item_counts[i] > 0) sum += ridge.penalty(matrix_.item_counts[i], items_.row(i));
    }
    return sum;
  }

  /// The model of the items as they are: each user's vector is the exact optimum for them.
  std::unique_ptr<Model> snapshot() const {
    Matrix users = users_.clone();
    solve_users(/*exactly=*/true, users);
    return std::unique_ptr<Model>(new AlsWr({{std::move(users), items_.clone()}, fold_in_}));
  }
  std::unique_ptr<Model> as_started() const {
    return std::unique_ptr<Model>(new AlsWr({{users_.clone(), items_.clone()}, fold_in_}));
  }

  const Config& config_;
  const FitContext& context_;
  Ratings ratings_;  // without the matrix
  const RankMatrix matrix_;
  const AlsWr* old_;
  FoldIn fold_in_;
  Matrix users_;
  Matrix items_;
};

std::unique_ptr<Model> AlsWr::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  context.check_stop();
  return Fit(data, config, context).run();
}

std::unique_ptr<Model> AlsWr::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  return std::unique_ptr<Model>(new AlsWr(load_state(reader, n_users, n_items)));
}

std::unique_ptr<Model> AlsWr::select_users(std::span<const idx_t> users) const {
  return std::unique_ptr<Model>(new AlsWr(select_state(users)));
}

}  // namespace akin
