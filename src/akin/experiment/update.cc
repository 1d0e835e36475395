#include "akin/experiment/update.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/catalog/fit.h"
#include "akin/data/merge.h"
#include "akin/models/fit/start.h"
#include "akin/store/make_bundle.h"

namespace akin {
namespace {

/// Training events per user and per item.
struct Counts {
  std::vector<std::uint32_t> users;
  std::vector<std::uint32_t> items;
};
Counts training_counts(const Dataset& shop) {
  Counts counts{std::vector<std::uint32_t>(shop.n_users()), std::vector<std::uint32_t>(shop.n_items())};
  for (const Event& event : shop.events) {
    if (event.part != Part::kTrain) continue;
    ++counts.users[event.user];
    ++counts.items[event.item];
  }
  return counts;
}

std::uint32_t at(const std::vector<std::uint32_t>& counts, std::size_t i) {
  return i < counts.size() ? counts[i] : 0;
}

/// A bundle and more data, made ready for a fit that goes on from the bundle's model.
struct Prepared {
  SplitDataset data;  // training side: the bundle's training events and the new ones
  FitStart start;     // of the users and items of `data`
  MergeCounts counts;
};

Prepared prepare(Bundle& bundle, const Dataset& more) {
  Prepared update;
  const Counts before = training_counts(bundle.shop);
  SplitDataset& data = update.data;
  data.split = bundle.split;
  data.shop = std::move(bundle.shop);
  data.test = std::move(bundle.test);
  update.counts = merge(data.shop, more, data.test);
  if (update.counts.events == 0) {
    fail(ErrorCode::kBadData, "there is nothing to update with: all {} events of {} are known already",
         more.events.size(), more.name);
  }
  update.start.model = bundle.model.get();
  const Counts after = training_counts(data.shop);
  for (idx_t u = 0; u < after.users.size(); ++u) {
    if (after.users[u] > at(before.users, u)) update.start.fold_users.push_back(u);
  }
  for (idx_t i = 0; i < after.items.size(); ++i) {
    if (after.items[i] > 0 && at(before.items, i) == 0) update.start.fold_items.push_back(i);
  }
  const auto trained_on = [](const Event& event) { return event.part == Part::kTrain; };
  if (!std::ranges::all_of(data.shop.events, trained_on)) {
    data.known = std::move(data.shop.events);
    data.shop.events = events_of(data.known, Part::kTrain);
  }
  data.validation = events_of(data.known, Part::kValidation);
  return update;
}

/// What was asked for, or a fifth of the model's own.
int choose_passes(const UpdateOptions& options, const ModelSpec& spec) {
  if (options.passes) return *options.passes;
  return std::max(1, std::stoi(spec.all_params().at(std::string(spec.traits().passes))) / 5);
}

}  // namespace

UpdateResult update(Bundle bundle, const Dataset& more, const UpdateOptions& options,
                    const Context& context) {
  check_filled(bundle);
  const ModelEntry& entry = *bundle.entry;
  if (options.passes && !entry.traits.warm_start) {
    fail(ErrorCode::kUsage, "passes: {} does not go on from what it has learned, it is fitted anew",
         entry.name);
  }
  ParamValues params = bundle.params;
  for (const auto& [name, value] : options.params) {
    std::string key = name;
    std::ranges::replace(key, '-', '_');  // as set_params() reads names: else the bundle's value would stay
    params[key] = value;
  }
  const ModelSpec spec(entry, params);
  Prepared prepared = prepare(bundle, more);
  FitContext fit_context{context};
  fit_context.seed = options.seed.value_or(bundle.seed);
  ModelSpec fit_spec = spec;
  UpdateResult result;
  result.counts = prepared.counts;
  if (entry.traits.warm_start) {
    result.passes = choose_passes(options, spec);
    fit_spec.params[std::string(entry.traits.passes)] = std::to_string(*result.passes);
    fit_context.start = &prepared.start;
  }
  Fitted fitted = fit_model(fit_spec, prepared.data.training_data(), fit_context);
  result.log = std::move(fitted.log);
  const int updates = bundle.updates + 1;
  result.bundle = make_bundle(std::move(prepared.data), spec, fit_context.seed, std::move(fitted));
  result.bundle.updates = updates;
  return result;
}

}  // namespace akin
