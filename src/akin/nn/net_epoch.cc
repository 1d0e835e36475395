// An epoch of training.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/nn/batch_stream.h"
#include "akin/nn/net.h"
#include "akin/nn/samples.h"

namespace akin::nn {
namespace {

constexpr std::uint64_t kShuffleStream = 0x5348554646;  // apart from the streams of dropout, numbered by step

bool all_finite(const Array& array) {
  return array.is_ids() ||
         std::ranges::all_of(array.floats(), [](float value) { return std::isfinite(value); });
}

}  // namespace

void Net::fail_not_finite(const Batch& batch, std::int64_t number, double loss) const {
  const std::string where =
      fmt::format("net {}: the loss is {} in batch {} of epoch {}", spec_.name(), loss, number, epochs_ + 1);
  for (std::size_t i = 0; i < batch.inputs.size(); ++i) {
    if (!all_finite(batch.inputs[i]))
      fail(ErrorCode::kBadData, "{}: its input {} holds values that are not finite numbers; clean the data",
           where, spec_.layers()[spec_.inputs()[i]].name);
  }
  fail(ErrorCode::kBadData,
       "{}: lower learning_rate (now {}), set clip_norm, or bring inputs and targets to a scale of about 1; "
       "the weights are those before this batch",
       where, compiled_->optimizer.learning_rate);
}

Scores Net::train_epoch(SampleSource& samples, std::int64_t batch_size, bool shuffle, std::uint64_t last,
                        const Context& context) {
  need_trainable();
  const std::int64_t total = samples.size();
  const bool whole = need_compiled().optimizer.lbfgs;
  BatchStream::Options options{.batch_size = whole ? total : batch_size, .memory = &memory_};
  if (!samples.checked()) options.check = [this](const Batch& batch) { check_batch(batch); };
  if (shuffle && !whole) options.shuffle_seed = Rng(Rng::mix(context.seed + kShuffleStream), epochs_).next();
  samples.start_epoch(epochs_);
  BatchStream stream(samples, std::move(options));
  const std::string phase = fmt::format("epoch {}/{}", epochs_ + 1, last);
  BatchResult sums;
  sums.metrics.resize(compiled_->metrics.size());
  std::int64_t done = 0, number = 0;
  while (const Batch* const batch = stream.next()) {
    context.check_stop();
    const std::int64_t count = batch->targets.samples();
    const BatchResult result = engine_->train(*batch, context.seed, steps_);
    if (!std::isfinite(result.loss)) fail_not_finite(*batch, number + 1, result.loss);
    ++number;
    ++steps_;
    done += count;
    add_weighted(sums, result, static_cast<double>(count));
    context.report({phase, static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(total), "samples",
                    sums.loss / static_cast<double>(done)});
  }
  engine_->finish_epoch();
  if (++epochs_ >= last) memory_ = {};
  return scores_of(sums, static_cast<double>(total));
}

}  // namespace akin::nn
