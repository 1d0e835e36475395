#include "akin/nets/net_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>

#include "akin/base/checked_math.h"
#include "akin/base/error.h"
#include "akin/data/toml_file.h"

namespace akin::nets {
namespace {

/// A parsed file whose errors say where.
struct NetToml {
  std::string path;
  toml::table root;

  std::string where(const toml::node& node) const {
    return fmt::format("{}:{}", path, node.source().begin.line);
  }
  [[noreturn]] void wrong(const toml::node& node, const std::string& message) const {
    fail(ErrorCode::kUsage, "{}: {}", where(node), message);
  }
  /// Runs `work`; an error of it gets the node's place in front, unless it has one.
  void at(const toml::node& node, const std::function<void()>& work) const {
    try {
      work();
    } catch (const Error& error) {
      if (std::string_view(error.what()).starts_with(path + ":")) throw;
      throw Error(error.code(), where(node) + ": " + error.what());
    }
  }
};

nn::FieldValue list_value(const NetToml& file, const toml::array& list) {
  std::vector<std::int64_t> numbers;
  std::vector<std::string> texts;
  for (const toml::node& element : list) {
    if (const auto* number = element.as_integer())
      numbers.push_back(number->get());
    else if (const auto* text = element.as_string())
      texts.push_back(text->get());
    else
      file.wrong(element, "a list holds whole numbers or texts");
  }
  if (!numbers.empty() && !texts.empty()) file.wrong(list, "a list holds numbers or texts, not both");
  if (numbers.empty()) return texts;
  return numbers;
}

nn::FieldValue field_value(const NetToml& file, const toml::node& node) {
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* list = node.as_array()) return list_value(file, *list);
  file.wrong(node, "write a text, a number, true, false or a list of these");
}

std::vector<std::string> texts_of(const NetToml& file, const toml::node& node) {
  const nn::FieldValue value = field_value(file, node);
  if (const auto* text = std::get_if<std::string>(&value)) return {*text};
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) return *texts;
  file.wrong(node, "write a name or a list of names");
}

std::string one_text(const NetToml& file, const toml::node& node) {
  std::vector<std::string> texts = texts_of(file, node);
  if (texts.size() != 1) file.wrong(node, "write one name");
  return std::move(texts[0]);
}

/// "users+1" -> the number of users and one more.
std::int64_t named_size(const std::string& text, const std::map<std::string, std::int64_t>& sizes) {
  const std::size_t plus = text.find('+');
  const std::string name = text.substr(0, plus);
  constexpr std::string_view kNames[] = {"users", "items", "words", "classes"};
  if (std::ranges::find(kNames, name) == std::end(kNames) ||
      (plus != std::string::npos && text.substr(plus) != "+1")) {
    fail(ErrorCode::kUsage,
         "'{}' is not a size; write a number, users, items, words or classes, with or without +1 behind it",
         text);
  }
  const auto found = sizes.find(name);
  if (found == sizes.end()) {
    fail(ErrorCode::kUsage,
         "'{}' is taken from data of kind ratings or text (classes: of the target of `akin encode net`): "
         "give --data, or "
         "write a number",
         text);
  }
  return found->second + (plus == std::string::npos ? 0 : 1);
}

nn::LayerSpec read_layer(const NetToml& file, const toml::table& fields,
                         const std::map<std::string, std::int64_t>& sizes) {
  nn::LayerSpec layer;
  const auto* kind = fields.get_as<std::string>("kind");
  if (kind == nullptr) file.wrong(fields, "a layer needs a kind, such as kind = \"dense\"");
  file.at(*kind, [&] { layer.kind = nn::parse_kind(kind->get()); });
  for (const auto& [key, node] : fields) {
    const std::string name(key.str());
    if (name == "kind") continue;
    file.at(node, [&, &value_node = node] {
      if (name == "inputs" || name == "input") {
        layer.inputs = texts_of(file, value_node);
        return;
      }
      nn::FieldValue value = field_value(file, value_node);
      const auto* text = std::get_if<std::string>(&value);
      if (name == "name") {
        if (text == nullptr) fail(ErrorCode::kUsage, "name must be a text");
        layer.name = *text;
        return;
      }
      if ((name == "rows" || name == "units") && text != nullptr) value = named_size(*text, sizes);
      nn::set_field(layer, name, value);
    });
  }
  return layer;
}

nn::NetSpec read_layers(const NetToml& file, const std::map<std::string, std::int64_t>& sizes) {
  const toml::node* name = file.root.get("name");
  nn::NetSpec spec(name == nullptr ? "net" : one_text(file, *name));
  const toml::array* layers = file.root["layers"].as_array();
  if (layers == nullptr || !layers->is_array_of_tables())
    fail(ErrorCode::kUsage, "{}: has no layers; begin each with a line [[layers]]", file.path);
  for (const toml::node& node : *layers) {
    const toml::table& fields = *node.as_table();
    nn::LayerSpec layer = read_layer(file, fields, sizes);
    file.at(node, [&] { spec.add(std::move(layer)); });
  }
  if (const toml::node* output = file.root.get("output"))
    file.at(*output, [&] { spec.set_output(one_text(file, *output)); });
  (void)spec.output();
  return spec;
}

/// The value as text that parameters are read from.
std::string setting_text(const NetToml& file, const toml::node& node) {
  const nn::FieldValue value = field_value(file, node);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *number);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value))
    return fmt::format("{}", fmt::join(*texts, ","));
  file.wrong(node, "write a text, number, true or false");
}

