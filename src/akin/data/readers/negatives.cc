#include "akin/data/readers/negatives.h"

#include <fmt/format.h>

#include <optional>

#include "akin/base/error.h"
#include "akin/data/readers/record_reader.h"

namespace akin {
namespace {

/// "(user,item)" -> user; nullopt if it is not that.
std::optional<std::string_view> user_of(std::string_view pair) {
  const std::size_t comma = pair.rfind(',');
  if (!pair.starts_with('(') || !pair.ends_with(')') || comma == std::string_view::npos || comma < 2)
    return std::nullopt;
  return pair.substr(1, comma - 1);
}

}  // namespace

void read_negatives(const NegativesFile& file, DatasetBuilder& builder, ImportReport& report,
                    const Context& context) {
  RecordReader reader(file.path, {"", false}, report, context);
  const auto reject = [&](const char* reason) {
    report.rejections.add(reason, [&] { return reader.position(); });
  };
  std::uint64_t lines = 0, not_held_out = 0;
  for (; reader.next(); ++lines) {
    auto fields = reader.fields();
    std::string number;
    std::string_view user;
    if (file.lines > 0) {
      user = number = fmt::format("{}", file.first + lines);
    } else if (const auto pair = user_of(fields[0]); pair || !file.pairs_only) {
      user = pair.value_or(fields[0]);
      fields = fields.subspan(1);
    } else {
      reject("no (user,item) pair at the front");
      continue;
    }
    if (file.held_out != nullptr && !fields.empty() && !file.held_out->find(user)) ++not_held_out;
    if (file.users != nullptr && !file.users->find(user)) {
      reject("negatives of an unknown user");
    } else if (fields.empty()) {
      reject("a user without negatives");
    } else {
      for (const std::string_view item : fields) builder.add_candidate(user, item);
    }
  }
  if (file.lines > 0 && lines != file.lines) {
    fail(ErrorCode::kBadData,
         "{}: has {} lines of negatives, and the held-out (last) file of lists has {} lines: line by line "
         "they "
         "belong together, so their numbers have to be equal",
         display_name(file.path), lines, file.lines);
  }
  if (not_held_out > 0) {
    report.notes.push_back(
        fmt::format("{} lines of negatives are of lists without held-out items in the files: they count only "
                    "once something of "
                    "these lists is held out, as by --holdout last",
                    not_held_out));
  }
}

}  // namespace akin
