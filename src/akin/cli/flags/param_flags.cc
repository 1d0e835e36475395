#include "akin/cli/flags/param_flags.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/report/experiment_text.h"

namespace akin::cli {

void add_param_flag(CommandLine& line, const ModelEntry::ParamInfo& info, ParamValues& values) {
  std::string flag = "--" + std::string(info.param.name);
  std::ranges::replace(flag, '_', '-');
  const bool is_switch = info.type == "bool";
  const char* const value = is_switch ? "" : info.type == "int" ? "N" : info.type == "float" ? "X" : "TEXT";
  std::string shown = info.default_value;
  std::string help = param_help(info);
  if (is_switch) {  // "[false]" says nothing to a newcomer
    if (shown == "true") help += fmt::format("; on, --no-{} turns it off", flag.substr(2));
    shown.clear();
  }
  line.add({flag, value, NamedValue{&values, std::string(info.param.name), is_switch}, help, Need::kOptional,
            0, shown});
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

ParamValues parse_settings(const std::vector<std::string>& texts) {
  ParamValues values;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      fail(ErrorCode::kUsage, "--set: '{}' is not PARAMETER=VALUE, such as factors=32", text);
    values[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return values;
}

}  // namespace akin::cli
