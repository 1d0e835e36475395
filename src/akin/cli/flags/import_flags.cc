#include "akin/cli/flags/import_flags.h"

#include <algorithm>
#include <limits>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/data/filters.h"

namespace akin::cli {
namespace {

std::uint32_t parse_count(std::uint64_t count, std::string_view flag) {
  if (count > std::numeric_limits<std::uint32_t>::max())
    fail(ErrorCode::kUsage, "{}: {} is too much", flag, count);
  return static_cast<std::uint32_t>(count);
}

}  // namespace

void FilterFlags::add_to(CommandLine& line) {
  line.section("Filters, in the order they are applied");
  line.add(
      {"--kind-weight", "KIND=W", Text{&kind_weights},
       "multiply the values of a kind of event (rating, view, click, cart, purchase); 0 leaves the kind out; "
       "several separated by commas"});
  line.add({"--min-value", "X", &min_value, "leave out events below this value, such as ratings under 4"});
  line.add(
      {"--keep-nonpositive", "", &keep_nonpositive,
       "keep events of value 0 or less; without it and without --min-value they are left out, as they are no "
       "likes"});
  line.add({"--binarize", "", &binarize, "every remaining value becomes 1: ratings become likes"});
  line.add({"--since", "TIME", Text{&since},
            "leave out events before this time: a date (UTC) or seconds since 1970"});
  line.add({"--until", "TIME", Text{&until}, "leave out events at or after this time"});
  line.add({"--repeats", "HOW", Text{&repeats},
            "several events of one kind of one user with one item: keep all, keep the first or last, or one "
            "with the sum, max or mean of their values"});
  line.add({"--user-core", "N", &user_core, "leave out users with fewer events"});
  line.add({"--item-core", "N", &item_core, "leave out items with fewer events"});
  line.add({"--k-core", "N", &k_core, "both, until every user and item has N events"});
  line.add({"--min-length", "N", &min_length, "leave out users with fewer different items"});
}

ImportFilters FilterFlags::filters() const {
  ImportFilters filters;
  if (!kind_weights.empty() && split_lists(kind_weights).empty())
    fail(ErrorCode::kUsage, "--kind-weight: name some, or leave the flag out; the list is empty");
  for (const std::string& text : split_lists(kind_weights))
    filters.kind_weights.push_back(parse_kind_weight(text, "--kind-weight"));
  filters.min_value = min_value;
  filters.keep_nonpositive = keep_nonpositive;
  if (binarize) filters.binarize = 1.0F;
  if (!since.empty()) filters.since = parse_moment(since, "--since");
  if (!until.empty()) filters.until = parse_moment(until, "--until");
  filters.repeats = parse_repeats(repeats, "--repeats");
  filters.user_core = parse_count(std::max(user_core, k_core), "--user-core");
  filters.item_core = parse_count(std::max(item_core, k_core), "--item-core");
  filters.min_length = parse_count(min_length, "--min-length");
  return filters;
}

}  // namespace akin::cli
