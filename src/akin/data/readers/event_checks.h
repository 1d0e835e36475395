// The columns of events, read with what looks wrong about them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/dataset.h"
#include "akin/data/id_map.h"
#include "akin/data/readers/id_column.h"
#include "akin/data/readers/number_parse.h"
#include "akin/data/time_guess.h"
#include "akin/data/time_parse.h"

namespace akin {

/// Times of one file.
class TimeColumn {
 public:
  explicit TimeColumn(TimeParser parse = TimeParser());
  /// The reason to reject the cell, or nullptr.
  const char* read(std::string_view text, const RecordReader& record, std::int64_t& time) {
    const auto found = parse_(text);
    if (!found) return text.empty() ? "no time" : "time not understood or out of range";
    time = *found;
    if (time < kFirstLikely || time > latest_) unlikely_.add(record, text);
    if (parse_.is_auto()) units_[unit_of(text)].add(record, text);
    if (text.size() >= kShortestMoment && text.find(':') != std::string_view::npos)
      (has_zone(text) ? zoned_ : zoneless_).add(record, text);
    return nullptr;
  }
  /// To be called with the times of neighbours in the file.
  void note_order(const Event& before, const Event& event) {
    const bool same = before.user == event.user;
    forward_ += before.time < event.time ? 1 : 0;
    backward_ += before.time > event.time ? 1 : 0;
    user_forward_ += same && before.time < event.time ? 1 : 0;
    user_backward_ += same && before.time > event.time ? 1 : 0;
    ties_ += same && before.time == event.time ? 1 : 0;
  }
  std::vector<std::string> doubts() const;
  /// Collective: what all ranks have noted comes to the first one, and so with the other columns.
  void gather(const Communicator& ranks);

 private:
  static constexpr std::int64_t kFirstLikely = 631152000 * kSecond;  // 1990
  static constexpr std::size_t kShortestMoment = 12;  // 1/2/21 8:26, longer than counts of seconds are
  static bool has_zone(std::string_view text);
  enum Unit { kSeconds, kMilliseconds, kMicroseconds, kNanoseconds, kDate, kUnits };
  /// By the number of digits, as TimeParser does by the size.
  static Unit unit_of(std::string_view text) {
    if (text.size() > 7 && (text[4] == '-' || text[4] == '/' || text.find('.', 5) == 7)) return kDate;
    if (text.size() < 12) return kSeconds;
    const std::size_t digits = std::min(text.find('.'), text.size());
    return digits < 12 ? kSeconds : digits < 15 ? kMilliseconds : digits < 18 ? kMicroseconds : kNanoseconds;
  }

  TimeParser parse_;
  std::int64_t latest_ = 0;  // likely ones end here, in a few days
  Seen unlikely_, zoned_, zoneless_;
  std::array<Seen, kUnits> units_;
  std::uint64_t forward_ = 0, backward_ = 0, user_forward_ = 0, user_backward_ = 0, ties_ = 0;
};

/// Values of one file.
class ValueColumn {
 public:
  explicit ValueColumn(char decimal = '.') : parse_(decimal) {}
  const char* read(std::string_view text, const RecordReader& record, float& value) {
    ParsedValue parsed{0, ""};
    if (parse_.decimal() == '.') parsed = parse_value(text);
    if (parsed.problem != nullptr) parsed = read_other(text, record);
    if (parsed.problem != nullptr) return parsed.problem;
    value = parsed.value;
    if (value <= 0) nonpositive_.add(record, text);
    least_ = std::min(least_, value);
    most_ = std::max(most_, value);
    ++count_;
    return nullptr;
  }
  std::vector<std::string> doubts() const;
  void gather(const Communicator& ranks);

 private:
  ParsedValue read_other(std::string_view text, const RecordReader& record);

  ValueParser parse_;
  Seen grouped_, truths_, nonpositive_;
  float least_ = std::numeric_limits<float>::max(), most_ = std::numeric_limits<float>::lowest();
  std::uint64_t count_ = 0;
};

/// Kinds of events, by their usual names or the caller's.
class KindColumn {
 public:
  /// What read() returns for a kind that the caller does not want: this very text.
  static constexpr char kLeftOut[] = "kind of event left out by --kinds";

  /// `names`: "add_to_cart=cart,remove=none". Throws Error(kUsage).
  explicit KindColumn(std::string_view names = {});
  const char* read(std::string_view text, EventKind& kind);
  std::vector<std::string> doubts() const;
  /// The caller's names that no text read so far has.
  std::vector<std::string> unmet() const;
  void gather(const Communicator& ranks);

 private:
  struct Asked {
    std::optional<EventKind> kind;  // none = left out
    std::string name;
    bool met = false;
  };
  /// What a text was found to mean, so that it is looked up once.
  struct Meaning {
    std::optional<EventKind> kind;
    bool left_out = false;
    std::uint64_t count = 0;
  };
  static constexpr std::size_t kMostTexts = 10'000;  // beyond, it is no column of kinds
  Meaning look_up(std::string_view text);

  std::map<std::string, Asked, std::less<>> asked_;  // by normalized name
  IdMap texts_;
  std::vector<Meaning> meanings_;  // by index of texts_
};

}  // namespace akin
