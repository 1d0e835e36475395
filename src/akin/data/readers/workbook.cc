#include "akin/data/readers/workbook.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <map>
#include <utility>

#include "akin/base/error.h"
#include "akin/data/readers/xml_reader.h"

namespace akin {
namespace {

struct Relation {
  std::string target;  // a file in the archive
  std::string type;    // the last part of its address
};

/// A path in the archive that `base` (a file there) names as `target`.
std::string resolved(std::string_view base, std::string_view target) {
  if (target.starts_with('/')) return std::string(target.substr(1));
  std::string folder(base.substr(0, base.rfind('/') + 1));
  while (target.starts_with("../")) {
    target.remove_prefix(3);
    folder = folder.substr(0, folder.size() < 2 ? 0 : folder.rfind('/', folder.size() - 2) + 1);
  }
  return folder + std::string(target);
}

class RelationReader : public XmlHandler {
 public:
  explicit RelationReader(std::string base) : base_(std::move(base)) {}
  std::map<std::string, Relation> relations;

  void start(std::string_view name, const char** attributes) override {
    if (name != "Relationship") return;
    const std::string_view type = xml_attribute(attributes, "Type");
    relations[std::string(xml_attribute(attributes, "Id"))] = {
        resolved(base_, xml_attribute(attributes, "Target")), std::string(type.substr(type.rfind('/') + 1))};
  }
  void end(std::string_view) override {}
  void text(std::string_view) override {}

 private:
  std::string base_;
};

class SheetList : public XmlHandler {
 public:
  struct Entry {
    std::string name, relation;
  };
  std::vector<Entry> entries;
  bool since_1904 = false;

  void start(std::string_view name, const char** attributes) override {
    if (name == "workbookPr") {
      const std::string_view given = xml_attribute(attributes, "date1904");
      since_1904 = given == "1" || given == "true";
    }
    if (name != "sheet") return;
    std::string id;
    for (const char** at = attributes; *at != nullptr; at += 2) {
      if (std::string_view(at[0]).ends_with(":id")) id = at[1];
    }
    entries.push_back({std::string(xml_attribute(attributes, "name")), id});
  }
  void end(std::string_view) override {}
  void text(std::string_view) override {}
};

class StringReader : public XmlHandler {
 public:
  std::vector<std::string> strings;

  void start(std::string_view name, const char**) override {
    if (name == "si") strings.emplace_back();
    if (name == "rPh") phonetic_ = true;  // how the text is pronounced
    if (name == "t") inside_ = !phonetic_ && !strings.empty();
  }
  void end(std::string_view name) override {
    if (name == "rPh") phonetic_ = false;
    if (name == "t") inside_ = false;
  }
  void text(std::string_view piece) override {
    if (inside_) strings.back() += piece;
  }

 private:
  bool phonetic_ = false, inside_ = false;
};

int int_of(std::string_view text) {
  int value = -1;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && stop == text.data() + text.size() ? value : -1;
}

/// The formats that Excel knows by number (ECMA-376, 18.8.30); other numbers stand in the file.
NumberStyle usual_style(int format) {
  if ((format >= 18 && format <= 21) || (format >= 45 && format <= 47)) return NumberStyle::kTime;
  if ((format >= 14 && format <= 22) || (format >= 27 && format <= 36) || (format >= 50 && format <= 58))
    return NumberStyle::kDate;
  return NumberStyle::kNumber;
}

class StyleReader : public XmlHandler {
 public:
  std::vector<NumberStyle> styles;

  void start(std::string_view name, const char** attributes) override {
    if (name == "cellXfs") inside_ = true;
    const int format = int_of(xml_attribute(attributes, "numFmtId"));
    if (name == "numFmt") formats_[format] = style_of_format(xml_attribute(attributes, "formatCode"));
    if (name != "xf" || !inside_) return;
    const auto own = formats_.find(format);
    styles.push_back(own != formats_.end() ? own->second : usual_style(format));
  }
  void end(std::string_view name) override {
    if (name == "cellXfs") inside_ = false;
  }
  void text(std::string_view) override {}

