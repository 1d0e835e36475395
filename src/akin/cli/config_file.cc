#include "akin/cli/config_file.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/data/toml_file.h"

namespace akin::cli {
namespace {

std::string scalar_text(const toml::node& node, const std::string& where) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* date = node.as_date()) {
    const toml::date& day = date->get();
    return fmt::format("{:04}-{:02}-{:02}", day.year, day.month, day.day);
  }
  fail(ErrorCode::kUsage, "{}: write a text, number, true/false, date or a list of these", where);
}

}  // namespace

std::map<std::string, std::vector<std::string>> read_config_file(const std::string& path) {
  const toml::table table = read_toml(path);
  std::map<std::string, std::vector<std::string>> values;
  for (const auto& [key, node] : table) {
    std::string name(key.str());
    const std::string where = fmt::format("{}:{}: {}", path, node.source().begin.line, name);
    if (node.is_table()) {
      fail(ErrorCode::kUsage, "{}: tables are not used here; write the flags as `name = value` at the top",
           where);
    }
    std::ranges::replace(name, '_', '-');
    std::vector<std::string>& texts = values[name];
    if (const toml::array* list = node.as_array()) {
      for (const toml::node& element : *list) texts.push_back(scalar_text(element, where));
    } else {
      texts.push_back(scalar_text(node, where));
    }
  }
  return values;
}

}  // namespace akin::cli
