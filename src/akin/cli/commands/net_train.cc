// akin net train FILE.toml|NET --data DATA -o NET
#include <fmt/core.h>

#include <optional>

#include "akin/base/format.h"
#include "akin/base/io.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/commands/net_actions.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/report/json.h"
#include "akin/report/net_report.h"
#include "akin/store/embeddings_reader.h"

namespace akin::cli {
namespace {

struct TrainCommand {
  std::string path, data, out, init, checkpoint, html;
  std::vector<std::string> embeddings;
  std::string device = "cpu", dtype = "float";
  int epochs = -1, batch_size = 0, patience = 0;  // unless set, those of FILE
  std::optional<float> learning_rate, validation_split;
  bool norms = false;
};

void declare(CommandLine& line, TrainCommand& command) {
  line.explain(
      "FILE is a TOML file that defines a net (docs/nets.md), or a trained net: then training continues with "
      "the same optimizer, batch size and validation split. The trained net may be overwritten.");
  line.add({"FILE", "",
            InputPath{.where = &command.path,
                      .may_be_replaced = [&command] { return file_kind(command.path) == "net"; }},
            "TOML file of a net, or a trained net", Need::kRequired});
  line.add({"-d,--data", "DATA", InputPath{&command.data},
            "a table of numbers (csv) or a data set written by `akin import`, as [data] in the net's file "
            "requires",
            Need::kRequired});
  line.add(
      {"-o,--out", "NET", OutputPath{&command.out}, "file to write the trained net to", Need::kRequired});
  line.section("Training, overriding FILE");
  line.add({"--epochs", "N", &command.epochs, "epochs to train", Need::kOptional, 0, "of FILE, else 1"});
  line.add(
      {"--batch-size", "N", &command.batch_size, "samples per step", Need::kOptional, 1, "of FILE, else 32"});
  line.add({"--learning-rate", "X", &command.learning_rate, "learning rate of the optimizer"});
  line.add({"--validation-split", "X", &command.validation_split,
            "fraction of the samples, from the end, that is held out and scored after each epoch"});
  line.add({"--patience", "N", &command.patience,
            "stop after N epochs without a better loss and keep the weights of the best epoch",
            Need::kOptional, 1, "of FILE, else never"});
  line.add({"--init", "WEIGHTS", InputPath{&command.init},
            "start from the weights in this file, matched by name: a net, safetensors, or a file of Keras"});
  line.add({"--embedding", "[LAYER:]HOW", Text{&command.embeddings},
            "vectors of an embedding: learned, one-hot, pretrained=FILE, or pretrained=FILE,freeze to leave "
            "them as they "
            "are; FILE is a bundle or a file of vectors; repeatable"});
  line.add({"--checkpoint", "FILE", OutputPath{&command.checkpoint, OutputPath::Form::kPattern},
            "write the net after each epoch; {} in the name becomes the number of the epoch"});
  line.add(
      {"--gradient-norms", "", &command.norms,
       "print the gradient norm of each layer, and of recurrent layers that of each time step, at the end"});
  line.add(
      {"--html", "FILE", OutputPath{&command.html},
       "also write a self-contained web page with charts of the loss and, if asked for, the gradient norms"});
  line.add({"--device", "NAME", Text{&command.device}, "cpu, cuda or cuda:N"});
  line.add({"--dtype", "TYPE", Text{&command.dtype},
            "float or double; default: float, or the type of the trained net"});
  line.example("akin net train examples/nets/xor.toml --data examples/nets/xor.csv -o xor.net");
  line.example(
      "akin net train neumf.toml --data events.data -o n.net --embedding "
      "item_embedding:pretrained=prod2vec.akin");
  line.example("akin net train xor.net --data examples/nets/xor.csv -o xor.net --epochs 4");
}

nets::NetTrainOptions options_of(const TrainCommand& command, const CommandLine& line) {
  nets::NetTrainOptions options{.init = command.init,
                                .checkpoint = command.checkpoint,
                                .gradient_norms = command.norms,
                                .device = command.device};
  if (command.epochs >= 0) options.epochs = command.epochs;
  if (command.batch_size > 0) options.batch_size = command.batch_size;
  if (command.patience > 0) options.patience = command.patience;
  if (command.learning_rate) options.learning_rate = static_cast<double>(*command.learning_rate);
  if (command.validation_split) options.validation_split = static_cast<double>(*command.validation_split);
  if (line.given("dtype")) options.dtype = command.dtype;
  for (const std::string& text : command.embeddings) {
    nets::EmbeddingChoice choice = nets::parse_embedding_choice(text);
    if (!choice.file.empty()) {
      ReadEmbeddings read = read_embeddings(choice.file);
      choice.rows = std::make_shared<const nets::PretrainedRows>(
          nets::PretrainedRows{std::move(read.ids), std::move(read.vectors)});
    }
    options.embeddings.push_back(std::move(choice));
  }
  return options;
}

void print_outcome(const TrainCommand& command, const nets::TrainedNet& trained) {
  const nets::History& history = trained.history;
  if (history.stopped_early) print(fmt::format("stopped early: epoch {} was the best\n", history.best_epoch));
  if (!trained.test.empty()) {
    print(fmt::format("held out ({}): {}\n", format_count(trained.test_samples), scores_text(trained.test)));
  }
  if (!trained.constant.empty())
    print(fmt::format("a constant, on the {} samples: {}\n", trained.constant_part,
                      scores_text(trained.constant)));
  if (command.norms) print(norms_text(trained.norms) + step_norms_text(trained.step_norms));
  print(fmt::format("wrote {}\n", shell_word(command.out)));
}

}  // namespace

int run_net_train(const Args& args) {
  TrainCommand command;
  CommandLine line("net train", "Trains a neural net.");
  declare(line, command);
  if (!line.parse(args)) return kSuccess;
  Session session(line.common);
  nets::NetTrainOptions options = options_of(command, line);
  options.on_epoch = [&](const nets::EpochResult& epoch, std::uint64_t last) {
    session.progress().clear();
    if (line.common.json || line.common.quiet) return;
    print(epoch_line(epoch, last));
    flush_output();
  };
  nets::TrainedNet trained = nets::train_net(command.path, command.data, options, session.context());
  session.context().check_stop();
  trained.net.save(command.out);
  if (!command.html.empty()) write_file(command.html, trained_net_html(trained));
  session.progress().clear();
  if (line.common.json)
    print_json(trained_net_json(trained, command.out));
  else
    print_outcome(command, trained);
  return kSuccess;
}

}  // namespace akin::cli
