#include "akin/data/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/rank_talk.h"
#include "akin/base/text.h"
#include "akin/data/attribute_type.h"
#include "akin/data/event_route.h"
#include "akin/data/filters.h"
#include "akin/data/readers/text_decode.h"

namespace akin {
namespace {

constexpr idx_t kDropped = 0xFFFFFFFF;

/// What becomes of an index.
enum class Fate : char { kGone, kUnseen, kUsed };

/// Old index -> new index: the used ones in their old order, then those that no event names.
struct Renumbering {
  std::vector<idx_t> kept;     // old indices, in their new order
  std::vector<idx_t> new_idx;  // by old index; kDropped where not kept
  std::size_t unseen = 0;      // how many of those kept, the last ones, no event names
  bool is_identity = true;

  explicit Renumbering(const std::vector<Fate>& fates) : new_idx(fates.size(), kDropped) {
    for (const Fate fate : {Fate::kUsed, Fate::kUnseen}) {
      for (std::size_t old = 0; old < fates.size(); ++old) {
        if (fates[old] != fate) continue;
        is_identity &= kept.size() == old;
        new_idx[old] = static_cast<idx_t>(kept.size());
        kept.push_back(static_cast<idx_t>(old));
        unseen += fate == Fate::kUnseen ? 1 : 0;
      }
    }
    is_identity &= kept.size() == fates.size();
  }
};

/// kUnseen for the rows that have an attribute, else kGone.
std::vector<Fate> described(const AttributeTable& table, std::size_t rows) {
  std::vector<Fate> fates(rows, Fate::kGone);
  for (const auto& [name, column] : table.all()) {
    for (std::size_t row = 0; row < std::min(rows, column.size()); ++row) {
      if (!column[row].empty()) fates[row] = Fate::kUnseen;
    }
  }
  return fates;
}

/// Sorts by (user, time), stable. Returns the old position of each event unless nothing moved
/// and `track` is false.
std::vector<std::uint64_t> sort_events(std::vector<Event>& events, std::size_t n_users, bool track) {
  const auto before = [](const Event& a, const Event& b) {
    return a.user != b.user ? a.user < b.user : a.time < b.time;
  };
  std::vector<std::uint64_t> origin;
  if (std::ranges::is_sorted(events, before)) {
    if (track) {
      origin.resize(events.size());
      std::iota(origin.begin(), origin.end(), std::uint64_t{0});
    }
    return origin;
  }
  std::vector<std::uint64_t> next = user_offsets(events, n_users);
  const std::vector<std::uint64_t> offsets = next;
  std::vector<Event> sorted(events.size());
  if (track) origin.resize(events.size());
  for (std::size_t e = 0; e < events.size(); ++e) {
    const std::uint64_t to = next[events[e].user]++;
    sorted[to] = events[e];
    if (track) origin[to] = e;
  }
  events = {};
  std::vector<std::uint64_t> order;
  std::vector<Event> slice;
  for (std::size_t u = 0; u < n_users; ++u) {
    const auto begin = sorted.begin() + static_cast<std::ptrdiff_t>(offsets[u]);
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(offsets[u + 1]);
    if (std::is_sorted(begin, end, before)) continue;
    if (!track) {
      std::stable_sort(begin, end, before);
      continue;
    }
    order.resize(static_cast<std::size_t>(end - begin));
    std::iota(order.begin(), order.end(), offsets[u]);
    std::ranges::stable_sort(order, [&](auto a, auto b) { return sorted[a].time < sorted[b].time; });
    slice.assign(begin, end);
    std::vector<std::uint64_t> origins(origin.begin() + static_cast<std::ptrdiff_t>(offsets[u]),
                                       origin.begin() + static_cast<std::ptrdiff_t>(offsets[u + 1]));
    for (std::size_t i = 0; i < order.size(); ++i) {
      begin[static_cast<std::ptrdiff_t>(i)] = slice[order[i] - offsets[u]];
      origin[offsets[u] + i] = origins[order[i] - offsets[u]];
    }
  }
  events = std::move(sorted);
  return origin;
}

/// Who is named by the events of all ranks.
struct Named {
  std::vector<char> users, items;
  Named(const std::vector<Event>& events, std::size_t n_users, std::size_t n_items, const Communicator& ranks)
      : users(n_users, 0), items(n_items, 0) {
    for (const Event& event : events) users[event.user] = items[event.item] = 1;
    any_of_ranks(ranks, users);
    any_of_ranks(ranks, items);
  }
  void set(std::vector<Fate>& user_fates, std::vector<Fate>& item_fates, Fate fate) const {
    for (std::size_t u = 0; u < users.size(); ++u) user_fates[u] = users[u] != 0 ? fate : user_fates[u];
    for (std::size_t i = 0; i < items.size(); ++i) item_fates[i] = items[i] != 0 ? fate : item_fates[i];
  }
};

Csr make_candidates(std::vector<std::pair<idx_t, idx_t>> pairs, const Renumbering& users,
                    const Renumbering& items) {
  Csr result;
  result.cols = items.kept.size() - items.unseen;
  if (pairs.empty()) return result;
  for (auto& [user, item] : pairs) {
    user = users.new_idx[user];
    item = items.new_idx[item];
  }
  std::erase_if(pairs, [](const auto& pair) { return pair.first == kDropped || pair.second == kDropped; });
  std::ranges::sort(pairs);
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  std::size_t next = 0;
  for (std::size_t user = 0; user < users.kept.size(); ++user) {
    for (; next < pairs.size() && pairs[next].first == user; ++next)
      result.indices.push_back(pairs[next].second);
    result.offsets.push_back(result.indices.size());
  }
  result.values.assign(result.indices.size(), 1);
  return result;
}

/// Values are finite where they are read; weights and sums can leave what a float holds. The event of the first user
/// whose value does is named: that of lowest index, whoever has it.
void check_values(const std::vector<Event>& events, const ImportFilters& filters, const IdMap& users,
                  const IdMap& items) {
  auto found = events.end();
  for (auto event = events.begin(); event != events.end(); ++event) {
    if (!std::isfinite(event->value) && (found == events.end() || event->user < found->user)) found = event;
  }
  if (found == events.end()) return;
  const std::string_view how = filters.repeats == RepeatPolicy::kSum
                                   ? "the values of its repeats add up to"
                                   : "its value times the weight of its kind is";
  fail(ErrorCode::kBadData,
       "user '{}', item '{}': {} more than a value can be ({:.2g}); divide the values by a constant before "
       "the "
       "import, or take smaller weights or --repeats mean",
       users.id(found->user), items.id(found->item), how, std::numeric_limits<float>::max());
}

/// Says which values are nothing of the type that was asked for: encoders leave them out.
void note_unfit(const std::string& name, const AttributeTable& table, std::vector<std::string>& notes) {
  const AttributeType& type = table.type(name);
  const StringColumn& column = *table.find(name);
  std::uint64_t unfit = 0;
  std::string first;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (fits(type, column[row])) continue;
    if (unfit++ == 0) first = std::string(column[row]);
  }
  if (unfit > 0) {
    notes.push_back(fmt::format("attribute {}: {} values are no {}, such as '{}': they say nothing", name,
                                format_count(unfit), to_string(type), printable(first)));
  }
}

/// Gives every attribute its type: the one asked for, else a guess.
void set_types(const std::map<std::string, AttributeType>& types, Dataset& data,
               std::vector<std::string>& notes) {
  std::vector<std::string> names;
  for (AttributeTable* const table : {&data.item_attributes, &data.user_attributes}) {
    for (const auto& [name, column] : table->all()) {
      names.push_back(name);
      const auto asked = types.find(name);
      table->set_type(name, asked != types.end() ? asked->second : guess_attribute_type(name, column));
      if (asked != types.end()) note_unfit(name, *table, notes);
    }
  }
  for (const auto& [name, type] : types) {
    if (std::ranges::find(names, name) != names.end()) continue;
    fail(ErrorCode::kUsage, "there is no attribute '{}' to give a type{}; there are: {}", name,
         did_you_mean(name, names), names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
  }
}

}  // namespace

std::string without_quoted(const std::string& text) {
  const std::size_t begin = text.find('\''), end = text.rfind('\'');
  return begin == end ? text : text.substr(0, begin) + "'...'" + text.substr(end + 1);
}

std::uint64_t Rejections::total() const {
  std::uint64_t sum = 0;
  for (const Reason& reason : reasons_) sum += reason.count;
  return sum;
}

Rejections::Reason& Rejections::find(std::string_view reason) {
  const auto found = std::ranges::find(reasons_, reason, &Reason::text);
  if (found != reasons_.end()) return *found;
  reasons_.push_back({std::string(reason), 0, {}, {}});
  return reasons_.back();
}

void Rejections::keep(Reason& reason, std::string position, std::string_view value) {
  constexpr std::size_t kShown = 40;
  std::string shown = quotes_ ? printable(value.substr(0, kShown)) : "";
  if (!quotes_) position = without_quoted(position);
  if (strict_) {
    fail(ErrorCode::kBadData, "{}: {}{}; without --strict such lines are counted and left out", position,
         reason.text, shown.empty() ? "" : fmt::format(" ('{}')", shown));
  }
  reason.positions.push_back(std::move(position));
  reason.values.push_back(std::move(shown));
}

void DatasetBuilder::add_review(std::uint64_t event, std::string_view summary, std::string_view text) {
  AKIN_ASSERT(event < events_.size());
  const bool no_summary = dropped("summary"), no_text = dropped("text");
  if (no_summary && no_text) return;
  reviews_.event.push_back(event);
  reviews_.summary.push_back(no_summary ? std::string_view() : summary);
  reviews_.text.push_back(no_text ? std::string_view() : text);
}

void DatasetBuilder::set_event_attribute(std::uint64_t event, std::string_view name, std::string_view value) {
  AKIN_ASSERT(event < events_.size());
  if (!is_utf8(name)) return set_event_attribute(event, latin1_to_utf8(name), value);
  if (!dropped(name)) event_attributes_.set(name, event, value);
}

void DatasetBuilder::set_item_attribute(std::string_view item, std::string_view name,
                                        std::string_view value) {
  if (!is_utf8(name)) return set_item_attribute(item, latin1_to_utf8(name), value);
  if (!dropped(name)) item_attributes_.column(name).set(items_.add(item), value);
}

void DatasetBuilder::set_user_attribute(std::string_view user, std::string_view name,
                                        std::string_view value) {
  if (!is_utf8(name)) return set_user_attribute(user, latin1_to_utf8(name), value);
  if (!dropped(name)) user_attributes_.column(name).set(users_.add(user), value);
}

void DatasetBuilder::add_link(std::string_view name, std::string_view from, std::string_view to) {
  if (dropped(name)) return;
  auto found = std::ranges::find(links_, name, &RawLinks::name);
  if (found == links_.end()) found = links_.insert(links_.end(), {std::string(name), {}});
  const idx_t from_idx = items_.add(from);
  found->pairs.emplace_back(from_idx, items_.add(to));
}

void DatasetBuilder::add_candidate(std::string_view user, std::string_view item) {
  const idx_t user_idx = users_.add(user);
  candidates_.emplace_back(user_idx, items_.add(item));
}

/// Keeps the reviews of kept events and points them to the events' last places; the texts stay where they are, or come
/// to the first of several ranks. `raw_of` gives the ordinal before of each last event, of `n_raw`.
void DatasetBuilder::place_reviews(const std::vector<std::uint64_t>& raw_of, std::uint64_t n_raw,
                                   const Communicator& ranks, const EventRoute* route,
                                   const std::vector<ShareRead>& parts) {
  const std::uint64_t own = raw_of.size();
  std::uint64_t place = 0;
  const std::vector<std::uint64_t> sizes = gather_all(ranks, std::span(&own, 1));
  for (int r = 0; r < ranks.rank(); ++r) place += sizes[static_cast<std::size_t>(r)];
  std::vector<std::uint64_t> place_of(n_raw, kNoEvent);
  for (const std::uint64_t raw : raw_of) place_of[raw] = place++;
  if (route != nullptr) place_of = route->send_back(place_of, kNoEvent);
  for (std::uint64_t& event : reviews_.event) event = place_of[event];
  if (route != nullptr) return gather_reviews(ranks, parts);
  std::vector<std::uint64_t> kept;
  for (std::size_t r = 0; r < reviews_.size(); ++r) {
    if (reviews_.event[r] == kNoEvent) continue;
    reviews_.event[kept.size()] = reviews_.event[r];
    kept.push_back(r);
  }
  if (kept.size() == reviews_.size()) return;
  reviews_.event.resize(kept.size());
  reviews_.summary.keep_rows(kept);
  reviews_.text.keep_rows(kept);
}

Dataset DatasetBuilder::build(std::string name, const ImportFilters& filters, ImportReport& report,
                              const Context& context) {
  const Communicator& ranks = context.ranks();
  const std::uint64_t n_read = events(ranks);
  if (n_read == 0) {
    fail(ErrorCode::kBadData, "{}: not one usable event among {} lines ({} rejected); is the format right?",
         name, report.lines, report.rejections.total());
  }
  const std::vector<ShareRead> parts = all_parts();
  RowBounds bounds;
  std::optional<EventRoute> route;
  if (!ranks.alone()) {
    route.emplace(divide(ranks, parts, bounds));
    divide_attributes(ranks, *route, parts);
  }
  const std::uint64_t n_raw = events_.size();
  std::vector<Fate> user_fates(users_.size(), Fate::kGone), item_fates(items_.size(), Fate::kGone);
  if (keep_unseen_items) {
    item_fates = described(item_attributes_, items_.size());
    for (const idx_t item : listed_items_) item_fates[item] = Fate::kUnseen;
    for (idx_t item = 0; item < items_.size() && wants_item; ++item) {
      if (item_fates[item] == Fate::kUnseen && !wants_item(items_.id(item))) item_fates[item] = Fate::kGone;
    }
  }
  if (keep_unseen_users) user_fates = described(user_attributes_, users_.size());
  Named named(events_, users_.size(), items_.size(), ranks);
  for (const idx_t item : unwanted_items_) named.items[item] = 1;
  named.set(user_fates, item_fates, Fate::kGone);  // who loses all events to the filters goes with them
  std::vector<std::uint64_t> raw_of;  // raw ordinal of each event left; empty while that is the identity
  ImportFilters wanted = filters;
  wanted.keep_nonpositive |= keep_nonpositive;
  apply_filters(wanted, events_, {users_.size(), items_.size(), &ranks}, raw_of, report.filters);
  together(ranks, [&] { check_values(events_, filters, users_, items_); });
  report.events = sum_over_ranks(ranks, std::uint64_t{events_.size()});
  if (report.events == 0) {
    fail(ErrorCode::kBadData, "{}: no event is left of {}: '{}' removed the last ones; loosen the filters",
         name, n_read, report.filters.back().step);
  }
  context.check_stop();

  Named(events_, users_.size(), items_.size(), ranks).set(user_fates, item_fates, Fate::kUsed);
  for (const auto& [user, item] : candidates_) {
    if (user_fates[user] == Fate::kUsed) item_fates[item] = Fate::kUsed;
  }
  // Users stay in their place: unlike items, they are not what models choose from.
  if (keep_unseen_users) std::ranges::replace(user_fates, Fate::kUnseen, Fate::kUsed);
  const Renumbering users(user_fates), items(item_fates);

  Dataset data;
  data.name = std::move(name);
  for (Event& event : events_) {
    event.user = users.new_idx[event.user];
    event.item = items.new_idx[event.item];
  }
  data.events = std::move(events_);
  for (const std::size_t bound : bounds)
    data.user_bounds.push_back(
        static_cast<std::size_t>(std::ranges::lower_bound(users.kept, bound) - users.kept.begin()));
  const bool any_review = sum_over_ranks(ranks, std::uint64_t{reviews_.size()}) > 0;
  const bool track = any_review || !event_attributes_.empty();
  std::vector<std::uint64_t> origin = sort_events(data.events, users.kept.size(), track);
  if (track) {
    if (!raw_of.empty()) {
      for (std::uint64_t& at : origin) at = raw_of[at];
    }
    if (any_review) place_reviews(origin, n_raw, ranks, route ? &*route : nullptr, parts);
    data.reviews = std::move(reviews_);
    event_attributes_.resize(n_raw);
    data.event_attributes = event_attributes_.select(origin);
    if (route) join_values(ranks, data.event_attributes);
  }
  data.users = users.is_identity ? std::move(users_) : users_.select(users.kept);
  data.items = items.is_identity ? std::move(items_) : items_.select(items.kept);
  data.items_without_events = items.unseen;
  data.user_attributes = user_attributes_.select(users.kept);
  data.item_attributes = item_attributes_.select(items.kept);
  set_types(types, data, report.notes);
  for (RawLinks& raw : links_) {
    ItemLinks links{std::move(raw.name), {}};
    for (const auto& [from, to] : raw.pairs) {
      const idx_t new_from = items.new_idx[from], new_to = items.new_idx[to];
      if (new_from != kDropped && new_to != kDropped) links.pairs.emplace_back(new_from, new_to);
    }
    if (links.pairs.size() < raw.pairs.size()) {
      report.notes.push_back(
          fmt::format("{} of {} {} links lead to or from items that are not in the data set",
                      raw.pairs.size() - links.pairs.size(), raw.pairs.size(), links.name));
    }
    data.links.push_back(std::move(links));
  }
  data.candidates = make_candidates(std::move(candidates_), users, items);
  if (data.items_without_events > 0) {
    report.notes.push_back(
        fmt::format("{} items have no events: only their attributes are known", data.items_without_events));
    const std::vector<Fate> known = described(data.item_attributes, data.n_event_items());
    if (!compared_items && std::ranges::find(known, Fate::kUnseen) == known.end()) {
      report.notes.push_back(
          fmt::format("none of the items with events has an attribute: the ids of the items' table, such as "
                      "'{}', are not those "
                      "of the events, such as '{}'; is its id in another column?",
                      data.items.id(static_cast<idx_t>(data.n_event_items())), data.items.id(0)));
    }
  }
  const auto note_unseen = [&](const Renumbering& side, const std::vector<char>& seen,
                               std::string_view what) {
    std::size_t filtered = 0, never = 0;
    for (std::size_t old = 0; old < seen.size(); ++old) {
      if (side.new_idx[old] == kDropped) ++(seen[old] != 0 ? filtered : never);
    }
    if (filtered > 0)
      report.notes.push_back(
          fmt::format("{} {} have no events left and are not in the data set", filtered, what));
    if (never > 0)
      report.notes.push_back(fmt::format("{} {} without any event are not in the data set", never, what));
  };
  note_unseen(users, named.users, "users");
  note_unseen(items, named.items, "items");
  *this = DatasetBuilder();
  return data;
}

}  // namespace akin
