// How several ranks make one data set of what each has read.
#include <algorithm>
#include <numeric>
#include <tuple>

#include "akin/base/communicator.h"
#include "akin/base/rank_talk.h"
#include "akin/data/builder.h"
#include "akin/data/event_route.h"

namespace akin {
namespace {

/// Collective. Adds the ids of all ranks, in their order, to those that all know; each is sent once.
JoinedIds join_ids(const Communicator& ranks, IdMap& whole, const IdMap& own) {
  JoinedIds joined;
  for (int r = 0; r < ranks.size(); ++r) {
    std::string bytes;
    std::vector<std::uint32_t> lengths;
    if (r == ranks.rank()) {
      joined.first_new = static_cast<idx_t>(whole.size());
      joined.whole.reserve(own.size());
      for (idx_t i = 0; i < own.size(); ++i) {
        const std::size_t known = whole.size();
        const std::string_view id = own.id(i);
        joined.whole.push_back(whole.add(id));
        if (whole.size() == known) continue;
        bytes += id;
        lengths.push_back(static_cast<std::uint32_t>(id.size()));
      }
    }
    std::size_t count = lengths.size();
    ranks.broadcast(std::as_writable_bytes(std::span(&count, 1)), r);
    lengths.resize(count);
    ranks.broadcast(std::as_writable_bytes(std::span(lengths)), r);
    broadcast_text(ranks, bytes, r);
    if (r == ranks.rank()) continue;
    std::size_t at = 0;
    for (const std::uint32_t length : lengths) {
      whole.add(std::string_view(bytes).substr(at, length));
      at += length;
    }
  }
  return joined;
}

/// Collective. Comes to the first rank: its own text, "" elsewhere and from others than `from`.
std::string text_to_first(const Communicator& ranks, int from, std::string text) {
  std::size_t size = text.size();
  ranks.broadcast(std::as_writable_bytes(std::span(&size, 1)), from);
  if (ranks.first() || ranks.rank() == from) text.resize(size);
  send_to_first(ranks, from, std::as_writable_bytes(std::span(text)));
  return ranks.first() ? text : "";
}

}  // namespace

void Rejections::gather(const Communicator& ranks) {
  if (ranks.alone()) return;
  Packed own;
  own.add(unwanted_);
  for (const Reason& reason : reasons_) {
    own.add_text(reason.text);
    own.add(reason.count);
    own.add(reason.positions.size());
    for (std::size_t i = 0; i < reason.positions.size(); ++i) {
      own.add_text(reason.positions[i]);
      own.add_text(reason.values[i]);
    }
  }
  clear();
  for (std::string& bytes : gather_texts(ranks, own.bytes())) {
    if (!ranks.first()) return;
    Packed all(std::move(bytes));
    unwanted_ += all.number();
    while (!all.at_end()) {
      Reason& reason = find(all.text());
      reason.count += all.number();
      for (std::uint64_t n = all.number(); n > 0; --n) {
        const std::string position(all.text()), value(all.text());
        if (reason.positions.size() == kPositionsKept) continue;
        reason.positions.push_back(position);
        reason.values.push_back(value);
      }
    }
  }
}

void DatasetBuilder::begin_share() {
  std::swap(users_, whole_users_);
  std::swap(items_, whole_items_);
  unwanted_begin_ = unwanted_items_.size();
  shares_.push_back({events_.size(), 0, reviews_.size(), 0});
}

std::pair<JoinedIds, JoinedIds> DatasetBuilder::end_share(const Communicator& ranks) {
  ShareRead& share = shares_.back();
  share.events_end = events_.size();
  share.reviews_end = reviews_.size();
  const JoinedIds users = join_ids(ranks, whole_users_, users_),
                  items = join_ids(ranks, whole_items_, items_);
  users_ = std::exchange(whole_users_, {});
  items_ = std::exchange(whole_items_, {});
  for (std::size_t e = share.events_begin; e < share.events_end; ++e) {
    events_[e].user = users.whole[events_[e].user];
    events_[e].item = items.whole[events_[e].item];
  }
  std::vector<idx_t> unwanted;
  for (std::size_t i = unwanted_begin_; i < unwanted_items_.size(); ++i)
    unwanted.push_back(items.whole[unwanted_items_[i]]);
  unwanted_items_.resize(unwanted_begin_);
  std::ranges::sort(unwanted);
  unwanted.erase(std::unique(unwanted.begin(), unwanted.end()), unwanted.end());
  const std::vector<idx_t> all = gather_all(ranks, std::span<const idx_t>(unwanted));
  unwanted_items_.insert(unwanted_items_.end(), all.begin(), all.end());
  dropped.gather(ranks);
  return {users, items};
}

void DatasetBuilder::number_share(const Communicator& ranks, std::vector<std::uint32_t>& counts) {
  counts.resize(users_.size(), 0);
  change_in_order(ranks, std::span(counts), [&] {
    for (std::size_t e = shares_.back().events_begin; e < shares_.back().events_end; ++e)
      events_[e].time = counts[events_[e].user]++ * kSecond;
  });
}

std::uint64_t DatasetBuilder::events(const Communicator& ranks) const {
  std::uint64_t own = events_.size();
  if (!ranks.first()) {  // what was added outside of shares counts once
    own = 0;
    for (const ShareRead& share : shares_) own += share.events_end - share.events_begin;
  }
  return sum_over_ranks(ranks, own);
}

/// The shares, and what was added between them, before and after.
std::vector<DatasetBuilder::ShareRead> DatasetBuilder::all_parts() const {
  std::vector<ShareRead> parts;
  std::size_t events = 0, reviews = 0;
  for (const ShareRead& share : shares_) {
    parts.push_back({events, share.events_begin, reviews, share.reviews_begin});
    parts.push_back(share);
    events = share.events_end;
    reviews = share.reviews_end;
  }
  parts.push_back({events, events_.size(), reviews, reviews_.size()});
  return parts;
}

/// Collective. Sends the events to the owners of their users; `bounds` become those of the ranks' users.
EventRoute DatasetBuilder::divide(const Communicator& ranks, const std::vector<ShareRead>& parts,
                                  RowBounds& bounds) {
  std::vector<std::size_t> part_bounds = {0};
  std::vector<EventRoute::Rank> to(events_.size(), EventRoute::kNowhere);
  std::vector<std::uint32_t> counts(users_.size(), 0);
  const auto visit = [&](auto&& take) {
    for (std::size_t p = 0; p < parts.size(); ++p) {
      if (p % 2 == 0 && !ranks.first()) continue;  // the first rank has the same
      for (std::size_t e = parts[p].events_begin; e < parts[p].events_end; ++e) take(e);
    }
  };
  for (const ShareRead& part : parts) part_bounds.push_back(part.events_end);
  visit([&](std::size_t e) { ++counts[events_[e].user]; });
  constexpr std::size_t kPiece = std::size_t{1} << 18;
  for (std::size_t begin = 0; begin < counts.size(); begin += kPiece)
    add_over_ranks(ranks, std::span(counts).subspan(begin, std::min(kPiece, counts.size() - begin)));
  bounds = balanced_bounds(counts, ranks.size());
  visit([&](std::size_t e) {
    const auto owner = std::ranges::upper_bound(bounds, events_[e].user) - bounds.begin() - 1;
    to[e] = static_cast<EventRoute::Rank>(owner);
  });
  EventRoute route(ranks, std::move(to), std::move(part_bounds));
  events_ = route.send(events_);
  return route;
}

/// Collective. Attributes of events follow them; their columns come in the order in which the files first have values.
void DatasetBuilder::divide_attributes(const Communicator& ranks, const EventRoute& route,
                                       const std::vector<ShareRead>& parts) {
  Packed own;
  for (const EventAttributes::Column& column : event_attributes_.columns()) {
    const auto first = std::ranges::find_if(column.codes, [](idx_t code) { return code != 0; });
    const auto event = static_cast<std::size_t>(first - column.codes.begin());
    const auto part = std::ranges::find_if(parts, [&](const ShareRead& p) { return event < p.events_end; });
    own.add(static_cast<std::uint64_t>(part - parts.begin()));
    own.add(event);
    own.add_text(column.name);
  }
  std::vector<std::tuple<std::uint64_t, int, std::uint64_t, std::string>> found;  // part, rank, event, name
  int rank = 0;
  for (std::string& bytes : gather_texts(ranks, own.bytes())) {
    for (Packed all(std::move(bytes)); !all.at_end();) {
      const std::uint64_t part = all.number(), event = all.number();
      found.emplace_back(part, rank, event, all.text());
    }
    ++rank;
  }
  std::ranges::stable_sort(found, {}, [](const auto& one) {
    return std::tuple(std::get<0>(one), std::get<1>(one), std::get<2>(one));
  });
  EventAttributes divided;
  for (const auto& [part, by, event, name] : found) {
    if (divided.find(name) != nullptr) continue;
    const EventAttributes::Column* const column = event_attributes_.find(name);
    EventAttributes::Column whole{name, {}, {}};
    whole.values.add("");
    const JoinedIds values = join_ids(ranks, whole.values, column == nullptr ? IdMap() : column->values);
    std::vector<idx_t> codes = column == nullptr ? std::vector<idx_t>() : column->codes;
    for (idx_t& code : codes) code = values.whole[code];
    codes.resize(route.sent(), 0);
    whole.codes = route.send(codes);
    divided.add(std::move(whole));
  }
  event_attributes_ = std::move(divided);
}

/// Collective. Gives the values of event attributes the numbers that they have in the order of all ranks' events.
void DatasetBuilder::join_values(const Communicator& ranks, EventAttributes& attributes) {
  EventAttributes joined;
  for (const EventAttributes::Column& column : attributes.columns()) {
    EventAttributes::Column whole{column.name, {}, column.codes};
    const std::vector<idx_t> new_code = join_ids(ranks, whole.values, column.values).whole;
    for (idx_t& code : whole.codes) code = new_code[code];
    joined.add(std::move(whole));
  }
  attributes = std::move(joined);
}

/// Collective. Reviews, whose events have their last places, come to the first rank in the order of the files.
void DatasetBuilder::gather_reviews(const Communicator& ranks, const std::vector<ShareRead>& parts) {
  ReviewTable all;
  std::size_t next = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    for (int r = 0; r < ranks.size(); ++r) {
      Packed own;
      for (; r == ranks.rank() && next < parts[p].reviews_end; ++next) {
        if (reviews_.event[next] == kNoEvent || (p % 2 == 0 && r > 0)) continue;
        own.add(reviews_.event[next]);
        own.add_text(reviews_.summary[next]);
        own.add_text(reviews_.text[next]);
      }
      for (Packed got(text_to_first(ranks, r, own.bytes())); !got.at_end();) {
        all.event.push_back(got.number());
        all.summary.push_back(got.text());
        all.text.push_back(got.text());
      }
    }
  }
  reviews_ = std::move(all);
}

}  // namespace akin
