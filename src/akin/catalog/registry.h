// THE list of models.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/models/fit/context.h"
#include "akin/models/model.h"

namespace akin {

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
  std::unique_ptr<Model> (*load)(const TensorReader& reader, std::size_t n_users, std::size_t n_items);
};

const std::vector<ModelEntry>& models();
/// Throws Error(kNotFound) with the nearest names.
const ModelEntry& find_model(std::string_view name);

}  // namespace akin
