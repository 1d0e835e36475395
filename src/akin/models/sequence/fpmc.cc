#include "akin/models/sequence/fpmc.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/factor_model.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/params.h"
#include "akin/models/fit/start.h"
#include "akin/models/fit/striped_matrix.h"
#include "akin/models/sequence/sessions.h"

namespace akin {
namespace {

constexpr std::size_t kMostStripes = 8, kLeastStripeItems = 64;
constexpr std::uint64_t kUserStream = 1, kItemStream = 2, kLastStream = 3, kNextStream = 4, kEpochStream = 5;

struct Transition {
  idx_t user, last, item;
};

/// Each event with the one before it, `none` at the beginning of a session.
std::vector<Transition> transitions_of(const Sessions& sessions, idx_t none) {
  std::vector<Transition> transitions;
  transitions.reserve(sessions.items.size());
  for (std::size_t s = 0; s < sessions.size(); ++s) {
    idx_t last = none;
    for (const idx_t item : sessions.items_of(s)) {
      transitions.push_back({sessions.users[s], last, item});
      last = item;
    }
  }
  return transitions;
}

std::vector<std::uint32_t> counts_of(std::span<const Transition> transitions, idx_t Transition::*row,
                                     std::size_t n) {
  std::vector<std::uint32_t> counts(n, 0);
  for (const Transition& transition : transitions) ++counts[transition.*row];
  return counts;
}

}  // namespace

std::vector<Param> Fpmc::Config::params() {
  return {
      factors_param(&factors, {16, 256}),
      epochs_param(&epochs, "epochs over the training events"),
      learning_rate_param(&learning_rate, "learning rate of the first epoch; it decreases linearly to 0",
                          {5e-3, 0.3}),
      {"regularization",
       &regularization,
       "lambda, the L2 penalty on all vectors",
       0,
       100,
       {},
       true,
       {1e-5, 0.1}},
      {"negatives", &negatives, "negative samples per event and epoch", 1, 1000, {}, true, {1, 8}},
      init_length_param(&init_sigma),
      session_gap_param(&session_gap),
  };
}

/// A fit under way. The S^3 blocks of a user stripe, a stripe of last items and one of items are taken in S^2 rounds of S
/// blocks that have no stripe in common. Items are dealt to stripes again in each epoch, as negatives come from the
/// block's own; the vectors of items before and after are different ones, so that one dealing serves both.
struct Fpmc::Fit {
  Fit(const Sessions& sessions, const TrainingData& data, const Config& configuration, const FitContext& fit)
      : config(configuration),
        context(fit),
        n_items(data.n_items()),
        stripes(std::clamp<std::size_t>(n_items / kLeastStripeItems, 1, kMostStripes)),
        source(transitions_of(sessions, static_cast<idx_t>(n_items))),
        sorted(source.size()),
        user_counts(counts_of(source, &Transition::user, data.n_users())),
        item_counts(counts_of(source, &Transition::item, n_items)),
        last_counts(counts_of(source, &Transition::last, n_items + 1)),
        user_stripe(balanced_stripes(user_counts, stripes)),
        item_stripe(n_items + 1, 0),
        offsets(stripes * stripes * stripes + 1) {
    const auto draw = [&](std::size_t rows, std::uint64_t stream) {
      return Matrix::normal(rows, static_cast<std::size_t>(config.factors),
                            config.init_sigma / std::sqrt(static_cast<double>(config.factors)),
                            Rng(context.seed, stream).next(), context.threads);
    };
    factors = {draw(data.n_users(), kUserStream), draw(n_items, kItemStream), draw(n_items + 1, kLastStream),
               draw(n_items, kNextStream), std::vector<float>(n_items)};
    clear_rows_without_entries(user_counts, factors.users);
    clear_rows_without_entries(last_counts, factors.last);
  }

