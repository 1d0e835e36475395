// From a table of events to recommendations: import, train, evaluate, save, ask.
//   train_and_recommend examples/cpp/events.csv
#include <akin/akin.h>

#include <exception>
#include <iostream>

namespace {

void run(const char* path) {
  akin::ImportReport report;
  akin::Dataset dataset = akin::import_dataset("csv", {.files = {path}}, {}, report);
  std::cout << report.lines << " lines, " << report.rejections.total() << " rejected\n";

  // Each user's last event is kept out of training; als.akin remembers which these are.
  const akin::AlsConfig als{.factors = 16, .regularization = 0.1f};
  akin::TrainResult trained = akin::train(std::move(dataset), als, {.holdout = "last"});
  const akin::ModelResult result = akin::evaluate_bundle(trained.bundle);
  std::cout << trained.log.epochs() << " epochs, HR@10 " << result.evaluation.value("HR@10") << "\n";
  akin::save_bundle(trained.bundle, "als.akin");

  const akin::Service service(akin::load_bundle("als.akin"));
  const akin::IdMap& items = service.bundle().dataset.items;
  const akin::Recommendations next = service.recommend({.user = "u7", .k = 3});
  for (const akin::Scored& item : next.items) std::cout << "u7 may like " << items.id(item.idx) << "\n";
  const akin::Recommendations fresh = service.recommend({.history = {"i1", "i4"}, .k = 3});
  for (const akin::Scored& item : fresh.items) std::cout << "after i1 and i4: " << items.id(item.idx) << "\n";
  for (const akin::Scored& item : service.similar("i1", 3, {}))
    std::cout << "like i1: " << items.id(item.idx) << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc > 1 ? argv[1] : "events.csv");
    return 0;
  } catch (const std::exception& error) {  // akin::Error says what, where, and what to do
    std::cerr << error.what() << "\n";
    return 1;
  }
}
