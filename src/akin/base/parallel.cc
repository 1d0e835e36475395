#include "akin/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/threads.h"

namespace akin {

int resolve_threads(int requested) {
  if (requested < 0 || requested > kMostThreads) {
    fail(ErrorCode::kUsage, "{} threads: the number must be from 0, which means all processors, to {}",
         requested, kMostThreads);
  }
  if (requested > 0) return requested;
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMostThreads);
}

void parallel_for(std::size_t n, int threads, const std::function<void(std::size_t, std::size_t, int)>& body,
                  std::size_t grain) {
  if (n == 0) return;
  const std::size_t workers = std::min<std::size_t>(n, static_cast<std::size_t>(resolve_threads(threads)));
  if (grain == 0) grain = std::max<std::size_t>(1, n / (8 * workers));
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr first_error;
  std::mutex error_mutex;
  const auto work = [&](int worker) {
    try {
      while (!failed.load(std::memory_order_relaxed)) {
        const std::size_t begin = next.fetch_add(grain, std::memory_order_relaxed);
        if (begin >= n) return;
        body(begin, std::min(n, begin + grain), worker);
      }
    } catch (...) {
      const std::scoped_lock lock(error_mutex);
      if (!first_error) first_error = std::current_exception();
      failed = true;
    }
  };
  {
    std::vector<std::jthread> pool;
    try {
      for (std::size_t w = 1; w < workers; ++w)
        pool.push_back(start_thread([&work, w] { work(static_cast<int>(w)); }));
    } catch (...) {
      failed = true;  // those that run stop soon
      throw;
    }
    work(0);
  }
  if (first_error) std::rethrow_exception(first_error);
}

}  // namespace akin
