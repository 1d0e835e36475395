// Early stopping, learning curves, checkpoints and resuming, for every iterative model.
#pragma once

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "akin/experiment/fit_checkpoint.h"
#include "akin/experiment/learning_curve.h"
#include "akin/experiment/watched_metric.h"
#include "akin/models/fit/observer.h"

namespace akin {

/// The fit that is watched. `params` are all parameters, defaults included.
struct FitSubject {
  std::string model;
  Traits traits;
  ParamValues params;
  TrainingData data;  ///< known when the model is asked for validation events: training and history events
  bool each_event = false;  ///< EvaluateOptions::each_event
};

struct MonitorOptions {
  /// Watched on the validation events (WatchedMetric); empty = nothing is evaluated.
  std::string metric = {};
  int every = 1;                ///< passes from one evaluation to the next; the last pass is always evaluated
  int patience = 0;             ///< evaluations without a better one that end the fit; 0 = never
  int stop_after = 0;           ///< passes that end the fit, whatever was planned; 0 = all planned
  std::string checkpoint = {};  ///< file to keep the state in; empty = none
  double checkpoint_seconds = 30;  ///< written at most so often, and when the fit ends; 0 = after every pass
  bool resume = false;             ///< go on from that file, if it exists
};

/// Whether a fit with these options needs a monitor at all.
bool needs_monitor(const MonitorOptions& options);

/// How a watched fit went.
struct FitHistory {
  LearningCurve curve;  ///< a point per pass, those before a resumption included
  std::string metric;   ///< of the curve's values; "" = nothing was evaluated
  Better better = Better::kHigher;
  int passes = 0;                ///< behind the fit when it ended
  int resumed_at = 0;            ///< passes a checkpoint had behind it, 0 = started anew
  bool out_of_patience = false;  ///< it ended because nothing got better
  /// The pass whose model was kept; nullptr if nothing was evaluated.
  const CurvePoint* best() const { return best_point(curve, better); }
};

/// Watches one fit. Afterwards the model is that of the best evaluated pass, or of the last pass if nothing
/// was evaluated. A fit that was killed and is resumed gives the same bits as one that was not.
///
/// A cancelled fit (Ctrl-C) leaves a checkpoint of its last whole pass; a killed one loses the passes since
/// the last one written. Cost: an evaluation per `every` passes; memory for a copy of the best state, and
/// with checkpoints one of the last.
class FitMonitor : public FitObserver {
 public:
  /// `validation` is sorted by user, must outlive the monitor and be no part of what is trained on. The
  /// evaluation uses the context's threads and stop. Throws Error(kUsage) for an unknown metric,
  /// Error(kBadData) if there is one and nothing to evaluate on.
  FitMonitor(FitSubject subject, std::span<const Event> validation, MonitorOptions options,
             const Context& context);

  /// Throws Error(kBadData) if the checkpoint to resume from is damaged or of another fit.
  int begin(FitState& state, int passes) override;
  bool after_pass(int done, double loss, const FitState& state, const Snapshot& snapshot) override;
  void end(FitState& state) override;
  void cancelled() override;

  FitHistory history() const;
  const LearningCurve& curve() const { return curve_; }
  /// nullptr if nothing was evaluated.
  const CurvePoint* best() const { return best_point(curve_, metric_.better()); }
  int passes() const { return done_; }
  int resumed_at() const { return resumed_at_; }
  bool out_of_patience() const;
  const std::string& metric() const { return metric_.name(); }

 private:
  std::map<std::string, std::string> identify() const;
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
  int saved_ = 0;  // the pass in the checkpoint file
  double seconds_before_ = 0;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point saved_at_;
  LearningCurve curve_;
  StateCopy last_;  // only with a checkpoint
  StateCopy best_;
};

/// A hash of who did what with which value, kind and time: the same events, the same number.
std::uint64_t fingerprint(std::span<const Event> events);

}  // namespace akin
