// akin net ACTION
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/cli/commands.h"
#include "akin/cli/commands/net_commands.h"
#include "akin/cli/net_toml.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/nn/keras_file.h"
#include "akin/report/text_table.h"
#include "akin/store/embeddings_file.h"

namespace akin::cli {
namespace {

using nlohmann::json;

struct Action {
  std::string_view name;
  std::string_view summary;
  int (*run)(const Args& args);
};
constexpr std::array<Action, 5> kActions = {{
    {"describe", "the layers of a net, their shapes and numbers of parameters", &run_net_describe},
    {"train", "learn the weights from data, or go on with a trained net", &run_net_train},
    {"evaluate", "loss and metrics on data", &run_net_evaluate},
    {"predict", "what the net, or one of its layers, gives for data", &run_net_predict},
    {"export", "write weights for other programs", &run_net_export},
}};

std::string overview() {
  std::string text =
      "Usage: akin net ACTION ... (each has --help)\n"
      "\n"
      "Neural nets from a TOML file that says which layers they have, how they learn and from what\n"
      "(docs/nets.md; examples/nets holds some).\n"
      "\n"
      "Actions:\n";
  for (const Action& action : kActions) text += fmt::format("  {:<12}{}\n", action.name, action.summary);
  text +=
      "\nExamples:\n"
      "  akin net describe examples/nets/rating-dot.toml\n"
      "  akin net train examples/nets/xor.toml --data examples/nets/xor.csv -o xor.net\n"
      "  akin net train xor.net --data examples/nets/xor.csv -o xor.net --epochs 4\n"
      "  akin net predict xor.net --data examples/nets/xor.csv\n";
  return text;
}

/// A file of a net or a TOML file.
nn::NetSpec read_spec(const std::string& path, const std::string& data) {
  if (file_kind(path) == "net") return nn::load_spec(path);
  std::map<std::string, std::int64_t> sizes;
  if (!data.empty()) sizes = read_source(net_toml_data_kind(path), data).sizes();
  return read_net_toml(path, sizes).spec;
}

json layer_json(const nn::NetSpec& spec, std::size_t i) {
  const nn::LayerSpec& layer = spec.layers()[i];
  std::int64_t parameters = 0;
  for (const nn::WeightSpec& weight : spec.shape(i).weights) parameters += nn::count_of(weight.shape);
  return {{"name", layer.name},
          {"kind", nn::kind_info(layer.kind).name},
          {"inputs", layer.inputs},
          {"output_shape", spec.shape(i).output},
          {"parameters", parameters}};
}

}  // namespace

int run_net(const Args& args) {
  if (args.empty()) {
    fail(ErrorCode::kUsage,
         "name an action: akin net describe|train|evaluate|predict|export; see `akin net --help`");
  }
  if (args[0] == "--help" || args[0] == "-h") {
    print(overview());
    return kSuccess;
  }
  const auto found = std::ranges::find(kActions, args[0], &Action::name);
  if (found != kActions.end()) return found->run({args.begin() + 1, args.end()});
  std::vector<std::string> names;
  for (const Action& action : kActions) names.emplace_back(action.name);
  fail(ErrorCode::kUsage, "net has no action '{}'{}; there are {}", args[0], did_you_mean(args[0], names),
       fmt::join(names, ", "));
}

int run_net_describe(const Args& args) {
  std::string path, data;
  CommandLine line("net describe",
                   "Shows a net's layers, shapes and numbers of parameters, and loads no torch for it.");
  line.add({"NET", "", &path, "TOML file of a net, or a trained net", Need::kRequired});
  line.add({"--data", "DATA", &data, "data from which sizes such as rows = \"users+1\" are taken"});
  line.example("akin net describe examples/nets/rating-dot.toml");
  if (!line.parse(args)) return kSuccess;
  const nn::NetSpec spec = read_spec(path, data);
  if (!line.common.json) {
    print(spec.summary());
    return kSuccess;
  }
  json layers = json::array();
  for (std::size_t i = 0; i < spec.layers().size(); ++i) layers.push_back(layer_json(spec, i));
  print_json({{"net", spec.name()},
              {"layers", layers},
              {"parameters", spec.parameters()},
              {"trainable_parameters", spec.trainable_parameters()}});
  return kSuccess;
}

namespace {

/// Ids of the rows of an embedding that reads an input with ids: row 0 has none and is left out.
struct TableRows {
  IdMap ids;
  std::size_t first = 0;
};

TableRows rows_of(const nn::NetSpec& spec, const std::string& weight, std::size_t rows, const NetIds& ids) {
  const std::size_t layer = spec.index(weight.substr(0, weight.find('/')));
  const bool embeds = spec.layers()[layer].kind == nn::LayerKind::kEmbedding;
  const auto found = ids.find(embeds ? spec.layers()[spec.sources(layer)[0]].name : "");
  TableRows result;
  if (found != ids.end() && found->second.size() + 1 == rows) {
    for (idx_t id = 0; id < found->second.size(); ++id) result.ids.add(found->second.id(id));
    result.first = 1;
    return result;
  }
  for (std::size_t row = 0; row < rows; ++row) result.ids.add(fmt::format("{}", row));
  return result;
}

std::vector<std::string> export_table(const std::string& path, const std::string& name,
                                      const std::string& format, const std::string& out) {
  const std::vector<nn::NamedArray> weights = nn::read_weights(path);
  const auto found = std::ranges::find(weights, name, &nn::NamedArray::name);
  if (found == weights.end()) {
    std::vector<std::string> names;
    for (const nn::NamedArray& weight : weights) names.push_back(weight.name);
    fail(ErrorCode::kNotFound, "{}: has no weight '{}'{}; it has {}", path, name, did_you_mean(name, names),
         fmt::join(names, ", "));
  }
  if (found->shape.size() != 2)
    fail(ErrorCode::kUsage, "weight {} is no table of rows and columns: ({})", name,
         fmt::join(found->shape, ", "));
  const TensorReader reader(path);
  const NetIds ids = reader.has_meta("data.settings") ? read_net_data(reader).second : NetIds{};
  const auto rows = static_cast<std::size_t>(found->shape[0]);
  const auto cols = static_cast<std::size_t>(found->shape[1]);
  const TableRows table = rows_of(nn::load_spec(path), name, rows, ids);
  Matrix vectors(rows - table.first, cols);
  for (std::size_t row = table.first; row < rows; ++row) {
    for (std::size_t col = 0; col < cols; ++col)
      vectors.row(row - table.first)[col] = static_cast<float>(found->at(row * cols + col));
  }
  return write_embeddings({table.ids, vectors}, parse_embedding_format(format), out);
}

}  // namespace

int run_net_export(const Args& args) {
  std::string path, weight, format = "h5", out;
  CommandLine line("net export", "Writes a trained net's weights for other programs.");
  line.explain(
      "--to h5 writes all weights into an HDF5 file that Keras 2 reads with load_weights. With --weight a "
      "single table is written with the ids of its rows: an embedding of users, items or words without its "
      "reserved row 0, which `akin similar` reads too.");
  line.add({"NET", "", &path, "trained net", Need::kRequired});
  line.add({"--weight", "NAME", &weight, "one table, such as item_embedding/embeddings"});
  line.add({"--to", "FORMAT", &format, "h5; with --weight npy, csv, word2vec, word2vec-bin or safetensors"});
  line.add({"-o,--out", "FILE", &out, "file to write", Need::kRequired});
  line.example("akin net export ratings.net -o ratings.h5");
  line.example("akin net export ratings.net --weight user_embedding/embeddings --to csv -o users.csv");
  if (!line.parse(args)) return kSuccess;
  if (weight.empty() != (format == "h5"))
    fail(ErrorCode::kUsage, "--to h5 writes all weights; --weight needs another format, such as --to csv");
  TensorReader(path).expect_kind("net");
  std::vector<std::string> files = {out};
  if (weight.empty())
    nn::write_keras_weights(out, nn::load_spec(path), nn::read_weights(path));
  else
    files = export_table(path, weight, format, out);
  if (out == "-") return kSuccess;
  if (line.common.json)
    print_json({{"files", files}});
  else
    print(fmt::format("wrote {}\n", fmt::join(files, ", ")));
  return kSuccess;
}

}  // namespace akin::cli
