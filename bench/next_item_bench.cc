// Time of one recommendation after a history, by the clock and of the processor (on a busy machine the clock says more of
// the others): next_item_bench BUNDLE [HISTORY_LENGTH]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/serve/service.h"

namespace {

/// Of this thread, in milliseconds.
double processor_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

void print(const char* what, std::vector<double>& milliseconds) {
  std::ranges::sort(milliseconds);
  fmt::print("; {} median {:.3f} ms, 99 % below {:.3f} ms", what, milliseconds[milliseconds.size() / 2],
             milliseconds[milliseconds.size() * 99 / 100]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print("usage: next_item_bench BUNDLE [HISTORY_LENGTH]\n");
    return 1;
  }
  const std::size_t length = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 5;
  try {
    const akin::Service service(akin::load_bundle(argv[1]));
    const akin::Dataset& data = service.bundle().dataset;
    akin::Rng rng(1);
    std::vector<double> milliseconds, processor;
    for (int query = 0; query < 2000; ++query) {
      // Consecutive events of the training data, so that popular items come up as often as they do there.
      const std::size_t begin = rng.below(data.events.size() - std::min(length, data.events.size() - 1));
      akin::RecommendRequest request{.k = 20, .include_seen = true};
      for (std::size_t e = begin; e < std::min(begin + length, data.events.size()); ++e)
        request.history.emplace_back(data.items.id(data.events[e].item));
      const double processor_start = processor_time();
      const auto start = std::chrono::steady_clock::now();
      const akin::Recommendations answer = service.recommend(request);
      const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
      processor.push_back(processor_time() - processor_start);
      if (answer.items.empty()) return 1;
      milliseconds.push_back(time.count());
    }
    fmt::print("{} queries of {} events", milliseconds.size(), length);
    print("clock", milliseconds);
    print("processor", processor);
    fmt::print("\n");
  } catch (const akin::Error& error) {
    fmt::print("{}\n", error.what());
    return 1;
  }
  return 0;
}
