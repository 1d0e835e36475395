// From raw events to a Dataset: filters, index maps, sorting, with a count of everything left out.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/column_report.h"
#include "akin/data/dataset.h"
#include "akin/data/dropped_columns.h"

namespace akin {

class EventRoute;  // data/event_route.h

/// What to do with several events of one user with one item (and kind).
enum class RepeatPolicy { kKeep, kFirst, kLast, kSum, kMax, kMean };

/// Filters of an import, applied in this order: kind weights, value threshold, time window, repeats, then
/// k-core and minimum length until nothing changes.
struct ImportFilters {
  /// Value of the kind's events is multiplied; 0 removes them.
  std::vector<std::pair<EventKind, float>> kind_weights;
  /// Events below are removed (ratings -> implicit threshold). Without it events of 0 or less are: models that
  /// count events would take them for likes. Where repeats become their sum, mean or last value, that value
  /// decides.
  std::optional<float> min_value;
  bool keep_nonpositive = false;      ///< events of 0 or less stay though there is no min_value
  std::optional<float> binarize;      ///< every remaining value becomes this
  std::optional<std::int64_t> since;  ///< first second kept
  std::optional<std::int64_t> until;  ///< first second not kept
  RepeatPolicy repeats = RepeatPolicy::kKeep;
  std::uint32_t user_core = 0;   ///< users keep at least this many events, else they go
  std::uint32_t item_core = 0;   ///< items likewise; both together give the k-core
  std::uint32_t min_length = 0;  ///< users with fewer different items go
};

/// Lines that could not be used, by reason, with the first positions of each.
class Rejections {
 public:
  static constexpr std::size_t kPositionsKept = 5;
  struct Reason {
    std::string text;
    std::uint64_t count = 0;
    std::vector<std::string> positions;  ///< "file:line", the first kPositionsKept
    std::vector<std::string>
        values;  ///< what stood there, by position; "" where the line as a whole is wrong
  };
  /// `strict`: the first rejection is thrown as Error(kBadData). `quotes`: what stands at a position may be shown.
  explicit Rejections(bool strict = false, bool quotes = true) : strict_(strict), quotes_(quotes) {}
  /// `position` is a callable giving "file:line", called only when it is needed.
  template <typename Position>
  void add(std::string_view reason, const Position& position, std::string_view value = {}) {
    Reason& entry = find(reason);
    ++entry.count;
    if (strict_ || entry.positions.size() < kPositionsKept) keep(entry, position(), value);
  }
  /// The same for a line that is sound but that the caller did not want, such as a kind of event left out:
  /// those do not make a file a bad one.
  template <typename Position>
  void add_unwanted(std::string_view reason, const Position& position) {
    ++unwanted_;
    add(reason, position);
  }
  const std::vector<Reason>& reasons() const { return reasons_; }
  std::uint64_t total() const;
  /// Those of add_unwanted(), which total() counts too.
  std::uint64_t unwanted() const { return unwanted_; }
  /// Collective: those of all ranks, in their order, come to the first one; the others have none afterwards.
  void gather(const Communicator& ranks);
  void clear() {
    reasons_.clear();
    unwanted_ = 0;
  }

