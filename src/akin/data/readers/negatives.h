// Files of sampled negatives: the items that a user's held-out items are ranked against.
#pragma once

#include <string>

#include "akin/base/context.h"
#include "akin/data/builder.h"
#include "akin/data/id_map.h"

namespace akin {

struct NegativesFile {
  std::string path;
  bool pairs_only = false;       ///< only lines `(user,item) item item ...`; else `user item item ...` too
  bool numbered = false;         ///< a line has no user; that of line n is n
  const IdMap* users = nullptr;  ///< lines of others are rejected; null = anybody's are read
};

/// Adds each item of a line as a candidate of its user. Rejected: lines without a user, of an unknown one, or
/// without items.
void read_negatives(const NegativesFile& file, DatasetBuilder& builder, ImportReport& report,
                    const Context& context);

}  // namespace akin
