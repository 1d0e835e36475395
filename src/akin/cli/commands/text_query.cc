// akin text predict FILE --text T | --lines FILE | --data FILE, akin text explain FILE [--text T]
#include <fmt/format.h>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/io.h"
#include "akin/cli/commands.h"
#include "akin/cli/commands/text_actions.h"
#include "akin/cli/output.h"
#include "akin/data/readers/text_decode.h"
#include "akin/encode/text_models.h"
#include "akin/report/text_report.h"

namespace akin::cli {
namespace {

std::vector<std::string> read_lines(const std::string& path) {
  std::vector<std::string> texts;
  TextDecoder decode;
  LineReader lines(path);
  while (const auto line = lines.next()) texts.emplace_back(decode(*line));
  if (texts.empty()) fail(ErrorCode::kBadData, "{}: there are no lines", path);
  return texts;
}

std::string about(const TextModel& model, std::size_t label) {
  return model.classes().empty() ? "number" : model.classes()[label];
}

std::size_t label_of(const TextModel& model, const std::string& name) {
  if (model.classes().empty()) fail(ErrorCode::kUsage, "the model predicts numbers; leave --class out");
  const auto found = std::ranges::find(model.classes(), name);
  if (found == model.classes().end()) {
    fail(ErrorCode::kNotFound, "the model has no class '{}'{}; it has {}", name,
         did_you_mean(name, model.classes()), fmt::join(model.classes(), ", "));
  }
  return static_cast<std::size_t>(found - model.classes().begin());
}

int explain_model(const TextModel& model, std::size_t count, bool as_json) {
  nlohmann::json result = nlohmann::json::object();
  std::string text;
  for (std::size_t label = 0; label < std::max<std::size_t>(model.classes().size(), 1); ++label) {
    const std::vector<TextPart> parts = model.telling(label, count);
    if (parts.empty())
      fail(ErrorCode::kUsage, "the scores of {} are no sums over words; explain a text-linear", model.name());
    TextExplanation list{0, parts};
    result[about(model, label)] = text_explanation_json(list)["parts"];
    text += fmt::format("{}:", about(model, label));
    for (const TextPart& part : parts) text += fmt::format("  {} ({:+.3f})", part.text, part.score);
    text += '\n';
  }
  as_json ? print_json({{"telling", result}}) : print(text);
  return kSuccess;
}

}  // namespace

int run_text_predict(const Args& args) {
  std::string path, lines, data, out = "-";
  std::optional<std::string> text;
  LabelledTextFormat format;
  CommandLine line("text predict", "Predicts classes with probabilities, or numbers, of texts.");
  line.add({"FILE", "", InputPath{&path}, "file written by `akin text train`", Need::kRequired});
  line.add({"--text", "TEXT", Text{&text}, "one text"});
  line.add({"--lines", "FILE", InputPath{&lines}, "one text per line, - = standard input"});
  add_text_data_flags(line, data, format, Need::kOptional);
  line.add({"-o,--out", "FILE", OutputPath{&out, OutputPath::Form::kPrintable},
            "CSV file to write; - = standard output"});
  line.example("akin text predict reviews.text --lines new.txt -o predictions.csv");
  if (!line.parse(args)) return kSuccess;
  if (int{text.has_value()} + int{!lines.empty()} + int{!data.empty()} != 1)
    fail(ErrorCode::kUsage,
         "name one input: --text, --lines FILE or --data FILE; see `akin text predict --help`");
  if (line.common.json && out != "-") fail(ErrorCode::kUsage, "-o writes CSV; leave -o or --json out");
  Session session(line.common);
  const StoredTextModel stored = load_text_model(path);
  std::vector<std::string> texts;
  if (text) texts = {*text};
  if (!lines.empty()) texts = read_lines(lines);
  if (!data.empty()) {
    format.labels = false;
    format.classes = stored.model->classes();
    texts = read_text_data(data, format, session).texts;
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const Matrix predictions = stored.model->predict(views, session.context());
  session.progress().clear();
  if (line.common.json) {
    print_json(text_predictions_json(*stored.model, predictions));
    return kSuccess;
  }
  const std::string csv = text_predictions_csv(*stored.model, predictions);
  if (out == "-") {
    print_bytes(csv);
  } else {
    write_file(out, csv);
    print(fmt::format("wrote {} predictions: {}\n", format_count(texts.size()), out));
  }
  return kSuccess;
}

int run_text_explain(const Args& args) {
  std::string path, name;
  std::optional<std::string> text;
  int count = 20;
  CommandLine line("text explain",
                   "Shows what the words of a text add to its score, or the most telling words.");
  line.explain(
      "The score of a class is its logit: of two classes ln(p / (1 - p)). The rows add up to it. Without "
      "--text, the "
      "words that say most for each class.");
  line.add({"FILE", "", InputPath{&path}, "file written by `akin text train`", Need::kRequired});
  line.add({"--text", "TEXT", Text{&text}, "the text to explain"});
  line.add({"--class", "NAME", Text{&name}, "the class to explain; default: the predicted one"});
  line.add({"-k,--top", "N", &count, "rows to show", Need::kOptional, 1});
  line.example("akin text explain reviews.text --text \"strings that stay in tune\"");
  if (!line.parse(args)) return kSuccess;
  const Session session(line.common);
  const StoredTextModel stored = load_text_model(path);
  const TextModel& model = *stored.model;
  const auto shown = static_cast<std::size_t>(count);
  if (!text && !name.empty()) fail(ErrorCode::kUsage, "--class is for --text");
  if (!text) return explain_model(model, shown, line.common.json);
  std::size_t label = 0;
  if (!name.empty()) {
    label = label_of(model, name);
  } else if (!model.classes().empty()) {
    const std::string_view view = *text;
    const Matrix row = model.predict({&view, 1}, session.context());
    label = static_cast<std::size_t>(std::ranges::max_element(row[0]) - row[0].begin());
  }
  const auto explanation = model.explain(*text, label);
  if (!explanation)
    fail(ErrorCode::kUsage, "the scores of {} are no sums over words; explain a text-linear", model.name());
  if (line.common.json) {
    nlohmann::json result = text_explanation_json(*explanation);
    if (!model.classes().empty()) result["class"] = model.classes()[label];
    print_json(result);
  } else {
    print(text_explanation_text(*explanation, about(model, label), shown));
  }
  return kSuccess;
}

}  // namespace akin::cli
