#include "akin/cli/path_check.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "akin/base/atomic_file.h"
#include "akin/base/error.h"
#include "akin/base/safetensors.h"

namespace akin::cli {
namespace {

namespace fs = std::filesystem;
using Kind = PathUse::Kind;

constexpr std::string_view kNumber = "{}";  // in patterns

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

bool is_folder(const std::string& path) {
  const auto status = status_of(path);
  return status && S_ISDIR(status->st_mode);
}

/// Where a link leads that has no target yet; the path itself if it is none.
std::string followed(const std::string& path) {
  try {
    return resolve_output(path).path;
  } catch (const Error&) {  // a folder, or a loop: who opens it says so
    return path;
  }
}

/// The absolute name without links, "." and "..", also of what is not there yet.
fs::path full_name(const std::string& path) {
  std::error_code error;
  fs::path name = fs::weakly_canonical(fs::absolute(followed(path), error), error);
  if (error) name = fs::absolute(path, error).lexically_normal();
  return name.has_filename() ? name : name.parent_path();  // "folder/"
}

bool same_place(const std::string& a, const std::string& b) {
  const auto first = status_of(a), second = status_of(b);
  if (first && second && first->st_dev == second->st_dev && first->st_ino == second->st_ino)
    return !S_ISCHR(first->st_mode);
  return !first && !second && full_name(a) == full_name(b);
}

/// Whether the path is below the folder, or the folder itself.
bool is_within(const std::string& path, const std::string& folder) {
  const fs::path name = full_name(path), outer = full_name(folder);
  return std::mismatch(outer.begin(), outer.end(), name.begin(), name.end()).first == outer.end();
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool matches(std::string_view name, std::string_view pattern) {
  const std::size_t at = pattern.find(kNumber);
  const std::string_view begin = pattern.substr(0, at), end = pattern.substr(at + kNumber.size());
  return name.size() > begin.size() + end.size() && name.starts_with(begin) && name.ends_with(end) &&
         all_digits(name.substr(begin.size(), name.size() - begin.size() - end.size()));
}

/// Whether one of the files of the pattern is this file, by its name or through a link.
bool pattern_meets(const std::string& pattern, const std::string& path) {
  if (pattern.find(kNumber) == std::string::npos) return same_place(pattern, path);
  std::error_code error;
  const fs::path whole = fs::absolute(pattern, error).lexically_normal();
  if (matches(full_name(path).string(), full_name(pattern).string()) ||
      matches(fs::absolute(path, error).lexically_normal().string(), whole.string()))
    return true;
  fs::directory_iterator entries(whole.parent_path(), error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    if (matches(entries->path().filename().string(), whole.filename().string()) &&
        same_place(entries->path().string(), path))
      return true;
  }
  return false;
}

/// Whether `written` would replace something in a folder that is read. A file that akin made there before
/// is no part of raw data.
bool replaces_in(const std::string& folder, const std::string& written) {
  return is_folder(folder) && status_of(written) && !is_folder(written) && is_within(written, folder) &&
         file_kind(written).empty();
}

bool meets(const PathUse& written, const PathUse& other) {
  const bool other_is_folder = other.kind == Kind::kWriteFolder;
  if (written.kind == Kind::kWriteFolder) {
    return same_place(written.path, other.path) || is_within(other.path, written.path) ||
           (other_is_folder && is_within(written.path, other.path));
  }
  if (other_is_folder) return meets(other, written);
  if (written.kind == Kind::kWritePattern) return pattern_meets(written.path, other.path);
  if (other.kind == Kind::kWritePattern) return pattern_meets(other.path, written.path);
  return same_place(written.path, other.path);
}

[[noreturn]] void fail_clash(const PathUse& written, const PathUse& other) {
  if (other.kind == Kind::kRead) {
    fail(ErrorCode::kUsage, "{} would write {}, which {} reads; name another file to write", written.flag,
         written.path, other.flag);
  }
  if (written.flag == other.flag)
    fail(ErrorCode::kUsage, "{} writes {} and {}, which are one file; name another", written.flag,
         written.path, other.path);
  fail(ErrorCode::kUsage, "{} and {} would both write {}; name another file for one of them", written.flag,
       other.flag, other.path);
}

void check_pair(const PathUse& written, const PathUse& other) {
  const bool one_flag = written.flag == other.flag;
  // A flag may read what it writes, such as a checkpoint, and writes files in its own folder.
  if (one_flag && (other.kind == Kind::kRead || written.kind == Kind::kWriteFolder ||
                   other.kind == Kind::kWriteFolder || (written.in_place && other.in_place)))
    return;
  const bool clash =
      meets(written, other) || (other.kind == Kind::kRead && replaces_in(other.path, written.path));
  if (clash && !(other.may_be_replaced && other.may_be_replaced())) fail_clash(written, other);
}

/// The files beside a device would be made among the devices.
void check_beside(const PathUse& use) {
  if (use.beside.empty()) return;
  const auto status = status_of(use.beside);
  if (!status || S_ISREG(status->st_mode) || S_ISDIR(status->st_mode)) return;
  fail(ErrorCode::kUsage, "{}: {} would be written too, beside {}, which is no regular file; name one",
       use.flag, use.path, use.beside);
}

}  // namespace

void check_paths(const std::vector<PathUse>& uses) {
  std::ranges::for_each(uses, check_beside);
  for (std::size_t a = 0; a < uses.size(); ++a) {
    if (uses[a].kind == Kind::kRead || uses[a].path == "-") continue;
    for (std::size_t b = 0; b < uses.size(); ++b) {
      const bool again = b == a || (b < a && uses[b].kind != Kind::kRead);  // each pair of outputs once
      if (!again && uses[b].path != "-") check_pair(uses[a], uses[b]);
    }
  }
  const auto inside_own_folder = [&](const PathUse& use) {
    return std::ranges::any_of(uses, [&](const PathUse& other) {
      return other.kind == Kind::kWriteFolder && other.flag == use.flag && is_within(use.path, other.path);
    });
  };
  for (const PathUse& use : uses) {
    if (use.kind == Kind::kWrite && !inside_own_folder(use)) check_writable(use.path);
    if (use.kind == Kind::kWritePattern) {
      std::string first = use.path;
      if (const std::size_t at = first.find(kNumber); at != std::string::npos)
        first.replace(at, kNumber.size(), "1");
      check_writable(first);
    }
  }
}

}  // namespace akin::cli
