// Where a net's samples come from, batch by batch.
#pragma once

#include <cstdint>
#include <span>

#include "akin/nn/array.h"

namespace akin::nn {

/// Samples by number, made or read when a batch needs them: only the batches under way are in memory.
class SampleSource {
 public:
  virtual ~SampleSource() = default;
  virtual std::int64_t size() const = 0;
  /// Comes before the first read() of each epoch, from 0: a source may give other samples in each, such as other
  /// negatives. No read() is under way.
  virtual void start_epoch(std::uint64_t /*epoch*/) {}
  /// Puts the samples listed into `batch`, in that order; its memory may be used again. Called from a thread of the
  /// loop's own, one call at a time. What a sample is depends on its number and the epoch alone.
  virtual void read(std::span<const std::int64_t> samples, Batch& batch) const = 0;
};

/// Samples that are in memory anyhow: `size` of `samples` from number `first` on. `samples` must outlive it.
class BatchSource final : public SampleSource {
 public:
  BatchSource(const Batch& samples, std::int64_t first, std::int64_t size)
      : samples_(samples), first_(first), size_(size) {}
  std::int64_t size() const override { return size_; }
  void read(std::span<const std::int64_t> samples, Batch& batch) const override;

 private:
  const Batch& samples_;
  std::int64_t first_, size_;
};

}  // namespace akin::nn
