// Parameters of models and other configurable things as flags.
#pragma once

#include <string>

#include "akin/catalog/registry.h"
#include "akin/cli/command_line.h"

namespace akin::cli {

/// Declares a flag for the parameter whose text goes to `values`, if given.
void add_param_flag(CommandLine& line, const ModelEntry::ParamInfo& info, ParamValues& values);
/// All models with their summaries, for --help.
std::string model_listing();
/// Parameters given as "factors=32" each. Throws Error(kUsage).
ParamValues parse_settings(const std::vector<std::string>& texts);
/// What the registry knows about the parameters of a configuration struct; it must live while they are used.
std::vector<ModelEntry::ParamInfo> param_infos(const std::vector<Param>& params);

}  // namespace akin::cli
