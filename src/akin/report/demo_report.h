// What the demo found, as text, web page and JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "akin/data/builder.h"
#include "akin/data/describe.h"
#include "akin/data/synthetic.h"
#include "akin/experiment/model_result.h"
#include "akin/linalg/topk.h"

namespace akin {

/// A question put to the trained model, with its answer.
struct DemoExample {
  std::string title;         ///< "Recommendations for user ..."
  std::string given;         ///< what the items below are, such as "their last items, latest first"
  std::vector<idx_t> items;  ///< shown so that a person can judge the answer
  std::vector<Scored> answer = {};
  std::string remark = {};   ///< such as what the user really took next
  std::string command = {};  ///< asks the same
  bool by_look = false;      ///< pictures of the items are shown
};

/// Where the demo left its files.
struct DemoPaths {
  std::string raw;      ///< directory of the raw files
  std::string data;     ///< the imported data set
  std::string bundle;   ///< the best model
  std::string content;  ///< a model that places items by their content
  std::string look;     ///< one that places them by their pictures
  std::string report;   ///< report.html
};

struct DemoResults {
  DemoPaths paths;
  SyntheticFiles files;
  std::string import_command;
  ImportReport import;
  Description description;
  ModelComparison comparison;
  std::string best;  ///< name of the best personalized model
  std::vector<DemoExample> examples;
  double seconds = 0;
};

/// A line that says how the best model was chosen.
std::string choice_text(const DemoResults& results);
std::string example_text(const DemoExample& example, const Dataset& dataset);
/// The commands for one's own data.
std::string next_text(const DemoResults& results);

std::string demo_html(const DemoResults& results, const Dataset& dataset, const Context& context);
nlohmann::json demo_json(const DemoResults& results, const Dataset& dataset);

}  // namespace akin
