// Names of parameters in earlier versions of akin, and in gensim where akin takes both.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/param.h"

namespace akin {

/// The parameters of `model` under their current names: for what is read from bundles, TOML files, trial logs
/// and checkpoints. Names that were never renamed, and unknown ones, stay; dashes become underscores. A
/// current name wins over an old one.
ParamValues with_current_names(std::string_view model, const ParamValues& values);

/// Ranges of a search, "size=32:256 (log), ignore_values=true,false", under the current names and, where a
/// switch now means the opposite, with the opposite values.
std::string current_ranges(std::string_view model, std::string_view text);

/// The old names, with underscores, that can still be typed as flags for parameter `name`.
std::vector<std::string> flag_aliases(std::string_view model, std::string_view name);

/// What earlier versions called it; `name` if that has not changed.
std::string old_name(std::string_view model, std::string_view name);

/// The same for what identifies a fit or a search in checkpoints and trial logs: "model", "parameter NAME",
/// "ranges" (NAME=LOW:HIGH, ...) and names of counts.
std::map<std::string, std::string> identity_with_current_names(
    const std::map<std::string, std::string>& identity);

}  // namespace akin
