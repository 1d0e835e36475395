#include "akin/text/labelled_texts.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/rng.h"
#include "akin/data/readers/layout.h"
#include "akin/data/readers/number_parse.h"
#include "akin/data/readers/table_stream.h"
#include "akin/data/readers/text_decode.h"

namespace akin {
namespace {

// Names that columns of texts and labels usually have, normalized, the surest first.
constexpr std::array<std::string_view, 8> kTextNames = {"text",       "sentence", "review",  "reviewtext",
                                                        "reviewbody", "content",  "message", "comment"};
constexpr std::array<std::string_view, 9> kLabelNames = {
    "label", "class", "category", "target", "sentiment", "rating", "overall", "stars", "score"};

std::size_t usual(std::span<const std::string_view> names, const std::vector<std::string>& header) {
  for (const std::string_view name : names) {
    for (std::size_t c = 0; c < header.size(); ++c) {
      if (normalized_name(header[c]) == name) return c;
    }
  }
  return kNoColumn;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == line.npos; }

/// Whether the line names columns of texts and labels, or of texts where no labels are needed.
bool is_header(std::string_view line, bool labels) {
  for (const char* delimiter : {",", "\t", ";"}) {
    const std::vector<std::string> fields = split_line(line, {delimiter, true});
    const auto is_word = [](const std::string& field) { return field.find(' ') == field.npos; };
    const bool others = labels ? usual(kLabelNames, fields) != kNoColumn
                               : fields.size() > 1 && std::ranges::all_of(fields, is_word);
    if (usual(kTextNames, fields) != kNoColumn && others) return true;
  }
  return false;
}

std::size_t column_of(const Layout& layout, const std::string& named, std::span<const std::string_view> names,
                      const RecordReader& reader, std::string_view what, bool needed = true) {
  if (!named.empty()) return layout.column(named, reader.path());
  const std::size_t column = usual(names, layout.header);
  if (column == kNoColumn && needed) {
    fail(ErrorCode::kUsage, "{}: which column is the {}? Name it with --{}-column; there are: {}",
         reader.path(), what, what,
         layout.header.empty() ? fmt::format("1 to {}", layout.width)
                               : fmt::format("{}", fmt::join(layout.header, ", ")));
  }
  return column;
}

class LabelReader {
 public:
  LabelReader(const LabelledTextFormat& format, LabelledTextFile& file)
      : numbers_(format.numbers), file_(file) {}

  void add(std::string_view label, std::string_view text, const RecordReader& reader) {
    const std::string clean(decode_(label));
    if (clean.empty())
      fail(ErrorCode::kBadData, "{}: there is no label; give it one, or remove the line", reader.position());
    float number = 0;
    if (numbers_) {
      const ParsedValue parsed = parse_value(clean);
      if (parsed.problem != nullptr) {
        fail(ErrorCode::kBadData,
             "{}: label '{}': {}; labels must be numbers where numbers are predicted (--numbers)",
             reader.position(), clean, parsed.problem);
      }
      number = parsed.value;
    }
    const std::string_view words = decode_(text);
    if (words.empty()) {
      ++file_.empty_texts;
      return;
    }
    file_.texts.texts.emplace_back(words);
    if (numbers_) {
      file_.texts.numbers.push_back(number);
    } else {
      file_.texts.labels.push_back(file_.texts.classes.add(clean));
    }
  }

  /// A text whose label does not matter.
  void add(std::string_view text) { file_.texts.texts.emplace_back(decode_(text)); }

  void finish() {
    if (std::string note = decode_.note(); !note.empty()) file_.notes.push_back(std::move(note));
  }

