#include "akin/nets/sequence/rrn.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/params.h"
#include "akin/models/fit/warm_start.h"

namespace akin {
namespace {

constexpr std::uint64_t kItemStream = 0x5252'4E01, kUserNet = 0x5252'4E10, kItemNet = 0x5252'4E20;
constexpr float kFewRatings = 10;  // that an item's mean rating begins as if it had more of
constexpr std::uint32_t kLater = std::numeric_limits<std::uint32_t>::max();  // than every step
constexpr float kLargestNumber = std::numeric_limits<float>::max();

std::size_t size(int value) { return static_cast<std::size_t>(value); }

/// A rating of a history.
struct PastRating {
  idx_t item;
  std::uint32_t step;
  float value;
};

}  // namespace

std::vector<Param> Rrn::Config::params() {
  return {
      factors_param(&factors, {4, 64}),
      {"units", &units, "length of the recurrent states of users and of items", 1, 4096, {}, true, {8, 64}},
      epochs_param(&epochs, "epochs; each learns the users' side, then the items'"),
      {"step_days", &step_days, "length of a time step, days", 1e-3, 10'000, {}, true, {0.25, 30}},
      {"regularization",
       &regularization,
       "lambda, the L2 penalty on the vectors",
       0,
       1e6,
       {},
       true,
       {0.3, 20}},
      bias_regularization_param(&bias_regularization, 1e6, {0.1, 10}),
      {"count_power", &count_power, "nu: lambda is multiplied by (ratings of the row)^nu", 0, 2},
      {"state_regularization",
       &state_regularization,
       "L2 penalty on the states, for each rating",
       0,
       100,
       {},
       true,
       {1e-3, 1}},
      learning_rate_param(&learning_rate, "learning rate of Adam", {3e-4, 0.03}),
      {"batch_size", &batch_size, "users or items per step", 1, 1'000'000, {}, true, {8, 256}},
      init_length_param(&init_sigma),
  };
}

/// A fit under way.
class Rrn::Fit {
 public:
  Fit(const TrainingData& data, const Config& config, const FitContext& context)
      : config_(config),
        context_(context),
        ratings_(rrn_ratings(data, static_cast<double>(config.step_days), kName)),
        options_{size(config.batch_size), config.learning_rate, config.state_regularization},
        users_side_(
            RrnSide::kUsers, ratings_, data.n_users(),
            random_rrn_net(data.n_items(), size(config.units), size(config.factors), context.seed + kUserNet),
            options_, context),
        items_side_(
            RrnSide::kItems, ratings_, data.n_items(),
            random_rrn_net(data.n_users(), size(config.units), size(config.factors), context.seed + kItemNet),
            options_, context),
        users_(data.n_users(), size(config.factors) + 2),
        team_(context.threads) {
    const RatingPenalty penalty{config.regularization, config.bias_regularization, config.count_power, 0};
    fold_in_ = {{true, ratings_.mean}, training_ratings(data, kName, context).liked, penalty, penalty};
    start_items(data.n_items());
    users_side_.refresh();
    items_side_.refresh();
    solve(RrnSide::kUsers, users_);
  }

  std::unique_ptr<Model> run() {
    FitState state = state_of(users_, items_);
    users_side_.add_state("user_net", state);
    items_side_.add_state("item_net", state);
    run_epochs({.total = config_.epochs,
                .phase = "epoch",
                .unit = "epochs",
                .run = [&](int number) { return epoch(number); },
                .snapshot = [&] { return make_model(); }},
               std::move(state), context_);
    current_ = false;  // the best epoch's nets may be back
    return make_model();
  }

 private:
  /// The states by the nets as they are: a resumed fit has the nets alone.
  void refresh() {
    if (current_) return;
    users_side_.refresh();
    items_side_.refresh();
    current_ = true;
  }

  /// Vectors as given or at random, biases as mean ratings say.
  void start_items(std::size_t n_items) {
    const auto factors = size(config_.factors);
    const double sigma = static_cast<double>(config_.init_sigma) / std::sqrt(static_cast<double>(factors));
    Matrix vectors =
        Matrix::normal(n_items, factors, sigma, Rng(context_.seed, kItemStream).next(), context_.threads);
    std::vector<std::uint32_t> counts(n_items, 0);
    std::vector<float> biases(n_items, 0);
    for (const RrnRating& rating : ratings_.ratings) {
      biases[rating.item] += rating.value - ratings_.mean;
      ++counts[rating.item];
    }
    for (std::size_t i = 0; i < n_items; ++i) biases[i] /= static_cast<float>(counts[i]) + kFewRatings;
    take_item_vectors(context_, kName, vectors);
    clear_rows_without_entries(counts, vectors);
    items_ = item_rows(vectors, biases, fold_in_.layout);
  }

  /// (p_u, b_u) or (q_i, b_i) given all else.
  void solve(RrnSide::Which which, Matrix& out) {
    const bool users = which == RrnSide::kUsers;
    const RrnSide& side = users ? users_side_ : items_side_;
    parallel_for(out.rows(), context_.threads, [&](std::size_t begin, std::size_t end, int) {
      context_.check_stop();
      RatingRidge ridge(users ? RatingRidge::Side::kUser : RatingRidge::Side::kItem, users ? items_ : users_,
                        fold_in_.layout, users ? fold_in_.user : fold_in_.item);
      std::vector<idx_t> rows;
      std::vector<float> values;
      for (std::size_t e = begin; e < end; ++e) {
        if (side.ratings_of(e).empty()) continue;
        rows.clear();
        values.clear();
        for (const std::uint32_t r : side.ratings_of(e)) {
          rows.push_back(users ? ratings_.ratings[r].item : ratings_.ratings[r].user);
          values.push_back(ratings_.ratings[r].value - product_of_states(r));
        }
        ridge.solve(rows, values, out.row(e));
      }
    });
  }

  float product_of_states(std::size_t r) const {
    return dot(users_side_.states().row(users_side_.rows()[r]),
               items_side_.states().row(items_side_.rows()[r]), users_side_.states().stride());
  }

  /// What is left for the states to explain.
  std::vector<float> residuals() const {
    std::vector<float> left;
    left.reserve(ratings_.ratings.size());
    for (const RrnRating& rating : ratings_.ratings)
      left.push_back(rating.value - dot(users_.row(rating.user), items_.row(rating.item), users_.stride()));
    return left;
  }

  double epoch(int number) {
    refresh();
    const double loss = users_side_.train(number, items_side_, residuals(), team_);
    users_side_.refresh();
    solve(RrnSide::kUsers, users_);
    items_side_.train(number, users_side_, residuals(), team_);
    items_side_.refresh();
    solve(RrnSide::kItems, items_);
    const double rmse = std::sqrt(loss / static_cast<double>(ratings_.ratings.size()));
    if (!std::isfinite(rmse) || !all_finite(users_) || !all_finite(items_) ||
        !all_finite(users_side_.states()) || !all_finite(items_side_.states()))
      fail_diverged(kName, number, config_.learning_rate);
    return rmse;
  }

  std::unique_ptr<Model> make_model() {
    refresh();
    Matrix users = users_.clone();
    solve(RrnSide::kUsers, users);
    Dynamics dynamics{ratings_.clock, ratings_.deviation, users_side_.net().clone(), {}, {0}, {}, {}};
    for (std::size_t i = 0; i < items_.rows(); ++i) {
      const auto steps = items_side_.steps_of(i);
      if (steps.empty()) std::ranges::fill(dynamics.users.others[i], 0.0f);
      dynamics.steps.insert(dynamics.steps.end(), steps.begin(), steps.end());
      dynamics.item_steps.push_back(dynamics.steps.size());
    }
    dynamics.item_states = items_side_.states().clone();
    dynamics.user_states = Matrix(users.rows(), size(config_.factors));
    for (std::size_t u = 0; u < users.rows(); ++u) {
      if (!users_side_.ratings_of(u).empty())
        std::ranges::copy(users_side_.states()[users_side_.final_row(u)], dynamics.user_states.row(u));
    }
    return std::unique_ptr<Model>(
        new Rrn({{std::move(users), items_.clone()}, fold_in_}, std::move(dynamics)));
  }

  const Config& config_;
  const FitContext& context_;
  const RrnRatings ratings_;
  const RrnOptions options_;
  RrnSide users_side_, items_side_;
  Matrix users_, items_;  // in the layout of the finished model
  FoldIn fold_in_;
  WorkerTeam team_;
  bool current_ = false;  // whether the sides' states are those of their nets
};

std::unique_ptr<Model> Rrn::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  context.check_stop();
  return Fit(data, config, context).run();
}

/// Before all ratings of step `step` and later ones.
const float* Rrn::item_state(idx_t item, std::uint32_t step) const {
  const auto first = dynamics_.steps.begin() + static_cast<std::ptrdiff_t>(dynamics_.item_steps[item]);
  const auto last = dynamics_.steps.begin() + static_cast<std::ptrdiff_t>(dynamics_.item_steps[item + 1]);
  const auto before = static_cast<std::size_t>(std::lower_bound(first, last, step) - first);
  return dynamics_.item_states.row(dynamics_.item_steps[item] + item + before);
}

bool Rrn::ask(const Query& query, Asked& asked) const {
  const std::size_t factors = dynamics_.item_states.cols();
  asked.x = Matrix(1, factors + 2);
  asked.state = Matrix(1, factors);
  const bool stored = copy_stored_row(user_vectors(), query, asked.x[0]);
  const bool timed = std::ranges::any_of(query.times, [](std::int64_t time) { return time != kNoTime; });
  asked.now = query.now == kNoTime ? kLater : dynamics_.clock.step_of(query.now);
  if (stored && !timed) {
    std::ranges::copy(dynamics_.user_states[*query.user], asked.state.row(0));
    return true;
  }
  std::vector<PastRating> past;
  std::int64_t time = kNoTime;
  for (std::size_t h = 0; h < query.history.size(); ++h) {
    if (timed && query.times[h] != kNoTime) time = query.times[h];
    if (query.now != kNoTime && time > query.now) continue;
    past.push_back({query.history[h], time == kNoTime ? dynamics_.clock.last : dynamics_.clock.step_of(time),
                    query.values.empty() ? numbers().liked : query.values[h]});
  }
  if (past.empty() && !stored) return false;
  // Of each item the latest, by step.
  std::ranges::stable_sort(past, {}, &PastRating::item);
  std::vector<PastRating> latest;
  for (std::size_t k = 0; k < past.size(); ++k) {
    if (k + 1 == past.size() || past[k + 1].item != past[k].item) latest.push_back(past[k]);
  }
  std::ranges::stable_sort(latest, {}, &PastRating::step);
  RrnChunk chunk;
  std::vector<std::size_t> rows;  // of the state before each
  for (std::size_t k = 0; k < latest.size();) {
    const std::uint32_t step = latest[k].step, before = k == 0 ? step : latest[k - 1].step;
    const bool first = k == 0, counts = !timed || step < asked.now;
    for (; k < latest.size() && latest[k].step == step; ++k) {
      rows.push_back(chunk.times.size());
      if (!counts) continue;
      chunk.others.push_back(latest[k].item);
      chunk.values.push_back((latest[k].value - numbers().layout.mean) / dynamics_.deviation);
    }
    if (counts) add_step(dynamics_.clock, step, before, first, chunk);
  }
  chunk.offsets.push_back(chunk.times.size());
  RrnPass pass(dynamics_.users);
  const attention::Rows states = pass.forward(dynamics_.users, chunk);
  std::copy_n(states[chunk.states() - 1], factors, asked.state.row(0));
  if (stored) return true;
  std::vector<idx_t> items;
  std::vector<float> values;
  for (std::size_t k = 0; k < latest.size(); ++k) {
    items.push_back(latest[k].item);
    values.push_back(latest[k].value -
                     dot(states[rows[k]], item_state(latest[k].item, latest[k].step), asked.state.stride()));
  }
  RatingRidge(RatingRidge::Side::kUser, embeddings(), numbers().layout, numbers().user)
      .solve(items, values, asked.x.row(0));
  return true;
}

float Rrn::rating(const Asked& asked, idx_t item) const {
  return dot(asked.x.row(0), embeddings().row(item), asked.x.stride()) +
         dot(asked.state.row(0), item_state(item, asked.now), asked.state.stride());
}

bool Rrn::score_all(const Query& query, std::span<float> out) const {
  Asked asked;
  if (!ask(query, asked)) return false;
  for (idx_t i = 0; i < out.size(); ++i) out[i] = rating(asked, i);
  return true;
}

bool Rrn::score(const Query& query, std::span<const idx_t> items, std::span<float> out) const {
  Asked asked;
  if (!ask(query, asked)) return false;
  for (std::size_t k = 0; k < items.size(); ++k) out[k] = rating(asked, items[k]);
  return true;
}

void Rrn::save(TensorWriter& writer) const {
  RatingFactors::save(writer);
  const RrnClock& clock = dynamics_.clock;
  writer.meta("model.step", std::to_string(clock.length));
  writer.meta("model.first_step", std::to_string(clock.first));
  writer.meta("model.last_step", std::to_string(clock.last));
  writer.tensor("model.deviation", std::vector<float>{dynamics_.deviation});
  write_matrix(writer, "model.net.others", dynamics_.users.others);
  for (std::size_t t = 0; t < dynamics_.users.tensors.size(); ++t)
    write_matrix(writer, fmt::format("model.net.tensor{}", t), dynamics_.users.tensors[t]);
  write_matrix(writer, "model.user_states", dynamics_.user_states);
  writer.tensor("model.item_steps", dynamics_.item_steps);
  writer.tensor("model.steps", dynamics_.steps);
  write_matrix(writer, "model.item_states", dynamics_.item_states);
}

std::unique_ptr<Model> Rrn::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  State state = load_state(reader, n_users, n_items);
  if (!state.numbers.layout.biases) reader.inconsistent("an rrn without biases");
  const std::size_t factors = state.factors.items.cols() - 2;
  Dynamics dynamics;
  dynamics.clock.length = reader.meta_int("model.step", 1, kMost);
  dynamics.clock.first = reader.meta_int("model.first_step", -kMost, kMost);
  dynamics.clock.last = static_cast<std::uint32_t>(reader.meta_int("model.last_step", 0, kLater));
  dynamics.deviation =
      reader.vector_in<float>("model.deviation", 1, std::numeric_limits<float>::min(), kLargestNumber)[0];
  dynamics.users.others = read_matrix(reader, "model.net.others", n_items);
  for (const Matrix& zeros : rrn_zeros(dynamics.users.units(), factors)) {
    const std::string name = fmt::format("model.net.tensor{}", dynamics.users.tensors.size());
    dynamics.users.tensors.push_back(read_matrix(reader, name, zeros.rows(), zeros.cols()));
  }
  dynamics.user_states = read_matrix(reader, "model.user_states", n_users, factors);
  dynamics.item_states =
      read_matrix(reader, "model.item_states", reader.shape("model.steps").at(0) + n_items, factors);
  const std::size_t steps = dynamics.item_states.rows() - n_items;
  dynamics.steps = reader.vector<std::uint32_t>("model.steps", steps);
  dynamics.item_steps = reader.vector_in<std::uint64_t>("model.item_steps", n_items + 1, 0, steps);
  if (!std::ranges::is_sorted(dynamics.item_steps)) reader.inconsistent("model.item_steps descends");
  return std::unique_ptr<Model>(new Rrn(std::move(state), std::move(dynamics)));
}

std::unique_ptr<Model> Rrn::select_users(std::span<const idx_t> users) const {
  Dynamics kept{dynamics_.clock,
                dynamics_.deviation,
                dynamics_.users.clone(),
                Matrix::gather(dynamics_.user_states, users),
                dynamics_.item_steps,
                dynamics_.steps,
                dynamics_.item_states.clone()};
  return std::unique_ptr<Model>(new Rrn(select_state(users), std::move(kept)));
}

}  // namespace akin
