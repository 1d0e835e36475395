#include "akin/models/rating/mf_sgd.h"

#include <algorithm>
#include <atomic>
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
#include "akin/models/rating/rating_grid.h"
#include "akin/models/rating/rating_kernels.h"
#include "akin/models/rating/rating_weights.h"

namespace akin {
namespace {

// Stream of the seed; 1 and 2 are those of normal_factors().
constexpr std::uint64_t kScheduleStream = 3;

template <typename T>
std::vector<T> gather(const std::vector<T>& values, const std::vector<idx_t>& from) {
  std::vector<T> result;
  for (const idx_t number : from) result.push_back(values[number]);
  return result;
}

/// With the rows of `users`, in their order.
FactorModel random_model(const StripedMatrix& ratings, const std::vector<idx_t>& users, float mean,
                         const MfSgd::Config& config, const FitContext& context) {
  const auto factors = static_cast<std::size_t>(config.factors);
  FactorModel model = normal_factors(ratings.by_user, factors, config.init_sigma, context, &users);
  // Without a mean the products start near it.
  if (!config.biases && mean > 0) {
    const float start = std::sqrt(mean / static_cast<float>(factors));
    for (Matrix* matrix : {&model.users, &model.items}) {
      for (std::size_t r = 0; r < matrix->rows(); ++r) {
        for (float& value : (*matrix)[r]) value += start;
      }
    }
  }
  clear_rows_without_entries(gather(ratings.user_counts, users), model.users);
  clear_rows_without_entries(ratings.item_counts, model.items);
  take_item_vectors(context, MfSgd::kName, model.items);
  return model;
}

/// False if an entry is NaN or infinite, or a sum of squares overflows; all_finite() would take a tenth of an
/// epoch's time.
bool is_finite(const Matrix& matrix, WorkerTeam& team) {
  constexpr std::size_t kRows = 1024;
  std::atomic<bool> finite{true};
  team.run(matrix.rows(), kRows, [&](std::size_t begin, std::size_t end) {
    const float* rows = matrix.row(begin);
    if (!std::isfinite(dot(rows, rows, (end - begin) * matrix.stride()))) finite = false;
  });
  return finite;
}

/// 1 / (number of entries) of each row.
std::vector<float> shares(const std::vector<std::uint32_t>& sizes) {
  std::vector<float> result;
  for (const std::uint32_t size : sizes)
    result.push_back(1 / static_cast<float>(std::max<std::uint32_t>(1, size)));
  return result;
}

}  // namespace

std::vector<Param> MfSgd::Config::params() {
  return {
      factors_param(&factors, {8, 256}),
      epochs_param(&epochs, "epochs over the ratings"),
      learning_rate_param(&learning_rate, "learning rate of the first epoch", {2e-3, 0.1}),
      learning_rate_decay_param(&learning_rate_decay),
      {"regularization",
       &regularization,
       "lambda, the L2 penalty on the vectors",
       0,
       100,
       {},
       true,
       {0.01, 0.5}},
      {"user_regularization", &user_regularization, "lambda of user vectors; -1 = regularization", -1, 100},
      {"item_regularization", &item_regularization, "lambda of item vectors; -1 = regularization", -1, 100},
      bias_regularization_param(&bias_regularization, 100, {1e-3, 0.2}),
      {"l1", &l1, "L1 penalty on the vectors; gives exact zeros", 0, 100},
      {"penalty",
       &penalty,
       "where penalties apply: rating = at every rating, row = once per user and item",
       0,
       0,
       {"rating", "row"}},
      {"biases", &biases, "use the mean and biases; false = vectors alone"},
      {"weights",
       &weights,
       "weights of ratings: none, popularity = (ratings of the item)^-weight_power, recency = by "
       "half_life_days",
       0,
       0,
       {"none", "popularity", "recency"}},
      {"weight_power", &weight_power, "exponent of weights=popularity", 0, 4},
      {"half_life_days",
       &half_life_days,
       "days after which weights=recency is one half",
       1e-3,
       1e6,
       {},
       true},
      {"init_sigma", &init_sigma, "vectors start from N(0, init_sigma^2)", 0, 100, {}, true},
  };
}

/// A fit under way.
struct MfSgd::Fit {
  const Config& config;
  StripedMatrix ratings;
  FoldIn numbers;
  FactorModel model;  // in order of the grid's places while it is trained
  RatingStep step = {};
  std::vector<float> user_share = {};
  std::vector<float> item_share = {};
  int threads = 0;
  std::vector<idx_t> own_users = {};   // the user at each place of model.users
  std::vector<idx_t> own_places = {};  // where ranks divide the users: the number of each such place

