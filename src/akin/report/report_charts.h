// Parts of reports that are charts, made from plain figures. Each adds nothing if there is nothing to show.
// Lists with a name each are lists of models, in the order of the report.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "akin/eval/metric.h"
#include "akin/experiment/fit_history.h"
#include "akin/experiment/model_result.h"
#include "akin/report/html.h"

namespace akin {

/// A model and its metrics; metrics of one name are compared over the models.
struct ModelMetrics {
  std::string model;
  std::vector<Metric> metrics;  ///< only name, value, low and high are read
};
/// One small chart per metric of `names`: a bar per model, with its interval where one was made. Models
/// without the metric are left out of its chart, metrics of no model out of the page.
void add_metric_bars(HtmlReport& page, std::span<const ModelMetrics> models,
                     std::span<const std::string> names);

/// What training reported after each epoch over the data.
struct ModelCurve {
  std::string model;
  std::vector<double> epoch;   ///< 1, 2, ...
  std::vector<double> loss;    ///< as many, NaN = not known; in the model's own units
  std::vector<double> metric;  ///< on the validation events; as many, NaN = not measured after this epoch
};
ModelCurve model_curve(std::string model, const LearningCurve& curve);
/// One chart of the validation metric over all models; one small chart of the loss per model,
/// whose units differ.
void add_learning_curves(HtmlReport& page, std::span<const ModelCurve> curves, const std::string& metric);

/// Recall of the held-out items by how popular they are.
struct PopularityCurve {
  std::string model;
  std::vector<double> recall;  ///< one per bin, NaN = no held-out item is in it
};
/// `bins` names the bins, the least popular first, such as "1-4 events".
void add_popularity_curves(HtmlReport& page, std::span<const std::string> bins,
                           std::span<const PopularityCurve> curves, const std::string& metric);

/// How widely a model recommends.
struct CatalogUse {
  std::string model;
  double coverage = std::numeric_limits<double>::quiet_NaN();  ///< share of the items in anyone's top k
  double gini = std::numeric_limits<double>::quiet_NaN();      ///< of how often items are recommended
};
void add_catalog_use(HtmlReport& page, std::span<const CatalogUse> models, int cutoff);

/// One trial of a search over parameters.
struct TrialPoint {
  std::vector<std::pair<std::string, std::string>> params;  ///< name and value as text
  double score = std::numeric_limits<double>::quiet_NaN();  ///< NaN = failed
  std::string note = {};                                    ///< such as "stopped early"
};
/// The best score so far against the number of trials, and one small chart per parameter that was varied: its
/// values against the score, on a log axis where they span a factor of ten or more.
void add_trials(HtmlReport& page, std::span<const TrialPoint> trials, const std::string& metric,
                Better better);

/// The items' embeddings as a map, coloured by category.
void add_embedding_map(HtmlReport& page, const std::string& model, std::span<const MapPoint> points);

}  // namespace akin
