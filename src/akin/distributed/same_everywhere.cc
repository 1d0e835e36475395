#include "akin/distributed/same_everywhere.h"

#include <unistd.h>

#include "akin/base/error.h"

namespace akin::distributed {

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "an unnamed host";
}

void check_same_everywhere(const Communicator& ranks, const std::vector<Fact>& facts) {
  if (ranks.alone()) return;
  const std::vector<std::string> hosts = gather_texts(ranks, host_name());
  for (const Fact& fact : facts) {
    const std::vector<std::string> values = gather_texts(ranks, fact.value);
    for (std::size_t r = 1; r < values.size(); ++r) {
      if (values[r] == values[0]) continue;
      fail(ErrorCode::kUsage,
           "the {} differs: '{}' at rank {} on {}, '{}' at rank 0 on {}; all must be the same", fact.name,
           values[r], r, hosts[r], values[0], hosts[0]);
    }
  }
}

}  // namespace akin::distributed
