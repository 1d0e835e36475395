#include "akin/fusion/content_attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "akin/base/error_for_test.h"
#include "akin/data/builder.h"
#include "akin/models/fit/start.h"

namespace akin {
namespace {

constexpr int kThings = 29;

std::string id(int thing) { return "i" + std::to_string(thing % kThings); }

/// Users go through the things in a circle. "new3" is described like "i3", nobody has had it; of "blank" nothing is known.
Dataset circle(int more_users = 0) {
  DatasetBuilder builder;
  for (int i = 0; i < kThings; ++i) builder.set_item_attribute(id(i), "title", fmt::format("thing{}", i));
  builder.set_item_attribute("new3", "title", "thing3");
  builder.set_item_attribute("blank", "brand", "Acme");
  for (int u = 0; u < 61 + more_users; ++u) {
    for (int e = 0; e < 20; ++e) builder.add_event("u" + std::to_string(u), id(u * 5 + e), 1, 60 * e);
  }
  ImportReport report;
  return builder.build("circle", {}, report, {});
}

using ContentSasrec = ContentAttentionOf<Sasrec>;

ContentSasrec::Config small(float max_delta) {
  ContentSasrec::Config config;
  config.factors = 16;
  config.layers = 1;
  config.max_length = 8;
  config.epochs = 12;
  config.batch_size = 16;
  config.learning_rate = 0.01F;
  config.dropout = 0.1F;
  config.negatives = 8;
  config.of_content.max_delta = max_delta;
  return config;
}

std::vector<float> scores_after(const Model& model, const std::vector<idx_t>& history) {
  std::vector<float> scores(model.n_items());
  EXPECT_TRUE(model.score_all({.history = history}, scores));
  return scores;
}

float cosine(std::span<const float> a, std::span<const float> b) {
  float ab = 0, aa = 0, bb = 0;
  for (std::size_t c = 0; c < a.size(); ++c) {
    ab += a[c] * b[c];
    aa += a[c] * a[c];
    bb += b[c] * b[c];
  }
  return ab / std::sqrt(aa * bb);
}

TEST(ContentSasrec, PlacesAnItemThatNobodyHasHad) {
  const Dataset data = circle();
  const auto item = [&](const std::string& name) { return data.items.at(name, "item"); };
  const idx_t warm = item("i3"), cold = item("new3"), blank = item("blank");
  for (const float max_delta : {0.0F, 0.2F}) {
    const auto fitted = ContentSasrec::fit({data, data.events}, small(max_delta), {});
    const auto& model = dynamic_cast<const ContentAttention&>(*fitted);
    ASSERT_EQ(model.n_items(), static_cast<std::size_t>(kThings + 2));
    int right = 0;
    for (int i = 0; i < kThings; ++i) {
      const std::vector<float> scores = scores_after(model, {item(id(i)), item(id(i + 1)), item(id(i + 2))});
      std::vector<Scored> best = top_k(scores, 2);
      const bool twins = best[0].idx == cold || best[1].idx == cold;
      right += best[0].idx == item(id(i + 3)) || (twins && best[1].idx == item(id(i + 3)));
      EXPECT_LT(scores[blank], -900) << "nothing is known of it";
      if (max_delta == 0) {
        EXPECT_EQ(scores[warm], scores[cold]) << "the same content";
      }
    }
    EXPECT_GE(right, 27);
    const std::vector<float> after_warm = scores_after(model, {item("i1"), item("i2"), warm}),
                             after_cold = scores_after(model, {item("i1"), item("i2"), cold});
    EXPECT_EQ(top_k(after_cold, 1).at(0).idx, item("i4")) << "read in a history like its twin";
    EXPECT_EQ(after_warm == after_cold, max_delta == 0);
    const Matrix& deltas = model.net().content().deltas;
    float longest = 0;
    for (std::size_t i = 0; i < deltas.rows(); ++i) {
      float squares = 0;
      for (const float x : deltas[i]) squares += x * x;
      longest = std::max(longest, std::sqrt(squares));
    }
    EXPECT_LE(longest, max_delta * 1.0001F);
    EXPECT_EQ(longest > 0, max_delta > 0);
    EXPECT_GT(cosine(model.embeddings()[warm], model.embeddings()[cold]), max_delta == 0 ? 0.9999F : 0.8F);
    EXPECT_EQ(model.similar(warm, 1).at(0).idx, cold);
    const std::vector<std::string> title = {"title"};
    const auto lists = model.similar_to(text_content("thing3", title), 3);
    EXPECT_EQ(lists.at(0).at(max_delta == 0 ? 1 : 0).idx, cold) << "its vector is that of the text";
    EXPECT_TRUE(model.similar_to(text_content("unheard of", title), 3).at(0).empty());
  }
}

TEST(ContentSasrec, ItemsOfFewEventsAddLess) {
  const Dataset data = circle();
  ContentSasrec::Config config = small(0.2F);
  config.epochs = 3;
  config.of_content.delta_shrinkage = 3000;  // so that steps of .01 reach the bound
  const auto fitted = ContentSasrec::fit({data, data.events}, config, {});
  std::vector<float> counts(data.n_items(), 0);
  for (const Event& event : data.events) ++counts[event.item];
  const Matrix& deltas = dynamic_cast<const ContentAttention&>(*fitted).net().content().deltas;
  int at_the_bound = 0;
  for (std::size_t i = 0; i < deltas.rows(); ++i) {
    float squares = 0;
    for (const float x : deltas[i]) squares += x * x;
    const float bound = 0.2F * std::sqrt(counts[i] / (counts[i] + 3000));
    EXPECT_LE(std::sqrt(squares), bound * 1.0001F) << "item " << i << " of " << counts[i] << " events";
    at_the_bound += counts[i] > 0 && std::sqrt(squares) > bound * 0.999F;
  }
  EXPECT_GT(at_the_bound, 0);
}

TEST(ContentSasrec, DoesNotDependOnTheNumberOfThreads) {
  const Dataset data = circle();
  ContentSasrec::Config config = small(0.2F);
  config.epochs = 2;
  config.of_content.content = "tfidf; attributes fields=title whiten=false";
  FitContext one, three;
  one.threads = 1;
  three.threads = 3;
  const auto a = ContentSasrec::fit({data, data.events}, config, one);
  const auto b = ContentSasrec::fit({data, data.events}, config, three);
  EXPECT_EQ(scores_after(*a, {3, 4}), scores_after(*b, {3, 4}));
}

TEST(ContentSasrec, GoesOnFromWhatItHasLearned) {
  const Dataset data = circle();
  const auto old = ContentSasrec::fit({data, data.events}, small(0.2F), {});
  FitStart start{.model = old.get()};
  FitContext context;
  context.start = &start;
  ContentSasrec::Config config = small(0.2F);
  config.epochs = 0;
  Dataset more = circle(10);
  const auto same = ContentSasrec::fit({more, more.events}, config, context);
  EXPECT_EQ(scores_after(*old, {3, 4}), scores_after(*same, {3, 4}));
  config.epochs = 1;
  EXPECT_NE(scores_after(*old, {3, 4}),
            scores_after(*ContentSasrec::fit({more, more.events}, config, context), {3, 4}));
}

TEST(ContentSasrec, RefusesWhatItCannotRead) {
  const Dataset data = circle();
  ContentSasrec::Config config = small(0.2F);
  config.of_content.fields = "tilte";
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData,
                                  [&] {
                                    ContentSasrec::fit({data, data.events}, config, {});
                                  }),
                       "did you mean title"));
  config.of_content.content = "tfidf; sasrec";
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage,
                                  [&] {
                                    ContentSasrec::fit({data, data.events}, config, {});
                                  }),
                       "no encoder 'sasrec'"));
}

}  // namespace
}  // namespace akin
