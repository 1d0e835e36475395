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
  /// Whether all samples suit the net for certain; else each batch is checked.
  virtual bool checked() const { return false; }
};

/// Samples that are in memory anyhow, and were checked there. `samples` must outlive it.
class BatchSource final : public SampleSource {
 public:
  explicit BatchSource(const Batch& samples) : samples_(samples) {}
  std::int64_t size() const override { return samples_.targets.samples(); }
  bool checked() const override { return true; }
  void read(std::span<const std::int64_t> samples, Batch& batch) const override;

 private:
  const Batch& samples_;
};

/// `size` samples of another source, from number `first` on, which must outlive it.
class SourcePart final : public SampleSource {
 public:
  SourcePart(SampleSource& source, std::int64_t first, std::int64_t size)
      : source_(source), first_(first), size_(size) {}
  std::int64_t size() const override { return size_; }
  bool checked() const override { return source_.checked(); }
  void start_epoch(std::uint64_t epoch) override { source_.start_epoch(epoch); }
  void read(std::span<const std::int64_t> samples, Batch& batch) const override;

 private:
  SampleSource& source_;
  std::int64_t first_, size_;
};

}  // namespace akin::nn
