// What describe, evaluate and compare show: as text for a terminal and as a web page. report_json.h has the
// JSON.
#pragma once

#include <string>
#include <vector>

#include "akin/base/param.h"
#include "akin/data/describe.h"
#include "akin/eval/evaluate.h"
#include "akin/eval/html.h"
#include "akin/eval/text_table.h"

namespace akin {

/// One row of a comparison.
struct ModelResult {
  std::string model;
  ParamValues params;
  double fit_seconds = 0;
  Evaluation evaluation;
};

/// Text ends with a newline.
std::string describe_text(const Description& description);
std::string evaluation_text(const Evaluation& evaluation);
/// One line per model, in the order given. Models must have been evaluated on the same split.
std::string compare_text(const std::vector<ModelResult>& results);

/// Whole pages.
std::string describe_html(const Description& description);
std::string evaluation_html(const ModelResult& result);
std::string compare_html(const std::vector<ModelResult>& results);

/// The same as parts of a larger page.
void add_description(HtmlReport& page, const Description& description);
void add_evaluation(HtmlReport& page, const Evaluation& evaluation);
void add_comparison(HtmlReport& page, const std::vector<ModelResult>& results);

}  // namespace akin
