// One configuration that was tried, and how it did.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/param.h"
#include "akin/eval/metric.h"
#include "akin/experiment/learning_curve.h"

namespace akin {

/// The outcome of a trial, so far.
struct Trial {
  int number = 0;
  int budget = 0;           ///< passes it was allowed, 0 = all planned
  ParamValues params = {};  ///< those searched or fixed; the others have their defaults
  double value = std::numeric_limits<double>::quiet_NaN();  ///< of the metric on the validation events
  double low = std::numeric_limits<double>::quiet_NaN();    ///< interval of value, NaN = none
  double high = std::numeric_limits<double>::quiet_NaN();
  int best_pass = 0;  ///< the pass that gave value, 0 = the model is not fitted in passes
  int passes = 0;     ///< done
  double seconds = 0;
  LearningCurve curve = {};  ///< a point per pass, empty if the model is not fitted in passes
  std::string failure = {};  ///< why there is no value, such as divergence
  bool failed() const { return !failure.empty(); }
};

/// Whether `a` stands before `b`: better value, then lower number; failed trials last.
bool ranks_before(const Trial& a, const Trial& b, Better better);

/// One line of JSON without a newline, and back. Throws Error(kBadData) with `where` if it is no trial.
std::string trial_text(const Trial& trial);
Trial parse_trial(const std::string& text, const std::string& where);

}  // namespace akin
