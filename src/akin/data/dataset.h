// A data set's data after import: users, items, events, attributes, reviews.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/data/id_map.h"
#include "akin/data/string_column.h"
#include "akin/linalg/csr.h"

namespace akin {

class Communicator;  // base/communicator.h
const Communicator& alone();

/// What a user did with an item. The numbers are part of the files on disk: do not change them.
enum class EventKind : std::uint8_t { kRating = 0, kView = 1, kClick = 2, kCart = 3, kPurchase = 4 };
inline constexpr std::array<std::string_view, 5> kEventKindNames = {"rating", "view", "click", "cart",
                                                                    "purchase"};

/// Which side of a split an event is on: of the one that came with the files (NCF, LightGCN, MMRec) in an
/// imported data set, of the one made for evaluation in a bundle. Numbers are on disk.
enum class Subset : std::uint8_t {
  kTrain = 0,
  kValidation = 1,
  kTest = 2,
  kHistory = 3,  ///< shown to a model when it is asked, never trained on
};

/// Event::time counts microseconds; this many are a second.
inline constexpr std::int64_t kSecond = 1'000'000;

/// The second that a time lies in, also before 1970.
inline std::int64_t floor_seconds(std::int64_t time) { return time / kSecond - (time % kSecond < 0 ? 1 : 0); }

/// Time of an event whose time is unknown.
inline constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::min();

/// One interaction. 24 bytes.
struct Event {
  idx_t user = 0;
  idx_t item = 0;
  float value = 1;  ///< rating, or weight of an implicit event
  EventKind kind = EventKind::kRating;
  Subset subset = Subset::kTrain;
  std::uint16_t context = 0;    ///< values of attributes (data/event_contexts.h); 0 = nothing is known
  std::int64_t time = kNoTime;  ///< microseconds since 1970 UTC
  friend bool operator==(const Event&, const Event&) = default;
};

/// A value of a column without codes that a forgotten user had becomes this text and a number.
inline constexpr std::string_view kForgottenValue = "forgotten ";

/// What a file says of single events besides the columns of Event: device, page, query, session ... Row e
/// belongs to event e. A column holds a code per event, as there are few different values: 4 bytes an event.
class EventAttributes {
 public:
  struct Column {
    std::string name;
    IdMap values;  ///< the different texts; "" is one of them where an event has none
    std::vector<idx_t>
        codes;  ///< by event, of `values`; none: the events have them themselves, in Event::context
    std::string_view get(std::size_t event) const { return values.id(codes[event]); }
  };
  const std::vector<Column>& columns() const { return columns_; }
  bool empty() const { return columns_.empty(); }
  /// nullptr if there is no such column.
  const Column* find(std::string_view name) const;
  /// Sets the value of event number `event`; events that are skipped have none.
  void set(std::string_view name, std::uint64_t event, std::string_view value);
  /// Gives every column a row for each of `events` events.
  void resize(std::uint64_t events);
  /// The rows of the events listed, in that order; values that none of them has are gone. Columns without codes stay.
  EventAttributes select(std::span<const std::uint64_t> events) const;
  /// Puts what `replacement` gives for a value of column `c` in its place, wherever it gives something; "" stays.
  /// Returns how many events that changes; of a column without codes, how many values: their codes stay, and one that was
  /// to become another or none gets a text that says nothing.
  std::uint64_t replace_values(
      std::size_t c, const std::function<std::optional<std::string>(std::string_view)>& replacement);
  void add(Column column) { columns_.push_back(std::move(column)); }
  /// Leaves the columns without codes.
  void keep_contexts() {
    std::erase_if(columns_, [](const Column& column) { return !column.codes.empty(); });
  }