 private:
  std::map<int, NumberStyle> formats_;
  bool inside_ = false;
};

template <typename Handler>
void read_part(const ZipArchive& archive, std::string_view part, Handler& handler) {
  const std::unique_ptr<InputStream> stream = archive.open(part);
  XmlReader(*stream, handler, fmt::format("{}: {}", archive.path(), part)).all();
}

std::map<std::string, Relation> relations_of(const ZipArchive& archive, const std::string& part) {
  const std::size_t name = part.rfind('/') + 1;
  RelationReader reader(part);
  read_part(archive, fmt::format("{}_rels/{}.rels", part.substr(0, name), part.substr(name)), reader);
  return std::move(reader.relations);
}

}  // namespace

NumberStyle style_of_format(std::string_view format) {
  bool date = false, time = false;
  for (std::size_t i = 0; i < format.size() && format[i] != ';'; ++i) {
    const char c = static_cast<char>(format[i] | 0x20);
    if (format[i] == '"' || format[i] == '[') {
      const std::size_t end = format.find(format[i] == '"' ? '"' : ']', i + 1);
      const std::string_view inside = format.substr(i + 1, std::min(end, format.size()) - i - 1);
      const bool elapsed =
          format[i] == '[' && !inside.empty() && inside.find_first_not_of("hHmMsS") == inside.npos;
      time = time || elapsed;  // [h]:mm; other brackets are colours and languages
      if (end == std::string_view::npos) break;
      i = end;
    } else if (format[i] == '\\' || format[i] == '_' || format[i] == '*') {
      ++i;
    } else if (c == 'y' || c == 'd') {
      date = true;
    } else if (c == 'h' || c == 's') {
      time = true;
    } else if (format[i] == '0' || format[i] == '#' || format[i] == '?') {
      if (!date && !time) return NumberStyle::kNumber;
    } else if (c == 'g' || c == 'e') {
      if (!date && !time) return NumberStyle::kNumber;  // General, 0.00E+00
    }
  }
  return date ? NumberStyle::kDate : time ? NumberStyle::kTime : NumberStyle::kNumber;
}

const Workbook::Sheet& Workbook::sheet(const std::string& name, const std::string& path) const {
  std::vector<std::string> names;
  for (const Sheet& sheet : sheets) {
    if (name.empty() || sheet.name == name) return sheet;
    names.push_back(sheet.name);
  }
  fail(ErrorCode::kUsage, "{}: there is no sheet '{}'{}; there are: {}", path, name,
       did_you_mean(name, names), fmt::join(names, ", "));
}

Workbook read_workbook(const ZipArchive& archive) {
  std::string book = "xl/workbook.xml";
  for (const auto& [id, relation] : relations_of(archive, "")) {
    if (relation.type == "officeDocument") book = relation.target;
  }
  if (!archive.has(book) || book.ends_with(".bin"))
    fail(ErrorCode::kBadData, "{}: has no table that is read here; save it as xlsx or csv", archive.path());
  SheetList list;
  read_part(archive, book, list);
  const std::map<std::string, Relation> relations = relations_of(archive, book);
  Workbook result;
  result.since_1904 = list.since_1904;
  for (const SheetList::Entry& entry : list.entries) {
    const auto found = relations.find(entry.relation);
    if (found != relations.end() && found->second.type == "worksheet")
      result.sheets.push_back({entry.name, found->second.target});
  }
  if (result.sheets.empty()) fail(ErrorCode::kBadData, "{}: has no sheet with cells", archive.path());
  for (const auto& [id, relation] : relations) {
    if (relation.type == "sharedStrings") {
      StringReader strings;
      read_part(archive, relation.target, strings);
      result.strings = std::move(strings.strings);
    } else if (relation.type == "styles") {
      StyleReader styles;
      read_part(archive, relation.target, styles);
      result.styles = std::move(styles.styles);
    }
  }
  return result;
}

std::string date_text(double days, NumberStyle style, bool since_1904) {
  using std::chrono::year;
  constexpr double kMostDays = 2'958'466, kDay = 86'400'000;  // the year 10000; milliseconds
  if (!(days >= 0 && days < kMostDays)) return "";
  const auto milliseconds = static_cast<std::int64_t>(std::llround(days * kDay));
  const std::int64_t day = milliseconds / 86'400'000, rest = milliseconds % 86'400'000;
  const std::int64_t seconds = rest / 1000;
  std::string time = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (rest % 1000 != 0) time += fmt::format(".{:03}", rest % 1000);
  if (style == NumberStyle::kTime && day == 0) return time;
  // Excel has a 29th of February 1900, day 60, as Lotus 1-2-3 had.
  const std::chrono::sys_days epoch = since_1904 ? year{1904} / 1 / 1
                                      : day < 60 ? year{1899} / 12 / 31
                                                 : year{1899} / 12 / 30;
  const std::chrono::year_month_day date = epoch + std::chrono::days(day);
  if (static_cast<int>(date.year()) < 1900 || static_cast<int>(date.year()) > 9999) return "";
  const std::string text =
      fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()));
  return rest == 0 ? text : text + " " + time;
}

std::string number_text(double number) {
  constexpr double kExact = 9007199254740992;  // whole numbers up to here are exact
  if (std::abs(number) < kExact && number == std::floor(number))
    return fmt::format("{}", static_cast<std::int64_t>(number));
  return fmt::format("{}", number);
}

}  // namespace akin