  /// The vectors of a trained model; those of new items are the means of the known ones around them, and users with new
  /// events are folded in.
  void go_on_from(const Fpmc& old, const Sessions& sessions, const TrainingData& data) {
    const State& from = old.state_;
    const std::size_t f = factors.users.cols();
    check_start_columns(from.items, 2 * f + 1, kName);
    std::ranges::fill(std::span(factors.users.data(), factors.users.rows() * factors.users.stride()), 0.0f);
    for (std::size_t u = 0; u < from.users.rows(); ++u)
      std::ranges::copy(from.users[u], factors.users[u].begin());
    std::vector<std::uint8_t> known(n_items, 0);
    Matrix bias(n_items, 1);
    for (std::size_t i = 0; i < from.items.rows(); ++i) {
      const std::span<const float> row = from.items[i];
      bias[i][0] = row[2 * f];
      known[i] = is_zero(row.first(2 * f)) ? 0 : 1;
      if (known[i] == 0) continue;
      std::ranges::copy(row.first(f), factors.items[i].begin());
      std::ranges::copy(row.subspan(f, f), factors.next[i].begin());
      std::ranges::copy(from.last[i], factors.last[i].begin());
    }
    std::ranges::copy(from.last[from.items.rows()], factors.last[n_items].begin());
    for (Matrix* const matrix : {&factors.items, &factors.next, &factors.last, &bias})
      place_among_neighbors(sessions, known, *matrix);
    for (std::size_t i = 0; i < n_items; ++i) factors.bias[i] = bias[i][0];
    Fpmc model(make_state());
    model.state_.mean_user = from.mean_user;
    const std::vector<std::uint64_t> offsets_of = user_offsets(data.events, data.n_users());
    std::vector<idx_t> history;
    for (const idx_t user : context.start->fold_users) {
      history.clear();
      for (std::uint64_t e = offsets_of[user]; e < offsets_of[user + 1]; ++e)
        history.push_back(data.events[e].item);
      model.fold_in({.history = history}, factors.users[user]);
    }
  }

  std::size_t block_of(const Transition& transition) const {
    return (user_stripe[transition.user] * stripes + item_stripe[transition.last]) * stripes +
           item_stripe[transition.item];
  }

  /// Deals the items to stripes and sorts the transitions by block.
  void deal(Rng& rng) {
    std::vector<idx_t> order(n_items);
    std::iota(order.begin(), order.end(), idx_t{0});
    rng.shuffle(std::span(order));
    pools.assign(stripes, {});
    for (std::size_t k = 0; k < n_items; ++k) {
      pools[k % stripes].push_back(order[k]);
      item_stripe[order[k]] = static_cast<std::uint8_t>(k % stripes);
    }
    item_stripe[n_items] = static_cast<std::uint8_t>(rng.below(stripes));
    std::ranges::fill(offsets, 0);
    for (const Transition& transition : source) ++offsets[block_of(transition) + 1];
    std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
    std::vector<std::uint64_t> next(offsets.begin(), offsets.end() - 1);
    for (const Transition& transition : source) sorted[next[block_of(transition)]++] = transition;
  }

  double go_through(std::size_t block, Rng rng, float rate) {
    const std::span<Transition> own(sorted.data() + offsets[block], offsets[block + 1] - offsets[block]);
    const std::vector<idx_t>& pool = pools[block % stripes];
    if (pool.size() < 2) return 0;
    rng.shuffle(own);
    constexpr std::size_t kChunk = 64;
    std::array<FpmcTriple, kChunk> triples;
    double loss = 0;
    std::size_t n = 0;
    const auto take = [&] {
      loss += fpmc_steps(std::span(triples).first(n), {rate, config.regularization}, factors);
      n = 0;
    };
    for (const Transition& transition : own) {
      for (int t = 0; t < config.negatives; ++t) {
        idx_t negative = transition.item;
        while (negative == transition.item) negative = pool[rng.below(pool.size())];
        triples[n++] = {transition.user, transition.last, transition.item, negative};
        if (n == kChunk) take();
      }
    }
    if (n > 0) take();
    return loss;
  }

