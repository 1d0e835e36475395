#include "akin/data/readers/json_objects.h"

#include <algorithm>

#include "akin/base/error.h"

namespace akin {
namespace {

static_assert(simdjson::SIMDJSON_PADDING <= LineReader::kPadding);

constexpr std::string_view kBlanks = " \t\r\f\v";

std::string_view without_blanks(std::string_view line) {
  const std::size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlanks) - first + 1);
}

std::string_view start_of(std::string_view text) {
  constexpr std::size_t kShown = 60;
  return text.substr(0, kShown);
}

std::string_view reason_of(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "not valid UTF-8";
    case simdjson::DEPTH_ERROR:
      return "nested too deeply";
    case simdjson::NUMBER_ERROR:
      return "not valid JSON (a number)";
    case simdjson::INCORRECT_TYPE:
      return "not a JSON object";
    default:
      return "not valid JSON";
  }
}

/// Finds the end of an object that began: after its last brace.
class BraceCounter {
 public:
  /// How much of `text` belongs to the object; npos = all, and more.
  std::size_t end_in(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (escaped_) {
        escaped_ = false;
      } else if (in_string_) {
        escaped_ = c == '\\';
        in_string_ = c != '"';
      } else if (c == '"') {
        in_string_ = true;
      } else if (c == '{' || c == '[') {
        ++depth_;
      } else if ((c == '}' || c == ']') && --depth_ == 0) {
        return i + 1;
      }
    }
    return std::string_view::npos;
  }

 private:
  std::size_t depth_ = 0;
  bool in_string_ = false, escaped_ = false;
};

}  // namespace

JsonObjects::JsonObjects(const std::string& path, ImportReport& report)
    : lines_(path, LineReader::kLongestRecord), report_(report), parser_(LineReader::kLongestRecord + 1) {}

bool JsonObjects::next() {
  object_.reset();
  if (form_ == Form::kSequence) return next_of_sequence();
  if (!next_line()) return false;
  const std::string_view text = without_blanks(*line_);
  if (form_ == Form::kUnknown && !text.empty()) {
    form_ = text[0] == '[' || text == "{" ? Form::kSequence : Form::kLines;
    if (form_ == Form::kSequence) {
      in_array_ = text[0] == '[';
      line_ = text.substr(in_array_ ? 1 : 0);
      return next_of_sequence();
    }
  }
  number_ = lines_.line_number();
  if (!text.empty()) parse(*line_);
  return true;
}

bool JsonObjects::next_line() {
  line_ = lines_.next();
  return line_.has_value();
}

/// `text` is followed by padding.
void JsonObjects::parse(std::string_view text) {
  simdjson::dom::object object;
  const simdjson::error_code error = parser_.parse(text.data(), text.size(), false).get(object);
  if (!error) {
    object_ = object;
    return;
  }
  report_.rejections.add(reason_of(error), [&] {
    return fmt::format("{}:{} '{}'", lines_.path(), number_, start_of(without_blanks(text)));
  });
}

/// Moves line_ to the next '{'; false at the end of the array or file.
bool JsonObjects::skip_to_object() {
  for (; line_; next_line()) {
    const std::size_t at = line_->find_first_not_of(" \t\r\f\v,");
    if (at == std::string_view::npos) continue;
    line_->remove_prefix(at);
    if (line_->front() == '{') return true;
    if (in_array_ && line_->front() == ']') {
      in_array_ = false;
      line_->remove_prefix(1);
      if (without_blanks(*line_).empty()) return false;
    }
    fail(ErrorCode::kBadData, "{}: '{}': an object {{...}} is expected here", lines_.position(),
         start_of(*line_));
  }
  if (in_array_) fail(ErrorCode::kBadData, "{}: the array does not end with ]", lines_.position());
  return false;
}

bool JsonObjects::next_of_sequence() {
  if (!skip_to_object()) return false;
  ++number_;
  const std::string begin = lines_.position();
  text_.clear();
  BraceCounter braces;
  for (;;) {
    const std::size_t end = braces.end_in(*line_);
    text_ += line_->substr(0, end);
    if (text_.size() > LineReader::kLongestRecord)
      fail(ErrorCode::kBadData, "{}: an object of over {} MiB", begin, LineReader::kLongestRecord >> 20);
    if (end != std::string_view::npos) {
      line_->remove_prefix(end);
      break;
    }
    text_ += '\n';
    if (!next_line()) fail(ErrorCode::kBadData, "{}: the object that begins here does not end", begin);
  }
  const std::size_t size = text_.size();
  text_.append(simdjson::SIMDJSON_PADDING, '\0');
  parse(std::string_view(text_).substr(0, size));
  return true;
}

}  // namespace akin