 private:
  std::vector<Column> columns_;
};

/// Review texts; row r belongs to event `event[r]` of the data set.
struct ReviewTable {
  std::vector<std::uint64_t> event;
  StringColumn summary;
  StringColumn text;
  std::size_t size() const { return event.size(); }
};

/// Related items as a data set shows them, such as also_bought: (item, related item) pairs.
/// Truth of link prediction.
struct ItemLinks {
  std::string name;
  std::vector<std::pair<idx_t, idx_t>> pairs;
};

/// Everything imported. Plain data: readers fill it, models read it.
struct Dataset {
  std::string name;  ///< such as the file it was imported from; for titles of tables only
  IdMap users;
  /// The catalogue. First come the items that events (or candidates) name, then those that only attributes
  /// and links tell of: models learn the first, encoders place all.
  IdMap items;
  std::size_t items_without_events = 0;  ///< how many the last ones are
  /// Sorted by (user, time), ties in file order: a user's slice is their sequence.
  std::vector<Event> events;
  EventAttributes event_attributes;  ///< rows = events, or no columns
  AttributeTable item_attributes;    ///< rows = items
  AttributeTable user_attributes;    ///< rows = users
  ReviewTable reviews;
  std::vector<ItemLinks> links;
  Csr candidates;  ///< (users, items) given negatives to rank against (NCF), or no rows
  /// Of a data set that several processes divide (load_dataset()): rank r has the events of users [user_bounds[r],
  /// user_bounds[r + 1]), and all else. Empty: the events are those of all users.
  std::vector<std::size_t> user_bounds = {};

  std::size_t n_users() const { return users.size(); }
  std::size_t n_items() const { return items.size(); }
  /// Items that models learn: their indices are [0, n_event_items()).
  std::size_t n_event_items() const { return items.size() - items_without_events; }
  bool has_times() const;
  /// True if the files came with a test part.
  bool has_given_split() const;
};

/// Saves as a safetensors file of kind "dataset". Throws Error(kIo).
void save_dataset(const Dataset& data, const std::string& path);
/// Throws Error(kBadData) if the file is not a whole, consistent data set. Collective: each of several ranks reads the
/// events of its share of the users, about equally many; no reviews and no attributes of events, which no fit that is
/// divided looks at.
Dataset load_dataset(const std::string& path, const Communicator& ranks = alone());

/// What more data of the same data set added to a data set, and what was left out.
struct MergeCounts {
  std::uint64_t events = 0;                ///< added
  std::uint64_t users = 0;                 ///< new ones, like items
  std::uint64_t items = 0;                 ///< with events
  std::uint64_t items_without_events = 0;  ///< new ones that only attributes and links tell of
  /// "price: number, and text in the new data", of each attribute that is of another type there: the old one stays.
  std::vector<std::string> other_types = {};
  std::uint64_t known = 0;  ///< events left out because they were there already
};

/// What a model is fitted to: the training side of a split, over the whole data set's users and items.
struct TrainingData {
  const Dataset& source;          ///< ids, attributes; never look at source.events
  std::span<const Event> events;  ///< sorted by (user, time)
  /// Where several processes fit together: `events` are those of users [user_bounds[r], user_bounds[r + 1]), r being
  /// Communicator::rank(). Empty: of all users.
  std::span<const std::size_t> user_bounds = {};
  std::size_t n_users() const { return source.n_users(); }
  /// Without the items that have no events: those have no place in a model of events.
  std::size_t n_items() const { return source.n_event_items(); }
};

/// The events of one part, in their order.
std::vector<Event> events_of(std::span<const Event> events, Subset subset);

/// The items that events name, ascending.
std::vector<idx_t> items_of(std::span<const Event> events);

/// Start of each user's slice of `events` (sorted by user): n_users + 1 offsets.
std::vector<std::uint64_t> user_offsets(std::span<const Event> events, std::size_t n_users);

/// The user's last `count` different items, latest first; the events are sorted by (user, time).
std::vector<idx_t> last_items(std::span<const Event> events, idx_t user, std::size_t count);

/// The (users, items) matrix of events; columns ascending within a row. Repeated (user, item) events become
/// one entry: their values are summed for `Repeats::kSum`, the latest wins for `kLast`. The same at any
/// number of threads, which are as for parallel_for(). Cost: O(events + users),
/// long rows being sorted by counting.
enum class Repeats { kSum, kLast };
Csr to_csr(std::span<const Event> events, std::size_t n_users, std::size_t n_items, Repeats repeats,
           int threads = 1);

}  // namespace akin