  void prepare(const RatingGrid& grid, float mean, const MfSgd* old, const FitContext& context) {
    threads = context.threads;
    const Share places = grid.own_places();
    own_users.assign(grid.user_numbers().begin() + static_cast<std::ptrdiff_t>(places.begin),
                     grid.user_numbers().begin() + static_cast<std::ptrdiff_t>(places.end));
    own_places.resize(ratings.own_only ? places.size() : 0);
    std::iota(own_places.begin(), own_places.end(), static_cast<idx_t>(places.begin));
    if (old) {
      model = start_from(*old, context);
      model.users = Matrix::gather(model.users, own_users, threads);
      model.user_bias = gather(model.user_bias, own_users);
    } else {
      model = random_model(ratings, own_users, mean, config, context);
    }
    model.items = Matrix::gather(model.items, grid.item_numbers(), threads);
    model.item_bias = gather(model.item_bias, grid.item_numbers());
    step = {.mean = numbers.layout.mean,
            .user_regularization = numbers.user.factors,
            .item_regularization = numbers.item.factors,
            .bias_regularization = config.bias_regularization,
            .biases = config.biases,
            .l1 = config.l1};
    if (config.penalty == "rating") return;
    user_share = shares(gather(ratings.user_counts, own_users));
    item_share = shares(gather(ratings.item_counts, grid.item_numbers()));
    step.user_share = user_share;
    step.item_share = item_share;
  }

  double epoch(int number, const RatingGrid& grid, WorkerTeam& team, const FitContext& context) {
    step.learning_rate = decayed_rate(config.learning_rate, config.learning_rate_decay, number);
    const double loss = grid.run(
        static_cast<std::uint64_t>(number), team, context,
        [&](std::span<const Cell> cells, std::span<const float> cell_weights) {
          RatingStep block_step = step;
          block_step.weights = cell_weights;
          return rating_steps(cells, block_step, model);
        },
        items_of(model));
    const double rmse = std::sqrt(loss / static_cast<double>(ratings.entries));
    // Of the users each rank knows its own only.
    const bool finite = is_finite(model.users, team) && is_finite(model.items, team);
    const int bad = sum_over_ranks(context.ranks(), finite ? 0 : 1);
    if (!std::isfinite(rmse) || bad > 0) fail_diverged(kName, number, config.learning_rate);
    return rmse;
  }

  FitState state() {
    return ratings.own_only ? state_of(model, own_places, ratings.n_users(), /*user_bias=*/true)
                            : state_of(model);
  }

  std::unique_ptr<Model> make_model(const RatingGrid& grid, const Communicator& ranks) const {
    const RatingLayout& layout = numbers.layout;
    const Matrix items = Matrix::gather(model.items, grid.item_positions(), threads);
    Matrix item_vectors = item_rows(items, gather(model.item_bias, grid.item_positions()), layout);
    return std::unique_ptr<Model>(
        new MfSgd({{ordered_users(grid, ranks), std::move(item_vectors)}, numbers}));
  }

