#include "akin/serve/related_items.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/data/id_map.h"
#include "akin/linalg/kernels.h"
#include "akin/models/placed.h"

namespace akin {
namespace {

const Word2VecModel& two_sided(const Bundle& bundle) {
  const auto* const model = dynamic_cast<const Word2VecModel*>(bundle.model.get());
  if (model == nullptr) {
    fail(ErrorCode::kUsage,
         "model '{}' has not two vectors of each item, which tell substitutes from complements; train one "
         "that "
         "has, such as prod2vec, item2vec or meta-prod2vec",
         bundle.entry->name);
  }
  return *model;
}

/// Of each type the others that follow it at least RelatedItems::kTimes times and more often than if what follows did not depend on
/// it; if there are none, all that follow it. The most frequent first.
std::vector<std::vector<Prod2VecCluster::Next>> complementary_types(std::span<const Event> events,
                                                                    std::span<const idx_t> types,
                                                                    std::size_t n) {
  std::vector<double> before(n, 0.0), after(n, 0.0);
  double all = 0;
  for (std::size_t e = 1; e < events.size(); ++e) {
    if (events[e].user != events[e - 1].user) continue;
    before[types[events[e - 1].item]] += 1;
    after[types[events[e].item]] += 1;
    all += 1;
  }
  auto next = cluster_transitions(events, types, n, n);
  for (idx_t g = 0; g < n; ++g) {
    const auto go_together = [&](const Prod2VecCluster::Next& to) {
      const double times = std::round(static_cast<double>(to.theta) * before[g]);
      return times >= RelatedItems::kTimes && times * all > before[g] * after[to.cluster];
    };
    std::erase_if(next[g], [g](const Prod2VecCluster::Next& to) { return to.cluster == g; });
    if (std::ranges::any_of(next[g], go_together)) {
      std::erase_if(next[g], [&](const Prod2VecCluster::Next& to) { return !go_together(to); });
    }
    if (next[g].size() > RelatedItems::kTypes) next[g].resize(RelatedItems::kTypes);
  }
  return next;
}

}  // namespace

Relation parse_relation(std::string_view name) {
  static const std::vector<std::string> kNames = {"similar", "substitute", "complement"};
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end())
    fail(ErrorCode::kUsage, "there is no kind '{}'{}; kinds: {}", name, did_you_mean(name, kNames),
         fmt::join(kNames, ", "));
  return static_cast<Relation>(found - kNames.begin());
}

RelatedItems::RelatedItems(const Bundle& bundle, const std::string& types)
    : model_(&two_sided(bundle)),
      inputs_(model_->embeddings().clone()),
      outputs_(inputs_.rows(), inputs_.cols()) {
  normalize_rows(inputs_);
  for (idx_t i = 0; i < outputs_.rows(); ++i) std::ranges::copy(model_->output(i), outputs_[i].begin());
  const auto says = [&](std::size_t i) { return !is_zero(outputs_[i]); };
  bool any = false;
  for (std::size_t i = 0; i < outputs_.rows() && !any; ++i) any = says(i);
  if (!any) {
    fail(ErrorCode::kUsage,
         "the output vectors of model '{}', which tell substitutes from complements, are all zero; train it "
         "with negatives, not "
         "with hierarchical softmax alone, and on more events or with --sample 0",
         bundle.entry->name);
  }
  if (types.empty()) return;
  const StringColumn* const column = bundle.dataset.item_attributes.find(types);
  if (column == nullptr) {
    std::vector<std::string> names;
    for (const auto& [name, values] : bundle.dataset.item_attributes.all()) names.push_back(name);
    fail(ErrorCode::kNotFound, "items have no attribute '{}'{}; they have: {}", types,
         did_you_mean(types, names), names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
  }
  IdMap values;
  for (idx_t i = 0; i < inputs_.rows(); ++i) type_.push_back(values.add(column->get(i)));
  members_.resize(values.size());
  for (idx_t i = 0; i < inputs_.rows(); ++i) {
    if (model_->has_vector(i)) members_[type_[i]].push_back(i);
  }
  next_ = complementary_types(events_of(bundle.dataset.events, Subset::kTrain), type_, values.size());
}

/// kNever for the item itself, and for those without vectors or not allowed.
std::vector<float> RelatedItems::scores(Relation relation, idx_t item, std::span<const char> allowed) const {
  const bool substitute = relation == Relation::kSubstitute;
  std::vector<float> result(inputs_.rows());
  Matrix query(1, inputs_.cols());
  std::ranges::copy(substitute ? std::as_const(inputs_)[item] : model_->input(item), query[0].begin());
  multiply(substitute ? inputs_ : outputs_, 0, result.size(), query.row(0), result.data());
  for (idx_t i = 0; i < result.size(); ++i) {
    if (i == item || !model_->has_vector(i) || (!allowed.empty() && allowed[i] == 0)) result[i] = kNever;
  }
  return result;
}

std::vector<Scored> RelatedItems::list(Relation relation, idx_t item, std::size_t k,
                                       std::span<const char> allowed) const {
  AKIN_ASSERT(relation != Relation::kSimilar);
  if (item >= inputs_.rows() || !model_->has_vector(item) || k == 0) return {};
  const std::vector<float> all = scores(relation, item, allowed);
  if (type_.empty()) return top_k(all, k);
  const auto best_of = [&](idx_t type) {
    TopK best(k);
    for (const idx_t member : members_[type]) {
      if (all[member] > kNever) best.push(member, all[member]);
    }
    return best.take();
  };
  if (relation == Relation::kSubstitute) return best_of(type_[item]);
  TopK shares(k);
  for (const Prod2VecCluster::Next& next : next_[type_[item]]) {
    float rank = 0;
    for (const Scored& entry : best_of(next.cluster)) shares.push(entry.idx, next.theta / ++rank);
  }
  return shares.take();
}

}  // namespace akin
