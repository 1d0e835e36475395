// Fitting a model of the catalog.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

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
///
/// Where the context has several ranks, each works on its share of the users' events: those that `data` holds if it
/// says so (TrainingData::user_bounds), else its part of all of them. Every rank gets the whole model, with the bits
/// that one process gives; only of a model with Traits::divides_users and events that were divided before, each gets the
/// vectors of a part of the users (FitContext::own_users). Throws Error(kUsage) for models without Traits::distributed. Collective.
Fitted fit_model(const ModelSpec& spec, const TrainingData& data, const FitContext& context);

/// Whether fit_model() divides the work of this model with these parameters (ModelEntry::divides).
bool is_divisible(const ModelSpec& spec);

/// Throws Error(kUsage) naming the model if several ranks cannot divide its fit.
void check_divisible(const ModelSpec& spec, const Communicator& ranks);

/// The names of the models with Traits::distributed.
std::vector<std::string_view> distributed_models();

}  // namespace akin
