// The JSON objects of a file, one by one.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "akin/base/io.h"
#include "akin/data/builder.h"

namespace akin {

/// Reads objects that stand one a line; or, if the file begins with '[' or with a line that is only '{', one after
/// another over any number of lines, with commas between or not. In the first case an object's number is that
/// of its line, in the second that of the object.
class JsonObjects {
 public:
  /// Throws as LineReader does.
  JsonObjects(const std::string& path, ImportReport& report);

  /// Moves to the next number; false at the end. Throws as LineReader::next() does, and Error(kBadData) where
  /// no object begins or ends.
  bool next();
  /// The object, valid until next(); none where the line is blank or was rejected.
  const std::optional<simdjson::dom::object>& object() const { return object_; }
  SourcePosition source_position() const { return lines_.source_position(); }

 private:
  enum class Form { kUnknown, kLines, kSequence };
  void parse(std::string_view text);
  bool next_of_sequence();
  bool skip_to_object();
  bool next_line();

  LineReader lines_;
  ImportReport& report_;
  simdjson::dom::parser parser_;
  std::optional<simdjson::dom::object> object_;
  Form form_ = Form::kUnknown;
  std::optional<std::string_view> line_;  // read ahead, or what is left of it
  std::string text_;                      // of an object, and padding
  std::uint64_t number_ = 0;
  bool in_array_ = false;
};

}  // namespace akin
