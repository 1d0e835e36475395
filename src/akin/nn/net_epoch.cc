// An epoch of training.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/nn/batch_stream.h"
#include "akin/nn/net.h"
#include "akin/nn/part_gradient.h"
#include "akin/nn/samples.h"

namespace akin::nn {
namespace {

constexpr std::uint64_t kShuffleStream = 0x5348554646;  // apart from the streams of dropout, numbered by step
constexpr std::uint64_t kPartStream = 0x5041525453;     // of each part of a minibatch
constexpr int kMostParts = 1024;

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

void Net::set_gradient_parts(int parts) {
  const auto refuse = [&](std::string_view why) {
    fail(ErrorCode::kUsage, "net {}: {}; leave gradient_parts at 1", spec_.name(), why);
  };
  if (parts < 1 || parts > kMostParts)
    fail(ErrorCode::kUsage, "net {}: gradient_parts is {}; it must be from 1 to {}", spec_.name(), parts,
         kMostParts);
  const CompileOptions& options = need_compiled();
  if (parts > 1) {
    if (options.optimizer.lbfgs) refuse("lbfgs takes all samples at once");
    if (options.optimizer.lazy) refuse("lazy steps are for whole minibatches");
    if (compares_candidates(options.loss))
      refuse(fmt::format("loss {} is a mean by the weights of the whole minibatch", to_string(options.loss)));
    if (options_.engine.device != "cpu" || options_.engine.dtype != "float")
      refuse("minibatches are cut for floats on the cpu only");
  }
  parts_ = parts;
}

BatchResult Net::train_in_parts(const Batch& batch, const Context& context) {
  const auto samples = static_cast<std::size_t>(batch.targets.samples());
  const std::size_t parts = std::min(samples, static_cast<std::size_t>(parts_));
  const bool at_once = engine_->takes_parts_at_once();
  if (at_once) engine_->set_threads(1);
  const auto compute = [&](std::size_t part) {
    const Share share = equal_share(samples, static_cast<int>(part), static_cast<int>(parts));
    return engine_->part_gradient(
        slice(batch, static_cast<std::int64_t>(share.begin), static_cast<std::int64_t>(share.end)),
        static_cast<double>(share.size()) / static_cast<double>(samples),
        Rng::mix(context.seed + kPartStream * (part + 1)), steps_);
  };
  const PartGradient sum = sum_of_parts(context.ranks(), parts, compute, at_once ? threads_ : 1);
  if (std::isfinite(sum.result.loss)) engine_->step_down(sum, steps_);
  return sum.result;
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
    const BatchResult result =
        parts_ == 1 ? engine_->train(*batch, context.seed, steps_) : train_in_parts(*batch, context);
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
