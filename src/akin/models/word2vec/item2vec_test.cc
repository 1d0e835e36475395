#include "akin/models/word2vec/item2vec.h"

#include <gtest/gtest.h>

#include "akin/base/rng.h"
#include "akin/linalg/topk.h"

namespace akin {
namespace {

/// Users with receipts of three items of one shelf (item % 7), each receipt of another shelf.
Dataset shelves() {
  Dataset data;
  for (idx_t i = 0; i < 49; ++i) data.items.add("i" + std::to_string(i));
  Rng rng(3);
  for (idx_t u = 0; u < 97; ++u) {
    data.users.add("u" + std::to_string(u));
    for (std::int64_t receipt = 0; receipt < 7; ++receipt) {
      const auto shelf = static_cast<idx_t>(rng.below(7));
      for (int k = 0; k < 3; ++k) {
        const auto item = static_cast<idx_t>(7 * rng.below(7) + shelf);
        data.events.push_back({.user = u, .item = item, .time = receipt});
      }
    }
  }
  return data;
}

/// Share of the three most similar items on the item's own shelf.
double own_shelf(const Model& model) {
  double own = 0;
  for (idx_t i = 0; i < 49; ++i) {
    for (const Scored& similar : model.similar(i, 3)) own += similar.idx % 7 == i % 7;
  }
  return own / (3 * 49);
}

std::unique_ptr<Model> fit(const Dataset& data, const std::string& basket) {
  Item2Vec::Config config;
  config.factors = 16;
  config.epochs = 40;
  config.sample = 0;
  config.learning_rate = 0.05f;
  config.basket = basket;
  return Item2Vec::fit({data, data.events}, config, {});
}

TEST(Item2Vec, ItemsOfABasketAreAlike) {
  const Dataset data = shelves();
  const double baskets = own_shelf(*fit(data, "basket")), users = own_shelf(*fit(data, "user"));
  EXPECT_GT(baskets, 0.9);
  EXPECT_LT(users, baskets - 0.1) << "a user's whole history is all shelves";
}

TEST(Item2Vec, TakesBasketsWhereThereAreSome) {
  Dataset data = shelves();
  const auto by_default = fit(data, "auto"), baskets = fit(data, "basket");
  for (idx_t i = 0; i < 49; ++i)
    ASSERT_TRUE(std::ranges::equal(by_default->embeddings()[i], baskets->embeddings()[i]));
  for (std::size_t e = 0; e < data.events.size(); ++e) data.events[e].time = static_cast<std::int64_t>(e);
  const auto without = fit(data, "auto"), users = fit(data, "user");
  for (idx_t i = 0; i < 49; ++i)
    ASSERT_TRUE(std::ranges::equal(without->embeddings()[i], users->embeddings()[i]));
}

TEST(Item2Vec, OrderInABasketMeansNothing) {
  Dataset data = shelves();
  const auto pairs_of = [](const Dataset& dataset) {
    return item_corpus({dataset, dataset.events}, 1, SequenceOf::kBasket, "item2vec").corpus.sequences();
  };
  const std::size_t before = pairs_of(data);
  for (std::size_t e = 0; e + 2 < data.events.size(); e += 3) std::swap(data.events[e], data.events[e + 2]);
  EXPECT_EQ(pairs_of(data), before);
  EXPECT_GT(own_shelf(*fit(data, "basket")), 0.9);
}

}  // namespace
}  // namespace akin
