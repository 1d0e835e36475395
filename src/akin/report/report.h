// What describe, evaluate and compare show: as text for a terminal and as a web page.
// report_json.h has the JSON.
#pragma once

#include <string>
#include <vector>

#include "akin/base/param.h"
#include "akin/data/describe.h"
#include "akin/experiment/model_result.h"
#include "akin/report/html.h"
#include "akin/report/text_table.h"

namespace akin {

/// "2,000 held-out events, 1,998 users ranked: all 760 items ranked ..."
std::string headline_of(const Evaluation& evaluation);
/// "alpha = 1, factors = 64", "-" if there are none.
std::string params_text(const ParamValues& params);

/// Text ends with a newline.
std::string describe_text(const Description& description);
std::string evaluation_text(const Evaluation& evaluation);
/// One line per model, in the order given.
std::string compare_text(const ModelComparison& comparison);

/// "als: failed: ..." for each model that did.
std::string failures_text(const ModelComparison& comparison);

/// Whole pages.
std::string describe_html(const Description& description);
std::string evaluation_html(const ModelResult& result);
std::string compare_html(const std::string& title, const ModelComparison& comparison);

/// The same as parts of a larger page.
void add_description(HtmlReport& page, const Description& description);
void add_evaluation(HtmlReport& page, const Evaluation& evaluation);
void add_comparison(HtmlReport& page, const ModelComparison& comparison);

}  // namespace akin
