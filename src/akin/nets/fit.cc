#include "akin/nets/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "akin/base/best_score.h"
#include "akin/base/error.h"
#include "akin/models/fit/epochs.h"
#include "akin/nn/sample_source.h"
#include "akin/nn/samples.h"

namespace akin::nets {
namespace {

using Clock = std::chrono::steady_clock;

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

std::string monitor_of(const FitOptions& options, bool validates) {
  if (!options.monitor.empty()) return options.monitor;
  return validates ? "val_loss" : "loss";
}

/// Scores a net on samples after each epoch, saves it, and keeps its best weights. It has the net itself, so no state of
/// the fit is handed to it.
class SampleMonitor final : public FitObserver {
 public:
  SampleMonitor(nn::Net& net, const nn::SampleSource* validation, const FitOptions& options,
                const Context& context)
      : net_(net),
        validation_(validation),
        options_(options),
        context_(context),
        monitor_(monitor_of(options, validation != nullptr)),
        best_(monitor_.find("accuracy") != std::string::npos, options.min_delta) {}

  /// The scores of the epoch that comes next in after_epoch().
  void take(nn::Scores scores) { scores_ = std::move(scores); }
  History history() && { return std::move(history_); }

  int begin(FitState& /*state*/, int epochs) override {
    planned_ = epochs;
    start_ = Clock::now();
    return 0;
  }

  bool after_epoch(int done, double /*loss*/, const FitState& /*state*/,
                   const Snapshot& /*snapshot*/) override {
    EpochResult epoch{net_.epochs(), std::move(scores_)};
    if (validation_ != nullptr) {
      const std::int64_t batch_size = std::max<std::int64_t>(options_.batch_size, 256);
      for (const auto& [name, score] : net_.evaluate(*validation_, batch_size, context_))
        epoch.scores["val_" + name] = score;
    }
    epoch.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    history_.epochs.push_back(epoch);
    if (!options_.checkpoint.empty()) net_.save(checkpoint_path(options_.checkpoint, epoch.epoch));
    const bool go_on = !options_.on_epoch || options_.on_epoch(epoch);
    if (options_.patience > 0 && best_.add(score_of(epoch, monitor_))) {
      history_.best_epoch = epoch.epoch;
      best_weights_ = net_.weights();
    }
    history_.stopped_early = done < planned_ && best_.out_of_patience(options_.patience);
    start_ = Clock::now();
    return go_on && !history_.stopped_early;
  }

  void end(FitState& /*state*/) override {
    if (!best_weights_.empty()) net_.set_weights(best_weights_);
  }

 private:
  nn::Net& net_;
  const nn::SampleSource* validation_;
  const FitOptions& options_;
  const Context& context_;
  std::string monitor_;
  BestScore best_;
  int planned_ = 0;
  Clock::time_point start_;
  nn::Scores scores_;
  std::vector<nn::NamedArray> best_weights_;
  History history_;
};

History fit(nn::Net& net, nn::SampleSource& samples, const nn::SampleSource* validation,
            const FitOptions& options, const Context& context) {
  const bool whole = net.compiled() && net.compiled()->optimizer.lbfgs;
  net.set_threads(context.threads, whole ? samples.size() : options.batch_size);
  const std::uint64_t last = net.epochs() + static_cast<std::uint64_t>(options.epochs);
  SampleMonitor monitor(net, validation, options, context);
  const auto run = [&](int /*epoch*/) {
    const nn::Scores scores = net.train_epoch(samples, options.batch_size, options.shuffle, last, context);
    monitor.take(scores);
    return scores.at("loss");
  };
  run_epochs({.total = options.epochs, .run = run, .snapshot = {}}, {}, FitContext{context, &monitor});
  return std::move(monitor).history();
}

}  // namespace

std::vector<double> History::of(const std::string& name) const {
  std::vector<double> values;
  for (const EpochResult& epoch : epochs) values.push_back(epoch.scores.at(name));
  return values;
}

History fit(nn::Net& net, const nn::Batch& samples, const FitOptions& options, const Context& context) {
  check_options(options);
  net.check_batch(samples);
  nn::BatchSource source(samples);
  return fit(net, source, options, context);
}

History fit(nn::Net& net, nn::SampleSource& samples, const FitOptions& options, const Context& context) {
  check_options(options);
  if (options.validation != nullptr) {
    net.check_batch(*options.validation);
    const nn::BatchSource validation(*options.validation);
    return fit(net, samples, &validation, options, context);
  }
  const std::int64_t total = samples.size();
  const std::int64_t kept = nn::training_samples(total, options.validation_split);
  if (kept == 0) fail(ErrorCode::kUsage, "validation_split {} leaves no samples", options.validation_split);
  if (kept == total) return fit(net, samples, nullptr, options, context);
  nn::SourcePart train(samples, 0, kept);
  const nn::SourcePart validation(samples, kept, total - kept);
  return fit(net, train, &validation, options, context);
}

}  // namespace akin::nets