 private:
  Reason& find(std::string_view reason);
  void keep(Reason& reason, std::string position, std::string_view value);
  bool strict_, quotes_;
  std::uint64_t unwanted_ = 0;
  std::vector<Reason> reasons_;
};

/// The text with '...' in place of all between its first and its last quotation mark.
std::string without_quoted(const std::string& text);

/// How much one step of the import removed.
struct FilterCount {
  std::string step;  ///< such as "value below 4", "5-core"
  std::uint64_t events = 0;
  std::uint64_t users = 0;
  std::uint64_t items = 0;
};

/// How much of one table could be used.
struct TableCount {
  std::string file;
  std::uint64_t used = 0;
  std::uint64_t rejected = 0;  ///< without those of Rejections::add_unwanted()
};

/// What an import did. Nothing is dropped without standing here.
struct ImportReport {
  std::uint64_t lines = 0;  ///< lines (records) read, all files
  std::uint64_t bytes = 0;  ///< decompressed bytes read
  double seconds = 0;       ///< reading and parsing, filters not included
  /// Whether examples, doubts, notes and rejections may quote the files. Off where ids of users get pseudonyms, as
  /// any column may hold them; set it before the import.
  bool quotes = true;
  Rejections rejections{};
  std::vector<FilterCount> filters;
  std::vector<std::string> notes;     ///< such as "312 metadata records of items without events"
  std::vector<ColumnReport> columns;  ///< of the tables read, file by file
  std::vector<TableCount> tables;
  std::uint64_t events = 0;  ///< of the data set; of all ranks, where they divide it
};

/// What becomes of the ids of a rank's share of a file, those of users or of items.
struct JoinedIds {
  std::vector<idx_t> whole;  ///< of this rank's ids, in their order: the index among those of all
  idx_t first_new = 0;       ///< those from here on no earlier file and no earlier rank has named
  bool is_new(std::size_t own) const { return whole[own] >= first_new; }
};

/// Collects events in file order, then makes the Dataset. Attributes may come before or after the events.
class DatasetBuilder {
 public:
  /// Adds one event and returns its ordinal, for add_review(). NaN values are the caller's to refuse.
  std::uint64_t add_event(std::string_view user, std::string_view item, float value, std::int64_t time,
                          EventKind kind = EventKind::kRating, Subset subset = Subset::kTrain) {
    events_.push_back({users_.add(user), items_.add(item), value, kind, subset, 0, time});
    return events_.size() - 1;
  }
  /// Brings what add_event() will look at into the cache; call it as soon as the ids are known.
  void prefetch(std::string_view user, std::string_view item) const {
    users_.prefetch(user);
    items_.prefetch(item);
  }
  /// An attribute of an event by its ordinal, such as its device, page, query or session.
  void set_event_attribute(std::uint64_t event, std::string_view name, std::string_view value);
  void add_review(std::uint64_t event, std::string_view summary, std::string_view text);
  /// Names that are not UTF-8 are read as Latin-1: a data set holds them as names of tensors.
  void set_item_attribute(std::string_view item, std::string_view name, std::string_view value);
  void set_user_attribute(std::string_view user, std::string_view name, std::string_view value);
  /// An item of a table, also if nothing else is known of it.
  void add_item(std::string_view item) { listed_items_.push_back(items_.add(item)); }
  /// An item with an event that the caller did not want: without others it goes, as with ImportFilters.
  void leave_out_item(std::string_view item) { unwanted_items_.push_back(items_.add(item)); }
  void add_link(std::string_view name, std::string_view from, std::string_view to);
  /// An item `user`'s test item is ranked against.
  void add_candidate(std::string_view user, std::string_view item);
  /// Room for this many events, as a hint.
  void reserve(std::uint64_t events) { events_.reserve(events); }
  std::uint64_t events() const { return events_.size(); }
  /// Several ranks that read a file together call begin_share() before, and end_share(), which is collective, after each
  /// has read its share. In between, ids are numbered by themselves, and attributes of items and users, links, candidates
  /// and listed items must not be added; then all ids have the numbers of one process. What is added outside of shares
  /// must be added by every rank alike.
  void begin_share();
  /// What became of the users and the items that the share named.
  std::pair<JoinedIds, JoinedIds> end_share(const Communicator& ranks);
  /// Collective, after end_share(): the events of that share get the times that number those of each user in their order:
  /// from `counts`, by user, which counts them then, 0, 1, 2 ... seconds.
  void number_share(const Communicator& ranks, std::vector<std::uint32_t>& counts);
  /// Events that all ranks have together; collective.
  std::uint64_t events(const Communicator& ranks) const;
  /// The event of an ordinal; its indices are those of users() and items().
  const Event& event(std::uint64_t ordinal) const { return events_[ordinal]; }
  /// Ids so far, in the order in which they came.
  const IdMap& users() const { return users_; }
  const IdMap& items() const { return items_; }
  /// True if an event, attribute, link or candidate has named this item.
  bool has_item(std::string_view item) const { return items_.find(item).has_value(); }

  /// Applies the filters, renumbers users and items in order of first appearance (items without events come
  /// last), sorts events by (user, time) and moves everything into the Dataset. Throws Error(kBadData) if no event is left; the message
  /// says which step removed them. The builder is empty afterwards. Collective: each of several ranks of the context gets
  /// the events of its share of the users (Dataset::user_bounds), the first one all reviews.
  Dataset build(std::string name, const ImportFilters& filters, ImportReport& report, const Context& context);

  /// Keep items (users) that have attributes but no events. Those whose events the filters removed go.
  bool keep_unseen_items = true;
  bool keep_unseen_users = false;
  /// Types of attributes by name; those without are guessed from their values. build() throws Error(kUsage) for
  /// a name that no attribute has.
  std::map<std::string, AttributeType> types;
  /// Attributes, links and review texts (columns "text" and "summary") of these names are not added. Readers
  /// ask it about columns that have other names in their files.
  DroppedColumns dropped;
  /// Items without events are kept if this says so of their ids; empty = all.
  std::function<bool(std::string_view)> wants_item = {};
  /// A reader has said how well the ids of the items' tables fit those of the events.
  bool compared_items = false;
  /// Keep events of 0 or less, as ImportFilters::keep_nonpositive. import_dataset() does not; readers with a
  /// threshold of their own do.
  bool keep_nonpositive = true;

 private:
  IdMap users_;
  IdMap items_;
  std::vector<idx_t> listed_items_, unwanted_items_;
  std::vector<Event> events_;
  EventAttributes event_attributes_;
  ReviewTable reviews_;
  AttributeTable item_attributes_;  // rows = items_ of this builder, attribute-only items included
  AttributeTable user_attributes_;
  struct RawLinks {
    std::string name;
    std::vector<std::pair<idx_t, idx_t>> pairs;
  };
  std::vector<RawLinks> links_;
  std::vector<std::pair<idx_t, idx_t>> candidates_;  // (user, item)

  /// The events and reviews of one file that this rank has read.
  struct ShareRead {
    std::size_t events_begin = 0, events_end = 0, reviews_begin = 0, reviews_end = 0;
  };
  static constexpr std::uint64_t kNoEvent = ~std::uint64_t{0};
  std::vector<ShareRead> all_parts() const;
  EventRoute divide(const Communicator& ranks, const std::vector<ShareRead>& parts,
                    std::vector<std::size_t>& bounds);
  void divide_attributes(const Communicator& ranks, const EventRoute& route,
                         const std::vector<ShareRead>& parts);
  static void join_values(const Communicator& ranks, EventAttributes& attributes);
  void place_reviews(const std::vector<std::uint64_t>& raw_of, std::uint64_t n_raw, const Communicator& ranks,
                     const EventRoute* route, const std::vector<ShareRead>& parts);
  void gather_reviews(const Communicator& ranks, const std::vector<ShareRead>& parts);
  std::vector<ShareRead> shares_;
  IdMap whole_users_, whole_items_;  // while a share is read: those of all files before
  std::size_t unwanted_begin_ = 0;
};

}  // namespace akin
