#include "akin/models/word2vec/bagged_prod2vec.h"

#include <gtest/gtest.h>

#include <set>

#include "akin/base/error.h"
#include "akin/models/word2vec/prod2vec.h"

namespace akin {
namespace {

constexpr idx_t kStages = 11;

/// Users buy a receipt of the two items of a stage, 2s and 2s + 1 in either order, and next the receipt of
/// stage s + 1 (mod kStages); the receipts of one user are `length` long.
Dataset staged_receipts(idx_t n_users, idx_t length) {
  Dataset data;
  for (idx_t i = 0; i < 2 * kStages; ++i) data.items.add("i" + std::to_string(i));
  for (idx_t u = 0; u < n_users; ++u) {
    data.users.add("u" + std::to_string(u));
    for (idx_t r = 0; r < length; ++r) {
      const idx_t stage = (u * 7 + r) % kStages, first = (u + r) % 2;
      for (const idx_t item : {2 * stage + first, 2 * stage + 1 - first})
        data.events.push_back({.user = u, .item = item, .time = static_cast<std::int64_t>(100 * r)});
    }
  }
  return data;
}

/// The items whose score after `item` is highest.
std::set<idx_t> expected_after(const Model& model, idx_t item, std::size_t k) {
  std::vector<float> out(model.n_items());
  const std::vector<idx_t> history = {item};
  EXPECT_TRUE(model.score_all({std::nullopt, history, {}}, out));
  std::set<idx_t> best;
  for (const Scored& scored : top_k(out, k)) best.insert(scored.idx);
  return best;
}

TEST(BaggedProd2Vec, ExpectsTheReceiptsAroundAndNotItsOwn) {
  const Dataset data = staged_receipts(101, 5);
  BaggedProd2Vec::Config config;
  config.factors = 16;
  config.window = 1;
  config.epochs = 100;
  config.sample = 0;
  const auto bagged = BaggedProd2Vec::fit({data, data.events}, config, {});
  config.window = 3;  // the other item of the receipt and the receipts around
  const auto plain = Prod2Vec::fit({data, data.events}, config, {});
  int own_receipt = 0;
  for (idx_t item = 0; item < 2 * kStages; ++item) {
    const idx_t stage = item / 2, before = (stage + kStages - 1) % kStages, after = (stage + 1) % kStages;
    const std::set<idx_t> around = {2 * before, 2 * before + 1, 2 * after, 2 * after + 1};
    EXPECT_EQ(expected_after(*bagged, item, 4), around) << "item " << item;
    EXPECT_EQ(bagged->similar(item, 1).at(0).idx, item ^ 1) << "bought before and after the same";
    own_receipt += static_cast<int>(expected_after(*plain, item, 5).count(item ^ 1));
  }
  EXPECT_GT(own_receipt, 15) << "prod2vec expects what lies beside";
}

TEST(BaggedProd2Vec, IsProd2VecWhereEveryEventHasATimeOfItsOwnAndNoneIsLeftOut) {
  Dataset data = staged_receipts(41, 5);
  for (std::size_t e = 0; e < data.events.size(); ++e) data.events[e].time = static_cast<std::int64_t>(e);
  BaggedProd2Vec::Config config;
  config.factors = 7;
  config.epochs = 3;
  config.sample = 0;
  const auto bagged = BaggedProd2Vec::fit({data, data.events}, config, {});
  const auto plain = Prod2Vec::fit({data, data.events}, config, {});
  for (std::size_t i = 0; i < data.n_items(); ++i)
    EXPECT_TRUE(std::ranges::equal(bagged->embeddings()[i], plain->embeddings()[i])) << i;
}

TEST(BaggedProd2Vec, NeedsReceiptsThatFollowOneAnother) {
  Dataset data = staged_receipts(5, 3);
  for (Event& event : data.events) event.time = kNoTime;
  try {
    BaggedProd2Vec::fit({data, data.events}, {}, {});
    FAIL() << "fitted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
  }
}

TEST(BaggedProd2Vec, HasNoSwitchesThatItCannotFollow) {
  BaggedProd2Vec::Config config;
  for (const Param& param : config.params()) {
    EXPECT_NE(param.name, "sg");
    EXPECT_NE(param.name, "hs");
    if (param.name == "negatives") {
      EXPECT_THROW(set_param(param, "0"), Error);
    }
  }
  EXPECT_NO_THROW(set_params(config.params(), {{"negatives", "1"}}, "bagged-prod2vec"));
  EXPECT_EQ(config.negatives, 1);
}

}  // namespace
}  // namespace akin
