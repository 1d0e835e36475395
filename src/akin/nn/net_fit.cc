// The training loop: epochs, batches, validation, early stopping, checkpoints.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "akin/base/best_score.h"
#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/nn/batch_stream.h"
#include "akin/nn/net.h"
#include "akin/nn/net_threads.h"
#include "akin/nn/samples.h"

namespace akin::nn {
namespace {

constexpr std::uint64_t kShuffleStream = 0x5348554646;  // apart from the streams of dropout, numbered by step

void check_options(const FitOptions& options) {
  if (options.epochs < 0) fail(ErrorCode::kUsage, "epochs must be at least 0");
  if (options.batch_size < 1) fail(ErrorCode::kUsage, "batch_size must be at least 1");
  if (!(options.validation_split >= 0 && options.validation_split < 1))
    fail(ErrorCode::kUsage, "validation_split must be at least 0 and below 1");
  if (!std::isfinite(options.min_delta)) fail(ErrorCode::kUsage, "min_delta must be a finite number");
  if (options.validation_split > 0 && options.validation != nullptr)
    fail(ErrorCode::kUsage, "give validation samples or validation_split, not both");
}

/// Throws Error(kUsage) naming the scores there are.
double score_of(const EpochResult& epoch, const std::string& monitor) {
  const auto found = epoch.scores.find(monitor);
  if (found != epoch.scores.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, score] : epoch.scores) names.push_back(name);
  fail(ErrorCode::kUsage, "cannot watch '{}'{}; there are {}", monitor, did_you_mean(monitor, names),
       fmt::join(names, ", "));
}

std::string checkpoint_path(const std::string& pattern, std::uint64_t epoch) {
  std::string path = pattern;
  if (const std::size_t at = path.find("{}"); at != std::string::npos)
    path.replace(at, 2, fmt::format("{}", epoch));
  return path;
}

bool all_finite(const Array& array) {
  return array.is_ids() ||
         std::ranges::all_of(array.floats(), [](float value) { return std::isfinite(value); });
}

}  // namespace

std::vector<double> History::of(const std::string& name) const {
  std::vector<double> values;
  for (const EpochResult& epoch : epochs) values.push_back(epoch.scores.at(name));
  return values;
}

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
  ++epochs_;
  return scores_of(sums, static_cast<double>(total));
}

History Net::fit(const Batch& samples, const FitOptions& options, const Context& context) {
  check_options(options);
  need_trainable();
  check_batch(samples);
  BatchSource source(samples);
  return fit(source, options, context);
}

History Net::fit(SampleSource& samples, const FitOptions& options, const Context& context) {
  check_options(options);
  if (options.validation != nullptr) {
    check_batch(*options.validation);
    const BatchSource validation(*options.validation);
    return fit(samples, &validation, options, context);
  }
  const std::int64_t total = samples.size();
  const std::int64_t kept = training_samples(total, options.validation_split);
  if (kept == 0) fail(ErrorCode::kUsage, "validation_split {} leaves no samples", options.validation_split);
  if (kept == total) return fit(samples, nullptr, options, context);
  SourcePart train(samples, 0, kept);
  const SourcePart validation(samples, kept, total - kept);
  return fit(train, &validation, options, context);
}

History Net::fit(SampleSource& samples, const SampleSource* validation, const FitOptions& options,
                 const Context& context) {
  need_trainable();
  const bool whole = need_compiled().optimizer.lbfgs;
  engine_->set_threads(threads_for(spec_, whole ? samples.size() : options.batch_size, context.threads));
  const std::string monitor = !options.monitor.empty() ? options.monitor
                              : validation != nullptr  ? "val_loss"
                                                       : "loss";
  BestScore best(monitor.find("accuracy") != std::string::npos, options.min_delta);
  std::vector<NamedArray> best_weights;
  History history;
  const std::uint64_t last = epochs_ + static_cast<std::uint64_t>(options.epochs);
  while (epochs_ < last) {
    const auto start = std::chrono::steady_clock::now();
    EpochResult epoch;
    epoch.scores = train_epoch(samples, options.batch_size, options.shuffle, last, context);
    epoch.epoch = epochs_;
    if (validation != nullptr) {
      for (const auto& [name, score] :
           evaluate(*validation, std::max<std::int64_t>(options.batch_size, 256), context))
        epoch.scores["val_" + name] = score;
    }
    epoch.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    history.epochs.push_back(epoch);
    if (!options.checkpoint.empty()) save(checkpoint_path(options.checkpoint, epochs_));
    const bool go_on = !options.on_epoch || options.on_epoch(epoch);
    if (options.patience > 0 && best.add(score_of(epoch, monitor))) {
      history.best_epoch = epochs_;
      best_weights = engine_->weights();
    }
    history.stopped_early = epochs_ < last && best.out_of_patience(options.patience);
    if (!go_on || history.stopped_early) break;
  }
  memory_ = {};
  if (!best_weights.empty()) engine_->set_weights(best_weights);
  return history;
}

}  // namespace akin::nn
