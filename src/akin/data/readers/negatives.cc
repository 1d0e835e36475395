#include "akin/data/readers/negatives.h"

#include <fmt/format.h>

#include <optional>

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
  for (std::uint64_t line = 1; reader.next(); ++line) {
    auto fields = reader.fields();
    std::string number;
    std::string_view user;
    if (file.numbered) {
      user = number = fmt::format("{}", line);
    } else if (const auto pair = user_of(fields[0]); pair || !file.pairs_only) {
      user = pair.value_or(fields[0]);
      fields = fields.subspan(1);
    } else {
      reject("no (user,item) pair at the front");
      continue;
    }
    if (file.users != nullptr && !file.users->find(user)) {
      reject("negatives of an unknown user");
    } else if (fields.empty()) {
      reject("a user without negatives");
    } else {
      for (const std::string_view item : fields) builder.add_candidate(user, item);
    }
  }
}

}  // namespace akin
