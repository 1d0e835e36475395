// akin models [NAME]
#include "akin/base/error.h"
#include "akin/cli/commands.h"
#include "akin/cli/output.h"
#include "akin/report/experiment_text.h"
#include "akin/report/json.h"
#include "akin/report/text_table.h"

namespace akin::cli {
namespace {

std::string traits_text(const Traits& traits) {
  std::string text = traits.personalized ? "personalized" : "not personalized";
  if (traits.predicts_ratings) text += ", predicts ratings";
  if (traits.uses_order) text += ", uses the order of events";
  if (traits.uses_times) text += ", uses times";
  if (traits.uses_receipts) text += ", uses receipts";
  if (traits.uses_reviews) text += ", uses reviews";
  if (traits.uses_attributes) text += ", uses attributes";
  if (traits.uses_content) text += ", uses content";
  if (traits.explains) text += ", explains";
  if (traits.warm_start) text += ", continues training";
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
  line.add({"[NAME]", "", Text{&name}, "a model; without it, all are listed"});
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
  nlohmann::json list = nlohmann::json::array();
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
