#include "akin/models/fit/worker_team.h"

#include <algorithm>
#include <utility>

#include "akin/base/parallel.h"
#include "akin/base/threads.h"

namespace akin {
namespace {

/// Looks so often before it sleeps: about a tenth of a millisecond. Waking up may cost more
/// on a busy machine.
constexpr int kSpins = 100000;

/// Until `value` is another than `old`.
template <typename T>
void wait_for_change(const std::atomic<T>& value, T old, int spins) {
  for (int spin = 0; spin < spins; ++spin) {
    if (value.load(std::memory_order_acquire) != old) return;
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

WorkerTeam::WorkerTeam(int threads) {
  const int size = resolve_threads(threads);
  // More threads than processors only keep each other waiting.
  spins_ = size <= resolve_threads(0) ? kSpins : 0;
  try {
    for (int t = 1; t < size; ++t) threads_.push_back(start_thread([this] { serve(); }));
  } catch (...) {
    end();
    throw;
  }
}

WorkerTeam::~WorkerTeam() { end(); }

void WorkerTeam::end() {
  over_ = true;
  loop_.fetch_add(1, std::memory_order_release);
  loop_.notify_all();
}

void WorkerTeam::serve() {
  for (std::uint32_t seen = 0;; ++seen) {
    wait_for_change(loop_, seen, spins_);
    if (over_) return;
    work();
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
  }
}

void WorkerTeam::work() {
  try {
    while (!failed_.load(std::memory_order_relaxed)) {
      const std::size_t begin = next_.fetch_add(grain_, std::memory_order_relaxed);
      if (begin >= n_) return;
      (*body_)(begin, std::min(n_, begin + grain_));
    }
  } catch (...) {
    const std::scoped_lock lock(error_mutex_);
    if (!error_) error_ = std::current_exception();
    failed_ = true;
  }
}

void WorkerTeam::run(std::size_t n, std::size_t grain, const Body& body) {
  body_ = &body;
  n_ = n;
  grain_ = std::max<std::size_t>(1, grain);
  next_ = 0;
  failed_ = false;
  busy_ = static_cast<int>(threads_.size());
  if (!threads_.empty()) {
    loop_.fetch_add(1, std::memory_order_release);
    loop_.notify_all();
  }
  work();
  for (int left = busy_.load(std::memory_order_acquire); left > 0;
       left = busy_.load(std::memory_order_acquire))
    wait_for_change(busy_, left, spins_);
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

}  // namespace akin
