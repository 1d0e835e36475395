#include "akin/data/dataset_io.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/file_content.h"
#include "akin/base/io.h"
#include "akin/base/safetensors.h"
#include "akin/base/same_file.h"
#include "akin/base/text.h"
#include "akin/data/event_contexts.h"
#include "akin/data/readers/file_names.h"
#include "akin/data/readers/table_stream.h"

namespace akin {
namespace {

constexpr std::int64_t kLastTime = std::int64_t{1} << 61;  // differences of times overflow nowhere

[[noreturn]] void inconsistent(const TensorReader& reader, std::string_view what) {
  fail(ErrorCode::kBadData, "{}: inconsistent data set: {}", reader.path(), what);
}

void write_reviews(TensorWriter& writer, const ReviewTable& reviews) {
  writer.tensor("reviews.event", reviews.event);
  write_strings(writer, "reviews.summary", reviews.summary);
  write_strings(writer, "reviews.text", reviews.text);
}

ReviewTable read_reviews(const TensorReader& reader, std::size_t n_events) {
  ReviewTable reviews;
  const auto events = reader.tensor<std::uint64_t>("reviews.event");
  reviews.event.assign(events.begin(), events.end());
  if (std::ranges::any_of(reviews.event, [&](std::uint64_t event) { return event >= n_events; })) {
    inconsistent(reader, "a review of an unknown event");
  }
  reviews.summary = read_strings(reader, "reviews.summary", reviews.size());
  reviews.text = read_strings(reader, "reviews.text", reviews.size());
  return reviews;
}

void write_links(TensorWriter& writer, const std::vector<ItemLinks>& links) {
  writer.meta("links.count", std::to_string(links.size()));
  for (std::size_t l = 0; l < links.size(); ++l) {
    const std::string prefix = fmt::format("links.{}", l);
    writer.meta(prefix + ".name", links[l].name);
    std::vector<idx_t> from, to;
    for (const auto& [a, b] : links[l].pairs) {
      from.push_back(a);
      to.push_back(b);
    }
    writer.tensor(prefix + ".from", std::move(from));
    writer.tensor(prefix + ".to", std::move(to));
  }
}

/// What get(i) says of each rank's row i. The other ranks' come in pieces, so that no rank holds those of all.
template <typename Get>
void write_column(TensorWriter& writer, const std::string& name, std::size_t own, const Communicator& ranks,
                  Get get) {
  using T = decltype(get(std::size_t{0}));
  const std::vector<std::size_t> sizes = gather_all(ranks, std::span<const std::size_t>(&own, 1));
  const std::size_t total = std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
  writer.tensor_in_pieces<T>(name, total, [=, &ranks](const TensorWriter::Visit& visit) {
    constexpr std::size_t kPiece = std::size_t{1} << 18;
    std::vector<T> values;
    for (int r = 0; r < ranks.size(); ++r) {
      const std::size_t size = sizes[static_cast<std::size_t>(r)];
      for (std::size_t begin = 0; begin < size; begin += kPiece) {
        values.resize(std::min(kPiece, size - begin));
        for (std::size_t i = 0; r == ranks.rank() && i < values.size(); ++i) values[i] = get(begin + i);
        send_to_first(ranks, r, std::as_writable_bytes(std::span(values)));
        if (ranks.first()) visit(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
      }
    }
  });
}

void write_event_attributes(TensorWriter& writer, const EventAttributes& attributes,
                            const Communicator& ranks) {
  writer.meta("event.columns", std::to_string(attributes.columns().size()));
  for (std::size_t c = 0; c < attributes.columns().size(); ++c) {
    const EventAttributes::Column& column = attributes.columns()[c];
    const std::string prefix = fmt::format("event.{}", c);
    writer.meta(prefix + ".name", column.name);
    write_ids(writer, prefix + ".values", column.values);
    write_column(writer, prefix + ".codes", column.codes.size(), ranks,
                 [codes = std::span<const idx_t>(column.codes)](std::size_t e) { return codes[e]; });
  }
}

EventAttributes read_event_attributes(const TensorReader& reader, std::size_t n_events) {
  constexpr std::int64_t kMostColumns = 1000;
  EventAttributes attributes;
  if (!reader.has_meta("event.columns")) return attributes;
  const std::int64_t columns = reader.meta_int("event.columns", 0, kMostColumns);
  for (std::int64_t c = 0; c < columns; ++c) {
    const std::string prefix = fmt::format("event.{}", c);
    EventAttributes::Column column{reader.meta(prefix + ".name"), read_ids(reader, prefix + ".values"), {}};
    const auto codes = reader.tensor<idx_t>(prefix + ".codes");
    if (!codes.empty()) column.codes = reader.vector<idx_t>(prefix + ".codes", n_events);
    if (codes.empty() && (column.values.size() == 0 || !column.values.id(0).empty()))
      inconsistent(reader, "the first value of an attribute of events is not the empty one");
    const auto unknown = [&](idx_t code) { return code >= column.values.size(); };
    if (std::ranges::any_of(column.codes, unknown)) inconsistent(reader, "an unknown value of an event");
    if (attributes.find(column.name) != nullptr)
      inconsistent(reader, fmt::format("two attributes of events are called {}", column.name));
    attributes.add(std::move(column));
  }
  return attributes;
}

std::vector<ItemLinks> read_links(const TensorReader& reader, std::size_t n_items) {
  constexpr std::int64_t kMostKinds = 1000;
  std::vector<ItemLinks> links(static_cast<std::size_t>(reader.meta_int("links.count", 0, kMostKinds)));
  for (std::size_t l = 0; l < links.size(); ++l) {
    const std::string prefix = fmt::format("links.{}", l);
    links[l].name = reader.meta(prefix + ".name");
    const auto from = reader.tensor<idx_t>(prefix + ".from");
    const auto to = reader.vector<idx_t>(prefix + ".to", from.size());
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (from[i] >= n_items || to[i] >= n_items) inconsistent(reader, "a link to an unknown item");
      links[l].pairs.emplace_back(from[i], to[i]);
    }
  }
  return links;
}

/// Microseconds per unit of a file's times; files that do not say hold seconds.
std::int64_t time_unit(const TensorReader& reader) {
  if (!reader.has_meta("time_unit")) return kSecond;
  if (reader.meta("time_unit") != "microsecond") inconsistent(reader, "times in an unknown unit");
  return 1;
}

}  // namespace

void write_events(TensorWriter& writer, const std::string& name, std::span<const Event> events,
                  const Communicator& ranks) {
  const auto column = [&](const char* field, auto get) {
    write_column(writer, name + field, events.size(), ranks, [=](std::size_t e) { return get(events[e]); });
  };
  column(".user", [](const Event& e) { return e.user; });
  column(".item", [](const Event& e) { return e.item; });
  column(".value", [](const Event& e) { return e.value; });
  column(".kind", [](const Event& e) { return static_cast<std::uint8_t>(e.kind); });
  column(".part", [](const Event& e) { return static_cast<std::uint8_t>(e.subset); });
  column(".time", [](const Event& e) { return e.time; });
  const auto has_context = [](const Event& e) { return e.context != 0; };
  if (ranks.alone() && std::ranges::any_of(events, has_context))
    column(".context", [](const Event& e) { return std::uint32_t{e.context}; });
}

namespace {

/// Events [begin, end).
std::vector<Event> read_events(const TensorReader& reader, const std::string& name, const EventBounds& bounds,
                               Share part) {
  const auto user = reader.tensor<idx_t>(name + ".user");
  const std::size_t n = user.size();
  const auto item = reader.tensor<idx_t>(name + ".item", n);
  const auto value = reader.tensor<float>(name + ".value", n);
  const auto kind = reader.tensor<std::uint8_t>(name + ".kind", n);
  const auto subset = reader.tensor<std::uint8_t>(name + ".part", n);
  const auto time = reader.tensor<std::int64_t>(name + ".time", n);
  std::span<const std::uint32_t> context;  // absent: nothing is known of any
  if (reader.has(name + ".context")) context = reader.tensor<std::uint32_t>(name + ".context", n);
  const std::int64_t unit = time_unit(reader);
  std::vector<Event> events(part.size());
  for (std::size_t e = part.begin; e < part.end; ++e) {
    if (user[e] >= bounds.users || item[e] >= bounds.items)
      inconsistent(reader, "an event of an unknown user or item");
    if (!context.empty() && context[e] >= bounds.contexts)
      inconsistent(reader, "an event of an unknown context");
    if (kind[e] >= kEventKindNames.size()) inconsistent(reader, "an event of an unknown kind");
    if (subset[e] > static_cast<std::uint8_t>(Subset::kHistory))
      inconsistent(reader, "an event of an unknown part");
    if (time[e] != kNoTime && (time[e] < -kLastTime / unit || time[e] > kLastTime / unit))
      inconsistent(reader, "an event at an impossible time");
    if (e > 0 && (user[e] < user[e - 1] || (user[e] == user[e - 1] && time[e] < time[e - 1])))
      inconsistent(reader, "events out of order");
    events[e - part.begin] = {user[e],
                              item[e],
                              value[e],
                              static_cast<EventKind>(kind[e]),
                              static_cast<Subset>(subset[e]),
                              static_cast<std::uint16_t>(context.empty() ? 0 : context[e]),
                              time[e] == kNoTime ? kNoTime : time[e] * unit};
  }
  return events;
}

/// Reads the events of this rank's users.
void read_share(const TensorReader& reader, const Communicator& ranks, Dataset& data) {
  const auto users = reader.tensor<idx_t>("events.user");
  std::vector<std::uint32_t> counts(data.n_users(), 0);
  for (const idx_t user : users) {
    if (user >= counts.size()) inconsistent(reader, "an event of an unknown user");
    ++counts[user];
  }
  data.user_bounds = balanced_bounds(counts, ranks.size());
  const auto rank = static_cast<std::size_t>(ranks.rank());
  const auto sum = [&](std::size_t until) {
    return std::accumulate(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(until),
                           std::size_t{0});
  };
  const Share part{sum(data.user_bounds[rank]), sum(data.user_bounds[rank + 1])};
  data.events = read_events(reader, "events", event_bounds(data), part);
}

}  // namespace

std::vector<Event> read_events(const TensorReader& reader, const std::string& name,
                               const EventBounds& bounds) {
  const std::size_t n = reader.tensor<idx_t>(name + ".user").size();
  return read_events(reader, name, bounds, {0, n});
}

EventBounds event_bounds(const Dataset& data) {
  return {data.n_users(), data.n_event_items(), n_contexts(data.event_attributes)};
}

void write_dataset(TensorWriter& writer, const Dataset& data, const Communicator& ranks) {
  writer.meta("name", data.name);
  writer.meta("time_unit", "microsecond");
  writer.meta("items.without_events", std::to_string(data.items_without_events));
  write_ids(writer, "users", data.users);
  write_ids(writer, "items", data.items);
  write_events(writer, "events", data.events, ranks);
  write_event_attributes(writer, data.event_attributes, ranks);
  write_attributes(writer, "item", data.item_attributes);
  write_attributes(writer, "user", data.user_attributes);
  write_reviews(writer, data.reviews);
  write_links(writer, data.links);
  writer.meta("candidates.rows", std::to_string(data.candidates.rows()));
  write_csr(writer, "candidates", data.candidates);
}

Dataset read_dataset(const TensorReader& reader, const Communicator& ranks) {
  Dataset data;
  data.name = reader.meta("name");
  data.users = read_ids(reader, "users");
  data.items = read_ids(reader, "items");
  if (reader.has_meta("items.without_events")) {
    data.items_without_events = static_cast<std::size_t>(
        reader.meta_int("items.without_events", 0, static_cast<std::int64_t>(data.n_items())));
  }
  if (ranks.alone()) {
    data.event_attributes = read_event_attributes(reader, reader.tensor<idx_t>("events.user").size());
    data.events = read_events(reader, "events", event_bounds(data));
    data.reviews = read_reviews(reader, data.events.size());
  } else {
    read_share(reader, ranks, data);
  }
  data.item_attributes = read_attributes(reader, "item", data.n_items());
  data.user_attributes = read_attributes(reader, "user", data.n_users());
  data.links = read_links(reader, data.n_items());
  const auto rows = static_cast<std::size_t>(reader.meta_int("candidates.rows", 0, 0xFFFFFFFE));
  if (rows != 0 && rows != data.n_users()) inconsistent(reader, "candidates of unknown users");
  data.candidates = read_csr(reader, "candidates", rows, data.n_event_items(), ColumnOrder::kAscending);
  return data;
}

void save_dataset(const Dataset& data, const std::string& path) { save_dataset(data, path, alone()); }

void save_dataset(const Dataset& data, const std::string& path, const Communicator& ranks) {
  TensorWriter writer("dataset");
  write_dataset(writer, data, ranks);
  writer.write(path, "", ranks);
}

namespace {

/// Whether the whole lines of `head` have different numbers of fields between blanks, and no other delimiter.
bool looks_like_lists(std::string_view head) {
  constexpr std::string_view kBlanks = " \t\r";
  if (head.find_first_of(",;|\"") != head.npos || head.find("::") != head.npos) return false;
  std::size_t first = 0;
  for (std::size_t end = head.find('\n'); end != head.npos; end = head.find('\n')) {
    std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 1);
    std::size_t fields = 0;
    for (std::size_t at = line.find_first_not_of(kBlanks); at != line.npos;
         at = line.find_first_not_of(kBlanks)) {
      ++fields;
      line.remove_prefix(std::min(line.find_first_of(kBlanks, at), line.size()));
    }
    if (first != 0 && fields != 0 && fields != first) return true;
    if (fields != 0) first = fields;
  }
  return false;
}

/// Throws for a text, which may be one that can be imported: with the command. Pipes are read but once.
void refuse_text(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return;
  const auto stream = open_input(path);
  const std::string_view head = stream->head();
  if (head.empty() || not_text(head) || head.find('\0') != head.npos) return;
  const std::string name = plain_name(path);
  const std::string_view format = name.ends_with(".inter") ? "atomic"
                                  : begins_as_json(head)   ? "jsonl"
                                  : looks_like_lists(head) ? "lists"
                                                           : "csv";
  std::string out = data_set_name(path) + ".data";
  if (out == std::filesystem::path(path).filename())
    out = data_set_name(path) + ".akin-data";  // not over the text
  fail(ErrorCode::kBadData,
       "{}: is a text, not a data set of akin; import it first: akin import {} {} -o {} (akin import --help "
       "lists "
       "all formats)",
       path, format, shell_word(path), shell_word(out));
}

}  // namespace

Dataset load_dataset(const std::string& path, const Communicator& ranks) {
  check_same_file(ranks, path);
  refuse_text(path);
  const TensorReader reader(path, ranks.alone() ? TensorReader::Access::kRead : TensorReader::Access::kMap);
  reader.expect_kind("dataset");
  return read_dataset(reader, ranks);
}

}  // namespace akin
