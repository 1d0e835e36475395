#include "akin/catalog/fit.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "akin/base/error.h"
#include "akin/models/fit/rank_rows.h"
#include "akin/models/fit/start.h"

namespace akin {
namespace {

/// The events of this rank's users, where `data` has all.
TrainingData own_share(const TrainingData& data, const RowBounds& bounds, const Communicator& ranks) {
  const std::size_t begin = bounds[static_cast<std::size_t>(ranks.rank())],
                    end = bounds[static_cast<std::size_t>(ranks.rank()) + 1];
  const auto first = std::ranges::lower_bound(data.events, begin, {}, &Event::user),
             last = std::ranges::lower_bound(data.events, end, {}, &Event::user);
  return {data.source, {first, last}, bounds};
}

RowBounds bounds_of(const TrainingData& data, const Communicator& ranks) {
  std::vector<std::uint32_t> counts(data.n_users(), 0);
  for (const Event& event : data.events) ++counts[event.user];
  return balanced_bounds(counts, ranks.size());
}

void check_ranks(const ModelSpec& spec, const FitContext& context) {
  check_divisible(spec, context.ranks());
  if (context.start && context.start->model)
    fail(ErrorCode::kUsage, "{} continues from a model in one process only; start it without mpirun",
         spec.name());
}

}  // namespace

bool is_divisible(const ModelSpec& spec) { return spec.entry->divides(spec.params); }

void check_divisible(const ModelSpec& spec, const Communicator& ranks) {
  if (ranks.alone() || is_divisible(spec)) return;
  if (spec.traits().distributed) {
    fail(ErrorCode::kUsage, "{} with these parameters is fitted by one process, and mpirun started {}; {}",
         spec.name(), ranks.size(),
         spec.traits().needs_nets
             ? "what they can divide is minibatches in parts: use --gradient-parts 4, here and in one process"
             : "what they can divide is skip-gram with negative sampling (word2vec --sg 1, doc2vec --dm 0, "
               "without --hs and --in-order)");
  }
  fail(ErrorCode::kUsage,
       "{} is fitted by one process, and mpirun started {}; start it without mpirun, or choose one of: {}",
       spec.name(), ranks.size(), fmt::join(distributed_models(), ", "));
}

std::vector<std::string_view> distributed_models() {
  std::vector<std::string_view> names;
  for (const ModelEntry& entry : models()) {
    if (entry.traits.distributed) names.push_back(entry.name);
  }
  return names;
}

Fitted fit_model(const ModelSpec& spec, const TrainingData& data, const FitContext& context) {
  const auto start = std::chrono::steady_clock::now();
  Fitted fitted;
  FitContext logged = context;
  logged.log = &fitted.log;
  if (context.ranks().alone()) {
    fitted.model = spec.entry->fit(data, spec.params, logged);
  } else {
    check_ranks(spec, context);
    logged.own_users = spec.traits().divides_users && !data.user_bounds.empty();
    const RowBounds bounds = data.user_bounds.empty() ? bounds_of(data, context.ranks()) : RowBounds();
    fitted.model = spec.entry->fit(bounds.empty() ? data : own_share(data, bounds, context.ranks()),
                                   spec.params, logged);
  }
  fitted.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return fitted;
}

}  // namespace akin
