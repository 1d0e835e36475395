#include "harness.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "akin/base/error.h"
#include "container.h"

namespace akin::fuzz {
namespace {

namespace fs = std::filesystem;

/// Removed at the end of the process; after a crash by who started it (scripts/fuzz.sh sets TMPDIR).
class Folder {
 public:
  Folder() {
    std::error_code error;
    const char* given = std::getenv("TMPDIR");
    const fs::path base = given != nullptr                      ? fs::path(given)
                          : fs::is_directory("/dev/shm", error) ? fs::path("/dev/shm")
                                                                : fs::temp_directory_path();
    std::string pattern = (base / "akin-fuzz-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      fmt::print(stderr, "cannot make {}\n", pattern);
      std::exit(2);
    }
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  void clear() const {
    for (const auto& entry : fs::directory_iterator(path_)) fs::remove_all(entry);
  }

 private:
  std::string path_;
};

const Folder& the_folder() {
  static const Folder kFolder;
  return kFolder;
}

bool is_safe(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= 40 && name[0] != '.' && std::ranges::all_of(name, allowed);
}

}  // namespace

const std::string& folder() { return the_folder().path(); }

std::string path_of(std::string_view name) {
  return fmt::format("{}/{}", folder(), is_safe(name) ? name : "file");
}

std::string put(std::string_view name, std::string_view content) {
  std::string path = path_of(name);
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr || std::fwrite(content.data(), 1, content.size(), file) != content.size() ||
      std::fclose(file) != 0) {
    fmt::print(stderr, "cannot write {}\n", path);
    std::exit(2);
  }
  return path;
}

void broken(std::string_view what) {
  fmt::print(stderr, "FAULT: {}\n", what);
  std::fflush(stderr);
  std::abort();
}

bool attempt(const std::function<void()>& step) {
  try {
    step();
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInternal) broken(fmt::format("internal error: {}", error.what()));
    static const bool kShown = std::getenv("AKIN_FUZZ_ERRORS") != nullptr;
    if (kShown) fmt::print(stderr, "error: {}\n", error.what());
    return false;
  } catch (const std::exception& error) {
    broken(fmt::format("an exception that is no akin::Error: {}", error.what()));
  }
}

void run(const Target& target, std::string_view input) {
  const std::string content = target.container ? sealed(input) : std::string(input);
  attempt([&] { target.run(content); });
  the_folder().clear();
}

Context context() {
  Context context;
  context.threads = 1;
  return context;
}

const Target& find_target(std::string_view name) {
  const auto found = std::ranges::find(targets(), name, &Target::name);
  if (found != targets().end()) return *found;
  fmt::print(stderr, "there is no target '{}'; there are:", name);
  for (const Target& target : targets()) fmt::print(stderr, " {}", target.name);
  fmt::print(stderr, "\n");
  std::exit(2);
}

std::vector<std::string> corpus(const Target& target) {
  std::vector<std::string> folders = {fmt::format("{}/fuzz/corpus/{}", AKIN_SOURCE_DIR, target.name)};
  if (!target.seeds.empty()) folders.push_back(fmt::format("{}/{}", AKIN_SOURCE_DIR, target.seeds));
  return folders;
}

void print_targets() {
  for (const Target& target : targets()) fmt::print("{} {}\n", target.name, fmt::join(corpus(target), " "));
}

Files parse_files(std::string_view input) {
  constexpr std::size_t kMost = 8;
  Files files;
  std::string_view head = input.substr(0, input.find('\x1d'));
  std::string_view rest = input.substr(head.size());
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(line.size() + 1, head.size()));
    if (const std::size_t at = line.find('='); at != std::string_view::npos)
      files.options.emplace_back(line.substr(0, at), line.substr(at + 1));
  }
  while (!rest.empty() && files.paths.size() < kMost) {
    rest.remove_prefix(1);
    const std::string_view part = rest.substr(0, rest.find('\x1d'));
    rest.remove_prefix(part.size());
    const std::string_view name = part.substr(0, part.find('\n'));
    files.paths.push_back(put(name, part.substr(std::min(name.size() + 1, part.size()))));
  }
  return files;
}

}  // namespace akin::fuzz
