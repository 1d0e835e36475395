#include "akin/cli/flags/param_flags.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/models/fit/old_names.h"
#include "akin/report/experiment_text.h"

namespace akin::cli {

void add_param_flag(CommandLine& line, const ModelEntry::ParamInfo& info, ParamValues& values,
                    std::vector<std::string> aliases) {
  std::string flag = "--" + std::string(info.param.name);
  std::ranges::replace(flag, '_', '-');
  const bool is_switch = info.type == "bool";
  const char* const value = is_switch ? "" : info.type == "int" ? "N" : info.type == "float" ? "X" : "TEXT";
  std::string shown = info.default_value;
  std::string help = param_help(info);
  if (is_switch) {  // "[false]" says nothing to a newcomer
    if (shown == "true") help += fmt::format("; default on, --no-{} turns it off", flag.substr(2));
    shown.clear();
  }
  const bool is_path = info.param.name == "file";  // of a net or a pretrained encoder
  const ValueKind kind = is_switch ? ValueKind::kSwitch : is_path ? ValueKind::kInput : ValueKind::kText;
  line.add({flag, value, NamedValue{&values, std::string(info.param.name), kind, is_path}, help,
            Need::kOptional, 0, shown, std::move(aliases)});
}

void add_param_flags(CommandLine& line, const ModelEntry& entry, ParamValues& values) {
  for (const ModelEntry::ParamInfo& info : entry.params())
    add_param_flag(line, info, values, flag_aliases(entry.name, info.param.name));
  line.rename_config([model = entry.name](std::map<std::string, std::vector<std::string>>& flags) {
    ParamValues single;
    for (const auto& [name, texts] : flags)
      if (texts.size() == 1) single[name] = texts[0];
    std::erase_if(flags, [](const auto& flag) { return flag.second.size() == 1; });
    for (const auto& [name, value] : with_current_names(model, single)) {
      std::string flag = name;
      std::ranges::replace(flag, '_', '-');
      flags[flag] = {value};
    }
  });
}

std::vector<ModelEntry::ParamInfo> param_infos(const std::vector<Param>& params) {
  constexpr std::string_view kTypes[] = {"int", "float", "bool", "string"};
  std::vector<ModelEntry::ParamInfo> infos;
  for (const Param& param : params) infos.push_back({param, to_string(param), kTypes[param.value.index()]});
  return infos;
}

std::string model_listing() {
  std::vector<Listed> entries;
  for (const ModelEntry& entry : models()) entries.push_back({entry.name, entry.summary});
  return listing(entries);
}

ParamValues parse_settings(const std::vector<std::string>& texts, std::string_view model) {
  ParamValues values;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      fail(ErrorCode::kUsage, "--set: '{}' is not PARAMETER=VALUE, such as factors=32", text);
    values[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return with_current_names(model, values);
}

}  // namespace akin::cli
