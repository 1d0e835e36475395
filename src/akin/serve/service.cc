#include "akin/serve/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>

#include "akin/base/error.h"
#include "akin/data/event_contexts.h"
#include "akin/data/id_list.h"
#include "akin/encode/content_encoder.h"
#include "akin/fusion/content_model.h"
#include "akin/fusion/content_regression.h"
#include "akin/fusion/fused.h"
#include "akin/fusion/query_content.h"
#include "akin/fusion/vector_model.h"
#include "akin/image/item_pictures.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/quantized_rows.h"
#include "akin/models/placed.h"
#include "akin/models/query_history.h"

namespace akin {
namespace {

[[noreturn]] void fail_without_events(const Bundle& bundle, const std::string& item) {
  fail(ErrorCode::kNotFound, "model '{}' does not know item {}: it has no events", bundle.entry->name, item);
}

/// The bundle's model if it is fused, reads such content, and no part is asked for.
const Fused* fused_reader(const Bundle& bundle, const std::string& part, bool pictures) {
  const auto* const fused = dynamic_cast<const Fused*>(bundle.model.get());
  return part.empty() && fused != nullptr && fused->reads(pictures) ? fused : nullptr;
}

/// The first k of the whole ranking that keep to the limits. `best` gives the first n of the ranking; it is asked
/// for more until they are enough.
template <typename Best>
std::vector<Scored> within_limits(const Dataset& dataset, const RecommendRequest& request, const Best& best) {
  const std::size_t items = dataset.n_items();
  for (std::size_t n = std::min(request.k, items) * 4;; n *= 4) {
    const std::vector<Scored> ranked = best(std::min(n, items));
    LimitedList limited(dataset, request.at_most);
    std::vector<Scored> list;
    for (const Scored& entry : ranked) {
      if (list.size() < request.k && limited.take(entry.idx)) list.push_back(entry);
    }
    if (list.size() == request.k || n >= items) return list;
  }
}

}  // namespace

/// Who asks, with what history, and the items that are not to be recommended to them.
struct Service::Asked {
  std::optional<idx_t> user;
  QueryHistory history;
  std::vector<idx_t> masked;
  UnknownIds unknown;
};

/// Made at the second question: a program that asks once would wait longer for the copy than for the answer.
struct Service::Quick {
  static constexpr std::size_t kLeastItems = 10'000, kLeastColumns = 32;
  std::atomic<bool> asked = false;
  std::once_flag once;
  std::optional<QuantizedRows> rows;
};

Service::Service(Service&&) noexcept = default;
Service& Service::operator=(Service&&) noexcept = default;
Service::~Service() = default;

Service::Service(Bundle bundle)
    : bundle_(std::move(bundle)),
      offsets_(user_offsets(bundle_.dataset.events, bundle_.dataset.n_users())),
      test_offsets_(user_offsets(bundle_.test, bundle_.dataset.n_users())),
      popularity_(bundle_.dataset.n_items(), 0) {
  check_filled(bundle_);
  for (const auto* events : {&bundle_.dataset.events, &bundle_.test}) {
    for (const Event& event : *events) {
      kinds_.at(static_cast<std::size_t>(event.kind)) = true;
      if (event.subset == Subset::kTrain) popularity_[event.item] += 1;
    }
  }
  placed_ = placed_items(*bundle_.model, bundle_.entry->traits, popularity_);
  const Matrix& vectors = bundle_.model->item_vectors();
  if (vectors.rows() >= Quick::kLeastItems && vectors.cols() >= Quick::kLeastColumns)
    quick_ = std::make_unique<Quick>();
}

std::vector<char> Service::allowed_items(const RecommendRequest& request) const {
  check_kinds(request.mask_kinds);
  std::vector<char> allowed(bundle_.dataset.n_items(), 1);
  apply_filters(bundle_.dataset, request.filters, allowed);
  for (const std::string& id : request.exclude) {
    // An excluded item the model has never heard of (new, or long gone) is excluded already.
    if (const auto item = find_id(bundle_.dataset.items, id)) allowed[*item] = 0;
  }
  return allowed;
}

std::vector<Scored> Service::quick_list(const Asked& asked, const std::vector<char>& allowed,
                                        const RecommendRequest& request) const {
  if (!quick_ || !quick_->asked.exchange(true)) return {};
  const Model& model = *bundle_.model;
  std::call_once(quick_->once, [&] { quick_->rows.emplace(model.item_vectors()); });
  Matrix vector(1, model.item_vectors().cols());
  if (!model.user_vector(asked.history.query(asked.user, request.now), vector[0])) return {};
  std::vector<char> shown(allowed.begin(), allowed.begin() + static_cast<std::ptrdiff_t>(model.n_items()));
  const auto* const by_content = dynamic_cast<const VectorModel*>(&model);
  for (std::size_t item = 0; item < shown.size(); ++item) {
    const bool scored = by_content == nullptr || by_content->has_vector(static_cast<idx_t>(item));
    shown[item] = shown[item] != 0 && placed_[item] != 0 && scored ? 1 : 0;
  }
  for (const idx_t item : asked.masked) {
    if (item < shown.size()) shown[item] = 0;
  }
  const auto best = [&](std::size_t k) { return quick_->rows->top_k(vector.row(0), shown, k); };
  std::vector<Scored> list =
      request.at_most.empty() ? best(request.k) : within_limits(bundle_.dataset, request, best);
  if (list.size() < request.k) list.clear();  // what is not placed may follow
  return list;
}

Recommendations Service::rank(const Asked& asked, const std::vector<char>& allowed,
                              const RecommendRequest& request) const {
  if (request.k == 0) fail(ErrorCode::kUsage, "k must be at least 1");
  if (std::vector<Scored> list = quick_list(asked, allowed, request); !list.empty())
    return {.items = std::move(list)};
  // Items that the model does not know stay below all others.
  std::vector<float> scores(bundle_.dataset.n_items(), kNever);
  const std::span<float> known = std::span(scores).first(bundle_.model->n_items());
  Recommendations result;
  if (!bundle_.model->score_all(asked.history.query(asked.user, request.now), known)) {
    std::ranges::copy(std::span(popularity_).first(bundle_.dataset.n_event_items()), scores.begin());
    result.fallback = true;
  }
  for (std::size_t item = 0; item < scores.size(); ++item) {
    if (!allowed[item]) scores[item] = kNever;
  }
  for (const idx_t item : asked.masked) scores[item] = kNever;
  std::vector<float> others(scores.size(), kNever);
  for (std::size_t item = 0; item < scores.size(); ++item) {
    if (!placed_[item]) std::swap(scores[item], others[item]);
  }
  const auto best = [&](std::size_t k) {
    std::vector<Scored> list = top_k(scores, k);
    if (list.size() < k) {
      const std::vector<Scored> last = top_k(others, k - list.size());
      list.insert(list.end(), last.begin(), last.end());
    }
    return list;
  };
  result.items = request.at_most.empty() ? best(request.k) : within_limits(bundle_.dataset, request, best);
  return result;
}

QueryHistory Service::known_history(idx_t user) const {
  QueryHistory history;
  history.add(std::span(bundle_.dataset.events).subspan(offsets_[user], offsets_[user + 1] - offsets_[user]));
  return history;
}

UnknownIds Service::unknown_ids(const RecommendRequest& request) const { return ask(request).unknown; }

UnknownIds Service::unknown_ids(const RecommendRequest& request, std::vector<std::uint16_t>& contexts) const {
  const Dataset& dataset = bundle_.dataset;
  UnknownIds unknown;
  unknown.user = request.user && !find_id(dataset.users, *request.user);
  if (unknown.user && request.strict) static_cast<void>(dataset.users.at(*request.user, "user"));
  for (const std::string& id : request.history) {
    const auto item = find_id(dataset.items, id);
    if (item && uses(*item)) continue;
    if (item && request.strict) fail_without_events(bundle_, id);
    if (request.strict) static_cast<void>(dataset.items.at(id, "item"));
    unknown.history.push_back(id);
  }
  contexts = history_contexts(request, unknown);
  for (const std::string& id : request.exclude) {
    if (find_id(dataset.items, id)) continue;
    if (request.strict) static_cast<void>(dataset.items.at(id, "item"));
    unknown.excluded.push_back(id);
  }
  return unknown;
}

std::vector<std::uint16_t> Service::history_contexts(const RecommendRequest& request,
                                                     UnknownIds& unknown) const {
  const std::size_t n = request.history.size();
  if (request.history_attributes.empty()) return {};
  const std::vector<ContextColumn> contexts = context_columns(bundle_.dataset.event_attributes);
  std::vector<std::uint16_t> result(n, 0);
  for (const auto& attribute : request.history_attributes) {
    const std::string& name = attribute.first;
    const std::vector<std::string>& values = attribute.second;
    const ContextColumn* const context = find_context(contexts, name);
    if (context == nullptr) {
      fail(ErrorCode::kNotFound, "{} reads no attribute '{}' of events; it reads {}", bundle_.entry->name,
           name, contexts.empty() ? "none: train it with --inputs" : context_names(contexts));
    }
    const auto same = [&](const auto& other) { return other.first == name; };
    if (std::ranges::count_if(request.history_attributes, same) > 1)
      fail(ErrorCode::kUsage, "the attribute {} of the history is given twice", name);
    if (values.size() != 1 && values.size() != n) {
      fail(ErrorCode::kUsage,
           "the history has {} items and {} values of {}; give one for all or one for each", n, values.size(),
           name);
    }
    for (std::size_t i = 0; i < n; ++i) {
      const std::string& value = values[values.size() == 1 ? 0 : i];
      const auto code = context->column->values.find(value);
      if (!code && request.strict) static_cast<void>(context->column->values.at(value, name));
      if (code) result[i] = static_cast<std::uint16_t>(result[i] + *code * context->stride);
      std::string text = fmt::format("{}={}", name, value);
      if (!code && std::ranges::count(unknown.attributes, text) == 0)
        unknown.attributes.push_back(std::move(text));
    }
  }
  return result;
}

void Service::check_kinds(const std::vector<EventKind>& kinds) const {
  std::vector<std::string_view> names;
  for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
    if (kinds_.at(kind)) names.push_back(kEventKindNames.at(kind));
  }
  for (const EventKind kind : kinds) {
    if (!kinds_.at(static_cast<std::size_t>(kind))) {
      fail(ErrorCode::kNotFound, "no event is of the kind {}; there are: {}",
           kEventKindNames.at(static_cast<std::size_t>(kind)), fmt::join(names, ", "));
    }
  }
}

