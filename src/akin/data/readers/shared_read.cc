#include "akin/data/readers/shared_read.h"

#include "akin/base/rank_talk.h"

namespace akin {

std::pair<JoinedIds, JoinedIds> read_shared(DatasetBuilder& builder, ImportReport& report,
                                            const Context& context, const std::function<void()>& read) {
  const Communicator& ranks = context.ranks();
  if (ranks.alone()) {
    read();
    return {};
  }
  const std::uint64_t lines = report.lines, bytes = report.bytes;
  if (!ranks.first()) report.rejections.clear();  // what all have read alike counts once
  builder.begin_share();
  together(ranks, read);
  report.rejections.gather(ranks);
  report.lines = lines + sum_over_ranks(ranks, report.lines - lines);
  report.bytes = bytes + sum_over_ranks(ranks, report.bytes - bytes);
  return builder.end_share(ranks);
}

}  // namespace akin
