// Writes configs.h, the parameters of every model as typed fields, from their declarations. Runs while akin is
// built. Usage: akin_make_configs FILE
#include <fmt/format.h>

#include <cctype>
#include <exception>
#include <fstream>
#include <iostream>

#include "akin/catalog/registry.h"

namespace akin {
namespace {

/// "als-wr" -> "AlsWrConfig".
std::string struct_name(std::string_view model) {
  std::string name;
  bool upper = true;
  for (const char c : model) {
    if (c != '-') name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '-';
  }
  return name + "Config";
}

std::string default_of(const ModelEntry::ParamInfo& info) {
  const std::string& text = info.default_value;
  if (info.type == "string") return fmt::format("\"{}\"", text);
  if (info.type != "float") return text;
  return text.find_first_of(".e") == std::string::npos ? text + ".0f" : text + "f";
}

std::string field(const ModelEntry::ParamInfo& info) {
  std::string meaning(info.param.help);
  if (info.type == "int" || info.type == "float")
    meaning += fmt::format("; {} to {}", info.param.min, info.param.max);
  else if (!info.param.choices.empty())
    meaning += fmt::format("; one of {}", fmt::join(info.param.choices, ", "));
  const std::string_view type = info.type == "string" ? "std::string" : info.type;
  return fmt::format("  /// {}\n  {} {} = {};\n", meaning, type, info.param.name, default_of(info));
}

std::string struct_of(const ModelEntry& model) {
  const std::vector<ModelEntry::ParamInfo> params = model.params();
  std::string text =
      fmt::format("/// {}: {}.\nstruct {} {{\n  static constexpr const char* kModel = \"{}\";\n", model.name,
                  model.summary, struct_name(model.name), model.name);
  for (const ModelEntry::ParamInfo& info : params) text += field(info);
  text += "  ParamValues values() const {\n    return {";
  for (const ModelEntry::ParamInfo& info : params)
    text += fmt::format("\n        {{\"{0}\", param_text({0})}},", info.param.name);
  return text + "\n    };\n  }\n};\n\n";
}

std::string header() {
  std::string text =
      "// The parameters of every model as typed fields; what takes a ModelSpec takes them:\n"
      "//   akin::train(std::move(dataset), akin::AlsConfig{.factors = 32});\n"
      "// Made from the models' declarations when akin was built.\n"
      "#pragma once\n\n#include <string>\n#include <tuple>\n\n#include \"akin/base/param.h\"\n\nnamespace "
      "akin {\n\n";
  std::vector<std::string> names;
  for (const ModelEntry& model : models()) {
    text += struct_of(model);
    names.push_back(struct_name(model.name));
  }
  return text +
         fmt::format("/// All of them.\nusing ModelConfigs = std::tuple<{}>;\n\n}}  // namespace akin\n",
                     fmt::join(names, ", "));
}

}  // namespace
}  // namespace akin

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "Usage: akin_make_configs FILE\n";
    return 2;
  }
  std::ofstream file(argv[1]);
  file << akin::header();
  file.close();
  if (file) return 0;
  std::cerr << argv[1] << ": cannot be written\n";
  return 1;
}
