#include "akin/image/item_pictures.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/files.h"
#include "akin/base/text.h"
#include "akin/data/attribute_type.h"
#include "akin/data/readers/column_names.h"
#include "akin/data/readers/record_reader.h"
#include "akin/data/readers/text_decode.h"

namespace akin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kExamples = 3;
constexpr char kSeparator = '|', kInArchive = '#';

/// Paths by item, in the order found.
class Found {
 public:
  explicit Found(const Dataset& data) : data_(data), paths_(data.n_items()) {}
  /// The item of this id, if there is one.
  std::optional<idx_t> item(std::string_view id) const {
    return id.empty() ? std::nullopt : data_.items.find(id);
  }
  void add(std::optional<idx_t> item, std::string path, std::string_view shown) {
    if (!item) {
      if (++matches_.others <= kExamples) matches_.examples.emplace_back(shown);
      return;
    }
    if (path.find(kSeparator) != std::string::npos)
      fail(ErrorCode::kBadData, "{}: the path of a picture must not hold '{}'", path, kSeparator);
    paths_[*item].push_back(std::move(path));
  }
  PictureMatches store(Dataset& data) {
    StringColumn& column = data.item_attributes.column(kPictureAttribute);
    column.resize(data.n_items());
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      if (!paths_[i].empty()) ++matches_.items;
      matches_.pictures += paths_[i].size();
      column.set(i, fmt::format("{}", fmt::join(paths_[i], std::string(1, kSeparator))));
    }
    data.item_attributes.set_type(kPictureAttribute, {AttributeType::Kind::kPicture});
    return std::move(matches_);
  }

 private:
  const Dataset& data_;
  std::vector<std::vector<std::string>> paths_;
  PictureMatches matches_;
};

void find_files(const std::string& source, Found& found, const Context& context) {
  const PictureFiles files = PictureFiles::open(source, context);
  const bool folder = fs::is_directory(source);
  for (std::size_t f = 0; f < files.size(); ++f) {
    const std::string& name = files.name(f);
    std::optional<idx_t> item = found.item(picture_stem(name));
    if (!item) item = found.item(numbered_stem(name));
    if (!item) item = found.item(picture_folder(name));
    found.add(item, folder ? (fs::path(source) / name).string() : source + kInArchive + name, name);
  }
}

/// Whether a column of paths is called so.
bool is_header(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames = {"path",    "file",  "filename",    "filepath",
                                                      "picture", "photo", "picturepath", "imagefile"};
  return attribute_role(name) == kPictureAttribute ||
         std::ranges::find(kNames, normalized_name(name)) != kNames.end();
}

void find_in_table(const std::string& source, Found& found, const Context& context) {
  ImportReport report;
  RecordReader reader(source, {.delimiter = ",", .quotes = true}, report, context);
  const std::vector<std::string> first = reader.peek(1);
  for (const Dialect& dialect : {Dialect{";", true}, Dialect{"\t"}, Dialect{",", true}}) {
    if (!first.empty() && split_line(first[0], dialect).size() == 2) reader.set_dialect(dialect);
  }
  const fs::path folder = fs::path(source).parent_path();
  while (reader.next()) {
    const auto fields = reader.fields();
    if (fields.size() != 2 || without_blanks(fields[0]).empty() || without_blanks(fields[1]).empty())
      fail(ErrorCode::kBadData, "{}: expected the id of an item and the path of a picture",
           reader.position());
    const std::string_view id = without_blanks(fields[0]), path = without_blanks(fields[1]);
    if (reader.line() == 1 && is_header(path)) continue;
    found.add(found.item(id), (folder / path).string(), id);
  }
  if (!report.rejections.reasons().empty()) {
    const Rejections::Reason& reason = report.rejections.reasons().front();
    fail(ErrorCode::kBadData, "{}: {}", reason.positions.front(), reason.text);
  }
}

}  // namespace

PictureMatches attach_pictures(Dataset& data, const std::string& source, const Context& context) {
  Found found(data);
  const bool table = !fs::is_directory(source) &&
                     std::ranges::any_of(std::array<std::string_view, 3>{".csv", ".tsv", ".txt"},
                                         [&](std::string_view end) { return source.ends_with(end); });
  if (table) {
    find_in_table(source, found, context);
  } else {
    find_files(source, found, context);
  }
  PictureMatches matches = found.store(data);
  if (matches.items == 0) {
    fail(ErrorCode::kBadData,
         "{}: none of its {} pictures belongs to an item of the data; the first is {}, and the first item {}",
         source, matches.others, matches.examples.empty() ? "none" : matches.examples[0],
         data.n_items() == 0 ? "none" : data.items.id(0));
  }
  return matches;
}

const PictureReader::Archive& PictureReader::archive(const std::string& path) const {
  const std::scoped_lock lock(mutex_);
  const auto known = archives_.find(path);
  if (known != archives_.end()) return known->second;
  Context quiet = context_;  // who attached the pictures has heard what the archive holds besides
  quiet.on_remark = {};
  Archive opened{PictureFiles::open(path, quiet), {}};
  for (std::size_t i = 0; i < opened.files.size(); ++i) opened.by_name.emplace(opened.files.name(i), i);
  return archives_.emplace(path, std::move(opened)).first->second;
}

Picture PictureReader::read(std::string_view path, const DecodeOptions& options) const {
  const std::string whole(path);
  std::vector<std::uint8_t> bytes;
  std::size_t inside = path.find(kInArchive);
  const auto more = [&] { return path.find(kInArchive, inside + 1) != std::string_view::npos; };
  while (inside != std::string_view::npos && more() && !fs::is_regular_file(whole.substr(0, inside)))
    inside = path.find(kInArchive, inside + 1);
  if (inside != std::string_view::npos && !file_exists(whole)) {
    const Archive& in = archive(whole.substr(0, inside));
    const auto found = in.by_name.find(path.substr(inside + 1));
    if (found == in.by_name.end()) fail(ErrorCode::kIo, "{}: the archive has no such picture", path);
    bytes = in.files.read(found->second);
  } else {
    bytes = PictureFiles::of_paths({whole}).read(0);
  }
  try {
    return decode_picture(bytes, options);
  } catch (const Error& error) {
    fail(error.code(), "{}: {}", path, error.what());
  }
}

void BrokenPictures::add(std::string_view what) {
  const std::scoped_lock lock(mutex_);
  ++count_;
  // The same ones at any number of threads.
  examples_.emplace_back(what);
  std::ranges::sort(examples_);
  if (examples_.size() > kExamples) examples_.resize(kExamples);
}

std::string BrokenPictures::remark() const {
  if (count_ == 0) return "";
  return fmt::format("{} picture{} cannot be read and {} left out: {}{}", count_, count_ == 1 ? "" : "s",
                     count_ == 1 ? "is" : "are", fmt::join(examples_, "; "),
                     count_ > examples_.size() ? "; ..." : "");
}

}  // namespace akin
