// Trains on a small made-up data set through the installed library and prints one recommendation.
#include <akin/akin.h>

#include <iostream>

int main() {
  akin::DatasetBuilder builder;
  for (int user = 0; user < 7; ++user) {
    for (int item = 0; item <= user; ++item) {
      builder.add_event("user" + std::to_string(user), "item" + std::to_string(item), 1, item);
    }
  }
  akin::ImportReport report;
  akin::Dataset dataset = builder.build("events", {}, report, {});
  akin::TrainResult trained = akin::train(std::move(dataset), "popularity", {.holdout = "none"});
  const akin::Service service(std::move(trained.bundle));
  const akin::Recommendations answer = service.recommend({.user = "user0"});
  std::cout << "recommended " << service.bundle().dataset.items.id(answer.items.at(0).idx) << "\n";
}
