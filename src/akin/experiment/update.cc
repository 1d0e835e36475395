#include "akin/experiment/update.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "akin/base/error.h"
#include "akin/catalog/fit.h"
#include "akin/data/event_contexts.h"
#include "akin/data/item_content.h"
#include "akin/data/merge.h"
#include "akin/fusion/content_model.h"
#include "akin/models/fit/start.h"
#include "akin/store/make_bundle.h"

namespace akin {
namespace {

/// Training events per user and per item.
struct Counts {
  std::vector<std::uint32_t> users;
  std::vector<std::uint32_t> items;
};
Counts training_counts(const Dataset& dataset) {
  Counts counts{std::vector<std::uint32_t>(dataset.n_users()), std::vector<std::uint32_t>(dataset.n_items())};
  for (const Event& event : dataset.events) {
    if (event.subset != Subset::kTrain) continue;
    ++counts.users[event.user];
    ++counts.items[event.item];
  }
  return counts;
}

std::uint32_t at(const std::vector<std::uint32_t>& counts, std::size_t i) {
  return i < counts.size() ? counts[i] : 0;
}

/// A bundle and more data, made ready for a fit that continues from the bundle's model.
struct Prepared {
  SplitDataset data;  // training side: the bundle's training events and the new ones
  FitStart start;     // of the users and items of `data`
};

/// Whether an item without events changes anything.
bool places_content(const Bundle& bundle) {
  return bundle.entry->traits.uses_content || !bundle.parts.empty();
}

bool reads_reviews(const ContentEncoder& encoder) {
  return std::ranges::count(encoder.fields(), ItemContent::kReviews) > 0;
}

/// The catalogue and attributes of `merged` with the events and reviews of `more`.
Dataset with_new_reviews(const Dataset& merged, const Dataset& more) {
  Dataset content;
  content.items = merged.items;
  content.item_attributes = merged.item_attributes;
  content.reviews = more.reviews;
  content.events = more.events;
  for (Event& event : content.events) event.item = *merged.items.find(more.items.id(event.item));
  return content;
}

/// The bundle's encoders over the new catalogue. Those that read reviews keep the vectors of items known before, whose
/// reviews a bundle does not hold.
std::vector<BundlePart> update_parts(const Bundle& bundle, const IdMap& old_items, const Dataset& merged,
                                     const Dataset& more, const Context& context) {
  std::vector<BundlePart> parts;
  if (bundle.parts.empty()) return parts;
  const Dataset data = with_new_reviews(merged, more);
  const std::vector<idx_t> all_new(data.n_items(), ContentModel::kNew);
  std::vector<idx_t> old = all_new;
  for (idx_t i = 0; i < old.size(); ++i)
    old[i] = old_items.find(data.items.id(i)).value_or(ContentModel::kNew);
  for (const BundlePart& part : bundle.parts) {
    const bool reviews = reads_reviews(*part.content->encoder());
    parts.push_back({part.name, part.content->over(ItemContent(data), reviews ? old : all_new, context)});
  }
  return parts;
}

/// nullopt if there is nothing new.
std::optional<Prepared> prepare(Bundle& bundle, const Dataset& more, MergeCounts& counts,
                                const Context& context) {
  Prepared update;
  const Counts before = training_counts(bundle.dataset);
  SplitDataset& data = update.data;
  data.split = bundle.split;
  data.dataset = std::move(bundle.dataset);
  data.test = std::move(bundle.test);
  if (context_columns(data.dataset.event_attributes).empty()) {
    counts = merge(data.dataset, more, data.test);
  } else {
    Dataset noted = more;
    for (const std::string& name : extend_contexts(data.dataset, data.test, noted))
      context.remark(fmt::format("the new events have no attribute '{}': it is read of none of them", name));
    counts = merge(data.dataset, noted, data.test);
  }
  const bool has_news = counts.events > 0 || (places_content(bundle) && counts.items_without_events > 0);
  if (!has_news) return std::nullopt;
  update.start.model = bundle.model.get();
  const Counts after = training_counts(data.dataset);
  for (idx_t u = 0; u < after.users.size(); ++u) {
    if (after.users[u] > at(before.users, u)) update.start.fold_users.push_back(u);
  }
  for (idx_t i = 0; i < after.items.size(); ++i) {
    if (after.items[i] > 0 && at(before.items, i) == 0) update.start.fold_items.push_back(i);
  }
  const auto trained_on = [](const Event& event) { return event.subset == Subset::kTrain; };
  if (!std::ranges::all_of(data.dataset.events, trained_on)) {
    data.known = std::move(data.dataset.events);
    data.dataset.events = events_of(data.known, Subset::kTrain);
  }
  data.validation = events_of(data.known, Subset::kValidation);
  return update;
}

/// What was asked for, or a fifth of the model's own.
int choose_epochs(const UpdateOptions& options, const ModelSpec& spec) {
  if (options.epochs) return *options.epochs;
  return std::max(1, std::stoi(spec.all_params().at("epochs")) / 5);
}

}  // namespace

UpdateResult update(Bundle bundle, const Dataset& more, const UpdateOptions& options,
                    const Context& context) {
  check_filled(bundle);
  const ModelEntry& entry = *bundle.entry;
  if (options.epochs && !entry.traits.warm_start) {
    fail(ErrorCode::kUsage, "epochs: {} cannot continue from what it has learned; it is trained from scratch",
         entry.name);
  }
  if (const ContentEncoder* const encoder = bundle.model->encoder(); encoder && reads_reviews(*encoder)) {
    fail(ErrorCode::kUsage,
         "{} learned from reviews, which a bundle does not hold: train it again on all data instead of "
         "updating it",
         entry.name);
  }
  ParamValues params = bundle.params;
  for (const auto& [name, value] : options.params) {
    std::string key = name;
    std::ranges::replace(key, '-', '_');  // as set_params() reads names: else the bundle's value would stay
    params[key] = value;
  }
  const ModelSpec spec(entry, params);
  const IdMap old_items = bundle.parts.empty() ? IdMap() : bundle.dataset.items;
  UpdateResult result;
  std::optional<Prepared> news = prepare(bundle, more, result.counts, context);
  if (!news) {
    result.nothing_new = true;
    if (options.epochs || !options.params.empty())
      context.remark(
          "nothing is new: the model stays as it is, whatever epochs and parameters are asked for");
    return result;
  }
  Prepared& prepared = *news;
  for (const std::string& types : result.counts.other_types)
    context.remark(fmt::format("attribute {}: read as before", types));
  FitContext fit_context{context};
  fit_context.seed = options.seed.value_or(bundle.seed);
  ModelSpec fit_spec = spec;
  if (entry.traits.warm_start) {
    result.epochs = choose_epochs(options, spec);
    fit_spec.params["epochs"] = std::to_string(*result.epochs);
    fit_context.start = &prepared.start;
  }
  Fitted fitted = fit_model(fit_spec, prepared.data.training_data(), fit_context);
  result.log = std::move(fitted.log);
  const int updates = bundle.updates + 1;
  std::vector<BundlePart> parts = update_parts(bundle, old_items, prepared.data.dataset, more, context);
  result.bundle = make_bundle(std::move(prepared.data), spec, fit_context.seed, std::move(fitted));
  result.bundle.updates = updates;
  result.bundle.parts = std::move(parts);
  result.bundle.measured = std::move(bundle.measured);
  return result;
}

}  // namespace akin