Service::Asked Service::ask(std::optional<idx_t> user, const RecommendRequest& request) const {
  Asked asked;
  if (!user) return asked;
  asked.user = user;
  asked.history = known_history(*user);
  if (request.include_seen) return asked;
  const auto mask = [&](const std::vector<Event>& events, const std::vector<std::uint64_t>& offsets) {
    for (std::uint64_t e = offsets[*user]; e < offsets[*user + 1]; ++e) {
      if (request.mask_kinds.empty() || std::ranges::count(request.mask_kinds, events[e].kind) > 0)
        asked.masked.push_back(events[e].item);
    }
  };
  mask(bundle_.dataset.events, offsets_);
  mask(bundle_.test, test_offsets_);
  return asked;
}

Service::Asked Service::ask(const RecommendRequest& request) const {
  std::optional<idx_t> user;
  if (request.user) user = find_id(bundle_.dataset.users, *request.user);
  Asked asked = ask(user, request);
  std::vector<std::uint16_t> contexts;
  asked.unknown = unknown_ids(request, contexts);
  if (!request.history_times.empty() && request.history_times.size() != request.history.size()) {
    fail(ErrorCode::kUsage, "the history has {} items and {} times", request.history.size(),
         request.history_times.size());
  }
  if (const auto back = std::ranges::is_sorted_until(request.history_times);
      back != request.history_times.end()) {
    fail(ErrorCode::kUsage,
         "the history's item {} is earlier than the one before it: give the history in order of time",
         back - request.history_times.begin() + 1);
  }
  for (std::size_t i = 0; i < request.history.size(); ++i) {
    const auto item = find_id(bundle_.dataset.items, request.history[i]);
    if (item && uses(*item)) {
      asked.history.add(*item, request.history_times.empty() ? kNoTime : request.history_times[i],
                        contexts.empty() ? std::uint16_t{0} : contexts[i]);
      asked.user = std::nullopt;  // more than the bundle knew: the history alone speaks
    }
    if (item && !request.include_seen) asked.masked.push_back(*item);
  }
  return asked;
}

