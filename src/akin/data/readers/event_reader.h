// One event of a record: its fields checked, then added or counted.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "akin/data/id_map.h"
#include "akin/data/readers/item_pattern.h"
#include "akin/data/readers/layout.h"
#include "akin/data/readers/text_decode.h"
#include "akin/data/time_parse.h"

namespace akin {

/// Columns of an event file, from 0; kNoColumn = the file has none.
struct EventColumns {
  std::size_t user = kNoColumn;
  std::size_t item = kNoColumn;
  std::size_t value = kNoColumn;
  std::size_t time = kNoColumn;
  std::size_t kind = kNoColumn;
  std::size_t subset = kNoColumn;  ///< 0 training, 1 validation, 2 test (MMRec's x_label), 3 history
  std::size_t text = kNoColumn;
  std::size_t summary = kNoColumn;
  std::vector<std::pair<std::string, std::size_t>> event_attributes = {};  ///< (name, column)
  std::vector<std::pair<std::string, std::size_t>> item_attributes = {};
  std::vector<std::pair<std::string, std::size_t>> user_attributes = {};
  std::size_t most = kNoColumn;          ///< a record with text in a column from here on is rejected
  std::vector<std::string> header = {};  ///< names of all columns; empty = the file has none
};

/// How events are judged.
struct EventRules {
  TimeParser time{};
  EventKind kind = EventKind::kRating;  ///< of events without a kind column
  std::optional<float> min_raw_value = std::nullopt;
  std::string item_pattern = "";  ///< RE2, must be found in the item's id; "" = any item
  Encoding encoding = Encoding::kAuto;
  /// Times of (user, item) in a file without a time column; empty = unknown.
  std::function<std::int64_t(std::string_view, std::string_view)> order = {};
};

/// Adds records as events. Rejected, each under its own reason: too few or too many fields, no user, no item,
/// no or bad value, value below the least, no or bad time, unknown kind, unknown part, an item that does not
/// match. Attributes given with events: the first that is not empty counts.
class EventReader {
 public:
  /// Throws Error(kUsage) for a pattern that is not a regular expression.
  EventReader(EventRules rules, DatasetBuilder& builder, ImportReport& report);

  /// Columns and part of the file that follows. Columns that the builder drops are not read; in a file
  /// without header they go by number, or by role ("value", "time" ...). Throws Error(kUsage) if that is the
  /// user or the item.
  void start_file(EventColumns columns, Subset subset);
  /// Those that are read of the file.
  const EventColumns& columns() const { return columns_; }
  void add(const RecordReader& record);
  /// Adds all records to come.
  void add_all(RecordReader& reader);
  /// Puts what was repaired into the report's notes.
  void finish();

 private:
  /// What is remembered of an id, so that a pattern is matched and an attribute set once.
  struct Known {
    IdMap ids;
    std::vector<std::uint64_t> done;  // bit a: attribute a is set
    std::uint64_t& operator[](std::string_view id);
  };
  void drop_columns();
  const char* parse(std::span<const std::string_view> fields, Event& event) const;
  void set_attributes(std::span<const std::string_view> fields, std::string_view user, std::string_view item);

  EventRules rules_;
  DatasetBuilder& builder_;
  ImportReport& report_;
  EventColumns columns_;
  Subset part_ = Subset::kTrain;
  std::size_t least_fields_ = 0;
  std::string below_reason_;
  ItemPattern pattern_;
  Known known_items_, known_users_;
  TextDecoder decode_;
};

}  // namespace akin
