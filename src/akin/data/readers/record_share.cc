// How ranks divide the records of a file.
#include <algorithm>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/file_part.h"
#include "akin/base/rank_talk.h"
#include "akin/data/readers/record_reader.h"

namespace akin {

/// Goes on at `line`; the line `line_at_offset`, not a later one, begins at the offset.
void RecordReader::start_at(std::uint64_t line, std::uint64_t line_at_offset, std::uint64_t offset) {
  lines_ = LineReader(lines_.path(), open_file_part(lines_.path(), offset), LineReader::kLongestRecord,
                      line_at_offset);
  waiting_.clear();
  skip_lines(line - line_at_offset);
}

/// Where the records end that begin in this rank's share, the first of them at `from`.
RecordReader::Reached RecordReader::scan(const FileCut& cut, const Reached& from) const {
  const auto rank = static_cast<std::size_t>(context_.ranks().rank());
  const std::uint64_t end = cut.first_line[rank + 1];
  if (from.line >= end) return from;
  ImportReport unused;
  try {
    RecordReader reader(lines_.path(), dialect_, unused, context_);
    reader.start_at(from.line, cut.first_line[rank], cut.offset[rank]);
    reader.backslashes_ = from.backslashes != 0;
    reader.end_line_ = end;
    while (reader.next()) continue;
    return {reader.next_line_number(), reader.backslashes_ ? 1U : 0U};
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    return {end, from.backslashes};  // whoever reads the share will meet it again
  }
}

/// The first record of this rank's share. A line may begin within quotes, which only those before it can tell. So
/// each rank first takes it for a record's, and those that were wrong look again once the ranks before them are done.
RecordReader::Reached RecordReader::begin_of_share(const FileCut& cut) const {
  const Communicator& ranks = context_.ranks();
  const auto rank = static_cast<std::size_t>(ranks.rank());
  const Reached start{next_line_number(), backslashes_ ? 1U : 0U};
  Reached begin{std::max(start.line, cut.first_line[rank]), start.backslashes};
  if (!dialect_.quotes || cut.quotes == 0) return begin;
  Reached end;
  together(ranks, [&] { end = scan(cut, begin); });
  Reached reached = start;
  for (std::size_t r = 0; r < cut.offset.size(); ++r) {
    if (r == rank && (begin.line != reached.line || begin.backslashes != reached.backslashes)) {
      begin = reached;
      end = scan(cut, begin);
    }
    if (r == rank) reached = end;
    ranks.broadcast(std::as_writable_bytes(std::span(&reached, 1)), static_cast<int>(r));
  }
  return begin;
}

void RecordReader::share() {
  const Communicator& ranks = context_.ranks();
  if (ranks.alone()) return;
  const auto rank = static_cast<std::size_t>(ranks.rank());
  const FileCut cut = of_table_ ? FileCut() : cut_file(ranks, lines_.path());
  counts_lines_ = ranks.first() && !cut.divided;
  if (!cut.divided) {
    if (!ranks.first()) end_line_ = 0;
    return;
  }
  const Reached begin = begin_of_share(cut);
  end_line_ = cut.first_line[rank + 1];
  backslashes_ = begin.backslashes != 0;
  if (begin.line >= end_line_)
    end_line_ = 0;
  else if (begin.line > next_line_number())
    start_at(begin.line, cut.first_line[rank], cut.offset[rank]);
  if (!ranks.first()) return;
  report_.lines += cut.lines;
  report_.bytes += cut.bytes;
}

}  // namespace akin