 private:
  bool numbers_;
  LabelledTextFile& file_;
  TextDecoder decode_;
};

/// Where the label of a line ends, npos = there is no blank behind it.
std::size_t end_of_label(std::string_view line, bool tabs, const RecordReader& reader) {
  const std::size_t end = line.find(tabs ? '\t' : ' ');
  if (end == line.npos && tabs) {
    fail(ErrorCode::kBadData, "{}: there is no tab; in the first line one separates label and text",
         reader.position());
  }
  return end;
}

/// "label<TAB>text" or "label text" in each line.
void read_lines(RecordReader& reader, bool tabs, LabelReader& labels) {
  reader.set_dialect({"\n", false});  // the whole line is one field
  while (reader.next()) {
    const std::string_view line = reader.fields()[0];
    if (is_blank(line)) continue;
    const std::size_t end = end_of_label(line, tabs, reader);
    if (line.substr(0, end).find('\t') != line.npos) {
      fail(ErrorCode::kBadData,
           "{}: there is a tab, and none in the first line; put one behind all labels or none",
           reader.position());
    }
    labels.add(line.substr(0, end), end == line.npos ? std::string_view() : line.substr(end + 1), reader);
  }
}

bool is_label(const std::string& word, const std::vector<std::string>& classes) {
  if (classes.empty()) return parse_value(word).problem == nullptr;
  return std::ranges::find(classes, word) != classes.end();
}

/// The texts of lines with or without labels; returns the number of lines that are not blank.
std::uint64_t read_texts(RecordReader& reader, bool tabs, const LabelledTextFormat& format,
                         LabelReader& texts, LabelledTextFile& file) {
  reader.set_dialect({"\n", false});
  std::vector<std::string> lines;
  bool labelled = true;
  while (reader.next()) {
    const std::string_view line = reader.fields()[0];
    if (is_blank(line)) continue;
    const std::size_t end = end_of_label(line, tabs, reader);
    if (!tabs) labelled = labelled && is_label(std::string(line.substr(0, end)), format.classes);
    lines.emplace_back(line);
  }
  // A table of one column is read as lines, since blanks and commas in them separate nothing.
  const bool header = !labelled && !lines.empty() && usual(kTextNames, {lines[0]}) != kNoColumn;
  if (header) lines.erase(lines.begin());
  for (const std::string_view line : lines) {
    const std::size_t end = labelled ? line.find(tabs ? '\t' : ' ') : 0;
    texts.add(end == line.npos ? std::string_view() : line.substr(end));
  }
  if (lines.empty()) return 0;
  file.notes.push_back(
      fmt::format("{}: {}", reader.path(),
                  tabs       ? "what stands before the first tab of a line is its label, and left out"
                  : labelled ? "the first word of each line is a label, and left out"
                  : header   ? "each line but the first is a text without a label"
                             : "each line is a text without a label"));
  return lines.size() + (header ? 1 : 0);
}

void read_table(RecordReader& reader, const LabelledTextFormat& format, LayoutHints hints,
                LabelReader& labels, LabelledTextFile& file) {
  for (const std::string* name : {&format.text_column, &format.label_column}) {
    if (!name->empty()) hints.names.push_back(*name);
  }
  const Layout layout = detect_layout(reader, hints);
  const std::size_t text = column_of(layout, format.text_column, kTextNames, reader, "text");
  const std::size_t label =
      column_of(layout, format.label_column, kLabelNames, reader, "label", format.labels);
  const auto name = [&](std::size_t column) {
    return layout.header.empty() ? fmt::format("{}", column + 1) : layout.header[column];
  };
  if (!format.labels) {
    file.notes.push_back(fmt::format("{}: the texts are those of column {}", reader.path(), name(text)));
    if (label != kNoColumn)
      file.notes.push_back(
          fmt::format("{}: the labels, column {}, are left out", reader.path(), name(label)));
  }
  const std::size_t last = format.labels ? std::max(text, label) : text;
  while (reader.next()) {
    const auto fields = reader.fields();
    if (fields.size() <= last) {
      fail(ErrorCode::kBadData, "{}: there are {} columns, and the {} is in column {}", reader.position(),
           fields.size(), text == last ? "text" : "label", last + 1);
    }
    format.labels ? labels.add(fields[label], fields[text], reader) : labels.add(fields[text]);
  }
}

/// The rows in random order, those of a class together: dealt out in turn, they give each part its share.
std::vector<idx_t> shuffled_by_class(const LabelledTexts& texts, std::uint64_t seed) {
  std::vector<idx_t> rows(texts.size());
  std::iota(rows.begin(), rows.end(), idx_t{0});
  Rng(seed).shuffle(std::span(rows));
  if (texts.has_classes()) std::ranges::stable_sort(rows, {}, [&](idx_t row) { return texts.labels[row]; });
  return rows;
}

}  // namespace

LabelledTextFile read_labelled_texts(const std::string& path, const LabelledTextFormat& format,
                                     const Context& context) {
  LabelledTextFile file;
  ImportReport report;
  std::unique_ptr<TableStream> table = open_if_table(path, report);
  const bool is_table = table != nullptr;
  RecordReader reader(std::move(table), path, report, context);
  LabelReader labels(format, file);
  std::uint64_t records = 0;
  if (is_table) {
    read_table(reader, format, table_hints(), labels, file);
  } else {
    std::vector<std::string> first = reader.peek(10);
    std::erase_if(first, is_blank);
    const bool named = !format.text_column.empty() || !format.label_column.empty();
    if (named || (!first.empty() && is_header(first[0], format.labels))) {
      read_table(reader, format, {}, labels, file);
    } else {
      const bool tabs = first.empty() || first[0].find('\t') != std::string::npos;
      if (format.labels) {
        read_lines(reader, tabs, labels);
        records = file.texts.size() + file.empty_texts;
      } else {
        records = read_texts(reader, tabs, format, labels, file);
      }
      file.blank_lines = report.lines - records;
    }
  }
  if (!report.rejections.reasons().empty()) {
    const Rejections::Reason& wrong = report.rejections.reasons()[0];
    fail(ErrorCode::kBadData, "{}: {}{}; correct or remove the line", wrong.positions[0], wrong.text,
         wrong.values[0].empty() ? "" : fmt::format(" ('{}')", wrong.values[0]));
  }
  labels.finish();
  file.notes.insert(file.notes.end(), report.notes.begin(), report.notes.end());
  if (file.blank_lines + file.empty_texts > 0) {
    file.notes.push_back(fmt::format("{}: left out {} blank lines and {} labels without a text",
                                     reader.path(), format_count(file.blank_lines),
                                     format_count(file.empty_texts)));
  }
  if (file.texts.size() == 0) fail(ErrorCode::kBadData, "{}: there are no texts", reader.path());
  return file;
}

LabelledTexts select_texts(const LabelledTexts& texts, std::span<const idx_t> rows) {
  LabelledTexts part;
  part.classes = texts.classes;
  for (const idx_t row : rows) {
    part.texts.push_back(texts.texts[row]);
    if (texts.has_classes()) {
      part.labels.push_back(texts.labels[row]);
    } else {
      part.numbers.push_back(texts.numbers[row]);
    }
  }
  return part;
}

LabelledTexts with_classes(LabelledTexts texts, std::span<const std::string> classes, std::string_view path) {
  if (texts.has_classes() == classes.empty()) {
    fail(ErrorCode::kBadData, "{}: its labels are {}, and the model's {}", path,
         classes.empty() ? "classes" : "numbers", classes.empty() ? "numbers" : "classes");
  }
  if (classes.empty()) return texts;
  IdMap known;
  for (const std::string& name : classes) known.add(name);
  std::vector<idx_t> index(texts.classes.size());
  for (idx_t c = 0; c < index.size(); ++c) {
    const auto found = known.find(texts.classes.id(c));
    if (!found) {
      fail(ErrorCode::kBadData, "{}: the label '{}' is none of those learned: {}", path, texts.classes.id(c),
           fmt::join(classes.first(std::min<std::size_t>(classes.size(), 10)), ", "));
    }
    index[c] = *found;
  }
  for (idx_t& label : texts.labels) label = index[label];
  texts.classes = std::move(known);
  return texts;
}

std::vector<int> stratified_folds(const LabelledTexts& texts, int folds, std::uint64_t seed) {
  if (folds < 2) fail(ErrorCode::kUsage, "folds: {}: there must be at least 2", folds);
  if (texts.size() < static_cast<std::size_t>(folds))
    fail(ErrorCode::kBadData, "{} texts are too few for {} folds", texts.size(), folds);
  std::vector<int> fold(texts.size());
  int next = 0;
  for (const idx_t row : shuffled_by_class(texts, seed)) {
    fold[row] = next;
    next = next + 1 == folds ? 0 : next + 1;
  }
  return fold;
}

std::pair<std::vector<idx_t>, std::vector<idx_t>> rows_of_fold(std::span<const int> folds, int fold) {
  std::pair<std::vector<idx_t>, std::vector<idx_t>> parts;
  for (idx_t row = 0; row < folds.size(); ++row)
    (folds[row] == fold ? parts.second : parts.first).push_back(row);
  return parts;
}

std::pair<std::vector<idx_t>, std::vector<idx_t>> random_share(const LabelledTexts& texts, double share,
                                                               std::uint64_t seed) {
  if (!(share > 0 && share < 1))
    fail(ErrorCode::kUsage, "a share of {}: it must be above 0 and below 1", share);
  std::pair<std::vector<idx_t>, std::vector<idx_t>> parts;
  double due = 0.5;
  for (const idx_t row : shuffled_by_class(texts, seed)) {
    due += share;
    const bool chosen = due >= 1;
    if (chosen) due -= 1;
    (chosen ? parts.second : parts.first).push_back(row);
  }
  std::ranges::sort(parts.first);
  std::ranges::sort(parts.second);
  return parts;
}

}  // namespace akin