Recommendations Service::recommend(const RecommendRequest& request) const {
  Asked asked = ask(request);
  Recommendations result = rank(asked, allowed_items(request), request);
  result.unknown = std::move(asked.unknown);
  return result;
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
  RecommendRequest strict =
      request;  // an explanation of another history than the one asked for would mislead
  strict.strict = true;
  const Asked asked = ask(strict);
  const std::vector<char> allowed = allowed_items(request);
  const Query query = asked.history.query(asked.user, request.now);
  std::vector<Scored> wanted;
  if (item) {
    const idx_t idx = bundle_.dataset.items.at(*item, "item");
    float score = 0;
    if (!uses(idx)) fail_without_events(bundle_, *item);
    if (bundle_.model->score(query, std::span(&idx, 1), std::span(&score, 1))) wanted.push_back({idx, score});
  } else if (Recommendations list = rank(asked, allowed, request); !list.fallback) {
    wanted = std::move(list.items);
  }
  std::vector<Explained> result;
  for (const Scored& entry : wanted) {
    auto why = bundle_.model->explain(query, entry.idx);
    if (!why) continue;
    Explained& explained = result.emplace_back(Explained{entry, std::move(*why)});
    if (const auto* const fused = dynamic_cast<const Fused*>(bundle_.model.get()))
      explained.sources = fused->shares(query, entry.idx);
    const auto* const regression = dynamic_cast<const ContentRegression*>(bundle_.model.get());
    if (regression == nullptr) continue;
    if (const auto words = regression->explain_words(query, entry.idx)) {
      explained.without_words = static_cast<float>(words->base);
      for (const TextPart& part : words->parts)
        explained.words.push_back({part.text, static_cast<float>(part.score)});
    }
  }
  if (result.empty()) {
    fail(ErrorCode::kNotFound, "model '{}' has no data of this user that leads to an item",
         bundle_.entry->name);
  }
  return result;
}

