// Format movielens: the releases of GroupLens (100K: u.data, 1M and 10M: .dat, later: CSV) and their copies.
#include <algorithm>
#include <filesystem>
#include <optional>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/data/readers/delimited.h"
#include "akin/data/readers/event_reader.h"
#include "akin/data/readers/file_names.h"
#include "akin/data/readers/movielens_content.h"
#include "akin/data/readers/options.h"

namespace akin {
namespace {

using Fields = std::span<const std::string_view>;

/// "::" of the .dat files, a comma with quotes of the CSV files, else a tab.
Dialect detect_dialect(RecordReader& reader) {
  const std::vector<std::string> lines = reader.peek(1);
  if (lines.empty() || lines[0].find('\t') != std::string::npos) return {"\t", false};
  if (lines[0].find("::") != std::string::npos) return {"::", false};
  return {",", true};
}

/// The ratings file of a folder, "" if there is none.
std::string find_ratings(const std::string& folder) {
  for (const char* const name : {"u.data", "ratings.dat", "ratings.csv"}) {
    const std::string path = existing_file((std::filesystem::path(folder) / name).string());
    if (!path.empty()) return path;
  }
  return "";
}

std::string ratings_in(const std::string& folder) {
  std::string path = find_ratings(folder);
  if (!path.empty()) return path;
  fail(ErrorCode::kNotFound, "{}: there is no u.data, ratings.dat or ratings.csv in this folder", folder);
}

/// Positions of items in each user's sequence, for ratings without times.
class Sequences {
 public:
  Sequences(const std::string& path, ImportReport& report, const Context& context) {
    RecordReader reader(path, {"", false}, report, context);
    std::string key;
    while (reader.next()) {
      const auto fields = reader.fields();
      for (std::size_t i = 1; i < fields.size(); ++i) {
        const idx_t idx = pairs_.add(pair_key(fields[0], fields[i], key));
        if (idx == positions_.size()) positions_.push_back(static_cast<std::uint32_t>(i - 1));
      }
    }
  }
  std::optional<std::int64_t> find(std::string_view user, std::string_view item) {
    const auto idx = pairs_.find(pair_key(user, item, key_));
    if (!idx) return std::nullopt;
    return positions_[*idx];
  }

 private:
  static std::string_view pair_key(std::string_view user, std::string_view item, std::string& key) {
    key.assign(user);
    key += ' ';  // fields hold no blank
    key += item;
    return key;
  }
  IdMap pairs_;
  std::vector<std::uint32_t> positions_;
  std::string key_;
};

/// userId, movieId, rating, timestamp, in the header's order where there is one.
EventColumns rating_columns(Fields header, std::size_t width) {
  EventColumns columns;
  columns.user = 0;
  columns.item = 1;
  columns.value = 2;
  columns.most = std::max<std::size_t>(width, 3);
  if (width >= 4) columns.time = 3;
  columns.header.assign(header.begin(), header.end());
  for (std::size_t c = 0; c < header.size(); ++c) {
    const std::string name = normalized_name(header[c]);
    if (name == "userid") columns.user = c;
    if (name == "movieid" || name == "itemid") columns.item = c;
    if (name == "rating") columns.value = c;
    if (name == "timestamp") columns.time = c;
  }
  return columns;
}

/// Reads one file of ratings; returns its dialect, which tells the release.
Dialect read_ratings(const std::string& path, bool has_order, EventReader& events, ImportReport& report,
                     const Context& context) {
  RecordReader reader(path, {}, report, context);
  const Dialect dialect = detect_dialect(reader);
  reader.set_dialect(dialect);
  std::size_t width = 0;  // of the widest of the first lines: one may be cut off
  for (const std::string& line : reader.peek(5)) width = std::max(width, split_line(line, dialect).size());
  const std::vector<std::string> lines = reader.peek(1);
  const bool has_header = !lines.empty() && lines[0].find("ating") != std::string::npos;
  if (has_header) reader.next();
  EventColumns columns = rating_columns(has_header ? reader.fields() : Fields(), width);
  if (columns.time == kNoColumn && !has_order) report.notes.push_back(fmt::format("{} has no times", path));
  events.start_file(std::move(columns), plain_name(path).ends_with(".test") ? Subset::kTest : Subset::kTrain);
  events.add_all(reader);
  return dialect;
}

void read_movielens(const ImportRequest& request, DatasetBuilder& builder, ImportReport& report,
                    const Context& context) {
  EventRules rules;
  std::optional<Sequences> sequences;
  std::uint64_t placed = 0, unplaced = 0;
  if (const std::string path = option(request, "sequences"); !path.empty()) {
    sequences.emplace(path, report, context);
    rules.order = [&](std::string_view user, std::string_view item) {
      const auto position = sequences->find(user, item);
      ++(position ? placed : unplaced);
      return position ? *position * kSecond : kNoTime;
    };
  }
  EventReader events(rules, builder, report);
  std::string first;
  Dialect dialect;
  for (const std::string& file : request.files) {
    std::error_code error;
    const std::string path = std::filesystem::is_directory(file, error) ? ratings_in(file) : file;
    const Dialect found = read_ratings(path, sequences.has_value(), events, report, context);
    if (!first.empty()) continue;
    first = path;
    dialect = found;
  }
  if (sequences) {
    placed = sum_over_ranks(context.ranks(), placed);
    unplaced = sum_over_ranks(context.ranks(), unplaced);
    report.notes.push_back(fmt::format(
        "{} of {} ratings have their position in the user's sequence (0, 1, 2 ...) as time; {} are in no "
        "sequence and have no time",
        placed, placed + unplaced, unplaced));
  }
  if (first != "-") read_movielens_content(first, dialect.delimiter, builder, report, context);
}

/// What read_movielens() reads because of an argument.
std::vector<std::string> files_for(const std::string& argument) {
  std::error_code error;
  std::string ratings = argument;
  if (std::filesystem::is_directory(argument, error)) {
    ratings = find_ratings(argument);
    if (ratings.empty()) return {};
  }
  std::vector<std::string> files = movielens_content_files(ratings);
  files.push_back(ratings);
  return files;
}

}  // namespace

Format movielens_format() {
  return {
      "movielens",
      "MovieLens: a folder, or its u.data, ratings.dat, ratings.csv or u1.base u1.test; the tables of "
      "movies and users in the same folder are read too",
      {{"sequences", "file of `user item item ...` lines that gives the order of ratings that have no times",
        "", FormatOption::Kind::kInput}},
      read_movielens,
      files_for};
}

}  // namespace akin
