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
  /// Of several ranks, each needs the vectors of a part of the users only: in what an observer sees
  /// (FitState::Tensor::numbers), and in the model, which can then be saved (TensorWriter::divide()) and not be asked.
  /// Of models with Traits::divides_users.
  bool own_users = false;
  /// Bytes of other ranks' users' vectors that a rank has at a time for its items; an item's users must fit memory.
  std::size_t fetch_bytes = std::size_t{256} << 20;
};

}  // namespace akin
