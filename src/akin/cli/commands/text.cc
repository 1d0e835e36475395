// akin text ACTION
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "akin/base/error.h"
#include "akin/cli/commands.h"
#include "akin/cli/commands/actions.h"
#include "akin/cli/commands/text_actions.h"
#include "akin/cli/flags/param_flags.h"
#include "akin/cli/flags/vector_flags.h"
#include "akin/cli/output.h"
#include "akin/encode/text_models.h"

namespace akin::cli {
namespace {

constexpr std::array<Action, 4> kTextActions = {{
    {"train", "train a model on labelled texts", &run_text_train},
    {"evaluate", "score a trained model, or cross-validate one", &run_text_evaluate},
    {"predict", "classes or numbers of texts", &run_text_predict},
    {"explain", "what the words of a text, or of all texts, say", &run_text_explain},
}};

std::string text_overview() {
  std::string text =
      "Usage: akin text ACTION ... (each has --help)\n\nModels that tell classes or numbers from texts "
      "(docs/text.md).\n\nActions:\n";
  text +=
      action_listing(kTextActions) + "\nModels (`akin text train MODEL --help` shows the flags of each):\n";
  std::vector<Listed> entries;
  for (const TextModelEntry& model : text_models()) entries.push_back({model.name, model.summary});
  return text + listing(entries) +
         "\nExamples:\n"
         "  akin text train text-linear --data reviews.tsv -o reviews.text\n"
         "  akin text evaluate text-linear --data reviews.tsv --folds 10\n"
         "  akin text predict reviews.text --text \"strings that stay in tune\"\n"
         "  akin text explain reviews.text --text \"strings that stay in tune\"\n";
}

}  // namespace

int run_text(const Args& args) { return run_action("text", kTextActions, text_overview, args); }

void add_text_data_flags(CommandLine& line, std::string& data, LabelledTextFormat& format, Need need) {
  line.add({"-d,--data", "FILE", InputPath{&data},
            "labelled texts: lines of a label, a tab (or a blank) and a text; or a table (csv, JSON lines, "
            "xlsx); - = "
            "standard input",
            need});
  line.add({.flags = "--text-column",
            .value = "NAME",
            .target = Text{&format.text_column},
            .help = "column or JSON field of the text, such as review.text",
            .aliases = {"text-field"}});
  line.add({.flags = "--label-column",
            .value = "NAME",
            .target = Text{&format.label_column},
            .help = "column or JSON field of the label",
            .aliases = {"label-field"}});
}

LabelledTexts read_text_data(const std::string& data, const LabelledTextFormat& format, Session& session) {
  LabelledTextFile file = read_labelled_texts(data, format, session.context());
  for (const std::string& note : file.notes) session.remark(note);
  return std::move(file.texts);
}

void add_resampling_flags(CommandLine& line, Resampling& how, std::string_view noun) {
  line.add({"--folds", "N", &how.folds, "number of parts", Need::kOptional, 2});
  line.add({"--splits", "N", &how.splits,
            fmt::format("in place of parts, N random draws of --test-size {} each", noun), Need::kOptional, 1,
            "none"});
  line.add({"--test-size", "N", &how.test_size, fmt::format("with --splits: number of {} to test", noun),
            Need::kOptional, 1, "none"});
  line.add({"--choose", "P=VALUES", Text{&how.choices},
            fmt::format("choose a parameter from values, P=A,B, for each part or split anew: the best on a "
                        "random tenth of the "
                        "{} that it learns from; repeatable",
                        noun)});
}

void check_resampling(const CommandLine& line, const Resampling& how) {
  if (how.splits > 0 && line.given("folds"))
    fail(ErrorCode::kUsage,
         "--folds and --splits exclude each other: parts that are tested once each, or random draws");
  if ((how.splits > 0) != (how.test_size > 0))
    fail(ErrorCode::kUsage, "--splits and --test-size belong together, such as --splits 5 --test-size 1000");
}

void add_text_model_flags(CommandLine& line, const std::string& model, TextModelFlags& flags) {
  const TextModelEntry& entry = find_text_model(model);
  if (entry.takes_validation) {
    line.add({"--validation-share", "X", &flags.validation_share,
              entry.reads_pictures ? "share of the pictures held out to stop training early (default .1)"
                                   : "share of the texts held out to stop training early (default .1)"});
  }
  if (entry.takes_words) {
    line.add({"--word-vectors", "FILE", vectors_path(&flags.word_vectors),
              "vectors of words to start from: a bundle, or a file of vectors"});
  }
  line.section("Parameters of " + model);
  constexpr std::string_view kTypes[] = {"int", "float", "bool", "string"};
  for (const auto& [param, text] : entry.params())
    add_param_flag(line, {param, text, kTypes[param.value.index()]}, flags.params);
}

}  // namespace akin::cli