  double epoch(int number) {
    const float rate =
        config.learning_rate * (1 - static_cast<float>(number) / static_cast<float>(config.epochs));
    const std::size_t n_blocks = offsets.size() - 1;
    const std::uint64_t seed = Rng(context.seed, kEpochStream).next(),
                        first_stream = static_cast<std::uint64_t>(number) * (n_blocks + 1);
    Rng rng(seed, first_stream);
    deal(rng);
    std::vector<std::size_t> rounds(stripes * stripes);
    std::iota(rounds.begin(), rounds.end(), std::size_t{0});
    rng.shuffle(std::span(rounds));
    std::vector<double> losses(n_blocks, 0.0);
    for (const std::size_t round : rounds) {
      context.check_stop();
      parallel_for(
          stripes, context.threads,
          [&](std::size_t begin, std::size_t end, int) {
            for (std::size_t s = begin; s < end; ++s) {
              const std::size_t last = (s + round / stripes) % stripes,
                                item = (s + round % stripes) % stripes;
              const std::size_t block = (s * stripes + last) * stripes + item;
              losses[block] = go_through(block, Rng(seed, first_stream + 1 + block), rate);
            }
          },
          1);
    }
    const double loss = std::accumulate(losses.begin(), losses.end(), 0.0);
    if (!std::isfinite(loss)) fail_diverged(kName, number, config.learning_rate);
    return loss / (static_cast<double>(source.size()) * config.negatives);
  }

  std::unique_ptr<Model> make_model() const { return std::unique_ptr<Model>(new Fpmc(make_state())); }

  State make_state() const {
    for (const Matrix* matrix : {&factors.users, &factors.items, &factors.last, &factors.next}) {
      if (!all_finite(*matrix))
        fail(ErrorCode::kBadData, "{}: training diverged; lower learning_rate", kName);
    }
    const std::size_t f = factors.users.cols();
    State state{.users = factors.users.clone(),
                .items = Matrix(n_items, 2 * f + 1),
                .last = factors.last.clone(),
                .mean_user = {},
                .step = {config.learning_rate, config.regularization},
                .session_gap = config.session_gap};
    for (std::size_t i = 0; i < n_items; ++i) {
      state.items[i][2 * f] = factors.bias[i];
      if (item_counts[i] == 0) continue;
      std::ranges::copy(factors.items[i], state.items[i].begin());
      std::ranges::copy(factors.next[i], state.items[i].begin() + static_cast<std::ptrdiff_t>(f));
    }
    std::vector<double> sum(f, 0.0);
    for (std::size_t u = 0; u < factors.users.rows(); ++u) {
      for (std::size_t c = 0; c < f; ++c) sum[c] += factors.users[u][c];
    }
    const auto users = static_cast<double>(std::ranges::count_if(user_counts, [](auto n) { return n > 0; }));
    for (const double value : sum) state.mean_user.push_back(static_cast<float>(value / users));
    return state;
  }

  const Config& config;
  const FitContext& context;
  std::size_t n_items, stripes;
  std::vector<Transition> source, sorted;  // by user and time; by block of this epoch
  std::vector<std::uint32_t> user_counts, item_counts, last_counts;
  std::vector<std::uint8_t> user_stripe, item_stripe;
  std::vector<std::uint64_t> offsets;     // of blocks, into `sorted`
  std::vector<std::vector<idx_t>> pools;  // items of each stripe
  FpmcFactors factors;
};

std::unique_ptr<Model> Fpmc::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  context.check_stop();
  if (data.events.empty()) fail(ErrorCode::kBadData, "{}: there are no events to train on", kName);
  const Sessions sessions = cut_sessions(data.events, config.session_gap);
  Fit fit(sessions, data, config, context);
  if (fit.n_items < 2)
    fail(ErrorCode::kBadData, "{}: there is only one item, so there is nothing to rank", kName);
  if (const auto* const old = start_model<Fpmc>(context)) fit.go_on_from(*old, sessions, data);
  FitState state = state_of(fit.factors.users, fit.factors.items);
  state.add("last", fit.factors.last);
  state.add("next", fit.factors.next);
  state.add("bias", fit.factors.bias);
  run_epochs({.total = config.epochs,
              .phase = "epoch",
              .unit = "epochs",
              .run = [&](int number) { return fit.epoch(number); },
              .snapshot = [&] { return fit.make_model(); }},
             std::move(state), context);
  return fit.make_model();
}

