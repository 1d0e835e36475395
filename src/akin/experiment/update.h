// Going on from a trained model with more events.
#pragma once

#include <cstdint>
#include <optional>

#include "akin/base/param.h"
#include "akin/data/dataset.h"
#include "akin/store/bundle.h"

namespace akin {

struct UpdateOptions {
  /// Over all events; 0 = fold in new users and items only; absent: a fifth of the model's, at least 1. Only
  /// for models that continue training (Traits::warm_start).
  std::optional<int> epochs = {};
  ParamValues params = {};                 ///< other values than the bundle's
  std::optional<std::uint64_t> seed = {};  ///< absent: the bundle's
};

struct UpdateResult {
  Bundle bundle;
  MergeCounts counts;
  /// Epochs that went on from what the model had learned; absent: it was trained from scratch.
  std::optional<int> epochs = {};
  FitLog log;
  /// All events are known already, and no item is new to a model or an encoder that looks at content: there was nothing
  /// to do, and `bundle` is empty.
  bool nothing_new = false;
};

/// Merges `more` into the bundle's data (see merge.h): its held-out, validation and history events stay what
/// they are, all new events are trained on. A model that can continues from what it has learned, new items
/// and then users with new events folded in; others are trained from scratch on all events. `context.seed` is
/// not used.
///
/// Encoders beside the model stay as they are and give all items vectors from their new content; those that read
/// reviews, which a bundle does not hold, only the new items.
///
/// Throws Error(kUsage) for a model that learned from reviews, for `epochs` of a model that does not go
/// on and for wrong parameters, Error(kCancelled).
UpdateResult update(Bundle bundle, const Dataset& more, const UpdateOptions& options = {},
                    const Context& context = {});

}  // namespace akin
