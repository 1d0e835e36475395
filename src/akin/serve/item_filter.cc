#include "akin/serve/item_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/data/attribute_type.h"
#include "akin/data/id_list.h"
#include "akin/data/time_parse.h"

namespace akin {
namespace {

using Kind = AttributeType::Kind;
using Test = AttributeFilter::Test;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

/// As attributes of type date are read, and a year or a month alone, which is its first day. NaN if it is none.
double moment_of(std::string_view text) {
  static const TimeParser parser("auto");
  std::string whole(trimmed(text));
  const bool digits = whole.find_first_not_of("0123456789") == std::string::npos;
  if (whole.size() == 4 && digits) whole += "-01-01";
  if (whole.size() == 7 && whole[4] == '-') whole += "-01";
  const auto time = parser(whole);
  return time ? static_cast<double>(*time) : kNaN;
}

double number_of(std::string_view text) { return static_cast<double>(number_of_value(text)); }

/// How the values of an attribute are ordered; null where they are not.
using Order = double (*)(std::string_view);
Order order_of(const AttributeType& type, std::string_view wanted) {
  if (type.kind == Kind::kNumber) return number_of;
  if (type.kind == Kind::kDate) return moment_of;
  if (type.kind == Kind::kList) return std::isnan(number_of(wanted)) ? moment_of : number_of;
  return nullptr;
}

/// One column of attributes with its filter.
class Condition {
 public:
  Condition(const Dataset& dataset, const AttributeFilter& filter)
      : filter_(filter),
        values_(column_of(dataset.item_attributes, filter.name)),
        type_(dataset.item_attributes.type(filter.name)),
        items_(dataset.n_items()) {}

  /// 1 for each item that meets it.
  std::vector<char> met() const {
    const bool equality = filter_.test == Test::kIs || filter_.test == Test::kIsNot;
    std::vector<char> result = equality ? equal_to_any() : compared();
    if (filter_.test == Test::kIsNot) {
      for (char& one : result) one = one == 0 ? 1 : 0;
    }
    return result;
  }

