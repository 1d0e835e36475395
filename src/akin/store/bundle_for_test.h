// A bundle in one call, for tests.
#pragma once

#include "akin/store/make_bundle.h"

namespace akin {

/// Splits the data, fits the model to the training side and returns the bundle.
inline Bundle train_bundle(Dataset data, const SplitSpec& split, const ModelSpec& spec,
                           const FitContext& context = {}) {
  SplitDataset parts = split_dataset(std::move(data), split);
  Fitted fitted = fit_model(spec, parts.training_data(), context);
  return make_bundle(std::move(parts), spec, context.seed, std::move(fitted));
}

}  // namespace akin
