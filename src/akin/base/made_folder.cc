#include "akin/base/made_folder.h"

#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/text.h"

namespace akin {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTitle = "Files that this program wrote and may replace or delete: ";

/// Whether the name is that of something below the folder, not beside or above it.
bool is_below(const fs::path& name) {
  return !name.empty() && name.is_relative() && std::ranges::none_of(name, [](const fs::path& part) {
    return part == ".." || part == "." || part.empty();
  });
}

/// Whether one of the folders between `folder` and the file is a link: behind it there is another folder.
bool is_behind_link(const fs::path& folder, const fs::path& name) {
  std::error_code ignored;
  fs::path parent = folder;
  return std::ranges::any_of(name.parent_path(), [&](const fs::path& part) {
    parent /= part;
    return fs::is_symlink(fs::symlink_status(parent, ignored));
  });
}

}  // namespace

MadeFolder::MadeFolder(std::string path, std::string maker, std::string advice)
    : path_(std::move(path)), maker_(std::move(maker)), advice_(std::move(advice)) {
  std::error_code error;
  const fs::file_status status = fs::status(path_, error);
  if (fs::exists(status) && !fs::is_directory(status))
    fail(ErrorCode::kUsage, "{}: is a file, not a folder; {}", path_, advice_);
  created_ = fs::create_directories(path_, error);
  if (error) fail(ErrorCode::kIo, "{}: cannot make the folder: {}", path_, error.message());
  if (fs::is_regular_file(fs::symlink_status(path_of(kList), error))) {
    read_list(read_file(path_of(kList)));
    return;
  }
  const bool empty = fs::is_empty(path_, error);
  if (error) fail(ErrorCode::kIo, "{}: cannot read the folder: {}", path_, error.message());
  if (!empty) {
    fail(ErrorCode::kUsage, "{}: holds files that {} did not write ({} does not list them); {}", path_,
         maker_, kList, advice_);
  }
  write_list();
}

MadeFolder::~MadeFolder() {
  std::error_code ignored;
  const fs::directory_iterator entries(path_, ignored);
  // What a process that was killed left half done belongs to the list.
  if (!made_.empty() || std::distance(begin(entries), end(entries)) != 1) return;
  fs::remove(path_of(kList), ignored);
  if (created_) fs::remove(path_, ignored);
}

std::string MadeFolder::path_of(std::string_view name) const { return (fs::path(path_) / name).string(); }

void MadeFolder::read_list(std::string_view text) {
  const std::string title = std::string(kTitle) + maker_ + "\n";
  if (!text.starts_with(title)) fail(ErrorCode::kUsage, "{}: was not made by {}; {}", path_, maker_, advice_);
  for (const std::string_view name : split(text.substr(title.size()), '\n')) {
    if (!is_below(name)) fail(ErrorCode::kBadData, "{}: '{}' is not below the folder", path_of(kList), name);
    made_.emplace(name);
  }
}

void MadeFolder::write_list() const {
  std::string text = std::string(kTitle) + maker_ + "\n";
  for (const std::string& name : made_) text += name + "\n";
  write_file(path_of(kList), text);
}

/// A link in place of a file would lead what is written elsewhere.
void MadeFolder::check_free(const std::string& name) const {
  AKIN_ASSERT(is_below(name) && name.find('\n') == std::string::npos && name != kList);
  std::error_code error;
  fs::path parent = path_;
  for (const fs::path& part : fs::path(name).parent_path()) {
    parent /= part;
    if (const auto status = fs::symlink_status(parent, error);
        fs::exists(status) && !fs::is_directory(status))
      fail(ErrorCode::kUsage, "{}: was not made by {}; {}", parent.string(), maker_, advice_);
  }
  const fs::file_status status = fs::symlink_status(path_of(name), error);
  if (fs::exists(status) && !(fs::is_regular_file(status) && made_.contains(name)))
    fail(ErrorCode::kUsage, "{}: was not made by {}; move it away, or {}", path_of(name), maker_, advice_);
}

void MadeFolder::claim(const std::vector<std::string>& names) {
  const std::scoped_lock lock(mutex_);
  for (const std::string& name : names) check_free(name);
  const std::size_t before = made_.size();
  made_.insert(names.begin(), names.end());
  if (made_.size() > before) write_list();  // first: a kill must not leave files that are in no list
}

std::string MadeFolder::claim(const std::string& name) {
  claim(std::vector<std::string>{name});
  return path_of(name);
}

std::vector<std::string> MadeFolder::made() const {
  const std::scoped_lock lock(mutex_);
  return {made_.begin(), made_.end()};
}

void MadeFolder::remove(const std::vector<std::string>& names) {
  const std::scoped_lock lock(mutex_);
  std::error_code ignored;  // what cannot be deleted stays in the list
  std::set<std::string> folders;
  for (const std::string& name : names) {
    if (!made_.contains(name)) continue;
    const fs::path path = path_of(name), parent = path.parent_path();
    // A folder or a link in place of the file is somebody else's.
    const fs::file_status status = fs::symlink_status(path, ignored);
    const bool foreign = is_behind_link(path_, name) || (fs::exists(status) && !fs::is_regular_file(status));
    if (!foreign) {
      delete_stale_temporaries(path.string(), TemporaryName::Kind::kFile);
      fs::remove(path, ignored);
      if (parent != fs::path(path_)) folders.insert(parent.string());
    }
    if (foreign || !fs::exists(fs::symlink_status(path, ignored))) made_.erase(name);
  }
  for (const std::string& folder : folders) fs::remove(folder, ignored);  // fails where files are left
  write_list();
}

void MadeFolder::remove_all() {
  remove(made());
  std::error_code ignored;
  if (!made_.empty()) return;
  fs::remove(path_of(kList), ignored);
  fs::remove(path_, ignored);
}

}  // namespace akin
