// Batches of a pass over samples, read ahead on a thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "akin/nn/sample_source.h"

namespace akin::nn {

/// One pass over a source. While a batch is computed, a thread reads the next ones, at most kAhead; their memory goes
/// round. The batches are the same whenever they are read.
class BatchStream {
 public:
  struct Options {
    std::int64_t batch_size = 32;
    /// The order of the samples; none = ascending.
    std::optional<std::uint64_t> shuffle_seed = {};
    /// Called with each batch on the thread that reads; what it throws comes out of next().
    std::function<void(const Batch&)> check = {};
    /// Memory of batches, used again from one pass to the next; not owned, of one stream at a time. None = its own.
    std::vector<Batch>* memory = nullptr;
  };
  /// `source` must outlive it.
  BatchStream(const SampleSource& source, Options options);
  ~BatchStream();
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  /// The next batch, valid until the next call; nullptr after the last. Throws what reading threw.
  const Batch* next();

  static constexpr std::size_t kAhead = 2;

 private:
  void run(const std::stop_token& stop);

  const SampleSource& source_;
  const Options options_;
  const std::int64_t batches_;
  std::vector<Batch> own_;
  std::vector<Batch>& slots_;  // batch b lies in slot b % size
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::int64_t taken_ = 0;  // batches that next() has given
  std::int64_t read_ = 0;   // batches that lie ready or were given
  std::exception_ptr error_;
  std::jthread thread_;  // last: it uses all others
};

}  // namespace akin::nn
