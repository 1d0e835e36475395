// A file that several ranks read together.
#pragma once

#include <functional>
#include <utility>

#include "akin/base/context.h"
#include "akin/data/builder.h"

namespace akin {

/// Collective. Each rank calls read(), which reads its share of a file (RecordReader::share()) into the
/// builder. An error is that of the first rank with one, as in one process: the ranks read one after the other's lines.
/// Afterwards all ids are those of one process (JoinedIds of users and items, of this rank's), and the first rank has
/// the rejections, lines and bytes of all. A process alone just calls read(). Attributes of items and users, links and the like must not be added by read().
std::pair<JoinedIds, JoinedIds> read_shared(DatasetBuilder& builder, ImportReport& report,
                                            const Context& context, const std::function<void()>& read);

}  // namespace akin
