// Which model, with which parameters; and fitting it.
#pragma once

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>

#include "akin/catalog/registry.h"

namespace akin {

/// A struct of a model's parameters as fields, such as AlsConfig (configs.h): it names its model and gives
/// its fields as text.
template <typename C>
concept ModelConfig = requires(const C& config) {
  { C::kModel } -> std::convertible_to<std::string_view>;
  { config.values() } -> std::same_as<ParamValues>;
};

/// A model by name, and values for those of its parameters that are not to keep their defaults.
struct ModelSpec {
  const ModelEntry* entry;  ///< never null
  ParamValues params;       ///< checked by the constructors

  /// Throws Error(kNotFound) for an unknown model, Error(kUsage) for a parameter that it does not have or a
  /// value out of range, each with the nearest names.
  ModelSpec(const ModelEntry& model, ParamValues values = {}) : entry(&model), params(std::move(values)) {
    static_cast<void>(all_params());
  }
  ModelSpec(std::string_view model, ParamValues values = {})
      : ModelSpec(find_model(model), std::move(values)) {}
  ModelSpec(const char* model, ParamValues values = {})
      : ModelSpec(std::string_view(model), std::move(values)) {}
  /// From a typed configuration: ModelSpec spec = AlsConfig{.factors = 32};
  template <ModelConfig C>
  ModelSpec(const C& config) : ModelSpec(std::string_view(C::kModel), config.values()) {}
  /// From the configuration of a model class M: ModelSpec::of<Als>({.factors = 32}).
  template <typename M>
  static ModelSpec of(typename M::Config config = {}) {
    return ModelSpec(M::kName, get_params(config.params()));
  }

  std::string_view name() const { return entry->name; }
  const Traits& traits() const { return entry->traits; }
  /// All parameters, defaults included.
  ParamValues all_params() const { return entry->complete(params); }
};

/// A model, and what its fit found out.
struct Fitted {
  std::unique_ptr<Model> model;
  double seconds = 0;
  FitLog log = {};
};
/// Fits the model to the events. Throws what ModelEntry::fit() throws.
Fitted fit_model(const ModelSpec& spec, const TrainingData& data, const FitContext& context);

}  // namespace akin
