// akin net ACTION
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/cli/commands.h"
#include "akin/cli/commands/actions.h"
#include "akin/cli/commands/net_actions.h"
#include "akin/cli/flags/vector_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/nets/net_toml.h"
#include "akin/nn/keras_file.h"
#include "akin/report/json.h"
#include "akin/store/embeddings_file.h"

namespace akin::cli {
namespace {

constexpr std::array<Action, 5> kNetActions = {{
    {"describe", "the layers of a net, their shapes and numbers of parameters", &run_net_describe},
    {"train", "train a net, or continue training one", &run_net_train},
    {"evaluate", "loss and metrics on data", &run_net_evaluate},
    {"predict", "the outputs of the net, or of one of its layers, for data", &run_net_predict},
    {"export", "write weights in formats of other programs", &run_net_export},
}};

std::string net_overview() {
  std::string text =
      "Usage: akin net ACTION ... (each has --help)\n\nNeural nets defined in a TOML file: layers, training "
      "and data\n(docs/nets.md; examples are in examples/nets).\n\nActions:\n";
  text += action_listing(kNetActions);
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
  if (!data.empty()) sizes = nets::read_source(nets::net_toml_data_kind(path), data).sizes();
  return nets::read_net_toml(path, sizes).spec;
}

}  // namespace

int run_net(const Args& args) { return run_action("net", kNetActions, net_overview, args); }

int run_net_describe(const Args& args) {
  std::string path, data;
  CommandLine line("net describe",
                   "Shows the layers of a net, their shapes and numbers of parameters. Does not load torch.");
  line.add({"NET", "", InputPath{&path}, "TOML file of a net, or a trained net", Need::kRequired});
  line.add({"--data", "DATA", InputPath{&data}, "data that determines sizes such as rows = \"users+1\""});
  line.example("akin net describe examples/nets/rating-dot.toml");
  if (!line.parse(args)) return kSuccess;
  const nn::NetSpec spec = read_spec(path, data);
  if (!line.common.json) {
    print(spec.summary());
    return kSuccess;
  }
  print_json(net_json(spec));
  return kSuccess;
}

int run_net_export(const Args& args) {
  std::string path, weight, format = "h5", out;
  CommandLine line("net export", "Writes the weights of a trained net in formats of other programs.");
  line.explain(
      "--to h5 writes all weights to an HDF5 file that Keras 2 reads with load_weights. With --weight, one "
      "table is written with the ids of its rows: an embedding of users, items or words without its reserved "
      "row 0. `akin similar` can read it.");
  line.add({"NET", "", InputPath{&path}, "trained net", Need::kRequired});
  line.add({"--weight", "NAME", Text{&weight}, "one table, such as item_embedding/embeddings"});
  line.add(
      {"--to", "FORMAT", Text{&format}, "h5; with --weight npy, csv, word2vec, word2vec-bin or safetensors"});
  line.add({"-o,--out", "FILE", embeddings_path(&out, format), "file to write", Need::kRequired});
  line.example("akin net export ratings.net -o ratings.h5");
  line.example("akin net export ratings.net --weight user_embedding/embeddings --to csv -o users.csv");
  if (!line.parse(args)) return kSuccess;
  if (weight.empty() != (format == "h5"))
    fail(ErrorCode::kUsage, "--to h5 writes all weights; --weight needs another format, such as --to csv");
  TensorReader(path).expect_kind("net");
  std::vector<std::string> files = {out};
  if (weight.empty()) {
    nn::write_keras_weights(out, nn::load_spec(path), nn::read_weights(path));
  } else {
    const nets::WeightTable table = nets::weight_table(path, weight);
    files = write_embeddings({table.ids, table.vectors}, parse_embedding_format(format), out);
  }
  if (out == "-") return kSuccess;
  if (line.common.json)
    print_json({{"files", files}});
  else
    print(fmt::format("wrote {}\n", fmt::join(files, ", ")));
  return kSuccess;
}

}  // namespace akin::cli
