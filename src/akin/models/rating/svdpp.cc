#include "akin/models/rating/svdpp.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/params.h"
#include "akin/models/fit/worker_team.h"
#include "akin/models/rating/svdpp_batches.h"

namespace akin {
namespace {

// Streams of the seed; 1 and 2 are those of normal_factors().
constexpr std::uint64_t kImplicitStream = 3, kOrderStream = 4;

float share_of(std::size_t n) { return 1 / std::sqrt(static_cast<float>(n)); }

/// out = n^-1/2 sum of the rows of y; out holds stride() floats.
void implicit_sum(const Matrix& y, std::span<const idx_t> items, float* out) {
  std::fill_n(out, y.stride(), 0.0f);
  if (items.empty()) return;
  const std::vector<float> shares(items.size(), share_of(items.size()));
  gather_multiply(y, {items, shares, {}}, nullptr, out);
}

}  // namespace

std::vector<Param> Svdpp::Config::params() {
  return {
      factors_param(&factors, {8, 128}),
      epochs_param(&epochs, "epochs over the ratings"),
      learning_rate_param(&learning_rate, "learning rate of the first epoch", {2e-3, 0.05}),
      learning_rate_decay_param(&learning_rate_decay),
      {"regularization",
       &regularization,
       "lambda, the L2 penalty on the vectors",
       0,
       100,
       {},
       true,
       {0.01, 0.3}},
      bias_regularization_param(&bias_regularization, 100, {1e-3, 0.2}),
      {"implicit_regularization",
       &implicit_regularization,
       "lambda_y, the L2 penalty on the implicit vectors",
       0,
       100,
       {},
       true,
       {1e-3, 1}},
      {"init_sigma", &init_sigma, "vectors start from N(0, init_sigma^2)", 0, 100, {}, true},
      {"batch_size", &batch_size, "maximum number of users per minibatch", 1, 1000000},
  };
}

/// A fit under way.
class Svdpp::Fit {
 public:
  Fit(const TrainingData& data, const Config& config, const FitContext& context)
      : config_(config),
        context_(context),
        ratings_(training_ratings(data, kName, context)),
        batches_(svdpp_batches(ratings_.by_user, static_cast<std::size_t>(config.batch_size),
                               Rng(context.seed, kOrderStream), context.threads)),
        team_(context.threads) {
    const auto factors = static_cast<std::size_t>(config.factors);
    const RatingPenalty penalty{config.regularization, config.bias_regularization, 1, 0};
    const auto* old = start_model<Svdpp>(context);
    fold_in_ = {start_layout(ratings_, /*biases=*/true, old), ratings_.liked, penalty, penalty};
    if (old) {
      start_from(*old);
    } else {
      start();
    }
    std::size_t most = 0;
    for (const SvdppBatch& batch_size : batches_) most = std::max(most, batch_size.users.size());
    scratch_ = {Matrix(most, factors), Matrix(most, factors), Matrix(most, factors)};
  }

  std::unique_ptr<Model> run() {
    FitState state = state_of(model_);
    state.add("implicit", implicit_);
    run_epochs({.total = config_.epochs,
                .phase = "epoch",
                .unit = "epochs",
                .run = [&](int number) { return epoch(number); },
                .snapshot = [&] { return make_model(); }},
               std::move(state), context_);
    return make_model();
  }

 private:
  void start() {
    const Csr& by_user = ratings_.by_user;
    const auto factors = static_cast<std::size_t>(config_.factors);
    model_ = normal_factors(by_user, factors, config_.init_sigma, context_);
    implicit_ = Matrix::normal(by_user.cols, factors, config_.init_sigma,
                               Rng(context_.seed, kImplicitStream).next(), context_.threads);
    const Csr by_item = transpose(by_user);
    clear_rows_without_entries(by_user, model_.users);
    clear_rows_without_entries(by_item, model_.items);
    clear_rows_without_entries(by_item, implicit_);
    take_item_vectors(context_, kName, model_.items);
  }

  /// The old model's stored users are effective vectors: less the implicit part they are p_u.
  void start_from(const Svdpp& old) {
    const Csr& by_user = ratings_.by_user;
    implicit_ = old.implicit_.resized(by_user.cols, old.implicit_.cols());
    const auto make = [&](Factors grown) {
      return std::unique_ptr<Model>(new Svdpp({std::move(grown), old.numbers()}, implicit_.clone()));
    };
    const std::size_t expected = static_cast<std::size_t>(config_.factors) + 2;
    model_ = narrow(grow_factors({old, old.user_vectors(), expected, kName, make}, by_user, *context_.start),
                    fold_in_.layout);
    Matrix sum(1, implicit_.cols());
    for (std::size_t u = 0; u < by_user.rows(); ++u) {
      if (by_user.row_size(u) == 0) continue;
      implicit_sum(implicit_, by_user.cols_of(u), sum.row(0));
      axpy(-1, sum.row(0), model_.users.row(u), sum.stride());
    }
  }

