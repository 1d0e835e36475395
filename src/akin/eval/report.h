// What describe, evaluate and compare show: as text for a terminal and as a web page. report_json.h has the
// JSON.
#pragma once

#include <string>
#include <vector>

#include "akin/base/param.h"
#include "akin/data/describe.h"
#include "akin/eval/embedding_map.h"
#include "akin/eval/evaluate.h"
#include "akin/eval/html.h"
#include "akin/eval/learning_curve.h"
#include "akin/eval/significance.h"
#include "akin/eval/text_table.h"

namespace akin {

/// One row of a comparison.
struct ModelResult {
  std::string model;
  ParamValues params;
  double fit_seconds = 0;
  Evaluation evaluation;
  LearningCurve curve = {};  ///< of models fitted in passes; with several splits that of the first
  std::string watched = {};  ///< the metric of the curve's validation values, if there are any
};

/// Models evaluated on the same split, and which of them is best by each metric.
struct ModelComparison {
  std::vector<ModelResult> results;
  std::vector<Comparison> tests;   ///< one per accuracy metric that a model has; none for a single model
  std::string map_model = {};      ///< whose embeddings `map` shows
  std::vector<MapPoint> map = {};  ///< for pages; may be empty
};

/// Tests all accuracy metrics that comparisons show. Throws Error(kCancelled).
ModelComparison test_models(std::vector<ModelResult> results, const Context& context);

/// "2,000 held-out events, 1,998 users ranked: all 760 items ranked ..."
std::string headline_of(const Evaluation& evaluation);
/// "alpha = 1, factors = 64", "-" if there are none.
std::string params_text(const ParamValues& params);

/// Text ends with a newline.
std::string describe_text(const Description& description);
std::string evaluation_text(const Evaluation& evaluation);
/// One line per model, in the order given.
std::string compare_text(const ModelComparison& comparison);

/// Whole pages.
std::string describe_html(const Description& description);
std::string evaluation_html(const ModelResult& result);
std::string compare_html(const ModelComparison& comparison);

/// The same as parts of a larger page.
void add_description(HtmlReport& page, const Description& description);
void add_evaluation(HtmlReport& page, const Evaluation& evaluation);
void add_comparison(HtmlReport& page, const ModelComparison& comparison);

}  // namespace akin
