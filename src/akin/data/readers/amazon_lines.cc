#include "akin/data/readers/amazon_lines.h"

#include <utility>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/file_part.h"
#include "akin/data/readers/file_cut.h"
#include "akin/data/readers/python_literal.h"
#include "akin/data/readers/record_reader.h"

namespace akin {
namespace {

static_assert(simdjson::SIMDJSON_PADDING <= LineReader::kPadding);

// A record is a few kB. The parser's buffers take about 14 times a line, so this bounds what a file without
// newlines costs.
constexpr std::size_t kLongestRecord = std::size_t{32} << 20;
constexpr std::size_t kUsualRecord = std::size_t{64} << 10;
constexpr std::uint64_t kLinesPerReport = 8192;

std::string_view reason_of(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "not valid UTF-8";
    case simdjson::DEPTH_ERROR:
      return "nested too deeply";
    case simdjson::CAPACITY:
      return "longer than 32 MiB";
    default:
      return "not valid JSON";
  }
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\f\v") == line.npos; }

}  // namespace

ObjectLines::ObjectLines(const std::string& path, ImportReport& report, const Context& context)
    : reader_(path), report_(report), context_(context), parser_(kLongestRecord) {
  if (parser_.allocate(kUsualRecord) != simdjson::SUCCESS)
    fail(ErrorCode::kInternal, "the JSON parser ran out of memory");
}

simdjson::error_code ObjectLines::parse(std::string_view line) {
  const simdjson::error_code error = parser_.parse(line.data(), line.size(), false).get(root_);
  if (error == simdjson::SUCCESS || error == simdjson::UTF8_ERROR || error == simdjson::DEPTH_ERROR ||
      error == simdjson::CAPACITY) {
    return error;
  }
  std::optional<std::string> json = python_literal_to_json(line);
  if (!json) return error;
  converted_ = std::move(*json);
  converted_.reserve(converted_.size() + simdjson::SIMDJSON_PADDING);
  return parser_.parse(converted_.data(), converted_.size(), false).get(root_);
}

void ObjectLines::count_line() {
  report_.bytes += reader_.bytes_read() - bytes_counted_;
  bytes_counted_ = reader_.bytes_read();
  if (++report_.lines % kLinesPerReport != 0) return;
  context_.check_stop();
  report_reading(reader_, context_);
}

void ObjectLines::share() {
  const Communicator& ranks = context_.ranks();
  if (ranks.alone()) return;
  const auto rank = static_cast<std::size_t>(ranks.rank());
  const FileCut cut = cut_file(ranks, reader_.path());
  if (!cut.divided) {
    if (!ranks.first()) end_line_ = 0;
    return;
  }
  end_line_ = cut.first_line[rank + 1];
  reader_ = LineReader(reader_.path(), open_file_part(reader_.path(), cut.offset[rank]),
                       LineReader::kLongestLine, cut.first_line[rank]);
}

std::optional<simdjson::dom::object> ObjectLines::next() {
  while (reader_.line_number() + 1 < end_line_) {
    const auto line = reader_.next();
    if (!line) break;
    if (is_blank(*line)) continue;
    count_line();
    simdjson::dom::object object;
    if (const simdjson::error_code error = parse(*line)) {
      reject(reason_of(error));
    } else if (root_.get(object)) {
      reject("not a JSON object");
    } else {
      return object;
    }
  }
  return std::nullopt;
}

void ObjectLines::reject(std::string_view reason) {
  report_.rejections.add(reason, [this] { return reader_.position(); });
}

}  // namespace akin
