#include "akin/serve/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/data/attribute_type.h"
#include "akin/encode/content_encoder.h"
#include "akin/fusion/content_model.h"
#include "akin/linalg/kernels.h"
#include "akin/models/placed.h"

namespace akin {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return lower(x) == lower(y);
  });
}

/// True if `value` equals the wanted text or, for a list such as "Home|Kitchen", one of its elements does.
bool matches(const AttributeType& type, std::string_view value, std::string_view wanted) {
  return equal_ignoring_case(value, wanted) ||
         std::ranges::any_of(elements_of(type, value),
                             [&](auto element) { return equal_ignoring_case(element, wanted); });
}

/// Error if no item has the value, with the nearest values there are.
[[noreturn]] void fail_no_match(const AttributeTable& table, const AttributeFilter& filter) {
  const StringColumn& column = *table.find(filter.name);
  std::vector<std::string> values;
  for (std::size_t row = 0; row < column.size(); ++row) {
    for (const std::string_view element : elements_of(table.type(filter.name), column[row]))
      values.emplace_back(element);
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
      const bool match = matches(dataset.item_attributes.type(filter.name), column->get(item), filter.value);
      any |= match;
      if (!match) allowed[item] = 0;
    }
    if (!any) fail_no_match(dataset.item_attributes, filter);
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
  placed_ = placed_items(*bundle_.model, bundle_.entry->traits, popularity_);
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
  // Items that the model does not know stay below all others.
  std::vector<float> scores(bundle_.dataset.n_items(), kNever);
  const std::span<float> known = std::span(scores).first(bundle_.model->n_items());
  Recommendations result;
  if (!bundle_.model->score_all(query, known)) {
    std::ranges::copy(std::span(popularity_).first(bundle_.dataset.n_event_items()), scores.begin());
    result.fallback = true;
  }
  for (std::size_t item = 0; item < scores.size(); ++item) {
    if (!allowed[item]) scores[item] = kNever;
  }
  if (!request.include_seen) {
    for (const idx_t item : query.history) scores[item] = kNever;
  }
  std::vector<float> others(scores.size(), kNever);
  for (std::size_t item = 0; item < scores.size(); ++item) {
    if (!placed_[item]) std::swap(scores[item], others[item]);
  }
  result.items = top_k(scores, request.k);
  if (result.items.size() < request.k) {
    const std::vector<Scored> last = top_k(others, request.k - result.items.size());
    result.items.insert(result.items.end(), last.begin(), last.end());
  }
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
    std::erase_if(history, [&](idx_t item) { return item >= bundle_.model->n_items(); });
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
    fail(ErrorCode::kUsage, "model '{}' cannot explain its scores; these models can: {}", bundle_.entry->name,
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
    if (idx >= bundle_.model->n_items()) {
      fail(ErrorCode::kNotFound, "model '{}' does not know item {}: it has no events", bundle_.entry->name,
           *item);
    }
    if (bundle_.model->score(query, std::span(&idx, 1), std::span(&score, 1))) wanted.push_back({idx, score});
  } else if (Recommendations list = rank(query, allowed, request); !list.fallback) {
    wanted = std::move(list.items);
  }
  std::vector<Explained> result;
  for (const Scored& entry : wanted) {
    if (auto why = bundle_.model->explain(query, entry.idx)) result.push_back({entry, std::move(*why)});
  }
  if (result.empty()) {
    fail(ErrorCode::kNotFound, "model '{}' has no data of this user that leads to an item",
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
                                     const std::vector<AttributeFilter>& filters,
                                     const std::string& part) const {
  const idx_t query = bundle_.dataset.items.at(item, "item");
  const Model& model = part.empty() ? *bundle_.model : encoding_model(part);
  if (!model.has_similar()) {
    fail(ErrorCode::kUsage,
         "model '{}' cannot find similar items; train another, such as item-knn or prod2vec",
         bundle_.entry->name);
  }
  if (query >= model.n_items()) return {};
  // Filtered lists need the whole ranking: fewer would not be the k best that pass.
  return filtered(model.similar(query, filters.empty() ? k : bundle_.dataset.n_items()), k, filters);
}

std::vector<Scored> Service::filtered(std::vector<Scored> ranked, std::size_t k,
                                      const std::vector<AttributeFilter>& filters) const {
  std::vector<char> allowed(bundle_.dataset.n_items(), 1);
  apply_filters(bundle_.dataset, filters, allowed);
  std::erase_if(ranked, [&](const Scored& entry) { return !allowed[entry.idx]; });
  if (ranked.size() > k) ranked.resize(k);
  return ranked;
}

std::vector<Scored> Service::similar_to_user(const std::string& user, std::size_t k,
                                             const std::vector<AttributeFilter>& filters) const {
  std::vector<idx_t> history;
  std::vector<float> values;
  const Query query = known_query(bundle_.dataset.users.at(user, "user"), history, values);
  const Model& model = *bundle_.model;
  const std::size_t dim = model.item_vectors().empty() ? 0 : model.embedding_dim();
  std::vector<float> scores(model.n_items());
  bool known = false;
  if (dim > 0) {
    std::vector<float> vector(model.item_vectors().cols());
    known = model.user_vector(query, vector);
    const float own = std::sqrt(dot(vector.data(), vector.data(), dim));
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const float* const item = model.embeddings().row(i);
      const float norm = std::sqrt(dot(item, item, dim));
      scores[i] = norm > 0 && own > 0 ? dot(item, vector.data(), dim) / (norm * own) : kNever;
    }
  } else {
    known = model.score_all(query, scores);
  }
  if (!known) fail(ErrorCode::kNotFound, "model '{}' knows nothing of user {}", bundle_.entry->name, user);
  return filtered(top_k(scores, filters.empty() ? k : scores.size()), k, filters);
}

const Model& Service::encoding_model(const std::string& part) const {
  if (part.empty() && bundle_.model->encoder() != nullptr) return *bundle_.model;
  return part_of(bundle_, part);
}

std::vector<std::vector<Scored>> Service::similar_to(const ItemContent& items, std::size_t k,
                                                     const std::vector<AttributeFilter>& filters,
                                                     const std::string& part) const {
  auto lists = encoding_model(part).similar_to(items, filters.empty() ? k : bundle_.dataset.n_items());
  for (auto& list : lists) list = filtered(std::move(list), k, filters);
  return lists;
}

std::vector<Scored> Service::similar_to_text(const std::string& text, std::size_t k,
                                             const std::vector<AttributeFilter>& filters,
                                             const std::string& part) const {
  const std::span<const std::string> first(encoding_model(part).encoder()->fields().data(), 1);
  return similar_to(text_content(text, first), k, filters, part).front();
}

}  // namespace akin