  /// The users' rows of the finished model; where ranks divide them, those of ordered_share().
  Matrix ordered_users(const RatingGrid& grid, const Communicator& ranks) const {
    const RatingLayout& layout = numbers.layout;
    const Matrix& users = model.users;
    if (!ratings.own_only) {
      return user_rows(Matrix::gather(users, grid.user_positions(), threads),
                       gather(model.user_bias, grid.user_positions()), layout, ratings.user_counts);
    }
    const DividedRows own{users.data(),   users.rows(), users.cols(),
                          users.stride(), own_users,    ratings.n_users()};
    const Share share = ordered_share(own, ranks);
    Matrix ordered(share.size(), users.cols());
    std::vector<float> biases(share.size());
    rows_in_order(ranks, own, ordered.data(), ordered.stride());
    rows_in_order(ranks, {model.user_bias.data(), users.rows(), 1, 1, own_users, ratings.n_users()},
                  biases.data(), 1);
    return user_rows(ordered, biases, layout,
                     std::span(ratings.user_counts).subspan(share.begin, share.size()));
  }

  FactorModel start_from(const MfSgd& old, const FitContext& context) const {
    const auto make = [&](Factors grown) {
      return std::unique_ptr<Model>(new MfSgd({std::move(grown), old.numbers()}));
    };
    const std::size_t expected = static_cast<std::size_t>(config.factors) + (config.biases ? 2 : 0);
    return narrow(
        grow_factors({old, old.user_vectors(), expected, kName, make}, ratings.by_user, *context.start),
        numbers.layout);
  }
};

std::unique_ptr<Model> MfSgd::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  context.check_stop();
  const auto* old = start_model<MfSgd>(context);
  Ratings ratings = training_ratings(data, kName, context);
  const std::size_t row_bytes = padded(static_cast<std::size_t>(config.factors)) * sizeof(float);
  const RatingGrid::Layout layout = RatingGrid::layout_for(data.n_users(), data.n_items(), row_bytes);
  std::vector<float> weights = rating_weights(
      data, ratings.by_user, {config.weights, config.weight_power, config.half_life_days}, kName, context);
  if (!weights.empty() && !context.ranks().alone()) {
    // They go where their ratings go.
    Csr weighted = ratings.by_user;
    weighted.values = std::move(weights);
    weights = divide_by_stripes(std::move(weighted), layout.stripes, context, layout.together).by_user.values;
  }
  Fit fit{config,
          divide_by_stripes(std::move(ratings.by_user), layout.stripes, context, layout.together),
          {},
          {}};
  const auto penalty = [&](float own) {
    const float power = config.penalty == "rating" ? 1.0f : 0.0f;
    return RatingPenalty{own < 0 ? config.regularization : own, config.bias_regularization, power, config.l1};
  };
  fit.numbers = {start_layout(ratings, config.biases, old), ratings.liked,
                 penalty(config.user_regularization), penalty(config.item_regularization)};
  const RatingGrid grid(fit.ratings, weights, row_bytes, Rng(context.seed, kScheduleStream).next(),
                        context.threads);
  fit.prepare(grid, ratings.mean, old, context);
  WorkerTeam team(std::min(resolve_threads(context.threads), static_cast<int>(grid.stripes())));
  run_epochs({.total = config.epochs,
              .phase = "epoch",
              .unit = "epochs",
              .run = [&](int epoch) { return fit.epoch(epoch, grid, team, context); },
              .snapshot = [&] { return fit.make_model(grid, context.ranks()); },
              .gather = [&] { grid.gather_users(context.ranks(), users_of(fit.model)); }},
             fit.state(), context);
  return fit.make_model(grid, context.ranks());
}

std::unique_ptr<Model> MfSgd::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  return std::unique_ptr<Model>(new MfSgd(load_state(reader, n_users, n_items)));
}

std::unique_ptr<Model> MfSgd::select_users(std::span<const idx_t> users) const {
  return std::unique_ptr<Model>(new MfSgd(select_state(users)));
}

}  // namespace akin
