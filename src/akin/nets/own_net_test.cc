#include <gtest/gtest.h>

#include <algorithm>

#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/nets/net_files_for_test.h"
#include "akin/nets/pair_net.h"

namespace akin::nets {
namespace {

constexpr const char* kUserVectors =
    "{kind = \"embedding\", name = \"user_vectors\", input = \"user\", rows = \"users+1\", units = 3},";

class OwnNetTest : public testing::Test {
 protected:
  std::string with(const std::string& what, const std::string& instead) const {
    std::string text = read_file(files_.path("ratings.toml"));
    text.replace(text.find(what), what.size(), instead);
    files_.write("other.toml", text);
    return files_.path("other.toml");
  }
  template <typename M>
  std::unique_ptr<Model> fit(const typename M::Config& config) const {
    FitContext context;
    context.threads = 1;
    return M::fit({dataset_, dataset_.events}, config, context);
  }
  template <typename M>
  std::string message(const std::string& file) const {
    typename M::Config config;
    config.file = file;
    return message_of(ErrorCode::kUsage, [&] { fit<M>(config); });
  }
  static std::vector<float> scores(const Model& model, const Query& query) {
    std::vector<float> out(model.n_items());
    EXPECT_TRUE(model.score_all(query, out));
    return out;
  }
  const NetFiles files_;
  const Dataset dataset_ = files_.ratings("");
};

TEST_F(OwnNetTest, IsTheNetOfTheFile) {
  OwnRatingNet::Config config;
  config.file = files_.path("ratings.toml");
  config.epochs = 60;
  const auto model = fit<OwnRatingNet>(config);
  EXPECT_EQ(model->embedding_dim(), 3u) << "item_vectors has units = 3";
  double error = 0;
  for (const Event& event : dataset_.events) {
    float score = 0;
    const idx_t item = event.item;
    ASSERT_TRUE(model->score({.user = event.user}, {&item, 1}, {&score, 1}));
    error += std::abs(static_cast<double>(score - event.value)) / static_cast<double>(dataset_.events.size());
  }
  EXPECT_LT(error, 0.7) << "the mean of the ratings is off by 1.2";
}

TEST_F(OwnNetTest, WithoutAFileIsAProductOfVectors) {
  const auto model = fit<OwnNet>({});
  EXPECT_EQ(model->embedding_dim(), 32u);
}

TEST_F(OwnNetTest, ZeroEpochsAreTheInitialState) {
  OwnNet::Config config;
  config.epochs = 0;
  const auto a = fit<OwnNet>(config), b = fit<OwnNet>(config);
  EXPECT_EQ(scores(*a, {.user = 1}), scores(*b, {.user = 1}));
}

TEST_F(OwnNetTest, SaysWhatTheFileLacks) {
  EXPECT_TRUE(contains(message<OwnNet>(files_.path("xor.toml")), "write kind = \"ratings\""));
  EXPECT_TRUE(
      contains(message<OwnNet>(with("inputs.user = \"users\"", "")), "input user takes users or items"));
  EXPECT_TRUE(contains(message<OwnNet>(with("{kind = \"dot\", inputs = [\"flatten_1\", \"flatten_2\"]}",
                                            "{kind = \"add\", inputs = [\"flatten_1\", \"flatten_2\"]}")),
                       "a score is one number"));
}

TEST_F(OwnNetTest, UsersAreTakenOutOfItsTables) {
  const auto model = fit<OwnNet>({});
  const std::vector<idx_t> kept = {1, 4, 6};
  const auto smaller = model->select_users(kept);
  for (idx_t u = 0; u < 3; ++u) EXPECT_EQ(scores(*smaller, {.user = u}), scores(*model, {.user = kept[u]}));
  std::vector<float> out(smaller->n_items());
  EXPECT_FALSE(smaller->score_all({.user = 3}, out)) << "there are three users now";
}

/// The table of users is read by an embedding, again by one that shares it, and by a bag.
TEST_F(OwnNetTest, UsersAreTakenOutOfTablesThatLayersShare) {
  OwnNet::Config config;
  config.file = with(kUserVectors, R"(
  {kind = "embedding", name = "first", input = "user", rows = "users+1", units = 3},
  {kind = "embedding", name = "again", input = "user", rows = "users+1", units = 3, weights_of = "first"},
  {kind = "flatten", input = "again", name = "again_flat"},
  {kind = "embedding_bag", name = "bag", input = "user", rows = "users+1", units = 3},
  {kind = "flatten", input = "first", name = "first_flat"},
  {kind = "add", inputs = ["again_flat", "bag", "first_flat"], name = "user_vectors"},)");
  const auto model = fit<OwnNet>(config);
  const std::vector<idx_t> kept = {1, 4, 6};
  const auto smaller = model->select_users(kept);
  for (idx_t u = 0; u < 3; ++u) EXPECT_EQ(scores(*smaller, {.user = u}), scores(*model, {.user = kept[u]}));
  const std::vector<idx_t> history = {0, 2};
  EXPECT_NE(scores(*model, {.history = history}), scores(*model, {.user = 0})) << "folded in";
}

/// A table that other layers share is refused, and such a net folds nobody in.
TEST_F(OwnNetTest, UsersCannotBeTakenOutOfATableThatItemsShare) {
  OwnNet::Config config;
  config.file = with("name = \"item_vectors\", input = \"item\", rows = \"items+1\", units = 3",
                     "name = \"item_vectors\", input = \"item\", rows = \"users+1\", units = 3, weights_of = "
                     "\"user_vectors\"");
  const auto model = fit<OwnNet>(config);
  EXPECT_EQ(model->embedding_dim(), 3u) << "of the shared table";
  const std::vector<idx_t> kept = {1, 4};
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { model->select_users(kept); }), "item_vectors"));
  const std::vector<idx_t> history = {0, 2};
  std::vector<float> out(model->n_items());
  EXPECT_FALSE(model->score_all({.history = history}, out));
}