/// Steps down the loss over p alone.
void Fpmc::fold_in(const Query& query, std::span<float> p) const {
  std::ranges::copy(state_.mean_user, p.begin());
  const std::span<const idx_t> history = query.history;
  const std::size_t f = p.size(), n_items = state_.items.rows();
  if (history.empty() || n_items < 2) return;
  Matrix row(1, state_.items.cols());
  float* const x = row.row(0);
  std::ranges::copy(p, x);
  x[2 * f] = 1;
  Rng rng(seed_of(history));
  const std::size_t steps = std::clamp<std::size_t>(50 * history.size(), 1000, 10'000);
  std::vector<idx_t> negatives(steps);
  for (idx_t& negative : negatives) negative = static_cast<idx_t>(rng.below(n_items));
  constexpr std::size_t kAhead = 6;  // steps: a drawn row is in no cache
  for (std::size_t t = 0; t < steps; ++t) {
    const std::size_t e = t % history.size();
    const idx_t negative = negatives[t];
    const float* const ahead = state_.items.row(negatives[std::min(t + kAhead, steps - 1)]);
    for (std::size_t c = 0; c < row.stride(); c += 16) __builtin_prefetch(ahead + c);
    if (negative == history[e]) continue;
    const float* const chosen = state_.items.row(history[e]);
    const float* const drawn = state_.items.row(negative);
    std::ranges::copy(state_.last[e == 0 ? n_items : history[e - 1]], x + f);
    const float margin = dot(x, chosen, row.stride()) - dot(x, drawn, row.stride());
    const float rate = state_.step.learning_rate * (1 - static_cast<float>(t) / static_cast<float>(steps));
    const float move = rate / (1 + std::exp(std::clamp(margin, -80.0f, 80.0f)));
    scale(1 - rate * state_.step.regularization, x, f);
    axpy(move, chosen, x, f);
    axpy(-move, drawn, x, f);
  }
  std::copy_n(x, f, p.begin());
}

bool Fpmc::user_vector(const Query& query, std::span<float> out) const {
  const std::span<const float> stored = stored_row(state_.users, query);
  if (stored.empty() && query.history.empty()) return false;
  const std::size_t f = state_.users.cols();
  if (stored.empty()) {
    fold_in(query, out.first(f));
  } else {
    std::ranges::copy(stored, out.begin());
  }
  const bool over = state_.session_gap > 0 && query.now != kNoTime && !query.times.empty() &&
                    query.times.back() != kNoTime &&
                    floor_seconds(query.now) - floor_seconds(query.times.back()) > state_.session_gap;
  const std::size_t last = query.history.empty() || over ? state_.last.rows() - 1 : query.history.back();
  *std::ranges::copy(state_.last[last], out.begin() + static_cast<std::ptrdiff_t>(f)).out = 1;
  return true;
}

void Fpmc::save(TensorWriter& writer) const {
  write_factors(writer, state_.users, state_.items);
  write_matrix(writer, "model.last", state_.last);
  writer.tensor("model.mean_user", state_.mean_user);
  writer.tensor("model.step", std::vector<float>{state_.step.learning_rate, state_.step.regularization});
  writer.meta("model.session_gap", std::to_string(state_.session_gap));
}

std::unique_ptr<Model> Fpmc::select_users(std::span<const idx_t> users) const {
  return std::unique_ptr<Model>(
      new Fpmc({Matrix::gather(state_.users, users), state_.items.clone(), state_.last.clone(),
                state_.mean_user, state_.step, state_.session_gap}));
}

std::unique_ptr<Model> Fpmc::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  Matrix items = read_matrix(reader, "model.items", n_items);
  if (items.cols() < 3 || items.cols() % 2 == 0)
    fail(ErrorCode::kBadData, "{}: model.items has {} columns", reader.path(), items.cols());
  const std::size_t f = items.cols() / 2;
  Matrix users = read_matrix(reader, "model.users", n_users, f);
  Matrix last = read_matrix(reader, "model.last", n_items + 1, f);
  const auto gap = static_cast<int>(reader.meta_int("model.session_gap", 0, 1'000'000'000));
  const auto step = reader.vector_in<float>("model.step", 2, 0, 1000);
  return std::unique_ptr<Model>(new Fpmc({std::move(users),
                                          std::move(items),
                                          std::move(last),
                                          reader.vector<float>("model.mean_user", f),
                                          {step[0], step[1]},
                                          gap}));
}

}  // namespace akin