  double epoch(int number) {
    const SvdppStep step{
        fold_in_.layout.mean, decayed_rate(config_.learning_rate, config_.learning_rate_decay, number),
        config_.regularization, config_.bias_regularization, config_.implicit_regularization};
    std::vector<std::size_t> order(batches_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Rng(Rng(context_.seed, kOrderStream).next(), static_cast<std::uint64_t>(number))
        .shuffle(std::span(order));
    double loss = 0;
    for (const std::size_t b : order) {
      context_.check_stop();
      loss += go_through(batches_[b], step);
    }
    const double rmse = std::sqrt(loss / static_cast<double>(ratings_.by_user.entries()));
    if (!std::isfinite(rmse) || !all_finite(model_.users) || !all_finite(model_.items) ||
        !all_finite(implicit_)) {
      fail(ErrorCode::kBadData,
           "svdpp: training diverged in epoch {}; lower learning_rate (now {}) or batch_size (now {})",
           number + 1, config_.learning_rate, config_.batch_size);
    }
    return rmse;
  }

  double go_through(const SvdppBatch& batch_size, const SvdppStep& step) {
    constexpr std::size_t kUserGrain = 2, kItemGrain = 64;
    const Csr& by_user = ratings_.by_user;
    std::vector<double> losses(batch_size.users.size());
    team_.run(batch_size.users.size(), kUserGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t slot = begin; slot < end; ++slot) {
        const idx_t user = batch_size.users[slot];
        const auto items = by_user.cols_of(user);
        implicit_sum(implicit_, items, scratch_.implicit.row(slot));
        losses[slot] = svdpp_user(items, by_user.values_of(user), step, model_, user, scratch_, slot,
                                  share_of(items.size()));
      }
    });
    team_.run(batch_size.items.size(), kItemGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t k = begin; k < end; ++k) {
        const auto ratings =
            std::span(batch_size.ratings)
                .subspan(batch_size.offsets[k], batch_size.offsets[k + 1] - batch_size.offsets[k]);
        svdpp_item(ratings, step, scratch_, batch_size.items[k], model_, implicit_);
      }
    });
    return std::accumulate(losses.begin(), losses.end(), 0.0);
  }

  std::unique_ptr<Model> make_model() const {
    const Csr& by_user = ratings_.by_user;
    Matrix effective = model_.users.clone();
    parallel_for(by_user.rows(), context_.threads, [&](std::size_t begin, std::size_t end, int) {
      Matrix sum(1, implicit_.cols());
      for (std::size_t u = begin; u < end; ++u) {
        implicit_sum(implicit_, by_user.cols_of(u), sum.row(0));
        axpy(1, sum.row(0), effective.row(u), sum.stride());
      }
    });
    return std::unique_ptr<Model>(
        new Svdpp({{user_rows(effective, model_.user_bias, fold_in_.layout, row_sizes(by_user)),
                    item_rows(model_.items, model_.item_bias, fold_in_.layout)},
                   fold_in_},
                  implicit_.clone()));
  }

  const Config& config_;
  const FitContext& context_;
  const Ratings ratings_;
  const std::vector<SvdppBatch> batches_;
  FoldIn fold_in_;
  FactorModel model_;
  Matrix implicit_;  // y
  UserBatch scratch_;
  WorkerTeam team_;
};

std::unique_ptr<Model> Svdpp::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  context.check_stop();
  return Fit(data, config, context).run();
}

bool Svdpp::user_vector(const Query& query, std::span<float> out) const {
  if (copy_stored_row(user_vectors(), query, out)) return true;
  HistoryRow row = history_row(query, Repeats::kLast, numbers().liked);
  if (row.items.empty()) return false;
  Matrix x(1, item_vectors().cols()), sum(1, implicit_.cols());
  implicit_sum(implicit_, row.items, sum.row(0));
  for (std::size_t k = 0; k < row.items.size(); ++k)
    row.values[k] -= dot(item_vectors().row(row.items[k]), sum.row(0), implicit_.cols());
  RatingRidge(RatingRidge::Side::kUser, item_vectors(), numbers().layout, numbers().user)
      .solve(row.items, row.values, x.row(0));
  for (std::size_t c = 0; c < implicit_.cols(); ++c) x[0][c] += sum[0][c];
  std::ranges::copy(x[0], out.begin());
  return true;
}

void Svdpp::save(TensorWriter& writer) const {
  RatingFactors::save(writer);
  write_matrix(writer, "model.implicit", implicit_);
}

std::unique_ptr<Model> Svdpp::select_users(std::span<const idx_t> users) const {
  return std::unique_ptr<Model>(new Svdpp(select_state(users), implicit_.clone()));
}

std::unique_ptr<Model> Svdpp::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  State state = load_state(reader, n_users, n_items);
  Matrix implicit = read_matrix(reader, "model.implicit", n_items,
                                state.numbers.layout.factors(state.factors.items.cols()));
  return std::unique_ptr<Model>(new Svdpp(std::move(state), std::move(implicit)));
}

}  // namespace akin
