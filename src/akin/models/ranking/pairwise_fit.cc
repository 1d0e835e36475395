#include "akin/models/ranking/pairwise_fit.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

// Streams of the seed; 1 and 2 are those of normal_factors().
constexpr std::uint64_t kScheduleStream = 3, kSampleStream = 4;

}  // namespace

PairwiseFit::PairwiseFit(const StripedMatrix& positives, Plan plan, std::span<const float> weights,
                         const FitContext& context)
    : positives_(positives),
      plan_(std::move(plan)),
      ranks_(context.ranks()),
      model_(first_factors(context)),
      schedule_(positives, Rng(context.seed, kScheduleStream).next()),
      samplers_(static_cast<std::size_t>(resolve_threads(context.threads)),
                NegativeSampler(positives.by_user, weights)),
      sample_(sample_pairs(positives, Rng(context.seed, kSampleStream).next(), context.ranks())) {}

FactorModel PairwiseFit::first_factors(const FitContext& context) const {
  const auto f = static_cast<std::size_t>(plan_.factors);
  FactorModel model;
  if (plan_.old) {
    const Factors grown =
        grow_factors({*plan_.old, plan_.old->stored_users(), f + 1, plan_.model, plan_.make},
                     positives_.by_user, *context.start);
    model.users = grown.users.resized(grown.users.rows(), f);
    model.items = grown.items.resized(grown.items.rows(), f);
    for (std::size_t i = 0; i < grown.items.rows(); ++i) model.item_bias.push_back(grown.items[i][f]);
    return model;
  }
  const double sigma = plan_.init_sigma / std::sqrt(static_cast<double>(f));
  model = normal_factors(positives_, f, sigma, context);
  model.user_bias.clear();  // would change no ranking
  take_item_vectors(context, plan_.model, model.items);
  return model;
}

std::unique_ptr<Model> PairwiseFit::run(const Steps& steps, const Snapshot& make, const FitContext& context) {
  run_epochs({.total = plan_.epochs,
              .phase = "epoch",
              .unit = "epochs",
              .run = [&](int number) { return epoch(number, steps, context); },
              .snapshot = make,
              .gather = [&] { gather_users(context.ranks(), positives_, users_of(model_)); }},
             state_of(positives_, model_, /*user_bias=*/false), context);
  return make();
}

double PairwiseFit::epoch(int number, const Steps& steps, const FitContext& context) {
  const float rate =
      plan_.learning_rate * (1 - static_cast<float>(number) / static_cast<float>(plan_.epochs));
  std::atomic<std::uint64_t> pairs = 0;
  const double loss = schedule_.run(
      static_cast<std::uint64_t>(number), context,
      [&](BlockSchedule::Block& block) {
        NegativeSampler& sampler = samplers_[static_cast<std::size_t>(block.worker)];
        sampler.start(block.items, block.cells.size(), block.rng.next());
        for (const Cell& cell : block.cells) sampler.add(cell.user, cell.item);
        const Loss of_block = steps(block, sampler, rate);
        pairs.fetch_add(of_block.pairs, std::memory_order_relaxed);
        return of_block.sum;
      },
      items_of(model_));
  const std::uint64_t of_all = sum_over_ranks(context.ranks(), pairs.load());
  if (of_all == 0) {
    fail(ErrorCode::kBadData, "{}: every user has chosen every item, so there is nothing to rank",
         plan_.model);
  }
  if (!std::isfinite(loss)) fail_diverged(plan_.model, number, plan_.learning_rate);
  return loss / static_cast<double>(of_all);
}

Factors PairwiseFit::factors() const {
  check_converged(model_, plan_.model, ranks_);
  const std::size_t f = model_.users.cols();
  const DividedRows own = positives_.rows_of(model_.users);
  const Share share = ordered_share(own, ranks_);
  Factors factors{Matrix(share.size(), f + 1), model_.items.resized(model_.items.rows(), f + 1)};
  rows_in_order(ranks_, own, factors.users.data(), factors.users.stride());
  for (std::size_t u = 0; u < factors.users.rows(); ++u)
    factors.users[u][f] = positives_.user_counts[share.begin + u] > 0 ? 1.0f : 0.0f;
  for (std::size_t i = 0; i < factors.items.rows(); ++i) {
    if (positives_.item_counts[i] == 0)
      std::ranges::fill(factors.items[i], 0.0f);  // nothing is known of where it lies
    factors.items[i][f] = model_.item_bias[i];
  }
  return factors;
}

}  // namespace akin
