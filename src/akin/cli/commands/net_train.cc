// akin net train FILE.toml|NET --data DATA -o NET
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/cli/commands.h"
#include "akin/cli/commands/net_commands.h"
#include "akin/cli/net_report.h"
#include "akin/cli/net_toml.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/cli/shop_text.h"
#include "akin/nn/keras_file.h"
#include "akin/nn/samples.h"
#include "akin/report/text_table.h"

namespace akin::cli {
namespace {

using nlohmann::json;

constexpr std::int64_t kNormSamples = 1000;  // as many as tell how long the gradients are

struct TrainCommand {
  std::string path, data, out, init, checkpoint;
  std::string device = "cpu", dtype = "float";
  int epochs = -1, batch = 0, patience = 0;  // unless set, those of FILE
  std::optional<float> learning_rate, validation_split;
  bool norms = false;
};

void declare(CommandLine& line, TrainCommand& command) {
  line.explain(
      "FILE is a TOML file of a net (docs/nets.md), or a net that was trained before: then training goes on "
      "where it stopped, with the optimizer, batch and validation share as they were.");
  line.add({"FILE", "", &command.path, "TOML file of a net, or a trained net", Need::kRequired});
  line.add({"-d,--data", "DATA", &command.data,
            "a table of numbers (csv), or a data set written by `akin import`, as [data] of the net says",
            Need::kRequired});
  line.add({"-o,--out", "NET", &command.out, "file to write the trained net to", Need::kRequired});
  line.section("Training, in place of what FILE says");
  line.add(
      {"--epochs", "N", &command.epochs, "passes over the samples", Need::kOptional, 0, "of FILE, else 1"});
  line.add({"--batch", "N", &command.batch, "samples a step", Need::kOptional, 1, "of FILE, else 32"});
  line.add({"--learning-rate", "X", &command.learning_rate, "of the optimizer"});
  line.add({"--validation-split", "X", &command.validation_split,
            "share of the samples, the last ones, that are not trained on but scored after each epoch"});
  line.add({"--patience", "N", &command.patience,
            "stop after N epochs without a better loss and take the best epoch's weights", Need::kOptional, 1,
            "of FILE, else never"});
  line.add({"--init", "WEIGHTS", &command.init,
            "begin with the weights of this file where names and shapes agree: a net, safetensors, "
            "or h5 of Keras"});
  line.add({"--checkpoint", "FILE", &command.checkpoint,
            "write the net after each epoch; {} in the name becomes the epoch's number"});
  line.add({"--gradient-norms", "", &command.norms, "print the length of each layer's gradient at the end"});
  line.add({"--device", "NAME", &command.device, "cpu, cuda or cuda:N"});
  line.add({"--dtype", "TYPE", &command.dtype, "float or double; of a net trained before its own"});
  line.example("akin net train examples/nets/xor.toml --data examples/nets/xor.csv -o xor.net");
  line.example("akin net train xor.net --data examples/nets/xor.csv -o xor.net --epochs 4");
}

/// A net that is ready to be fitted, with its samples.
struct Prepared {
  nn::Net net;
  nn::FitOptions fit;
  NetDataSettings settings;
  NetIds ids;
  NetSamples samples;
};

Prepared go_on(const TrainCommand& command) {
  auto [settings, ids] = read_net_data(TensorReader(command.path));
  const NetSource source = read_source(settings.kind, command.data);
  NetSamples samples = make_samples(nn::load_spec(command.path), settings, source, ids, Targets::kRequired);
  nn::FitOptions fit;
  fit.batch = settings.batch;
  fit.validation_split = settings.validation_split;
  fit.shuffle = settings.shuffle;
  return {nn::load_net(command.path, command.device), std::move(fit), std::move(settings), std::move(ids),
          std::move(samples)};
}

Prepared begin(const TrainCommand& command, std::uint64_t seed) {
  const NetSource source = read_source(net_toml_data_kind(command.path), command.data);
  NetPlan plan = read_net_toml(command.path, source.sizes());
  if (!plan.has_data)
    fail(ErrorCode::kUsage, "{}: has no table [data]: it says which columns are inputs and target",
         command.path);
  plan.data.seed = seed;
  NetIds ids;
  NetSamples samples = make_samples(plan.spec, plan.data, source, ids, Targets::kRequired);
  nn::NetOptions options;
  options.engine = {command.device, command.dtype};
  options.seed = seed;
  nn::Net net = nn::make_net(std::move(plan.spec), options);
  net.compile(plan.compile);
  return {std::move(net), std::move(plan.fit), std::move(plan.data), std::move(ids), std::move(samples)};
}

void take_weights(nn::Net& net, const std::string& path, Session& session) {
  std::vector<nn::NamedArray> weights = nn::read_weights(path);
  const nn::WeightMatch match = nn::match_weights(net.weights(), weights);
  if (match.matched == 0)
    fail(ErrorCode::kBadData, "{}: has none of the net's weights; the net has {}", path,
         fmt::join(match.missing, ", "));
  std::erase_if(weights, [&](const nn::NamedArray& weight) {
    return std::ranges::find(match.unknown, weight.name) != match.unknown.end();
  });
  net.set_weights(weights);
  std::string text = fmt::format("{}: took {} weights", path, match.matched);
  if (!match.missing.empty()) text += fmt::format("; new remain {}", fmt::join(match.missing, ", "));
  if (!match.unknown.empty()) text += fmt::format("; {} of the file fit nowhere", match.unknown.size());
  session.remark(text);
}

void apply_flags(const TrainCommand& command, Prepared& prepared) {
  nn::FitOptions& fit = prepared.fit;
  if (command.epochs >= 0) fit.epochs = command.epochs;
  if (command.batch > 0) fit.batch = command.batch;
  if (command.patience > 0) fit.patience = command.patience;
  if (command.validation_split) fit.validation_split = static_cast<double>(*command.validation_split);
  fit.checkpoint = command.checkpoint;
  prepared.settings.batch = fit.batch;
  prepared.settings.validation_split = fit.validation_split;
  prepared.settings.shuffle = fit.shuffle;
  if (!command.learning_rate) return;
  if (!(*command.learning_rate > 0)) fail(ErrorCode::kUsage, "--learning-rate must be above 0");
  prepared.net.set_learning_rate(static_cast<double>(*command.learning_rate));
}

std::string samples_text(const Prepared& prepared) {
  const auto total = static_cast<std::int64_t>(prepared.samples.train.size());
  const std::int64_t kept = nn::training_samples(total, prepared.fit.validation_split);
  std::string text = fmt::format("{} samples to train on", format_count(static_cast<std::uint64_t>(kept)));
  if (kept < total)
    text += fmt::format(", {} to validate", format_count(static_cast<std::uint64_t>(total - kept)));
  if (!prepared.samples.test.empty())
    text += fmt::format(", {} held out", format_count(prepared.samples.test.size()));
  if (prepared.samples.unknown > 0)
    text +=
        fmt::format("; {} indices the net does not know became 0", format_count(prepared.samples.unknown));
  return text;
}

struct Outcome {
  nn::History history;
  nn::Scores test;
  std::vector<nn::GradientNorm> norms;
};

Outcome learn(const TrainCommand& command, Prepared& prepared, Session& session) {
  nn::Net& net = prepared.net;
  const nn::Batch train = nn::select(prepared.samples.all, prepared.samples.train);
  const std::uint64_t last = net.epochs() + static_cast<std::uint64_t>(prepared.fit.epochs);
  const bool told = !session.common().json && !session.common().quiet;
  prepared.fit.on_epoch = [&](const nn::EpochResult& epoch) {
    session.progress().clear();
    if (told) {
      print(epoch_line(epoch, last));
      flush_output();
    }
    return true;
  };
  net.attach([&prepared](TensorWriter& writer) { write_net_data(writer, prepared.settings, prepared.ids); });
  Outcome outcome;
  outcome.history = net.fit(train, prepared.fit, session.context());
  if (!prepared.samples.test.empty())
    outcome.test =
        net.evaluate(nn::select(prepared.samples.all, prepared.samples.test), 256, session.context());
  if (command.norms)
    outcome.norms = net.gradient_norms(nn::slice(train, 0, std::min(kNormSamples, train.targets.samples())));
  return outcome;
}

void print_outcome(const TrainCommand& command, const Prepared& prepared, const Outcome& outcome) {
  const nn::History& history = outcome.history;
  if (history.stopped_early) print(fmt::format("stopped early: epoch {} was the best\n", history.best_epoch));
  if (!outcome.test.empty())
    print(fmt::format("held out ({}): {}\n", format_count(prepared.samples.test.size()),
                      scores_text(outcome.test)));
  if (command.norms) print(norms_text(outcome.norms));
  print(fmt::format("wrote {}\n", shell_word(command.out)));
}

json outcome_json(const TrainCommand& command, const Prepared& prepared, const Outcome& outcome) {
  json result = {{"net", prepared.net.spec().name()},
                 {"parameters", prepared.net.spec().parameters()},
                 {"epochs", history_json(outcome.history)},
                 {"best_epoch", outcome.history.best_epoch},
                 {"stopped_early", outcome.history.stopped_early},
                 {"file", command.out}};
  if (!outcome.test.empty()) result["held_out"] = outcome.test;
  for (const nn::GradientNorm& norm : outcome.norms) result["gradient_norms"][norm.layer] = norm.norm;
  return result;
}

}  // namespace

int run_net_train(const Args& args) {
  TrainCommand command;
  CommandLine line("net train", "Trains a neural net.");
  declare(line, command);
  if (!line.parse(args)) return kSuccess;
  Session session(line.common);
  const bool trained = file_kind(command.path) == "net";
  if (trained && line.given("dtype"))
    fail(ErrorCode::kUsage, "{}: is trained in its own dtype; leave --dtype out", command.path);
  Prepared prepared = trained ? go_on(command) : begin(command, line.common.seed);
  apply_flags(command, prepared);
  if (!command.init.empty()) take_weights(prepared.net, command.init, session);
  session.remark(fmt::format("{}: {} parameters; {}", prepared.net.spec().name(),
                             format_count(static_cast<std::uint64_t>(prepared.net.spec().parameters())),
                             samples_text(prepared)));
  const Outcome outcome = learn(command, prepared, session);
  session.context().check_stop();
  prepared.net.save(command.out);
  session.progress().clear();
  if (line.common.json)
    print_json(outcome_json(command, prepared, outcome));
  else
    print_outcome(command, prepared, outcome);
  return kSuccess;
}

}  // namespace akin::cli
