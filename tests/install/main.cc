// Trains on a small made-up shop through the installed library and prints one recommendation.
#include <akin/catalog/registry.h>
#include <akin/data/builder.h>
#include <akin/serve/service.h>

#include <iostream>

int main() {
  akin::DatasetBuilder builder;
  for (int user = 0; user < 7; ++user) {
    for (int item = 0; item <= user; ++item) {
      builder.add_event("user" + std::to_string(user), "item" + std::to_string(item), 1, item);
    }
  }
  akin::ImportReport report;
  akin::Dataset shop = builder.build("shop", {}, report, {});
  const akin::Service service(
      akin::train_bundle(std::move(shop), {akin::Holdout::kNone}, akin::find_model("popularity"), {}, {}));
  akin::RecommendRequest request;
  request.user = "user0";
  const auto answer = service.recommend(request);
  std::cout << "recommended " << service.bundle().shop.items.id(answer.items.at(0).idx) << "\n";
}
