// Early stopping, learning curves, checkpoints and resuming, for every iterative model.
#pragma once

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "akin/experiment/fit_checkpoint.h"
#include "akin/experiment/fit_history.h"
#include "akin/experiment/watched_metric.h"
#include "akin/models/fit/observer.h"

namespace akin {

/// The fit that is watched. `params` are all parameters, defaults included.
struct FitSubject {
  std::string model;
  Traits traits;
  ParamValues params;
  TrainingData data;  ///< known when the model is asked for validation events: training and history events
  bool each_event = false;        ///< EvaluateOptions::each_event
  std::string item_vectors = {};  ///< hash of those that the fit begins with; "" = random ones
};

/// Watches one fit. Afterwards the model is that of the best evaluated epoch, or of the last epoch if nothing
/// was evaluated. A fit that was killed and is resumed gives the same bits as one that was not.
///
/// A cancelled fit (Ctrl-C) leaves a checkpoint of its last whole epoch; a killed one loses the epochs since
/// the last one written. Cost: an evaluation per `every` epochs; memory for a copy of the best state, and
/// with checkpoints one of the last.
class FitMonitor : public FitObserver {
 public:
  /// `validation` is sorted by user, must outlive the monitor and not be part of what is trained on. The
  /// evaluation uses the context's threads and stop. Throws Error(kUsage) for an unknown metric and for one
  /// that is evaluated every 0 epochs, Error(kBadData) if there is nothing to evaluate it on.
  FitMonitor(FitSubject subject, std::span<const Event> validation, MonitorOptions options,
             const Context& context);

  /// Throws Error(kBadData) if the checkpoint to resume from is damaged or of another fit.
  int begin(FitState& state, int epochs) override;
  bool after_epoch(int done, double loss, const FitState& state, const Snapshot& snapshot) override;
  void end(FitState& state) override;
  void cancelled() override;

  FitHistory history() const;
  const LearningCurve& curve() const { return curve_; }
  /// nullptr if nothing was evaluated.
  const CurvePoint* best() const { return best_point(curve_, metric_.better()); }
  int epochs() const { return done_; }
  int resumed_at() const { return resumed_at_; }
  bool out_of_patience() const;
  const std::string& metric() const { return metric_.name(); }

 private:
  std::map<std::string, std::string> identify() const;
  bool checkpoint_exists() const;
  void write_checkpoint();
  bool ends_at(int done) const;

  FitSubject subject_;
  std::span<const Event> validation_;
  MonitorOptions options_;
  Context context_;
  WatchedMetric metric_;
  std::map<std::string, std::string> identity_;  // only with a checkpoint
  int planned_ = 0;
  int done_ = 0;
  int resumed_at_ = 0;
  int saved_ = 0;  // the epoch in the checkpoint file
  double seconds_before_ = 0;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point saved_at_;
  LearningCurve curve_;
  StateCopy last_;  // only with a checkpoint
  StateCopy best_;
};

/// A hash of who did what with which value, kind and time: the same events, the same number.
std::uint64_t fingerprint(std::span<const Event> events, const Communicator& ranks = alone());

}  // namespace akin
