// The actions of `akin text`.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "akin/cli/command_line.h"
#include "akin/cli/session.h"
#include "akin/experiment/text_experiment.h"
#include "akin/report/html.h"
#include "akin/text/labelled_texts.h"

namespace akin::cli {

/// Each takes the words behind its name and returns the exit code.
int run_text_train(const Args& args);
int run_text_evaluate(const Args& args);
int run_text_predict(const Args& args);
int run_text_explain(const Args& args);

/// The flags that say where labelled texts are; `Need` of --data.
void add_text_data_flags(CommandLine& line, std::string& data, LabelledTextFormat& format, Need need);
/// Reads them, with a remark about what was left out.
LabelledTexts read_text_data(const std::string& data, const LabelledTextFormat& format, Session& session);
/// Prints an evaluation as text or JSON, and writes it as a page to `html` if that is not empty.
int print_text_evaluation(const TextEvaluation& result, const std::string& title, const std::string& html,
                          Session& session, const std::function<void(HtmlReport&)>& more = {});
/// Flags of a text model's parameters and of what it learns from besides.
struct TextModelFlags {
  ParamValues params;
  std::string word_vectors;
  std::optional<float> validation_share;
};
/// What a model is tested on: --folds or --splits, and --choose.
void add_resampling_flags(CommandLine& line, Resampling& how, std::string_view noun);
/// Throws Error(kUsage) for flags that do not go together.
void check_resampling(const CommandLine& line, const Resampling& how);
void add_text_model_flags(CommandLine& line, const std::string& model, TextModelFlags& flags);

}  // namespace akin::cli
