// The parameters of a class of configurations, for lists of what there is (models of texts, encoders).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/base/param.h"

namespace akin {

/// The parameters with their default values as text; Param::value points nowhere.
template <typename Config>
std::vector<std::pair<Param, std::string>> default_params() {
  Config config;
  std::vector<std::pair<Param, std::string>> result;
  for (Param& param : config.params()) {
    std::string text = to_string(param);
    result.emplace_back(std::move(param), std::move(text));
  }
  return result;
}

/// The configuration that `values` say, defaults filled in. Throws Error(kUsage) naming `owner`.
template <typename Config>
Config config_of(const ParamValues& values, std::string_view owner) {
  Config config;
  set_params(config.params(), values, owner);
  return config;
}

}  // namespace akin
