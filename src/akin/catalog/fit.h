// Fitting a model of the catalog.
#pragma once

#include <memory>

#include "akin/catalog/registry.h"
#include "akin/models/fit/context.h"

namespace akin {

/// A model, and what its fit found out.
struct Fitted {
  std::unique_ptr<Model> model;
  double seconds = 0;
  FitLog log = {};
};
/// Fits the model to the events. Throws what ModelEntry::fit() throws.
Fitted fit_model(const ModelSpec& spec, const TrainingData& data, const FitContext& context);

}  // namespace akin
