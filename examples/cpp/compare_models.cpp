// Which model suits a data set: three of them cross-validated, with intervals and a test against the best.
//   compare_models examples/cpp/events.csv
#include <akin/akin.h>

#include <exception>
#include <iostream>

namespace {

void run(const char* path) {
  akin::ImportReport report;
  akin::Dataset dataset = akin::import_dataset("csv", {.files = {path}}, {}, report);

  // By name, by name with parameters, or with a typed configuration: a ModelSpec takes all three.
  const std::vector<akin::ModelSpec> models = {
      "popularity", {"item-knn", {{"neighbors", "20"}}}, akin::BprConfig{.factors = 16, .epochs = 30}};
  akin::Context context;
  context.on_remark = [](std::string_view remark) { std::cerr << remark << "\n"; };
  const akin::CompareResult result =
      akin::compare(std::move(dataset), models, {.holdout = "folds:3"}, context);

  for (const akin::ModelResult& model : result.comparison.results) {
    const akin::Metric& ndcg = *akin::find_metric(model.evaluation.metrics, "NDCG@10");
    std::cout << model.model << ": NDCG@10 " << ndcg.value << " [" << ndcg.low << ", " << ndcg.high << "]\n";
  }
  for (const akin::ModelFailure& failed : result.comparison.failures)
    std::cout << failed.model << " failed: " << failed.message << "\n";
  for (const akin::Comparison& test : result.comparison.tests) {
    if (test.metric != "NDCG@10" || !test.best) continue;
    std::cout << result.comparison.results[*test.best].model
              << (test.significant ? " beats every other one\n" : " is best, but not by more than chance\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc > 1 ? argv[1] : "events.csv");
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
