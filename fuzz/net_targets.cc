// Neural nets: their TOML files, saved nets, tables of numbers, weights of Keras.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/base/safetensors.h"
#include "akin/nets/image/import.h"
#include "akin/nets/image/weights.h"
#include "akin/nets/net_data.h"
#include "akin/nets/net_toml.h"
#include "akin/nets/net_use.h"
#include "akin/nn/keras_file.h"
#include "akin/nn/net.h"
#include "harness.h"
#include "targets.h"

namespace akin::fuzz {
namespace {

/// A table with the columns that the settings name.
std::string table_for(const nets::NetDataSettings& settings) {
  std::vector<std::string> columns = settings.target;
  for (const auto& [input, own] : settings.inputs) columns.insert(columns.end(), own.begin(), own.end());
  std::string text = fmt::format("{}\n", fmt::join(columns, ","));
  for (int row = 0; row < 5; ++row) {
    for (std::size_t c = 0; c < columns.size(); ++c) text += fmt::format("{}{}", c == 0 ? "" : ",", row % 2);
    text += '\n';
  }
  return text;
}

void use(const std::string& path, const nets::NetDataSettings& settings) {
  std::string data = path_of("samples");
  if (settings.kind == nets::DataKind::kCsv) {
    put("samples", table_for(settings));
  } else {
    Dataset ratings;
    for (const char* id : {"u0", "u1"}) ratings.users.add(id);
    for (const char* id : {"i0", "i1", "i2"}) ratings.items.add(id);
    ratings.events = {{.user = 0, .item = 0}, {.user = 0, .item = 1, .value = 3}, {.user = 1, .item = 2}};
    save_dataset(ratings, data);
  }
  for (const char* part : {"", "test", "train", "all"})
    attempt([&] { nets::evaluate_net({path, data}, part, context()); });
  attempt([&] { nets::predict_net({path, data}, "", context()); });
}

}  // namespace

void keras(std::string_view input) {
  const std::string path = put("weights.h5", input);
  for (const nn::NamedArray& weight : nn::read_weights(path)) {
    if (weight.size() != static_cast<std::size_t>(nn::count_of(weight.shape)))
      broken("a weight whose shape is not that of its values");
    for (std::size_t i = 0; i < weight.size(); ++i) {
      if (!std::isfinite(weight.at(i))) broken("weights that are not finite");
    }
  }
}

/// Files of torch, NumPy and safetensors.
void image_weights(std::string_view input) {
  const std::string path = put("weights.pt", input);
  for (const auto& [name, tensor] : nets::read_weight_file(path)) {
    std::size_t count = 1;
    for (const std::size_t size : tensor.shape) count *= size;
    if (count != tensor.values.size()) broken("a tensor whose numbers do not fill its shape");
    for (const float value : tensor.values) {
      if (!std::isfinite(value)) broken("weights that are not finite");
    }
  }
  attempt([&] { nets::import_image_net(path); });
}

void net(std::string_view input) {
  const std::string path = put("file.net", input);
  attempt([&] {
    const nn::NetSpec spec = nn::load_spec(path);
    static_cast<void>(spec.summary());
    if (spec.parameters() < 0) broken("a negative number of parameters");
  });
  attempt([&] {
    const nn::Net net = nn::load_net(path);
    net.save(path_of("again.net"));
    if (!attempt([&] { nn::load_net(path_of("again.net")); }))
      broken("a net that was read cannot be read again");
  });
  attempt([&] {
    for (const nn::NamedArray& weight : nn::read_weights(path))
      attempt([&] { nets::weight_table(path, weight.name); });
  });
  attempt([&] { use(path, nets::read_net_data(TensorReader(path)).first); });
}

void net_table(std::string_view input) {
  const nets::NetSource source = nets::read_source(nets::DataKind::kCsv, put("samples.csv", input));
  for (const auto& column : source.table.values) {
    if (static_cast<std::int64_t>(column.size()) != source.table.rows())
      broken("columns of different lengths");
  }
}

void net_toml(std::string_view input) {
  const std::string path = put("net.toml", input);
  attempt([&] { nets::net_toml_data_kind(path); });
  const nets::NetPlan plan = nets::read_net_toml(path, {{"users", 7}, {"items", 5}, {"words", 11}});
  static_cast<void>(plan.spec.summary());
  if (plan.spec.parameters() < 0) broken("a negative number of parameters");
  const nn::NetSpec back = nn::parse_spec(nn::spec_json(plan.spec), "again");
  if (back.parameters() != plan.spec.parameters()) broken("other layers when they are read back");
}

}  // namespace akin::fuzz
