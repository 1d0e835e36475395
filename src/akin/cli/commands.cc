#include "akin/cli/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <new>

#include "akin/base/error.h"
#include "akin/cli/interrupt.h"
#include "akin/cli/output.h"

#ifndef AKIN_VERSION
#error "AKIN_VERSION comes from the build"
#endif

namespace akin::cli {
namespace {

std::string guide() {
  std::string text =
      "akin learns vectors for products and users from all the data you have about them, and recommends with "
      "them.\n"
      "\n"
      "Usage: akin COMMAND ... (each has --help)\n"
      "\n"
      "From raw files to recommendations:\n"
      "  akin import csv events.csv -o events.data     read your files; `akin import` lists the formats\n"
      "  akin describe events.data                     see what is in them\n"
      "  akin compare -d events.data --models all      measure every model on held-out events\n"
      "  akin tune als -d events.data -o als.toml      find good parameters for it\n"
      "  akin train als -d events.data -o als.akin     train the one you like\n"
      "  akin recommend als.akin --user 42           what next for this user\n"
      "No data at hand: `akin demo` makes a small synthetic data set and runs every step on it.\n"
      "\n"
      "Commands:\n";
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
    print("akin " AKIN_VERSION "\n");
    return kSuccess;
  }
  const auto found = std::ranges::find(commands(), args[0], &Command::name);
  if (found != commands().end()) return found->run({args.begin() + 1, args.end()});
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

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands = {
      {"import", "read raw files into a data set", &run_import},
      {"describe", "show what is in a data set", &run_describe},
      {"synthetic", "generate a synthetic data set of any size", &run_synthetic},
      {"train", "fit a model to a data set", &run_train},
      {"tune", "search good parameters for a model", &run_tune},
      {"evaluate", "score a trained model on what was held out", &run_evaluate},
      {"compare", "train and score several models, in one table", &run_compare},
      {"recommend", "what next for a user", &run_recommend},
      {"similar", "items like an item", &run_similar},
      {"embed", "vectors of texts from the vectors of their words", &run_embed},
      {"explain", "which of a user's items led to a recommendation", &run_explain},
      {"update", "go on from a trained model with new events", &run_update},
      {"export", "write vectors for other programs", &run_export},
      {"forget", "remove users from data sets, models and checkpoints", &run_forget},
      {"pseudonym", "the pseudonyms that an import gives ids", &run_pseudonym},
      {"net", "neural nets: define, train, evaluate, predict", &run_net},
      {"models", "the models there are, and their parameters", &run_models},
      {"demo", "every step on a synthetic data set, in a minute", &run_demo},
  };
  return kCommands;
}

int run(const Args& args) {
  prepare_streams();
  int code = kFailure;
  std::string message;
  try {
    code = dispatch(args);
    flush_output();
  } catch (const Error& error) {
    code = exit_code(error.code());
    message = error.what();
  } catch (const std::bad_alloc&) {
    message = "out of memory; try less data or smaller vectors";
  } catch (const std::exception& error) {
    message = fmt::format("unexpected: {}; please report it", error.what());
  }
  // Whatever failed after Ctrl-C failed because of it.
  if (const int signal = Interrupt::received(); signal != 0 && !message.empty()) {
    code = kSignalBase + signal;
    message = "interrupted";
  }
  if (!message.empty()) print_error_line("akin: error: " + message);
  return code;
}

}  // namespace akin::cli
