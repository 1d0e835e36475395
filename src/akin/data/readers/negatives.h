// Files of sampled negatives: the items that a user's held-out items are ranked against.
#pragma once

#include <string>

#include "akin/base/context.h"
#include "akin/data/builder.h"
#include "akin/data/id_map.h"

namespace akin {

struct NegativesFile {
  std::string path;
  bool pairs_only = false;  ///< only lines `(user,item) item item ...`; else `user item item ...` too
  /// Lines have no user: there are `lines` of them, of the users numbered `first`, `first` + 1 ...; 0 = lines have one.
  std::uint64_t lines = 0, first = 1;
  const IdMap* users = nullptr;  ///< lines of others are rejected; null = anybody's are read
  /// Whoever has held-out items; a note counts the lines of other users. null = not known.
  const IdMap* held_out = nullptr;
};

/// Adds each item of a line as a candidate of its user. Rejected: lines without a user, of an unknown one, or
/// without items. Throws Error(kBadData) where lines without users are not as many as expected.
void read_negatives(const NegativesFile& file, DatasetBuilder& builder, ImportReport& report,
                    const Context& context);

}  // namespace akin
