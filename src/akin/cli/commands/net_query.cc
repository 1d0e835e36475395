// akin net evaluate NET --data DATA, akin net predict NET --data DATA
#include <fmt/core.h>

#include "akin/base/format.h"
#include "akin/base/io.h"
#include "akin/cli/commands.h"
#include "akin/cli/commands/net_actions.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/report/json.h"
#include "akin/report/net_report.h"

namespace akin::cli {
namespace {

struct UseCommand {
  std::string path, data, device = "cpu";
  std::string part, layer, out = "-";
};

void declare(CommandLine& line, UseCommand& command) {
  line.add({"NET", "", InputPath{&command.path}, "file written by `akin net train`", Need::kRequired});
  line.add({"-d,--data", "DATA", InputPath{&command.data}, "data of the same kind as the training data",
            Need::kRequired});
  line.add({"--device", "NAME", Text{&command.device}, "cpu, cuda or cuda:N"});
}

nets::NetQuestion question_of(const UseCommand& command) {
  return {command.path, command.data, command.device};
}

}  // namespace

int run_net_evaluate(const Args& args) {
  UseCommand command;
  CommandLine line("net evaluate", "Computes the loss and metrics of a trained net on data.");
  declare(line, command);
  line.add({"--part", "WHICH", Text{&command.part}, "test (the held-out samples), train or all",
            Need::kOptional, 0, "test, else all"});
  if (!line.parse(args)) return kSuccess;
  Session session(line.common);
  const nets::NetScores result = nets::evaluate_net(question_of(command), command.part, session.context());
  session.progress().clear();
  if (line.common.json) {
    print_json(net_scores_json(result));
  } else {
    print(fmt::format("{} ({} samples): {}\n", result.part, format_count(result.samples),
                      scores_text(result.scores)));
    if (!result.constant.empty()) print(fmt::format("a constant: {}\n", scores_text(result.constant)));
  }
  return kSuccess;
}

int run_net_predict(const Args& args) {
  UseCommand command;
  CommandLine line("net predict", "Prints the outputs of a trained net for each sample.");
  declare(line, command);
  line.add({"--layer", "NAME", Text{&command.layer}, "print the values of this layer instead of the output"});
  line.add({"-o,--out", "FILE", OutputPath{&command.out, OutputPath::Form::kPrintable},
            "CSV file to write; - = standard output"});
  if (!line.parse(args)) return kSuccess;
  Session session(line.common);
  const nets::NetPredictions result =
      nets::predict_net(question_of(command), command.layer, session.context());
  session.progress().clear();
  if (line.common.json) {
    print_json(predictions_json(result));
    return kSuccess;
  }
  const std::string text = predictions_csv(result);
  if (command.out == "-") {
    print_bytes(text);
  } else {
    write_file(command.out, text);
    print(fmt::format("wrote {} predictions: {}\n",
                      format_count(static_cast<std::uint64_t>(result.values.samples())), command.out));
  }
  return kSuccess;
}

}  // namespace akin::cli
