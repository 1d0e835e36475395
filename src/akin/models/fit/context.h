// What a fit gets from its caller besides its data.
#pragma once

#include "akin/base/context.h"
#include "akin/models/model.h"

namespace akin {

class FitObserver;   // models/fit/observer.h
struct FitStart;     // models/fit/start.h
struct WordVectors;  // text/word_weighting.h

/// A Context, and what only fits look at.
struct FitContext : Context {
  FitObserver* observer = nullptr;     ///< watches a fit in epochs; not owned, of one fit at a time
  const FitStart* start = nullptr;     ///< where a fit in epochs begins; not owned, none = random vectors
  const WordVectors* words = nullptr;  ///< of models that encode texts by them; not owned
  FitLog* log = nullptr;               ///< written by a fit in epochs; not owned
};

}  // namespace akin
