// How a fit is watched, and how it went, epoch by epoch.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "akin/eval/metric.h"
#include "akin/eval/protocol.h"

namespace akin {

/// After one epoch.
struct CurvePoint {
  int epoch = 0;                                            ///< from 1
  double loss = std::numeric_limits<double>::quiet_NaN();   ///< NaN = the model did not say
  double value = std::numeric_limits<double>::quiet_NaN();  ///< of the metric watched, NaN = not evaluated
  double low = std::numeric_limits<double>::quiet_NaN();    ///< interval of value, NaN = none
  double high = std::numeric_limits<double>::quiet_NaN();
  double seconds = 0;  ///< since the fit began, evaluations and earlier runs of the fit included
  bool evaluated() const { return value == value; }
};

using LearningCurve = std::vector<CurvePoint>;

/// The evaluated point with the best value, of equals the first; nullptr if none is evaluated.
const CurvePoint* best_point(const LearningCurve& curve, Better better);
/// Evaluations after the best one, or all if there is no best.
int evaluations_since_best(const LearningCurve& curve, Better better);

struct MonitorOptions {
  /// Watched on the validation events (WatchedMetric); empty = nothing is evaluated.
  std::string metric = {};
  CandidateSpec candidates = {};  ///< what held-out items are ranked against there
  int every = 1;       ///< epochs from one evaluation to the next; the last epoch is always evaluated
  int patience = 0;    ///< evaluations without a better one that end the fit; 0 = never
  int stop_after = 0;  ///< epochs that end the fit, whatever was planned; 0 = all planned
  std::string checkpoint = {};     ///< file to keep the state in; empty = none
  double checkpoint_seconds = 30;  ///< written at most so often, and when the fit ends; 0 = after every epoch
  bool resume = false;             ///< continue from that file, if it exists
};

/// Whether a fit with these options needs a monitor at all.
bool needs_monitor(const MonitorOptions& options);

/// How a watched fit went.
struct FitHistory {
  LearningCurve curve = {};  ///< a point per epoch, those before a resumption included
  std::string metric = {};   ///< of the curve's values; "" = nothing was evaluated
  Better better = Better::kHigher;
  int epochs = 0;                ///< behind the fit when it ended
  int resumed_at = 0;            ///< epochs a checkpoint had behind it, 0 = started from the beginning
  bool out_of_patience = false;  ///< it ended because nothing got better
  /// The epoch whose model was kept; nullptr if nothing was evaluated.
  const CurvePoint* best() const { return best_point(curve, better); }
};

/// A JSON array of arrays [epoch, loss, value, low, high, seconds], null for NaN; and back. Throws
/// Error(kBadData) with `where` if it is anything else, or if epochs do not ascend.
std::string curve_text(const LearningCurve& curve);
LearningCurve parse_curve(const std::string& text, std::string_view where);

}  // namespace akin
