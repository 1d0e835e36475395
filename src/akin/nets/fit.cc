#include "akin/nets/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "akin/base/best_score.h"
#include "akin/base/checked_math.h"
#include "akin/base/error.h"
#include "akin/base/files.h"
#include "akin/base/json_text.h"
#include "akin/base/safetensors.h"
#include "akin/models/fit/epochs.h"
#include "akin/nn/sample_source.h"
#include "akin/nn/samples.h"

namespace akin::nets {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

void check_options(const FitOptions& options) {
  if (options.epochs < 0) fail(ErrorCode::kUsage, "epochs must be at least 0");
  if (options.batch_size < 1) fail(ErrorCode::kUsage, "batch_size must be at least 1");
  if (!(options.validation_split >= 0 && options.validation_split < 1))
    fail(ErrorCode::kUsage, "validation_split must be at least 0 and below 1");
  if (!std::isfinite(options.min_delta)) fail(ErrorCode::kUsage, "min_delta must be a finite number");
  if (options.resume && (options.checkpoint.empty() || options.identity.empty()))
    fail(ErrorCode::kUsage, "resume needs a checkpoint, and an identity to know it by");
  if ((options.validation_split > 0) + (options.validation != nullptr) +
          (options.validation_source != nullptr) >
      1)
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

  ~SampleMonitor() override {
    if (!options_.identity.empty()) net_.attach({});
  }
  SampleMonitor(const SampleMonitor&) = delete;
  SampleMonitor& operator=(const SampleMonitor&) = delete;

  /// The scores of the epoch that comes next in after_epoch().
  void take(nn::Scores scores) { scores_ = std::move(scores); }
  History history() && { return std::move(history_); }

  int begin(FitState& /*state*/, int epochs) override {
    planned_ = epochs;
    if (!options_.identity.empty()) net_.attach([this](TensorWriter& writer) { write(writer); });
    const int first = options_.resume ? resume() : 0;
    start_ = Clock::now();
    return best_.out_of_patience(options_.patience) ? planned_ : first;
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
    const bool go_on = !options_.on_epoch || options_.on_epoch(epoch);
    if (options_.patience > 0 && best_.add(score_of(epoch, monitor_))) {
      history_.best_epoch = epoch.epoch;
      best_score_ = score_of(epoch, monitor_);
      best_weights_ = net_.weights();
    }
    if (!options_.checkpoint.empty()) net_.save(checkpoint_path(options_.checkpoint, epoch.epoch));
    history_.stopped_early = done < planned_ && best_.out_of_patience(options_.patience);
    start_ = Clock::now();
    return go_on && !history_.stopped_early;
  }

  void end(FitState& /*state*/) override {
    if (!best_weights_.empty()) net_.set_weights(best_weights_);
  }

 private:
  /// What a checkpoint holds beside the net.
  void write(TensorWriter& writer) const {
    writer.meta("fit.identity", json(options_.identity).dump(-1, ' ', false, json::error_handler_t::replace));
    writer.meta("fit.best_epoch", fmt::format("{}", history_.best_epoch));
    writer.meta("fit.best_score", fmt::format("{}", best_score_));
    writer.meta("fit.since", fmt::format("{}", best_.since()));
    nn::write_arrays(writer, "best/", best_weights_);
  }

  /// Makes the net that of the checkpoint; returns the number of its epochs.
  int resume() {
    const std::string& path = options_.checkpoint;
    if (!file_exists(path)) {
      context_.remark(fmt::format("{}: no checkpoint yet, starting from the beginning", path));
      return 0;
    }
    const TensorReader reader(path);
    reader.expect_kind("net");
    check_identity(reader);
    nn::Net stored = nn::load_net(path);
    if (nn::spec_json(stored.spec()) != nn::spec_json(net_.spec()) || stored.epochs() == 0)
      reader.inconsistent("it is a checkpoint of another net");
    const auto epochs = static_cast<std::uint64_t>(planned_);
    if (stored.epochs() > epochs) reader.inconsistent("it has more epochs than the fit");
    history_.best_epoch = static_cast<std::uint64_t>(
        reader.meta_int("fit.best_epoch", 0, static_cast<std::int64_t>(stored.epochs())));
    const std::int64_t since = reader.meta_int("fit.since", 0, planned_);
    if (history_.best_epoch != 0) {
      const auto score = parse_all<double>(reader.meta("fit.best_score"));
      if (!score || !best_.add(*score)) reader.inconsistent("its best score is no number");
      best_score_ = *score;
      best_weights_ = nn::read_weights(reader, "best/", net_.spec(), "float");
    }
    for (std::int64_t epoch = 0; epoch < since; ++epoch) best_.add(std::numeric_limits<double>::quiet_NaN());
    const auto steps =
        static_cast<std::uint64_t>(reader.meta_int("net.steps", 0, std::numeric_limits<std::int64_t>::max()));
    net_.set_state(stored.state(), stored.epochs(), steps / stored.epochs());
    context_.remark(fmt::format("{}: resumed after epoch {}", path, stored.epochs()));
    return static_cast<int>(stored.epochs());
  }

  void check_identity(const TensorReader& reader) const {
    if (!reader.has_meta("fit.identity"))
      fail(ErrorCode::kBadData, "{}: is a net, but no checkpoint that a fit continues from", reader.path());
    const std::string where = reader.path() + ": its identity";
    const auto stored = json_texts(parse_json(reader.meta("fit.identity"), where), where);
    const auto compare = [&](const std::string& name) {
      const auto there = stored.find(name), here = options_.identity.find(name);
      const std::string was = there == stored.end() ? "absent" : there->second;
      const std::string is = here == options_.identity.end() ? "absent" : here->second;
      if (was == is) return;
      fail(ErrorCode::kBadData,
           "{}: is a checkpoint of another fit: it has {} = {}, not {}; use the same, or another file",
           reader.path(), name, was, is);
    };
    for (const auto& [name, value] : options_.identity) compare(name);
    for (const auto& [name, value] : stored) compare(name);
  }

  nn::Net& net_;
  const nn::SampleSource* validation_;
  const FitOptions& options_;
  const Context& context_;
  std::string monitor_;
  BestScore best_;
  double best_score_ = 0;
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
    if (options.rate) net.set_learning_rate(options.rate(net.epochs()));
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
  if (options.validation_source != nullptr)
    return fit(net, samples, options.validation_source, options, context);
  const std::int64_t total = samples.size();
  const std::int64_t kept = nn::training_samples(total, options.validation_split);
  if (kept == 0) fail(ErrorCode::kUsage, "validation_split {} leaves no samples", options.validation_split);
  if (kept == total) return fit(net, samples, nullptr, options, context);
  nn::SourcePart train(samples, 0, kept);
  const nn::SourcePart validation(samples, kept, total - kept);
  return fit(net, train, &validation, options, context);
}

}  // namespace akin::nets
