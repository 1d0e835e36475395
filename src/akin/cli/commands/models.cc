// akin models [NAME]
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/param_flags.h"
#include "akin/cli/output.h"
#include "akin/report/text_table.h"

namespace akin::cli {
namespace {

using nlohmann::json;

json model_json(const ModelEntry& entry) {
  json params = json::array();
  for (const ModelEntry::ParamInfo& info : entry.params()) {
    json param = {{"name", info.param.name},
                  {"type", info.type},
                  {"default", info.default_value},
                  {"help", info.param.help}};
    if (info.type == "int" || info.type == "float") {
      param["min"] = info.param.min;
      param["max"] = info.param.max;
    }
    if (info.param.search.on()) param["search"] = search_text(info);
    if (!info.param.choices.empty()) param["choices"] = info.param.choices;
    params.push_back(std::move(param));
  }
  return {{"name", entry.name},
          {"summary", entry.summary},
          {"personalized", entry.traits.personalized},
          {"predicts_ratings", entry.traits.predicts_ratings},
          {"passes", entry.traits.passes},
          {"deterministic", entry.traits.deterministic},
          {"uses_order", entry.traits.uses_order},
          {"explains", entry.traits.explains},
          {"warm_start", entry.traits.warm_start},
          {"takes_item_vectors", entry.traits.takes_item_vectors},
          {"params", std::move(params)}};
}

std::string traits_text(const Traits& traits) {
  std::string text = traits.personalized ? "personal" : "same for everybody";
  if (traits.predicts_ratings) text += ", predicts ratings";
  if (traits.uses_order) text += ", uses the order of events";
  if (traits.explains) text += ", explains";
  if (traits.warm_start) text += ", goes on from what it learned";
  return text;
}

std::string model_text(const ModelEntry& entry) {
  std::string text = fmt::format("{}: {}\n({})\n\n", entry.name, entry.summary, traits_text(entry.traits));
  std::vector<TableRow> rows;
  for (const ModelEntry::ParamInfo& info : entry.params()) {
    rows.push_back({std::string(info.param.name), std::string(info.type), info.default_value,
                    param_help(info), search_text(info)});
  }
  text += rows.empty() ? "It has no parameters.\n"
                       : text_table({"parameter", "type", "default", "meaning", "tuned over"}, rows);
  text += fmt::format("\nakin tune {0} -d DATA -o {0}.toml", entry.name);
  return text + fmt::format("\nakin train {0} -d DATA -o {0}.akin\n", entry.name);
}

}  // namespace

int run_models(const Args& args) {
  std::string name;
  CommandLine line("models", "Lists the models akin can train, or shows the parameters of one.");
  line.add({"[NAME]", "", &name, "a model; without it, all are listed"});
  line.example("akin models");
  line.example("akin models als");
  if (!line.parse(args)) return kSuccess;
  if (!name.empty()) {
    const ModelEntry& entry = find_model(name);
    if (line.common.json) {
      print_json(model_json(entry));
    } else {
      print(model_text(entry));
    }
    return kSuccess;
  }
  json list = json::array();
  std::vector<TableRow> rows;
  for (const ModelEntry& entry : models()) {
    list.push_back(model_json(entry));
    rows.push_back({std::string(entry.name), std::string(entry.summary), traits_text(entry.traits)});
  }
  if (line.common.json) {
    print_json(list);
  } else {
    print(text_table({"model", "what it is", "traits"}, rows) +
          "\n`akin models NAME` shows a model's parameters.\n");
  }
  return kSuccess;
}

}  // namespace akin::cli
