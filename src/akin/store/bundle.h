// A trained model's file: model, parameters, split, ids, history. All that recommend, similar, evaluate and
// export need.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "akin/catalog/registry.h"
#include "akin/data/dataset.h"
#include "akin/data/split.h"

namespace akin {

/// What a bundle file holds.
struct Bundle {
  const ModelEntry* entry = nullptr;
  ParamValues params;  ///< all parameters, defaults included
  std::uint64_t seed = 42;
  double fit_seconds = 0;
  SplitSpec split;
  Dataset shop;             ///< ids, attributes, candidates, and the training events only; no reviews
  std::vector<Event> test;  ///< the held-out events, sorted by (user, time)
  std::unique_ptr<Model> model;

  TrainingData training_data() const { return {shop, shop.events}; }
};

/// Splits `data` and returns the bundle that fit_bundle() completes: all but the model. `data` is moved into it.
Bundle prepare_bundle(Dataset data, const SplitSpec& split, const ModelEntry& entry, const ParamValues& params,
                      std::uint64_t seed);
/// Fits the model to the bundle's training events. `context.seed` must be the bundle's.
void fit_bundle(Bundle& bundle, const Context& context);
/// Both.
Bundle train_bundle(Dataset data, const SplitSpec& split, const ModelEntry& entry, const ParamValues& params,
                    const Context& context);

/// Throws Error(kIo).
void save_bundle(const Bundle& bundle, const std::string& path);
/// Throws Error(kBadData) if the file is not a whole bundle, Error(kNotFound) if its model is unknown to this
/// akin.
Bundle load_bundle(const std::string& path);

}  // namespace akin