/// Ratings of one user at random, many numbers for each: the user stays where other users are.
TEST_F(OwnNetTest, FoldedUsersStayNearTheOthers) {
  DatasetBuilder builder;
  Rng rng(5);
  for (int u = 0; u < 60; ++u) {
    for (int i = 0; i < 40; ++i) {
      const float value = static_cast<float>(1 + rng.below(5));
      if (rng.below(2) == 0) builder.add_event(fmt::format("u{}", u), fmt::format("i{}", i), value, 100 + i);
    }
  }
  const Dataset data = [&] {
    ImportReport report;
    return builder.build("noise", {}, report, {});
  }();
  FitContext context;
  context.threads = 1;
  OwnRatingNet::Config config;
  config.epochs = 30;
  const auto model = OwnRatingNet::fit({data, data.events}, config, context);
  std::vector<idx_t> history;
  std::vector<float> values;
  for (idx_t i = 0; i < 30; ++i) {
    history.push_back(i);
    values.push_back(i % 2 == 0 ? 1.0f : 5.0f);
  }
  for (const float score : scores(*model, {.history = history, .values = values})) {
    EXPECT_GT(score, 0.5f);
    EXPECT_LT(score, 5.5f);
  }
}

/// What nobody has chosen among the items of the data is below all, and similar to nothing.
TEST_F(OwnNetTest, ItemsWithoutEventsAreLast) {
  Dataset more = files_.ratings("");
  more.items.add("never");
  std::vector<Event> events = more.events;
  FitContext context;
  context.threads = 1;
  const auto model = OwnNet::fit({more, events}, {}, context);
  ASSERT_EQ(model->n_items(), 6u);
  const std::vector<float> out = scores(*model, {.user = 0});
  EXPECT_EQ(std::ranges::min_element(out) - out.begin(), 5);
}

}  // namespace
}  // namespace akin::nets
