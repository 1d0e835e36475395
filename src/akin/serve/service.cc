#include "akin/serve/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "akin/base/error.h"
#include "akin/base/text.h"

namespace akin {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return lower(x) == lower(y);
  });
}

/// True if `value` equals the wanted text or, for a path such as "Home|Kitchen", one of its levels does.
bool matches(std::string_view value, std::string_view wanted) {
  return equal_ignoring_case(value, wanted) || std::ranges::any_of(split(value, '|'), [&](auto level) {
           return equal_ignoring_case(level, wanted);
         });
}

/// Error if no item has the value, with the nearest values there are.
[[noreturn]] void fail_no_match(const StringColumn& column, const AttributeFilter& filter) {
  std::vector<std::string> values;
  for (std::size_t row = 0; row < column.size(); ++row) {
    for (const std::string_view level : split(column[row], '|')) values.emplace_back(level);
  }
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  fail(ErrorCode::kNotFound, "no item has {} '{}'{}", filter.name, filter.value,
       did_you_mean(filter.value, values));
}

/// Clears allowed[i] of the items that a filter leaves out.
void apply_filters(const Dataset& dataset, const std::vector<AttributeFilter>& filters,
                   std::vector<char>& allowed) {
  for (const AttributeFilter& filter : filters) {
    const StringColumn* const column = dataset.item_attributes.find(filter.name);
    if (column == nullptr) {
      std::vector<std::string> names;
      for (const auto& [name, values] : dataset.item_attributes.all()) names.push_back(name);
      fail(ErrorCode::kNotFound, "items have no attribute '{}'{}; they have: {}", filter.name,
           did_you_mean(filter.name, names),
           names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
    }
    bool any = false;
    for (std::size_t item = 0; item < allowed.size(); ++item) {
      const bool match = matches(column->get(item), filter.value);
      any |= match;
      if (!match) allowed[item] = 0;
    }
    if (!any) fail_no_match(*column, filter);
  }
}

}  // namespace

std::vector<AttributeFilter> parse_filters(const std::vector<std::string>& texts) {
  std::vector<AttributeFilter> filters;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      fail(ErrorCode::kUsage, "--filter: '{}' is not ATTRIBUTE=VALUE, such as category=Toys", text);
    }
    filters.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return filters;
}

Service::Service(Bundle bundle)
    : bundle_(std::move(bundle)),
      offsets_(user_offsets(bundle_.dataset.events, bundle_.dataset.n_users())),
      popularity_(bundle_.dataset.n_items(), 0) {
  check_filled(bundle_);
  for (const Event& event : bundle_.dataset.events) {
    if (event.subset == Subset::kTrain) popularity_[event.item] += 1;
  }
}

std::vector<char> Service::allowed_items(const RecommendRequest& request) const {
  std::vector<char> allowed(bundle_.dataset.n_items(), 1);
  apply_filters(bundle_.dataset, request.filters, allowed);
  for (const std::string& id : request.exclude) {
    // An excluded item the model has never heard of (new, or long gone) is excluded already.
    if (const auto item = bundle_.dataset.items.find(id)) allowed[*item] = 0;
  }
  return allowed;
}

Recommendations Service::rank(const Query& query, const std::vector<char>& allowed,
                              const RecommendRequest& request) const {
  if (request.k == 0) fail(ErrorCode::kUsage, "k must be at least 1");
  std::vector<float> scores(bundle_.dataset.n_items());
  Recommendations result;
  if (!bundle_.model->score_all(query, scores)) {
    scores = popularity_;
    result.fallback = true;
  }
  for (std::size_t item = 0; item < scores.size(); ++item) {
    if (!allowed[item]) scores[item] = kNever;
  }
  if (!request.include_seen) {
    for (const idx_t item : query.history) scores[item] = kNever;
  }
  result.items = top_k(scores, request.k);
  return result;
}

Query Service::known_query(idx_t user, std::vector<idx_t>& items, std::vector<float>& values) const {
  for (std::uint64_t e = offsets_[user]; e < offsets_[user + 1]; ++e) {
    items.push_back(bundle_.dataset.events[e].item);
    values.push_back(bundle_.dataset.events[e].value);
  }
  return {user, items, values};
}

Query Service::make_query(const RecommendRequest& request, std::vector<idx_t>& history,
                          std::vector<float>& values) const {
  Query query;
  if (request.user) query = known_query(bundle_.dataset.users.at(*request.user, "user"), history, values);
  if (!request.history.empty()) {  // more than the bundle knew: the history alone speaks
    for (const std::string& id : request.history) history.push_back(bundle_.dataset.items.at(id, "item"));
    if (!values.empty()) values.resize(history.size(), 1);
    query = {std::nullopt, history, values};
  }
  return query;
}

Recommendations Service::recommend(const RecommendRequest& request) const {
  const std::vector<char> allowed = allowed_items(request);
  std::vector<idx_t> history;
  std::vector<float> values;
  return rank(make_query(request, history, values), allowed, request);
}

std::vector<Explained> Service::explain(const RecommendRequest& request,
                                        const std::optional<std::string>& item) const {
  if (!bundle_.entry->traits.explains) {
    std::vector<std::string_view> names;
    for (const ModelEntry& entry : models()) {
      if (entry.traits.explains) names.push_back(entry.name);
    }
    fail(ErrorCode::kUsage, "model '{}' cannot say why it recommends; these can: {}", bundle_.entry->name,
         fmt::join(names, ", "));
  }
  const std::vector<char> allowed = allowed_items(request);
  std::vector<idx_t> history;
  std::vector<float> values;
  const Query query = make_query(request, history, values);
  std::vector<Scored> wanted;
  if (item) {
    const idx_t idx = bundle_.dataset.items.at(*item, "item");
    float score = 0;
    if (bundle_.model->score(query, std::span(&idx, 1), std::span(&score, 1))) wanted.push_back({idx, score});
  } else if (Recommendations list = rank(query, allowed, request); !list.fallback) {
    wanted = std::move(list.items);
  }
  std::vector<Explained> result;
  for (const Scored& entry : wanted) {
    if (auto why = bundle_.model->explain(query, entry.idx)) result.push_back({entry, std::move(*why)});
  }
  if (result.empty()) {
    fail(ErrorCode::kNotFound, "model '{}' knows nothing of this user that leads to an item",
         bundle_.entry->name);
  }
  return result;
}

Recommendations Service::recommend(idx_t user, const std::vector<char>& allowed,
                                   const RecommendRequest& request) const {
  std::vector<idx_t> history;
  std::vector<float> values;
  return rank(known_query(user, history, values), allowed, request);
}

std::vector<Scored> Service::similar(const std::string& item, std::size_t k,
                                     const std::vector<AttributeFilter>& filters) const {
  const idx_t query = bundle_.dataset.items.at(item, "item");
  if (!bundle_.model->has_similar()) {
    fail(ErrorCode::kUsage,
         "model '{}' has no notion of similar items; train another, such as item-knn or prod2vec",
         bundle_.entry->name);
  }
  std::vector<char> allowed(bundle_.dataset.n_items(), 1);
  apply_filters(bundle_.dataset, filters, allowed);
  // Filtered lists need the whole ranking: fewer would not be the k best that epoch.
  std::vector<Scored> ranked = bundle_.model->similar(query, filters.empty() ? k : bundle_.dataset.n_items());
  std::erase_if(ranked, [&](const Scored& entry) { return !allowed[entry.idx]; });
  if (ranked.size() > k) ranked.resize(k);
  return ranked;
}

}  // namespace akin
