// Runs a target on files, by default all of its corpus, with any compiler: fuzz_replay TARGET [FILE...], or
// fuzz_replay --list.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "harness.h"

namespace {

constexpr unsigned kSeconds = 20;            // a file takes milliseconds
constexpr rlim_t kMemory = rlim_t{1} << 30;  // small files must not need much

std::vector<std::string> corpus_files(const akin::fuzz::Target& target) {
  std::vector<std::string> files;
  for (const std::string& folder : akin::fuzz::corpus(target)) {
    if (!std::filesystem::is_directory(folder)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

std::string raw_content(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    fmt::print(stderr, "{}: cannot be read\n", path);
    std::exit(2);
  }
  std::string content(std::filesystem::file_size(path), '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file));
  std::fclose(file);
  return content;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string name = count > 1 ? arguments[1] : "";
  if (name == "--list") {
    akin::fuzz::print_targets();
    return 0;
  }
  const akin::fuzz::Target& target = akin::fuzz::find_target(name);
  std::vector<std::string> files(arguments + 2, arguments + count);
  if (files.empty()) files = corpus_files(target);
  if (files.empty()) {
    fmt::print(stderr, "{}: no files in {}\n", target.name, akin::fuzz::corpus(target)[0]);
    return 2;
  }
// The sanitizers map terabytes of addresses for themselves. GCC names them, for clang the build does.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(AKIN_SANITIZED)
  const rlimit limit{kMemory, kMemory};
  ::setrlimit(RLIMIT_AS, &limit);
#endif
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  for (const std::string& file : files) {
    fmt::print("{} {}\n", target.name, file);
    std::fflush(stdout);
    ::alarm(kSeconds);
    akin::fuzz::run(target, raw_content(file));
  }
  ::alarm(0);
  fmt::print("{}: {} files\n", target.name, files.size());
  return 0;
}
