// One event of a record: its fields checked, then added or counted.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "akin/base/rank_talk.h"
#include "akin/data/id_map.h"
#include "akin/data/readers/column_profile.h"
#include "akin/data/readers/event_checks.h"
#include "akin/data/readers/id_column.h"
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
  TimeParser time{};                    ///< "auto": as TimeGuess finds for each file
  EventKind kind = EventKind::kRating;  ///< of events without a kind column
  std::optional<float> min_raw_value = std::nullopt;
  std::string item_pattern = "";  ///< RE2, must be found in the item's id; "" = any item
  Encoding encoding = Encoding::kAuto;
  /// Times of (user, item) in a file without a time column; empty = unknown.
  std::function<std::int64_t(std::string_view, std::string_view)> order = {};
  char decimal = 0;        ///< '.' or ',' of values; 0 = as DecimalGuess finds for each file
  std::string kinds = "";  ///< the caller's names of kinds, as KindColumn takes them
  IdRules ids = {};
};

/// Adds records as events. Rejected, each under its own reason: too few or too many fields, no user, no item, the
/// header again, no or bad value, value below the least, no or bad time, unknown kind, unknown part, an item that
/// does not match. Attributes given with events: the first that is not empty counts.
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
  /// Adds all records to come of one file and reports on its columns. Before the first, looks at many records
  /// for how times and numbers are written; where they do not say it, at the whole file, if it can be read
  /// twice. Throws Error(kUsage) if day and month fit either way round in every date.
  void add_all(RecordReader& reader);
  /// Puts what was repaired into the report's notes, and what is odd about ids to their columns.
  void finish();

 private:
  /// What is remembered of an id, so that a pattern is matched and an attribute set once.
  struct Known {
    IdMap ids;
    std::vector<std::uint64_t> done;  // bit a: attribute a is set
    std::uint64_t& operator[](std::string_view id);
    std::uint64_t find(std::string_view id) const;
  };
  /// Columns whose cells can be wrong, in the order in which they are looked at.
  enum Role { kUser, kItem, kValue, kTime, kKind, kPart, kRoles };
  /// Why a record is rejected, and because of which column.
  struct Problem {
    const char* reason = nullptr;
    Role role = kRoles;  ///< kRoles = of none
    std::string_view value = {};
    bool unwanted = false;  ///< the caller did not want it
  };
  void drop_columns();
  void look_ahead(RecordReader& reader);
  void look_at_whole_file(RecordReader& reader, TimeGuess& times, DecimalGuess& decimals) const;
  void note_kinds_met();
  void report_columns();
  void doubt_disuse(ColumnReport& report) const;
  std::string name_of(std::size_t column) const;
  Problem parse(const RecordReader& record, Event& event);
  bool is_header_again(std::span<const std::string_view> fields) const;
  void set_attributes(std::span<const std::string_view> fields, std::string_view user, std::string_view item);
  void add_share(RecordReader& reader);
  void gather_file(const Communicator& ranks, const std::string& path, const JoinedIds& users,
                   const JoinedIds& items);
  void gather_attributes(const Communicator& ranks);

  EventRules rules_;
  DatasetBuilder& builder_;
  ImportReport& report_;
  EventColumns columns_;
  Subset part_ = Subset::kTrain;
  std::size_t least_fields_ = 0;
  std::string below_reason_;
  std::shared_ptr<ItemPattern> pattern_;
  IdColumn users_, items_;
  std::string_view user_, item_;  // of the record at hand, cleaned
  TimeColumn times_;
  ValueColumn values_;
  KindColumn kinds_;
  std::vector<std::string> unmet_kinds_;      // the caller's that no file so far has
  std::vector<ColumnReport> columns_report_;  // of the file at hand
  std::string time_type_, guess_doubt_, decimal_doubt_;
  std::string date_order_;                      // that of a file before, where its dates said it
  std::array<std::uint64_t, kRoles> failed_{};  // records of the file whose cell is wrong, by role
  std::uint64_t records_ = 0, used_ = 0, misfits_ = 0;
  std::uint64_t file_start_ = 0;                   // ordinal of the file's first event
  std::size_t user_report_ = 0, item_report_ = 0;  // places in report_.columns, from 1
  Known known_items_, known_users_;
  /// Of a share of a file that several ranks read together.
  struct Shared {
    std::vector<std::uint64_t> user_lines, item_lines;  // where an id was new, by index; 0 = nowhere
    Known items, users;                                 // who got which attribute
    Packed attributes;                                  // those found: of items or users, which, id, value
    void note(bool of_items, std::size_t attribute, std::string_view id, std::string_view value) {
      attributes.add(of_items ? 1 : 0);
      attributes.add(attribute);
      attributes.add_text(id);
      attributes.add_text(value);
    }
  };
  std::optional<Shared> shared_;
  TextDecoder decode_;
};

}  // namespace akin
