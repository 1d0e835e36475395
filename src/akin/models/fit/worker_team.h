// Threads that stay.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace akin {

/// Like parallel_for(), for loops so short that starting threads for each would cost as much as the work, or
/// would leave them no time to be given a processor of their own. Between loops the threads sleep. To be used
/// by one thread, which takes part.
class WorkerTeam {
 public:
  /// `threads` as for parallel_for(): 0 = all processors.
  explicit WorkerTeam(int threads);
  ~WorkerTeam();
  WorkerTeam(const WorkerTeam&) = delete;
  WorkerTeam& operator=(const WorkerTeam&) = delete;

  using Body = std::function<void(std::size_t begin, std::size_t end)>;
  /// Calls body for disjoint ranges of up to `grain` elements that cover [0, n), handed out in order. Results
  /// must not depend on who gets a range. The first exception of a body is rethrown here after all have
  /// stopped; ranges not begun by then are left out.
  void run(std::size_t n, std::size_t grain, const Body& body);

  int size() const { return static_cast<int>(threads_.size()) + 1; }

 private:
  void serve();
  void work();
  void end();

  const Body* body_ = nullptr;
  std::size_t n_ = 0;
  std::size_t grain_ = 1;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::uint32_t> loop_{0};  // number of the loop under way or last done
  std::atomic<int> busy_{0};            // threads that have not ended it, without the caller
  std::atomic<bool> failed_{false};
  bool over_ = false;
  int spins_ = 0;
  std::exception_ptr error_;
  std::mutex error_mutex_;
  std::vector<std::jthread> threads_;
};

}  // namespace akin
