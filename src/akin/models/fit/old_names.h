// Names of parameters in files that earlier versions of akin wrote.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "akin/base/param.h"

namespace akin {

/// The parameters of `model` under their current names: for what is read from bundles, TOML files, trial logs
/// and checkpoints. Names that were never renamed, and unknown ones, stay; dashes become underscores. A
/// current name wins over an old one.
ParamValues with_current_names(std::string_view model, const ParamValues& values);

/// The current name of one parameter.
std::string current_name(std::string_view model, std::string_view name);

/// What earlier versions called it; `name` if that has not changed.
std::string old_name(std::string_view model, std::string_view name);

/// The same for what identifies a fit or a search in checkpoints and trial logs: "model", "parameter NAME",
/// "ranges" (NAME=LOW:HIGH, ...) and names of counts.
std::map<std::string, std::string> identity_with_current_names(
    const std::map<std::string, std::string>& identity);

}  // namespace akin
