// How a fit went, pass by pass.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "akin/eval/metric.h"
#include "akin/models/fit/context.h"

namespace akin {

/// After one pass.
struct CurvePoint {
  int pass = 0;                                             ///< from 1
  double loss = std::numeric_limits<double>::quiet_NaN();   ///< NaN = the model did not say
  double value = std::numeric_limits<double>::quiet_NaN();  ///< of the metric watched, NaN = not evaluated
  double low = std::numeric_limits<double>::quiet_NaN();    ///< interval of value, NaN = none
  double high = std::numeric_limits<double>::quiet_NaN();
  double seconds = 0;  ///< since the fit began, evaluations and earlier runs of the fit included
  bool evaluated() const { return value == value; }
};

using LearningCurve = std::vector<CurvePoint>;

/// The losses of a fit that nobody watched.
LearningCurve loss_curve(const FitLog& log);

/// The evaluated point with the best value, of equals the first; nullptr if none is evaluated.
const CurvePoint* best_point(const LearningCurve& curve, Better better);
/// Evaluations after the best one, or all if there is no best.
int evaluations_since_best(const LearningCurve& curve, Better better);

/// A JSON array of arrays [pass, loss, value, low, high, seconds], null for NaN; and back. Throws
/// Error(kBadData) with `where` if it is anything else, or if passes do not ascend.
std::string curve_text(const LearningCurve& curve);
LearningCurve parse_curve(const std::string& text, std::string_view where);

}  // namespace akin