Recommendations Service::recommend(std::optional<idx_t> user, const std::vector<char>& allowed,
                                   const RecommendRequest& request) const {
  return rank(ask(user, request), allowed, request);
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
  const idx_t known_user = bundle_.dataset.users.at(user, "user");
  const QueryHistory history = known_history(known_user);
  const Query query = history.query(known_user);
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

const Model& Service::encoding_model(const std::string& part, bool pictures) const {
  const auto fits = [&](const Model& model) { return model.encoder()->reads_pictures() == pictures; };
  if (!part.empty()) {
    const Model& named = part_of(bundle_, part);
    if (!fits(named)) {
      fail(ErrorCode::kUsage, "the encoder '{}' reads {}", part,
           pictures ? "no pictures: it answers --text" : "pictures: it answers --image");
    }
    return named;
  }
  if (bundle_.model->encoder() != nullptr && fits(*bundle_.model)) return *bundle_.model;
  std::vector<std::string> names;
  const Model* found = nullptr;
  for (const BundlePart& each : bundle_.parts) {
    if (!fits(*each.content)) continue;
    names.push_back(each.name);
    found = each.content.get();
  }
  if (names.size() == 1) return *found;
  if (names.size() > 1) {
    fail(ErrorCode::kUsage, "the bundle holds several encoders: name one with --part: {}",
         fmt::join(names, ", "));
  }
  if (pictures) {
    fail(ErrorCode::kUsage,
         "model '{}' has no encoder of pictures; add one with `akin encode image -d DATA --add-to BUNDLE`, "
         "or train "
         "content-image",
         bundle_.entry->name);
  }
  if (!bundle_.parts.empty() || bundle_.model->encoder() != nullptr) {
    fail(ErrorCode::kUsage,
         "model '{}' has no encoder of texts, only of pictures; add one with `akin encode tfidf -d DATA "
         "--add-to BUNDLE`",
         bundle_.entry->name);
  }
  return encoding_model(part);
}

std::size_t Service::most(std::size_t k, const std::vector<AttributeFilter>& filters) const {
  return filters.empty() ? k : bundle_.dataset.n_items();
}

std::vector<std::vector<Scored>> Service::similar_to(const ItemContent& items, std::size_t k,
                                                     const std::vector<AttributeFilter>& filters,
                                                     const std::string& part) const {
  auto lists = encoding_model(part).similar_to(items, most(k, filters));
  for (auto& list : lists) list = filtered(std::move(list), k, filters);
  return lists;
}

std::vector<Scored> Service::similar_to_text(const std::string& text, std::size_t k,
                                             const std::vector<AttributeFilter>& filters,
                                             const std::string& part) const {
  if (const Fused* const fused = fused_reader(bundle_, part, false))
    return filtered(fused->similar_to_text(text, most(k, filters)), k, filters);
  const Model& model = encoding_model(part, false);
  const std::span<const std::string> first(model.encoder()->fields().data(), 1);
  return filtered(model.similar_to(text_content(text, first), most(k, filters)).front(), k, filters);
}

std::vector<Scored> Service::similar_to_picture(const std::string& path, std::size_t k,
                                                const std::vector<AttributeFilter>& filters,
                                                const std::string& part) const {
  const Fused* const fused = fused_reader(bundle_, part, true);
  const Model& model = fused != nullptr ? *fused : encoding_model(part, true);
  const Context context;
  static_cast<void>(PictureReader(context).read(path));  // an encoder leaves out what cannot be read
  if (fused != nullptr) return filtered(fused->similar_to_picture(path, most(k, filters)), k, filters);
  const ItemContent content = picture_content(path, model.encoder()->fields().front());
  return filtered(model.similar_to(content, most(k, filters)).front(), k, filters);
}

}  // namespace akin
