// Small files for tests of readers.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "akin/data/readers/readers.h"

namespace akin {

/// A folder of its own, removed at the end.
class TestFolder {
 public:
  TestFolder() {
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() /
            fmt::format("akin-{}-{}-{}", test->test_suite_name(), test->name(), ::getpid());
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  /// Writes a file and returns its path.
  std::string add(const std::string& name, std::string_view content) const {
    const std::string file = (path_ / name).string();
    std::ofstream(file, std::ios::binary) << content;  // thousands of files: no flush to the disk
    return file;
  }
  std::string path(const std::string& name = "") const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Result of an import with its report.
struct Imported {
  Dataset data;
  ImportReport report;

  std::uint64_t rejected(std::string_view reason) const {
    for (const auto& entry : report.rejections.reasons()) {
      if (entry.text == reason) return entry.count;
    }
    return 0;
  }
  std::string first_position(std::string_view reason) const {
    for (const auto& entry : report.rejections.reasons()) {
      if (entry.text == reason) return std::filesystem::path(entry.positions.at(0)).filename().string();
    }
    return "";
  }
  bool has_note(std::string_view part) const {
    for (const std::string& note : report.notes) {
      if (note.find(part) != std::string::npos) return true;
    }
    return false;
  }
  const ColumnReport* column(std::string_view name) const {
    const auto found = std::ranges::find(report.columns, name, &ColumnReport::column);
    return found == report.columns.end() ? nullptr : &*found;
  }
  /// What a column was used as, "" = not at all, "?" = there is none.
  std::string used_as(std::string_view name) const {
    return column(name) == nullptr ? "?" : column(name)->used_as;
  }
  /// The doubts about a column, one after another.
  std::string doubts(std::string_view name) const {
    return column(name) == nullptr ? "?" : fmt::format("{}", fmt::join(column(name)->doubts, "; "));
  }
  /// "user item value time" of each event, time in seconds, in the data set's order; "-" = no time.
  std::vector<std::string> events() const {
    std::vector<std::string> result;
    for (const Event& event : data.events) {
      result.push_back(fmt::format(
          "{} {} {} {}", data.users.id(event.user), data.items.id(event.item), event.value,
          event.time == kNoTime ? "-" : fmt::format("{}", static_cast<double>(event.time) / kSecond)));
    }
    return result;
  }
  std::string item(std::string_view id, std::string_view attribute) const {
    return std::string(data.item_attributes.get(attribute, data.items.at(id, "item")));
  }
  std::string user(std::string_view id, std::string_view attribute) const {
    return std::string(data.user_attributes.get(attribute, data.users.at(id, "user")));
  }
};

inline Imported import_files(std::string_view format, std::vector<std::string> files,
                             std::map<std::string, std::string> options = {}) {
  Imported result;
  ImportRequest request{std::move(files), std::move(options)};
  request.accept_rejected = true;
  result.data = import_dataset(format, request, {}, result.report, {});
  return result;
}

/// A folder of the research data, or "" where it is absent.
inline std::string real_data(const std::string& name) {
  const char* const root = std::getenv("AKIN_DATA");
  const std::string path = root != nullptr ? fmt::format("{}/{}", root, name)
                                           : fmt::format("{}/../shared/data/{}", AKIN_SOURCE_DIR, name);
  return std::filesystem::exists(path) ? path : "";
}

}  // namespace akin
