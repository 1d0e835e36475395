#include "akin/data/readers/table_stream.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "akin/base/file_content.h"

namespace akin {

std::size_t TableStream::read(std::span<char> buffer) {
  while (at_ == text_.size()) {
    text_.clear();
    at_ = 0;
    if (!produce(text_)) return 0;
  }
  const std::size_t size = std::min(buffer.size(), text_.size() - at_);
  std::copy_n(text_.data() + at_, size, buffer.data());
  at_ += size;
  return size;
}

void append_csv_line(std::string& text, std::span<const std::string> fields) {
  const std::size_t begin = text.size();
  for (const std::string& field : fields) {
    if (&field != fields.data()) text += ',';
    if (field.find_first_of("\",\n\r") == std::string::npos) {
      text += field;
      continue;
    }
    text += '"';
    for (const char c : field) {
      if (c == '"') text += '"';
      text += c == '\n' || c == '\r' ? ' ' : c;
    }
    text += '"';
  }
  if (text.size() == begin) text += "\"\"";  // an empty line is no record
  text += '\n';
}

bool begins_as_json(std::string_view head) {
  std::string start(head.substr(0, 64));
  std::erase_if(start, [](char c) {
    return std::string_view(" \t\r\n\xEF\xBB\xBF").find(c) != std::string_view::npos;
  });
  return start.starts_with("{\"") || start.starts_with("[{") || start == "{}";
}

std::unique_ptr<TableStream> open_if_table(const std::string& path, ImportReport& report) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return nullptr;
  char head[kHeadBytes] = {};
  std::ifstream(path, std::ios::binary).read(head, sizeof head);
  if (is_office_file({head, sizeof head})) return open_xlsx_table(path, "", report);
  return begins_as_json(open_input(path)->head()) ? open_json_table(path, "", report) : nullptr;
}

LayoutHints table_hints() {
  LayoutHints hints;
  hints.delimiter = ",";
  hints.header = "yes";
  return hints;
}

}  // namespace akin