/// What set_fit() takes.
constexpr std::array<std::string_view, 7> kFitKeys = {"epochs",  "batch_size", "validation_split", "patience",
                                                      "monitor", "min_delta",  "shuffle"};

/// Sets a setting of the fit; false if there is none of that name.
bool set_fit(FitOptions& fit, const std::string& name, const toml::node& node) {
  const auto whole = [&](auto& target, int min) {
    using Target = std::decay_t<decltype(target)>;
    const auto* number = node.as_integer();
    if (number == nullptr) fail(ErrorCode::kUsage, "{} must be a whole number", name);
    target = checked_whole<Target>(name, number->get(), min, std::numeric_limits<int>::max());
    return true;
  };
  const auto real = [&](double& target) {
    if (!node.is_number()) fail(ErrorCode::kUsage, "{} must be a number", name);
    target =
        node.is_integer() ? static_cast<double>(node.as_integer()->get()) : node.as_floating_point()->get();
    return true;
  };
  if (name == "epochs") return whole(fit.epochs, 0);
  if (name == "batch_size" || name == "batch")  // batch: before akin 0.2
    return whole(fit.batch_size, 1);
  if (name == "patience") return whole(fit.patience, 0);
  if (name == "validation_split") return real(fit.validation_split);
  if (name == "min_delta") return real(fit.min_delta);
  if (name == "shuffle") {
    if (!node.is_boolean()) fail(ErrorCode::kUsage, "shuffle must be true or false");
    fit.shuffle = node.as_boolean()->get();
    return true;
  }
  if (name == "monitor") {
    if (!node.is_string()) fail(ErrorCode::kUsage, "monitor must be the name of a score, such as val_loss");
    fit.monitor = node.as_string()->get();
    return true;
  }
  return false;
}

void read_train(const NetToml& file, NetPlan& plan) {
  const toml::node* node = file.root.get("train");
  if (node == nullptr) return;
  const toml::table* table = node->as_table();
  if (table == nullptr) file.wrong(*node, "train is a table: write [train]");
  std::map<std::string, std::string> values;
  for (const auto& [key, setting] : *table) {
    const std::string name(key.str());
    file.at(setting, [&, &value = setting] {
      if (set_fit(plan.fit, name, value)) return;
      values[name] = setting_text(file, value);
      std::map<std::string, std::string> alone = {{name, values[name]}};
      (void)nn::parse_compile(alone, kFitKeys);  // a mistake is reported with its line
    });
  }
  file.at(*node, [&] { plan.compile = nn::parse_compile(values, kFitKeys); });
}

void read_inputs(const NetToml& file, const toml::node& node, NetPlan& plan) {
  const std::vector<std::size_t> layers = plan.spec.inputs();
  if (const toml::table* table = node.as_table()) {
    for (const auto& [key, columns] : *table) {
      const std::string name(key.str());
      file.at(columns, [&] {
        if (plan.spec.layers()[plan.spec.index(name)].kind != nn::LayerKind::kInput)
          fail(ErrorCode::kUsage, "layer {} is not an input", name);
      });
      plan.data.inputs[name] = texts_of(file, columns);
    }
    return;
  }
  if (layers.size() != 1)
    file.wrong(node, fmt::format("the net has {} inputs: write inputs.NAME = [...] for each", layers.size()));
  plan.data.inputs[plan.spec.layers()[layers[0]].name] = texts_of(file, node);
}

void read_data(const NetToml& file, NetPlan& plan) {
  const toml::node* node = file.root.get("data");
  if (node == nullptr) return;
  const toml::table* table = node->as_table();
  if (table == nullptr) file.wrong(*node, "data is a table: write [data]");
  plan.has_data = true;
  for (const auto& [key, setting] : *table) {
    const std::string name(key.str());
    if (name == "kind") {
      file.at(setting, [&, &value = setting] { plan.data.kind = parse_data_kind(one_text(file, value)); });
    } else if (name == "inputs") {
      read_inputs(file, setting, plan);
    } else if (name == "target") {
      plan.data.target = texts_of(file, setting);
    } else if (name == "test") {
      plan.data.test = setting.value_or(-1.0);
      if (!(plan.data.test >= 0 && plan.data.test < 1))
        file.wrong(setting, "test is a share: at least 0, below 1");
    } else {
      const std::vector<std::string> known = {"kind", "inputs", "target", "test"};
      file.wrong(setting, fmt::format("[data] has no '{}'{}; it has {}", name, did_you_mean(name, known),
                                      fmt::join(known, ", ")));
    }
  }
}

}  // namespace

DataKind net_toml_data_kind(const std::string& path) {
  const NetToml file{path, read_toml(path)};
  const toml::node* kind = file.root["data"]["kind"].node();
  if (kind == nullptr) return DataKind::kCsv;
  DataKind result{};
  file.at(*kind, [&] { result = parse_data_kind(one_text(file, *kind)); });
  return result;
}

NetPlan read_net_toml(const std::string& path, const std::map<std::string, std::int64_t>& sizes) {
  const NetToml file{path, read_toml(path)};
  for (const auto& [key, node] : file.root) {
    const std::string name(key.str());
    const std::vector<std::string> known = {"name", "layers", "output", "train", "data"};
    if (std::ranges::find(known, name) == known.end())
      file.wrong(node, fmt::format("unknown '{}'{}; a net's file has {}", name, did_you_mean(name, known),
                                   fmt::join(known, ", ")));
  }
  NetPlan plan;
  plan.spec = read_layers(file, sizes);
  read_train(file, plan);
  read_data(file, plan);
  plan.data.lists = nn::takes_lists(plan.compile.loss);
  return plan;
}

}  // namespace akin::nets
