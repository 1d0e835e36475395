#include <gtest/gtest.h>

#include <algorithm>

#include "akin/base/safetensors.h"
#include "akin/nets/net_files_for_test.h"
#include "akin/nets/pair_net.h"

namespace akin::nets {
namespace {

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
