// Which items may be in a list: conditions on their attributes, and how many of a kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "akin/data/dataset.h"
#include "akin/linalg/topk.h"

namespace akin {

/// A condition on an attribute of an item. Numbers and dates are compared as such, texts without regard to letter
/// case; of a list, such as tags or the levels of a category, any element may meet the condition. An item
/// without the attribute meets kIsNot only.
struct AttributeFilter {
  enum class Test : std::uint8_t { kIs, kIsNot, kBelow, kAtMost, kAbove, kAtLeast };
  std::string name;
  /// kIs, kIsNot: where no item has it as it is, a list such as A,"B, C": any of its values will do. Of elements
  /// without quotes as many as possible are joined with their commas to a value that an item has.
  std::string value;
  Test test = Test::kIs;
};

/// "category=Toys", "brand=Acme,Bolt", "brand in Acme,\"Bolt, Inc.\"", "brand!=Acme", "price<50", "price<=50",
/// "price>5", "price>=5", "released>=2020-01-31" each. Throws Error(kUsage).
std::vector<AttributeFilter> parse_filters(const std::vector<std::string>& texts);

/// Clears allowed[item] of the items that a filter leaves out. Throws Error(kNotFound) for an unknown attribute,
/// and where no item at all meets a filter, with the nearest names or the range there is; Error(kUsage) for a
/// comparison of what is neither number nor date. Cost: O(items) for each filter.
void apply_filters(const Dataset& dataset, const std::vector<AttributeFilter>& filters,
                   std::vector<char>& allowed);

/// At most `count` items with the same value of an attribute in one list. Of `category` the whole path counts, of
/// other lists each element. Items without a value are not limited.
struct GroupLimit {
  std::size_t count = 1;
  std::string attribute;
};

/// "2:brand" each. Throws Error(kUsage).
std::vector<GroupLimit> parse_group_limits(const std::vector<std::string>& texts);

/// Takes items in the order in which they are offered, as long as no limit is passed.
class LimitedList {
 public:
  /// Throws Error(kNotFound) for an unknown attribute, Error(kUsage) for a limit of 0.
  LimitedList(const Dataset& dataset, const std::vector<GroupLimit>& limits);
  /// Whether the item was taken.
  bool take(idx_t item);

 private:
  struct Counted {
    const StringColumn* values;
    AttributeType type;
    std::size_t most;
    std::unordered_map<std::string, std::size_t> taken = {};  // by value, in lower case
  };
  std::vector<Counted> limits_;
};

/// The kinds of events of these names ("purchase", "view" ...). Throws Error(kUsage) with the nearest ones.
std::vector<EventKind> parse_event_kinds(const std::vector<std::string>& names);

}  // namespace akin
