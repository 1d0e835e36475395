// THE list of models, and models with parameters.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/models/model.h"

namespace akin {

struct FitContext;  // models/fit/context.h

/// A model class with its type erased. The command line, documentation,
/// bundles and contract tests iterate these.
struct ModelEntry {
  std::string_view name;
  std::string_view summary;
  Traits traits;
  /// Names, help, ranges and default values. (A Param's value pointer is not valid here; read `text`.)
  struct ParamInfo {
    Param param;
    std::string default_value;
    std::string_view type;  ///< "int", "float", "bool", "string"
  };
  std::vector<ParamInfo> (*params)();
  /// Fits with the given parameters over the defaults. Throws Error(kUsage) for an unknown name
  /// or a wrong value.
  std::unique_ptr<Model> (*fit)(const TrainingData& data, const ParamValues& values,
                                const FitContext& context);
  /// Checks `values` and returns all parameters with defaults filled in.
  ParamValues (*complete)(const ParamValues& values);
  /// Whether several processes can divide a fit with `values`: Traits::distributed, and Config::divides() where a model
  /// has one, since some parameters need one process. Throws as fit().
  bool (*divides)(const ParamValues& values);
  std::unique_ptr<Model> (*load)(const TensorReader& reader, std::size_t n_users, std::size_t n_items);
};

const std::vector<ModelEntry>& models();
/// Throws Error(kNotFound) with the nearest names.
const ModelEntry& find_model(std::string_view name);

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

}  // namespace akin
