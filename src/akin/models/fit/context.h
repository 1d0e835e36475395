// What a fit gets from its caller besides its data.
#pragma once

#include <vector>

#include "akin/base/context.h"

namespace akin {

class FitObserver;  // models/fit/observer.h
struct FitStart;    // models/fit/start.h

/// What a fit found out on its way. A fit that does not go in passes leaves it as it is.
struct FitLog {
  /// After each pass that this fit made (those before a resumption are not among them); NaN = not known.
  std::vector<double> losses = {};
  int passes() const { return static_cast<int>(losses.size()); }
};

/// A Context, and what only fits look at.
struct FitContext : Context {
  FitObserver* observer = nullptr;  ///< watches a fit in passes; not owned, of one fit at a time
  const FitStart* start = nullptr;  ///< where a fit in passes begins; not owned, none = random vectors
  FitLog* log = nullptr;            ///< written by a fit in passes; not owned
};

}  // namespace akin
