#include "akin/cli/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <filesystem>
#include <new>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "akin/base/error.h"
#include "akin/cli/interrupt.h"
#include "akin/cli/output.h"
#include "akin/cli/ranks.h"
#include "akin/nn/engine.h"

#ifndef AKIN_VERSION
#error "AKIN_VERSION comes from the build"
#endif

namespace akin::cli {
namespace {

std::string guide() {
  std::string text =
      "akin learns vectors for products and users from all the data you have about them, and recommends with "
      "them.\n\nUsage: akin COMMAND ... (each has --help)\n\nFrom raw files to recommendations:\n  akin "
      "import csv events.csv -o events.data     read your files; `akin import` lists the formats\n  akin "
      "describe events.data                     see what is in the data\n  akin compare -d events.data "
      "--models all      measure every model on held-out events\n  akin tune als -d events.data -o als.toml  "
      "    search for good parameters\n  akin train als -d events.data -o als.akin     train a model\n  akin "
      "recommend als.akin --user 42             recommend to a user\nNo data at hand: `akin demo` makes a "
      "small synthetic data set and runs every step on it.\n\nCommands:\n";
  std::vector<Listed> entries;
  for (const Command& command : commands()) entries.push_back({command.name, command.summary});
  return text + listing(entries);
}

int dispatch(const Args& args) {
  if (args.empty() || args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
    if (args.size() > 1 && args[0] == "help") {  // `akin help train` = `akin train --help`
      Args rest(args.begin() + 1, args.end());
      rest.push_back("--help");
      return dispatch(rest);
    }
    print(guide());
    return kSuccess;
  }
  if (args[0] == "--version") {
    const std::string blas = nn::blas_library();
    print("akin " AKIN_VERSION "\n");
    if (!blas.empty()) print(fmt::format("BLAS of nets: {}\n", blas));
    return kSuccess;
  }
  // `embed` of earlier versions is a part of `encode`.
  const std::string& name = args[0] == "embed" ? std::string("encode") : args[0];
  const auto found = std::ranges::find(commands(), name, &Command::name);
  if (found != commands().end()) {
    if (!found->on_ranks && !ranks().alone())
      fail(ErrorCode::kUsage, "{} works in one process: start it without mpirun", found->name);
    return found->run({args.begin() + 1, args.end()});
  }
  std::vector<std::string> names;
  for (const Command& command : commands()) names.emplace_back(command.name);
  if (args[0][0] == '-') {
    fail(ErrorCode::kUsage, "unknown flag {}; name a command first: {}", args[0], fmt::join(names, ", "));
  }
  fail(ErrorCode::kUsage, "unknown command '{}'{}; commands: {}", args[0], did_you_mean(args[0], names),
       fmt::join(names, ", "));
}

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return kWrongUsage;
    case ErrorCode::kCancelled:
      return kSignalBase + SIGINT;
    default:
      return kFailure;
  }
}

/// What the standard library and others throw, in words for a user. Whoever knows more, such as the file,
/// throws akin::Error instead.
std::string message_of(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
      dynamic_cast<const std::length_error*>(&error))
    return "not enough memory; try less data, smaller vectors or fewer threads";
  if (const auto* of_file = dynamic_cast<const std::filesystem::filesystem_error*>(&error))
    return fmt::format("{}: {}", of_file->path1().string(), of_file->code().message());
  if (const auto* of_system = dynamic_cast<const std::system_error*>(&error))
    return fmt::format("the system refused: {}", of_system->code().message());
  if (dynamic_cast<const nlohmann::json::exception*>(&error) != nullptr)
    return fmt::format("a JSON text is not as expected: {}", error.what());
  return fmt::format("unexpected: {}; please report it", error.what());
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands = {
      {"import", "read raw files into a data set", &run_import, true},
      {"describe", "show what is in a data set", &run_describe},
      {"synthetic", "generate a synthetic data set of any size", &run_synthetic},
      {"train", "train a model on a data set", &run_train, true},
      {"tune", "search for good parameters of a model", &run_tune, true},
      {"evaluate", "score a trained model on held-out events", &run_evaluate, true},
      {"compare", "train and score several models in one table", &run_compare, true},
      {"fuse", "make one model of several sources: content, events, vectors", &run_fuse},
      {"recommend", "recommend items to a user", &run_recommend, true},
      {"predict", "predict ratings or probabilities of pairs", &run_predict},
      {"similar", "find items similar to an item", &run_similar},
      {"encode", "compute vectors of items and texts from their content", &run_encode},
      {"encoder", "import pretrained encoders of texts, show what an encoder is", &run_encoder},
      {"cluster", "group items by their vectors, as an attribute (semantic ids)", &run_cluster},
      {"explain", "show which items led to a recommendation", &run_explain},
      {"update", "update a trained model with new events", &run_update},
      {"export", "write vectors in formats of other programs", &run_export},
      {"forget", "remove users from data sets, models and checkpoints", &run_forget},
      {"pseudonym", "print the pseudonyms of ids", &run_pseudonym},
      {"text", "classes and numbers from texts: train, evaluate, predict, explain", &run_text},
      {"image", "classes from pictures, and their edges: train, evaluate, predict, filter", &run_image},
      {"net", "neural nets: define, train, evaluate, predict", &run_net},
      {"models", "list models and their parameters", &run_models},
      {"demo", "every step on a synthetic data set, in some minutes", &run_demo},
  };
  return kCommands;
}

int run(const Args& args) {
  prepare_streams();
  int code = kFailure;
  std::string message;
  try {
    start_ranks(args, AKIN_VERSION);
    code = dispatch(args);
    flush_output();
  } catch (const Error& error) {
    code = exit_code(error.code());
    message = error.what();
  } catch (const std::exception& error) {
    message = message_of(error);
  }
  // Whatever failed after Ctrl-C failed because of it.
  if (const int signal = Interrupt::received(); signal != 0 && !message.empty()) {
    code = kSignalBase + signal;
    message = "interrupted";
  }
  if (!message.empty() && !ranks().alone()) end_ranks(message, code);
  if (!message.empty()) print_error_line("akin: error: " + message);
  return code;
}

}  // namespace akin::cli
