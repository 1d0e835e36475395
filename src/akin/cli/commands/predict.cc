// akin predict BUNDLE --user ID --item ID | --pairs FILE
#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/io.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/report/json.h"
#include "akin/report/prediction_text.h"

namespace akin::cli {
namespace {

struct PredictCommand {
  std::string bundle;
  std::vector<std::string> users, items;
  std::string pairs, out;
  std::vector<std::string> columns;
  bool no_clip = false;
};

void declare(CommandLine& line, PredictCommand& command) {
  line.explain(
      "Ratings are kept within the range of the training ratings. An unknown user is one of whom nothing is "
      "known; "
      "where the model has no prediction, the mean training rating (or the probability 1/2) stands in, and "
      "the "
      "result says so. `akin evaluate` scores the same predictions.");
  line.add({"BUNDLE", "", InputPath{&command.bundle},
            "file written by `akin train`, of a model that predicts ratings or probabilities",
            Need::kRequired});
  line.add({"--user", "ID", Text{&command.users}, "a user; repeatable"});
  line.add({"--item", "ID", Text{&command.items}, "an item, predicted for every --user; repeatable"});
  line.add({"--pairs", "FILE", InputPath{&command.pairs},
            "file of pairs: CSV with a user and an item in each line, with or without a header; - = standard "
            "input"});
  line.add({"--columns", "USER,ITEM", Text{&command.columns},
            "columns of that file by name or number; default: by usual names, else the first two"});
  line.add(
      {"--no-clip", "", &command.no_clip, "also predict ratings outside the range of the training ratings"});
  line.add({"-o,--out", "FILE", OutputPath{&command.out, OutputPath::Form::kPrintable},
            "write CSV: user, item, rating or probability, note; - = standard output"});
  line.example("akin predict mf-sgd.akin --user A2IBPI20UZIR0U --item B0002E1G5C");
  line.example("akin predict mf-sgd.akin --pairs pairs.csv -o predictions.csv");
}

void check(const PredictCommand& command, bool json) {
  const bool by_flags = !command.users.empty() || !command.items.empty();
  if (by_flags == !command.pairs.empty())
    fail(ErrorCode::kUsage, "name pairs: --user ID --item ID, or --pairs FILE; see `akin predict --help`");
  if (by_flags && (command.users.empty() || command.items.empty()))
    fail(ErrorCode::kUsage, "--user and --item go together; see `akin predict --help`");
  if (!command.columns.empty() && command.pairs.empty()) fail(ErrorCode::kUsage, "--columns is for --pairs");
  if (json && !command.out.empty()) fail(ErrorCode::kUsage, "-o writes CSV; leave -o or --json out");
}

std::vector<UserItem> pairs_of(const PredictCommand& command, const Context& context) {
  std::vector<UserItem> pairs;
  for (const std::string& user : command.users) {
    for (const std::string& item : command.items) pairs.push_back({user, item});
  }
  if (command.pairs.empty()) return pairs;
  const std::vector<std::string> columns = split_lists(command.columns);
  if (!columns.empty() && columns.size() != 2)
    fail(ErrorCode::kUsage, "--columns: name two, such as customer,product");
  return read_pairs(command.pairs, columns.empty() ? PairColumns{} : PairColumns{columns[0], columns[1]},
                    context);
}

}  // namespace

int run_predict(const Args& args) {
  PredictCommand command;
  CommandLine line("predict", "Predicts ratings or probabilities of pairs of a user and an item.");
  declare(line, command);
  if (!line.parse(args)) return kSuccess;
  check(command, line.common.json);
  Session session(line.common);
  const Bundle bundle = load_bundle(command.bundle);
  const std::vector<UserItem> pairs = pairs_of(command, session.context());
  const Predictions predictions = predict(bundle, pairs, {.clip = !command.no_clip}, session.context());
  session.progress().clear();
  if (const std::string text = predictions_remark(predictions); !text.empty()) session.remark(text);
  if (line.common.json) {
    print_json(pair_predictions_json(pairs, predictions));
  } else if (command.out == "-") {
    print_bytes(pair_predictions_csv(pairs, predictions));
  } else if (!command.out.empty()) {
    write_file(command.out, pair_predictions_csv(pairs, predictions));
    print(fmt::format("wrote {} predictions: {}\n", format_count(pairs.size()), command.out));
  } else {
    print(pair_predictions_text(pairs, predictions));
  }
  return kSuccess;
}

}  // namespace akin::cli
