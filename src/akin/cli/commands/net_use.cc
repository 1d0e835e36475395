// akin net evaluate NET --data DATA, akin net predict NET --data DATA
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/cli/commands.h"
#include "akin/cli/commands/net_commands.h"
#include "akin/cli/net_data.h"
#include "akin/cli/net_report.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/nn/samples.h"
#include "akin/report/text_table.h"

namespace akin::cli {
namespace {

using nlohmann::json;

struct UseCommand {
  std::string path, data, device = "cpu";
  std::string part, layer, out = "-";
};

void declare(CommandLine& line, UseCommand& command) {
  line.add({"NET", "", &command.path, "file written by `akin net train`", Need::kRequired});
  line.add({"-d,--data", "DATA", &command.data, "data of the kind that it was trained on", Need::kRequired});
  line.add({"--device", "NAME", &command.device, "cpu, cuda or cuda:N"});
}

struct Loaded {
  NetDataSettings settings;
  NetSamples samples;
};

Loaded load(const UseCommand& command, Targets targets, Session& session) {
  auto [settings, ids] = read_net_data(TensorReader(command.path));
  const NetSource source = read_source(settings.kind, command.data);
  NetSamples samples = make_samples(nn::load_spec(command.path), settings, source, ids, targets);
  if (samples.unknown > 0)
    session.remark(
        fmt::format("{} indices that the net does not know became 0", format_count(samples.unknown)));
  return {std::move(settings), std::move(samples)};
}

/// The part asked for: unless said, what was held out, else everything.
const std::vector<std::int64_t>& part_of(UseCommand& command, const NetSamples& samples,
                                         std::vector<std::int64_t>& all) {
  if (command.part.empty()) command.part = samples.test.empty() ? "all" : "test";
  if (command.part == "train") return samples.train;
  if (command.part == "test") {
    if (samples.test.empty())
      fail(ErrorCode::kUsage, "{}: nothing was held out; take --part all", command.path);
    return samples.test;
  }
  if (command.part != "all")
    fail(ErrorCode::kUsage, "--part: '{}' is neither test, train nor all", command.part);
  for (std::int64_t i = 0; i < samples.all.inputs.at(0).samples(); ++i) all.push_back(i);
  return all;
}

/// A line of values a sample, after a header.
std::string csv_of(const nn::Array& values, const nn::Array& targets) {
  const std::int64_t width = nn::count_of(values.sample_shape());
  std::string text;
  for (std::int64_t c = 0; c < width; ++c)
    text += width == 1 ? "prediction" : fmt::format("{}prediction{}", c == 0 ? "" : ",", c);
  const std::int64_t known = targets.samples() == values.samples() ? nn::count_of(targets.sample_shape()) : 0;
  for (std::int64_t c = 0; c < known; ++c) text += known == 1 ? ",target" : fmt::format(",target{}", c);
  text += "\n";
  for (std::int64_t row = 0; row < values.samples(); ++row) {
    for (std::int64_t c = 0; c < width; ++c)
      text +=
          fmt::format("{}{}", c == 0 ? "" : ",", values.floats()[static_cast<std::size_t>(row * width + c)]);
    for (std::int64_t c = 0; c < known; ++c)
      text += fmt::format(",{}", targets.floats()[static_cast<std::size_t>(row * known + c)]);
    text += "\n";
  }
  return text;
}

}  // namespace

int run_net_evaluate(const Args& args) {
  UseCommand command;
  CommandLine line("net evaluate", "Loss and metrics of a trained net.");
  declare(line, command);
  line.add({"--part", "WHICH", &command.part, "test (what was held out), train or all", Need::kOptional, 0,
            "test, else all"});
  if (!line.parse(args)) return kSuccess;
  Session session(line.common);
  const Loaded loaded = load(command, Targets::kRequired, session);
  std::vector<std::int64_t> all;
  const nn::Batch samples = nn::select(loaded.samples.all, part_of(command, loaded.samples, all));
  nn::Net net = nn::load_net(command.path, command.device);
  net.set_threads(line.common.threads);
  const nn::Scores scores = net.evaluate(samples, 256, session.context());
  session.progress().clear();
  if (line.common.json) {
    print_json({{"part", command.part}, {"samples", samples.targets.samples()}, {"scores", scores}});
  } else {
    print(fmt::format("{} ({} samples): {}\n", command.part,
                      format_count(static_cast<std::uint64_t>(samples.targets.samples())),
                      scores_text(scores)));
  }
  return kSuccess;
}

int run_net_predict(const Args& args) {
  UseCommand command;
  CommandLine line("net predict", "What a trained net gives for each sample.");
  declare(line, command);
  line.add({"--layer", "NAME", &command.layer, "the values of this layer instead of the output"});
  line.add({"-o,--out", "FILE", &command.out, "CSV file to write; - = standard output"});
  if (!line.parse(args)) return kSuccess;
  Session session(line.common);
  const Loaded loaded = load(command, Targets::kIfPresent, session);
  nn::Net net = nn::load_net(command.path, command.device);
  net.set_threads(line.common.threads);
  const nn::Array values = net.predict(loaded.samples.all.inputs, command.layer, 256, session.context());
  session.progress().clear();
  if (line.common.json) {
    json result = {{"shape", values.shape}, {"values", values.floats()}};
    if (!loaded.samples.all.targets.is_ids() && loaded.samples.all.targets.samples() > 0)
      result["targets"] = loaded.samples.all.targets.floats();
    print_json(result);
    return kSuccess;
  }
  const std::string text = csv_of(values, loaded.samples.all.targets);
  if (command.out == "-") {
    print(text);
  } else {
    write_file(command.out, text);
    print(fmt::format("wrote {} predictions: {}\n",
                      format_count(static_cast<std::uint64_t>(values.samples())), command.out));
  }
  return kSuccess;
}

}  // namespace akin::cli
