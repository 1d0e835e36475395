// akin text train MODEL --data FILE -o FILE | akin text evaluate FILE|MODEL --data FILE
#include <fmt/format.h>

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/io.h"
#include "akin/cli/commands.h"
#include "akin/cli/commands/text_actions.h"
#include "akin/cli/output.h"
#include "akin/experiment/text_experiment.h"
#include "akin/report/text_report.h"

namespace akin::cli {
namespace {

TextTrainOptions options_of(const std::string& model, const TextModelFlags& flags) {
  return {model, flags.params, flags.validation_share, flags.word_vectors};
}

int cross_validate_text(const std::string& model, const Args& args) {
  std::string data, html;
  LabelledTextFormat format;
  TextModelFlags flags;
  Resampling how;
  CommandLine line(
      "text evaluate " + model,
      fmt::format("Cross-validates {}: each part of the texts is predicted by a model of the others.",
                  model));
  line.explain("The parts are drawn at random from --seed; each has its share of each class.");
  add_text_data_flags(line, data, format, Need::kRequired);
  line.add({"--numbers", "", &format.numbers, "labels are numbers to predict, not classes"});
  add_resampling_flags(line, how, "texts");
  line.add({"--html", "FILE", OutputPath{&html}, "also write a self-contained web page"});
  add_text_model_flags(line, model, flags);
  line.example(fmt::format("akin text evaluate {} --data reviews.tsv --folds 10", model));
  if (!line.parse(args)) return kSuccess;
  static_cast<void>(find_text_model(model).complete(flags.params));
  check_resampling(line, how);
  Session session(line.common);
  const LabelledTexts texts = read_text_data(data, format, session);
  return print_text_evaluation(cross_validate(options_of(model, flags), texts, how, session.context()), model,
                               html, session);
}

}  // namespace

int print_text_evaluation(const TextEvaluation& result, const std::string& title, const std::string& html,
                          Session& session, const std::function<void(HtmlReport&)>& more) {
  if (!html.empty()) write_file(html, text_evaluation_html(result, title, more));
  session.progress().clear();
  if (session.common().json) {
    print_json(text_evaluation_json(result));
  } else {
    print(text_evaluation_text(result));
  }
  return kSuccess;
}

int run_text_train(const Args& args) {
  if (args.empty() || args[0].starts_with('-')) {
    if (!args.empty() && (args[0] == "--help" || args[0] == "-h")) return run_text({"--help"});
    fail(ErrorCode::kUsage,
         "name a model: akin text train text-linear --data FILE -o FILE; see `akin text --help`");
  }
  const std::string& model = args[0];
  const TextModelEntry& entry = find_text_model(model);
  std::string data, validation, out;
  LabelledTextFormat format;
  TextModelFlags flags;
  CommandLine line("text train " + model, fmt::format("Trains a {}.", entry.summary));
  add_text_data_flags(line, data, format, Need::kRequired);
  line.add({"--numbers", "", &format.numbers, "labels are numbers to predict, not classes"});
  line.add({"--validation", "FILE", InputPath{&validation},
            entry.takes_validation ? "texts like --data to stop training early, and to score the model"
                                   : "texts like --data to score the model"});
  line.add({"-o,--out", "FILE", OutputPath{&out}, "file to write the model to", Need::kRequired});
  std::string checkpoint;
  bool resume = false;
  if (entry.takes_validation) {
    line.add({"--checkpoint", "FILE", OutputPath{&checkpoint}, "keep the last whole epoch in this file"});
    line.add(
        {"--resume", "", &resume, "continue from the checkpoint; start from the beginning if there is none"});
  }
  add_text_model_flags(line, model, flags);
  line.example(fmt::format("akin text train {} --data reviews.tsv -o reviews.text", model));
  if (!line.parse({args.begin() + 1, args.end()})) return kSuccess;
  static_cast<void>(entry.complete(flags.params));
  if (!validation.empty() && flags.validation_share)
    fail(ErrorCode::kUsage, "--validation and --validation-share exclude each other");
  if (resume && checkpoint.empty()) fail(ErrorCode::kUsage, "--resume: name the file with --checkpoint");
  Session session(line.common);
  const LabelledTexts texts = read_text_data(data, format, session);
  std::optional<LabelledTexts> held_out;
  if (!validation.empty()) {
    std::vector<std::string> classes;
    for (idx_t c = 0; c < texts.classes.size(); ++c) classes.emplace_back(texts.classes.id(c));
    held_out = with_classes(read_text_data(validation, format, session), classes, validation);
  }
  TextTrainOptions options = options_of(model, flags);
  options.checkpoint = checkpoint;
  options.resume = resume;
  StoredTextModel stored = train_text_model(
      options, texts, held_out && entry.takes_validation ? &*held_out : nullptr, session.context());
  session.context().check_stop();
  save_text_model(stored, out);
  std::optional<TextEvaluation> scores;
  if (held_out) scores = evaluate_text_model(*stored.model, *held_out, session.context());
  session.progress().clear();
  if (line.common.json) {
    nlohmann::json result = {{"model", model},        {"params", stored.params},
                             {"texts", stored.texts}, {"classes", texts.classes.size()},
                             {"hash", stored.hash},   {"file", out}};
    if (scores) result["validation"] = text_evaluation_json(*scores);
    print_json(result);
    return kSuccess;
  }
  if (scores) print(text_evaluation_text(*scores) + '\n');
  print(fmt::format(
      "{} learned from {} texts{}\nwrote {} (hash {})\n", model, format_count(stored.texts),
      texts.has_classes() ? fmt::format(" of {} classes", format_count(texts.classes.size())) : "", out,
      stored.hash));
  return kSuccess;
}

int run_text_evaluate(const Args& args) {
  const bool named = !args.empty() &&
                     std::ranges::find(text_models(), args[0], &TextModelEntry::name) != text_models().end();
  if (named) return cross_validate_text(args[0], {args.begin() + 1, args.end()});
  std::string path, data, html;
  LabelledTextFormat format;
  CommandLine line("text evaluate", "Scores a trained model of texts on labelled texts.");
  line.explain(
      "With the name of a model in place of FILE, the model is cross-validated: `akin text evaluate "
      "text-linear "
      "--help`.");
  line.add({"FILE", "", InputPath{&path}, "file written by `akin text train`", Need::kRequired});
  add_text_data_flags(line, data, format, Need::kRequired);
  line.add({"--html", "FILE", OutputPath{&html}, "also write a self-contained web page"});
  line.example("akin text evaluate reviews.text --data test.tsv");
  if (!line.parse(args)) return kSuccess;
  Session session(line.common);
  const StoredTextModel stored = load_text_model(path);
  format.numbers = stored.model->classes().empty();
  const LabelledTexts texts =
      with_classes(read_text_data(data, format, session), stored.model->classes(), data);
  return print_text_evaluation(evaluate_text_model(*stored.model, texts, session.context()),
                               std::string(stored.model->name()), html, session);
}

}  // namespace akin::cli
