// Parameters of models and other configurable things as flags.
#pragma once

#include <string>

#include "akin/catalog/registry.h"
#include "akin/cli/command_line.h"

namespace akin::cli {

/// Declares a flag for the parameter whose text goes to `values`, if given.
void add_param_flag(CommandLine& line, const ModelEntry::ParamInfo& info, ParamValues& values,
                    std::vector<std::string> aliases = {});
/// Declares a flag for each parameter of the model. Models of the word2vec family also have flags as gensim 3
/// names them, and files of --config may have the names of earlier versions of akin.
void add_param_flags(CommandLine& line, const ModelEntry& entry, ParamValues& values);
/// All models with their summaries, for --help.
std::string model_listing();
/// Parameters of a model given as "factors=32" each; names of earlier versions of akin work too. Throws
/// Error(kUsage).
ParamValues parse_settings(const std::vector<std::string>& texts, std::string_view model);
/// What the registry knows about the parameters of a configuration struct; it must live while they are used.
std::vector<ModelEntry::ParamInfo> param_infos(const std::vector<Param>& params);

}  // namespace akin::cli
