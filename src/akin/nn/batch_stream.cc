#include "akin/nn/batch_stream.h"

#include <algorithm>

#include "akin/base/permutation.h"

namespace akin::nn {

void BatchSource::read(std::span<const std::int64_t> samples, Batch& batch) const {
  batch.inputs.resize(samples_.inputs.size());
  for (std::size_t i = 0; i < samples_.inputs.size(); ++i)
    samples_.inputs[i].select(samples, batch.inputs[i]);
  samples_.targets.select(samples, batch.targets);
}

void SourcePart::read(std::span<const std::int64_t> samples, Batch& batch) const {
  std::vector<std::int64_t> rows(samples.begin(), samples.end());
  for (std::int64_t& row : rows) row += first_;
  source_.read(rows, batch);
}

namespace {

std::vector<Batch>& with_size(std::vector<Batch>& batches, std::size_t size) {
  batches.resize(size);
  return batches;
}

}  // namespace

BatchStream::BatchStream(const SampleSource& source, Options options)
    : source_(source),
      options_(std::move(options)),
      batches_((source.size() + options_.batch_size - 1) / options_.batch_size),
      slots_(with_size(options_.memory != nullptr ? *options_.memory : own_, kAhead + 1)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

BatchStream::~BatchStream() = default;  // the thread is asked to stop and waited for

void BatchStream::run(const std::stop_token& stop) {
  try {
    const auto n = static_cast<std::uint64_t>(source_.size());
    std::optional<Permutation> order;
    if (options_.shuffle_seed) order.emplace(n, *options_.shuffle_seed);
    std::vector<std::int64_t> numbers;
    for (std::int64_t b = 0; b < batches_; ++b) {
      {
        std::unique_lock lock(mutex_);
        // The slot of batch b - kAhead - 1 is free once the one after it has been asked for.
        const auto free = [&] { return b < taken_ + static_cast<std::int64_t>(kAhead); };
        if (!changed_.wait(lock, stop, free)) return;
      }
      const std::uint64_t first =
          static_cast<std::uint64_t>(b) * static_cast<std::uint64_t>(options_.batch_size);
      const std::uint64_t end = std::min(n, first + static_cast<std::uint64_t>(options_.batch_size));
      numbers.clear();
      for (std::uint64_t i = first; i < end; ++i)
        numbers.push_back(static_cast<std::int64_t>(order ? order->at(i) : i));
      Batch& batch = slots_[static_cast<std::size_t>(b) % slots_.size()];
      source_.read(numbers, batch);
      if (options_.check) options_.check(batch);
      const std::lock_guard lock(mutex_);
      ++read_;
      changed_.notify_all();
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    error_ = std::current_exception();
    changed_.notify_all();
  }
}

const Batch* BatchStream::next() {
  std::unique_lock lock(mutex_);
  if (taken_ == batches_) return nullptr;
  ++taken_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return read_ >= taken_ || error_ != nullptr; });
  if (read_ < taken_) std::rethrow_exception(error_);
  return &slots_[static_cast<std::size_t>(taken_ - 1) % slots_.size()];
}

}  // namespace akin::nn
