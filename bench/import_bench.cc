// Times one import: import_bench FORMAT FILE... [option=value...]. Prints figures, one "name value" a line.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "akin/data/readers/readers.h"

namespace akin {
namespace {

std::uint64_t bytes_of(const StringColumn& column) {
  std::uint64_t bytes = 16 * column.size();  // a row is begin and size
  for (std::size_t row = 0; row < column.size(); ++row) bytes += column[row].size();
  return bytes;
}

std::uint64_t bytes_of(const AttributeTable& table) {
  std::uint64_t bytes = 0;
  for (const auto& [name, column] : table.all()) bytes += bytes_of(column);
  return bytes;
}

/// What the data set's columns hold, index tables and unused capacity left out.
std::uint64_t bytes_kept(const Dataset& data) {
  std::uint64_t bytes =
      data.events.size() * sizeof(Event) + bytes_of(data.users.ids()) + bytes_of(data.items.ids());
  bytes += bytes_of(data.item_attributes) + bytes_of(data.user_attributes);
  bytes += data.reviews.size() * sizeof(std::uint64_t) + bytes_of(data.reviews.summary) +
           bytes_of(data.reviews.text);
  for (const ItemLinks& links : data.links) bytes += links.pairs.size() * sizeof links.pairs[0];
  return bytes + data.candidates.indices.size() * (sizeof(idx_t) + sizeof(float));
}

double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

/// Processor time of the process: the fair figure where other work shares the cores.
double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

ImportRequest parse_arguments(int argc, char** argv) {
  ImportRequest request;
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) {
      request.files.push_back(argument);
    } else {
      request.options[argument.substr(0, equals)] = argument.substr(equals + 1);
    }
  }
  return request;
}

void run(std::string_view format, const ImportRequest& request) {
  DatasetBuilder builder;
  ImportReport report;
  const double peak_before = peak_megabytes();
  const double cpu_before = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  find_format(format).read(request, builder, report, Context{});
  const double read_seconds = seconds_since(start);
  const double read_cpu = cpu_seconds() - cpu_before;
  const double peak_read = peak_megabytes();
  const auto build_start = std::chrono::steady_clock::now();
  const Dataset data = builder.build("bench", ImportFilters{}, report, Context{});
  const double build_seconds = seconds_since(build_start);

  const double kept = static_cast<double>(bytes_kept(data)) / (1 << 20);
  std::printf("lines %llu\n", static_cast<unsigned long long>(report.lines));
  std::printf("rejected %llu\n", static_cast<unsigned long long>(report.rejections.total()));
  std::printf("events %zu\nusers %zu\nitems %zu\n", data.events.size(), data.n_users(), data.n_items());
  std::printf("read_seconds %.3f\n", read_seconds);
  std::printf("read_cpu_seconds %.3f\n", read_cpu);
  std::printf("read_megabytes_per_second %.1f\n", static_cast<double>(report.bytes) / 1e6 / read_seconds);
  std::printf("read_million_lines_per_second %.3f\n", static_cast<double>(report.lines) / 1e6 / read_seconds);
  std::printf("build_seconds %.3f\n", build_seconds);
  std::printf("kept_mebibytes %.1f\n", kept);
  std::printf("peak_mebibytes_reading %.1f\n", peak_read - peak_before);
  std::printf("peak_mebibytes %.1f\n", peak_megabytes() - peak_before);
  std::printf("peak_over_kept %.2f\n", (peak_megabytes() - peak_before) / kept);
}

}  // namespace
}  // namespace akin

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: import_bench FORMAT FILE... [option=value...]\n");
    return 2;
  }
  try {
    akin::run(argv[1], akin::parse_arguments(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "import_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
