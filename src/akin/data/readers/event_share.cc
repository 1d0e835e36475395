// Events of a file that several ranks read together.
#include "akin/base/communicator.h"
#include "akin/data/readers/event_reader.h"
#include "akin/data/readers/list_cell.h"
#include "akin/data/readers/shared_read.h"

namespace akin {

/// As add_all(), after look_ahead(), which every rank has done alike. The first rank reports on the columns.
void EventReader::add_share(RecordReader& reader) {
  const Communicator& ranks = reader.context().ranks();
  builder_.reserve(builder_.events() + reader.estimate() / static_cast<std::uint64_t>(ranks.size()));
  reader.share();
  file_start_ = builder_.events();
  shared_.emplace();
  const std::uint64_t rejected = report_.rejections.total() - report_.rejections.unwanted();
  const auto [users, items] = read_shared(builder_, report_, reader.context(), [&] {
    while (reader.next()) add(reader);
  });
  gather_attributes(ranks);
  gather_file(ranks, reader.path(), users, items);
  shared_.reset();
  report_.tables.push_back(
      {reader.path(), used_, report_.rejections.total() - report_.rejections.unwanted() - rejected});
  report_columns();
}

/// Collective. What the ranks have found out about the file comes to the first one.
void EventReader::gather_file(const Communicator& ranks, const std::string& path, const JoinedIds& users,
                              const JoinedIds& items) {
  const auto note_new = [&](const JoinedIds& joined, const std::vector<std::uint64_t>& lines,
                            const IdMap& ids, IdColumn& column) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i] > 0 && joined.is_new(i))
        column.note_new(ids.id(joined.whole[i]), joined.whole[i], {path, lines[i]});
    }
    column.gather(ranks);
  };
  note_new(users, shared_->user_lines, builder_.users(), users_);
  note_new(items, shared_->item_lines, builder_.items(), items_);
  std::vector<Event> ends;  // of each rank with events, the first and the last
  if (builder_.events() > file_start_)
    ends = {builder_.event(file_start_), builder_.event(builder_.events() - 1)};
  ends = gather_all(ranks, std::span<const Event>(ends));
  for (std::size_t e = 2; ranks.first() && columns_.time != kNoColumn && e < ends.size(); e += 2)
    times_.note_order(ends[e - 1], ends[e]);
  times_.gather(ranks);
  values_.gather(ranks);
  kinds_.gather(ranks);
  decode_.gather(ranks);
  add_over_ranks(ranks, std::span<std::uint64_t>(failed_));
  for (std::uint64_t* const count : {&records_, &used_, &misfits_}) *count = sum_over_ranks(ranks, *count);
}

/// Collective. Sets the attributes that the ranks have found, the first of each id: on every rank, in the order of lines.
void EventReader::gather_attributes(const Communicator& ranks) {
  TextDecoder uncounted(rules_.encoding);
  TextDecoder& decode = ranks.first() ? decode_ : uncounted;
  for (int r = 0; r < ranks.size(); ++r) {
    std::string bytes = r == ranks.rank() ? shared_->attributes.bytes() : "";
    broadcast_text(ranks, bytes, r);
    for (Packed all(std::move(bytes)); !all.at_end();) {
      const bool of_items = all.number() != 0;
      const std::uint64_t attribute = all.number(), bit = std::uint64_t{1} << attribute;
      const std::string_view id = all.text(), raw = all.text();
      std::uint64_t& done = (of_items ? known_items_ : known_users_)[id];
      if ((done & bit) != 0) continue;
      done |= bit;
      const std::string& name =
          (of_items ? columns_.item_attributes : columns_.user_attributes)[attribute].first;
      const std::string_view text = decode(raw);
      const auto list = joined_list(name, text);
      const std::string_view value = list ? std::string_view(*list) : text;
      of_items ? builder_.set_item_attribute(id, name, value) : builder_.set_user_attribute(id, name, value);
    }
  }
}

}  // namespace akin