  static const StringColumn& column_of(const AttributeTable& table, const std::string& name) {
    if (const StringColumn* const column = table.find(name)) return *column;
    std::vector<std::string> names;
    for (const auto& [known, values] : table.all()) names.push_back(known);
    fail(ErrorCode::kNotFound, "items have no attribute '{}'{}; they have: {}", name,
         did_you_mean(name, names), names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
  }

 private:
  std::vector<char> where(const std::function<bool(std::string_view)>& meets) const {
    std::vector<char> result(items_, 0);
    for (std::size_t item = 0; item < items_; ++item) result[item] = meets(values_.get(item)) ? 1 : 0;
    return result;
  }

  std::vector<char> equal_to(const std::string& wanted) const {
    const Order order = order_of(type_, wanted);
    const double place = order != nullptr ? order(wanted) : kNaN;
    const auto equal = [&](std::string_view value) {
      return equal_ignoring_case(value, wanted) ||
             (!value.empty() && !std::isnan(place) && order(value) == place);
    };
    return where([&](std::string_view value) {
      return equal(value) ||
             (type_.kind == Kind::kList && std::ranges::any_of(elements_of(type_, value), equal));
    });
  }

  std::vector<char> equal_to_any() const {
    std::vector<char> result = equal_to(filter_.value);
    if (std::ranges::count(result, 1) > 0) return result;
    if (!is_list()) fail_no_match(filter_.value);
    const std::vector<ListElement> elements = list_elements(filter_.value);
    for (std::size_t first = 0; first < elements.size();) {
      std::size_t end = first;
      const std::vector<char> more = equal_to_longest(elements, first, end);
      if (std::ranges::count(more, 1) == 0) fail_no_match(std::string(trimmed(elements[first].text)));
      for (std::size_t i = 0; i < result.size(); ++i) result[i] = result[i] != 0 || more[i] != 0 ? 1 : 0;
      first = end;
    }
    return result;
  }

  /// The items that have the value which most of the elements from `first` on give together; `end` becomes the
  /// element after them.
  std::vector<char> equal_to_longest(const std::vector<ListElement>& elements, std::size_t first,
                                     std::size_t& end) const {
    constexpr std::size_t kMostJoined = 16;
    end = first + 1;
    if (elements[first].quoted) return equal_to(elements[first].text);
    if (has_commas()) {
      for (std::size_t last = std::min(elements.size(), first + kMostJoined); last > first + 1; --last) {
        const std::string_view joined =
            std::string_view(filter_.value)
                .substr(elements[first].begin, elements[last - 1].end - elements[first].begin);
        std::vector<char> result = equal_to(std::string(trimmed(joined)));
        if (std::ranges::count(result, 1) == 0) continue;
        end = last;
        return result;
      }
    }
    return equal_to(std::string(trimmed(elements[first].text)));
  }

  bool is_list() const { return filter_.value.find_first_of(",\"") != std::string::npos; }

  /// Whether values hold commas, so that elements of a list may have to be joined.
  bool has_commas() const {
    for (std::size_t row = 0; row < values_.size(); ++row)
      if (values_[row].find(',') != std::string_view::npos) return true;
    return false;
  }

  bool compare(double value, double limit) const {
    switch (filter_.test) {
      case Test::kBelow:
        return value < limit;
      case Test::kAtMost:
        return value <= limit;
      case Test::kAbove:
        return value > limit;
      default:
        return value >= limit;
    }
  }

  std::vector<char> compared() const {
    const Order order = order_of(type_, filter_.value);
    if (order == nullptr) {
      fail(
          ErrorCode::kUsage,
          "filter on {}: its values are of type {}, which has no greater and smaller; import it as number or "
          "date (--types {}=number)",
          filter_.name, to_string(type_), filter_.name);
    }
    const double limit = order(filter_.value);
    if (std::isnan(limit)) {
      fail(ErrorCode::kUsage, "filter on {}: '{}' is no {}, as its values are", filter_.name, filter_.value,
           type_.kind == Kind::kNumber ? "number"
           : type_.kind == Kind::kDate ? "date"
                                       : "number or date");
    }
    std::vector<char> result = where([&](std::string_view value) {
      return std::ranges::any_of(elements_of(type_, value),
                                 [&](std::string_view element) { return compare(order(element), limit); });
    });
    if (std::ranges::count(result, 1) == 0) fail_out_of_range(order);
    return result;
  }

  /// Error if no item has the value, with the nearest values there are.
  [[noreturn]] void fail_no_match(const std::string& wanted) const {
    std::vector<std::string> values;
    for (std::size_t row = 0; row < values_.size(); ++row) {
      for (const std::string_view element : elements_of(type_, values_[row])) values.emplace_back(element);
    }
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
    fail(ErrorCode::kNotFound, "no item has {} '{}'{}{}", filter_.name, wanted, did_you_mean(wanted, values),
         is_list() ? "; a value that holds a comma stands in double quotes" : "");
  }

  [[noreturn]] void fail_out_of_range(Order order) const {
    std::string_view least, most;
    for (std::size_t row = 0; row < values_.size(); ++row) {
      for (const std::string_view element : elements_of(type_, values_[row])) {
        if (std::isnan(order(element))) continue;
        if (least.empty() || order(element) < order(least)) least = element;
        if (most.empty() || order(element) > order(most)) most = element;
      }
    }
    if (least.empty()) fail(ErrorCode::kNotFound, "no item has a {} that can be compared", filter_.name);
    fail(ErrorCode::kNotFound, "no item meets the filter on {} with '{}': its values go from {} to {}",
         filter_.name, filter_.value, least, most);
  }

  const AttributeFilter& filter_;
  const StringColumn& values_;
  const AttributeType& type_;
  std::size_t items_;
};

[[noreturn]] void fail_filter(const std::string& text) {
  fail(ErrorCode::kUsage,
       "filter '{}' is not ATTRIBUTE=VALUE, such as category=Toys, brand in Acme,Bolt, price<50 or "
       "released>=2020-01-31",
       text);
}

/// The operator of a filter: where it stands in the text, how long it is, what it means.
struct Operator {
  std::size_t at = std::string::npos, size = 0;
  Test test = Test::kIs;
};

Operator find_operator(std::string_view text) {
  Operator found;
  found.at = text.find_first_of("=<>!");
  const std::size_t word = text.find(" in ");
  if (word < found.at) return {word, 4, Test::kIs};
  if (found.at == std::string::npos) return found;
  const std::string_view two = text.substr(found.at, 2);
  const bool or_equal = two.ends_with('=') && two.size() == 2;
  found.size = or_equal && two[0] != '=' ? 2 : 1;
  if (two[0] == '<') found.test = or_equal ? Test::kAtMost : Test::kBelow;
  if (two[0] == '>') found.test = or_equal ? Test::kAtLeast : Test::kAbove;
  if (two[0] == '!') found.test = Test::kIsNot;
  if (two[0] == '!' && !or_equal) found.at = std::string::npos;
  return found;
}

AttributeFilter parse_filter(const std::string& text) {
  const Operator found = find_operator(text);
  if (found.at == std::string::npos) fail_filter(text);
  AttributeFilter filter{.name = std::string(trimmed(std::string_view(text).substr(0, found.at))),
                         .value = std::string(trimmed(std::string_view(text).substr(found.at + found.size))),
                         .test = found.test};
  if (filter.name.empty()) fail_filter(text);
  const bool equality = filter.test == Test::kIs || filter.test == Test::kIsNot;
  if (!equality && filter.value.empty()) fail_filter(text);
  const auto is_empty = [](const ListElement& element) { return trimmed(element.text).empty(); };
  const std::vector<ListElement> elements = list_elements(filter.value);
  if (equality && (elements.empty() || std::ranges::any_of(elements, is_empty))) {
    fail(ErrorCode::kUsage,
         "filter '{}' has an empty value: items without the attribute meet no condition but !=, and cannot "
         "be asked "
         "for; write one, such as {}{}VALUE",
         text, filter.name, trimmed(std::string_view(text).substr(found.at, found.size)));
  }
  return filter;
}

}  // namespace

std::vector<AttributeFilter> parse_filters(const std::vector<std::string>& texts) {
  std::vector<AttributeFilter> filters;
  for (const std::string& text : texts) filters.push_back(parse_filter(text));
  return filters;
}

void apply_filters(const Dataset& dataset, const std::vector<AttributeFilter>& filters,
                   std::vector<char>& allowed) {
  for (const AttributeFilter& filter : filters) {
    const std::vector<char> met = Condition(dataset, filter).met();
    for (std::size_t item = 0; item < allowed.size(); ++item) {
      if (met[item] == 0) allowed[item] = 0;
    }
  }
}

std::vector<GroupLimit> parse_group_limits(const std::vector<std::string>& texts) {
  std::vector<GroupLimit> limits;
  for (const std::string& text : texts) {
    const std::size_t colon = text.find(':');
    std::size_t count = 0;
    const char* const end = text.data() + std::min(colon, text.size());
    const bool whole = std::from_chars(text.data(), end, count).ptr == end;
    if (colon == std::string::npos || colon + 1 == text.size() || !whole || count == 0)
      fail(ErrorCode::kUsage, "'{}' is not COUNT:ATTRIBUTE, such as 2:brand", text);
    limits.push_back({count, text.substr(colon + 1)});
  }
  return limits;
}

LimitedList::LimitedList(const Dataset& dataset, const std::vector<GroupLimit>& limits) {
  for (const GroupLimit& limit : limits) {
    if (limit.count == 0) fail(ErrorCode::kUsage, "at most 0 items of one {} is no list", limit.attribute);
    const StringColumn& values = Condition::column_of(dataset.item_attributes, limit.attribute);
    AttributeType type = dataset.item_attributes.type(limit.attribute);
    if (limit.attribute == "category") type.kind = Kind::kCategory;  // a path is one value
    limits_.push_back({&values, type, limit.count});
  }
}

bool LimitedList::take(idx_t item) {
  const auto each_group = [&](const auto& visit) {
    for (Counted& limit : limits_) {
      for (const std::string_view value : elements_of(limit.type, limit.values->get(item)))
        if (!visit(limit, lower(value))) return false;
    }
    return true;
  };
  const bool fits = each_group([](Counted& limit, const std::string& value) {
    const auto found = limit.taken.find(value);
    return found == limit.taken.end() || found->second < limit.most;
  });
  if (!fits) return false;
  return each_group([](Counted& limit, const std::string& value) { return ++limit.taken[value] > 0; });
}

std::vector<EventKind> parse_event_kinds(const std::vector<std::string>& names) {
  std::vector<EventKind> kinds;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(kEventKindNames, name);
    if (found == kEventKindNames.end()) {
      const std::vector<std::string> known(kEventKindNames.begin(), kEventKindNames.end());
      fail(ErrorCode::kUsage, "unknown kind of event '{}'{}; there are {}", name, did_you_mean(name, known),
           fmt::join(known, ", "));
    }
    kinds.push_back(static_cast<EventKind>(found - kEventKindNames.begin()));
  }
  return kinds;
}

}  // namespace akin
