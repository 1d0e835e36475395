#include "akin/nets/sequence/attention_fit.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/nets/sequence/hstu.h"
#include "akin/nets/sequence/rnn.h"
#include "akin/nets/sequence/sasrec.h"

namespace akin::attention {
namespace {

constexpr idx_t kItems = 29;

/// Users go through the items in a circle, from where they begin, `length` steps of `step`; item kItems has no events.
Dataset circles(idx_t n_users, idx_t length, idx_t step = 1) {
  Dataset data;
  for (idx_t i = 0; i <= kItems; ++i) data.items.add("i" + std::to_string(i));
  for (idx_t u = 0; u < n_users; ++u) {
    data.users.add("u" + std::to_string(u));
    for (idx_t e = 0; e < length; ++e) {
      data.events.push_back({.user = u,
                             .item = (u * 5 + e * step) % kItems,
                             .time = static_cast<std::int64_t>(e) * 60 * kSecond});
    }
  }
  return data;
}

AttentionConfig small(int epochs) {
  AttentionConfig config;
  config.factors = 16;
  config.layers = 1;
  config.max_length = 8;
  config.epochs = epochs;
  config.batch_size = 16;
  config.learning_rate = 0.01f;
  config.dropout = 0.1f;
  return config;
}

std::vector<float> scores(const Model& model, const Query& query) {
  std::vector<float> out(model.n_items());
  EXPECT_TRUE(model.score_all(query, out));
  return out;
}

idx_t best(const Model& model, const Query& query) { return top_k(scores(model, query), 1).at(0).idx; }

TEST(Windows, MakeEachItemButTheFirstATargetOnce) {
  Sessions sessions;
  std::vector<std::size_t> lengths = {1, 2, 7, 8, 9, 10, 30};
  for (const std::size_t length : lengths) {
    for (std::size_t e = 0; e < length; ++e) {
      sessions.items.push_back(static_cast<idx_t>(sessions.items.size()));
      sessions.times.push_back(e == 1 ? kNoTime : static_cast<std::int64_t>(e) * kSecond);
    }
    sessions.users.push_back(0);
    sessions.offsets.push_back(sessions.items.size());
  }
  std::vector<std::uint32_t> place(sessions.items.size());
  for (std::uint32_t i = 0; i < place.size(); ++i) place[i] = i;
  const Windows windows = cut_windows(sessions, std::vector<Event>(sessions.items.size()), place, 8);
  std::vector<int> times_target(sessions.items.size(), 0);
  for (const Windows::Window& window : windows.windows) {
    EXPECT_LE(window.end - window.begin, 8u);
    for (std::size_t t = window.first; t < window.end; ++t) ++times_target[windows.items[t + 1]];
  }
  std::size_t targets = 0;
  for (std::size_t s = 0; s < sessions.size(); ++s) {
    for (std::size_t e = sessions.offsets[s]; e < sessions.offsets[s + 1]; ++e)
      EXPECT_EQ(times_target[e], e == sessions.offsets[s] ? 0 : 1) << "event " << e;
    targets += lengths[s] - 1;
  }
  EXPECT_EQ(windows.targets, targets);
  const Windows::Window& last = windows.windows.back();
  EXPECT_EQ(last.end, sessions.items.size() - 1);
  EXPECT_EQ(last.end - last.begin, 8u) << "what a window has left is context";
  EXPECT_EQ(windows.windows.size(), 0u + 1 + 1 + 1 + 1 + 2 + 4);
  EXPECT_EQ(windows.times[1 + 1], windows.times[1]) << "an event without a time is at that of the one before";
}

TEST(Sasrec, LearnsWhatComesNext) {
  const Dataset data = circles(61, 30);
  for (const std::string block : {"ligr", "sasrec"}) {
    for (const std::string loss : {"sampled-softmax", "softmax", "bce", "gbce"}) {
      Sasrec::Config config;
      static_cast<AttentionConfig&>(config) = small(12);
      config.block = block;
      config.loss = loss;
      config.negatives = 8;
      const auto model = Sasrec::fit({data, data.events}, config, {});
      int right = 0;
      for (idx_t i = 0; i < kItems; ++i) {
        const std::vector<idx_t> history = {i, (i + 1) % kItems, (i + 2) % kItems};
        right += best(*model, {.history = history}) == (i + 3) % kItems;
      }
      EXPECT_GE(right, 27) << loss << ", " << block;
    }
  }
}

TEST(Rnn, LearnsWhatComesNextAndSaysWhatIsLeftOfGradients) {
  const Dataset data = circles(61, 30);
  for (const std::string cell : {"rnn", "lstm"}) {
    Rnn::Config config;
    static_cast<AttentionConfig&>(config) = small(12);
    config.positions = false;
    config.cell = cell;
    config.loss = "softmax";
    config.bptt = 3;
    std::vector<std::string> remarks;
    FitContext context;
    context.on_remark = [&](std::string_view text) { remarks.emplace_back(text); };
    const auto model = Rnn::fit({data, data.events}, config, context);
    int right = 0;
    for (idx_t i = 0; i < kItems; ++i) {
      const std::vector<idx_t> history = {i, (i + 1) % kItems, (i + 2) % kItems};
      right += best(*model, {.history = history}) == (i + 3) % kItems;
    }
    EXPECT_GE(right, 27) << cell;
    ASSERT_EQ(remarks.size(), 1u);
    EXPECT_TRUE(remarks[0].starts_with("rnn: of a gradient is left, steps back in time: 0.")) << remarks[0];
    EXPECT_NE(remarks[0].find(" at 5"), std::string::npos) << remarks[0];
  }
}

TEST(Sasrec, FoldInIsTheNetOfTraining) {
  const Dataset data = circles(31, 12);
  const auto fitted = fit_attention({data, data.events}, BlockKind::kLigr, small(2), "sasrec", {});
  const auto& model = dynamic_cast<const AttentionModel&>(*fitted);
  const std::vector<idx_t> history = {3, 9, 9, 27, 0};
  Chunk chunk;
  chunk.items = history;
  chunk.offsets = {0, history.size()};
  Pass pass(model.net().shape);
  const float* const state = pass.forward(model.net(), chunk, Dropout())[history.size() - 1];
  std::vector<float> vector(17);
  ASSERT_TRUE(model.user_vector({.history = history}, vector));
  EXPECT_TRUE(std::equal(state, state + 16, vector.begin()));

  std::vector<idx_t> longer = {1, 2, 4, kItems, 7};  // too long ago, and an item that the net does not know
  longer.insert(longer.end(), {5, 6, 8, 3, 9, 9, 27, 0});
  const std::vector<idx_t> last(longer.end() - 8, longer.end());
  EXPECT_EQ(scores(model, {.history = longer}), scores(model, {.history = last}));
  EXPECT_LT(scores(model, {.history = last})[kItems], -900) << "below all";
}

TEST(Sasrec, ReadsTheLastSession) {
  const Dataset data = circles(31, 12);
  AttentionConfig config = small(2);
  config.session_gap = 100;
  const auto model = fit_attention({data, data.events}, BlockKind::kLigr, config, "sasrec", {});
  const std::vector<idx_t> history = {1, 2, 3}, last = {2, 3};
  const std::vector<std::int64_t> times = {0, 500 * kSecond, 550 * kSecond};
  EXPECT_EQ(scores(*model, {.history = history, .times = times}), scores(*model, {.history = last}));
}

/// After a minute comes the next item, after a day the one after the next.
TEST(Hstu, KnowsWhenItIsAsked) {
  constexpr std::int64_t kMinute = 60 * kSecond, kDay = 86'400 * kSecond;
  Dataset data = circles(0, 0);
  for (idx_t u = 0; u < 101; ++u) {
    data.users.add("u" + std::to_string(u));
    idx_t item = u % kItems;
    std::int64_t time = 0;
    for (idx_t e = 0; e < 20; ++e) {
      data.events.push_back({.user = u, .item = item, .time = time});
      const bool late = mix32(u * 20 + e) % 3 == 0;
      item = (item + (late ? 2 : 1)) % kItems;
      time += late ? kDay : kMinute;
    }
  }
  AttentionConfig config = small(30);
  config.temperature = 0.05f;
  config.negatives = 20;
  config.inputs = "gap";
  const auto model = fit_attention({data, data.events}, BlockKind::kHstu, config, "hstu", {});
  int soon = 0, late = 0;
  for (idx_t i = 0; i < kItems; ++i) {
    std::vector<idx_t> history;
    std::vector<std::int64_t> times;
    for (idx_t e = 0; e < 8; ++e) {
      history.push_back((i + e) % kItems);
      times.push_back(e * kMinute);
    }
    const Query query{.history = history, .times = times};
    Query in_a_minute = query, tomorrow = query;
    in_a_minute.now = times.back() + kMinute;
    tomorrow.now = times.back() + kDay;
    soon += best(*model, in_a_minute) == (i + 8) % kItems;
    late += best(*model, tomorrow) == (i + 9) % kItems;
    for (const float score : scores(*model, {.history = history, .now = kDay}))
      EXPECT_TRUE(std::isfinite(score));
  }
  EXPECT_GE(soon, 26);
  EXPECT_GE(late, 26);
}

/// After a view comes the next item, after a purchase the one after the next.
TEST(Sasrec, ReadsWhatWasDone) {
  Dataset data = circles(0, 0);
  for (idx_t u = 0; u < 101; ++u) {
    data.users.add("u" + std::to_string(u));
    idx_t item = u % kItems;
    for (idx_t e = 0; e < 20; ++e) {
      const bool bought = mix32(u * 20 + e) % 3 == 0;
      data.events.push_back(
          {.user = u, .item = item, .kind = bought ? EventKind::kPurchase : EventKind::kView});
      item = (item + (bought ? 2 : 1)) % kItems;
    }
  }
  Sasrec::Config config;
  static_cast<AttentionConfig&>(config) = small(30);
  config.negatives = 20;
  config.inputs = "kind";
  const auto model = Sasrec::fit({data, data.events}, config, {});
  int right = 0;
  for (idx_t i = 0; i < kItems; ++i) {
    std::vector<idx_t> history;
    for (idx_t e = 0; e < 8; ++e) history.push_back((i + e) % kItems);
    std::vector<EventKind> kinds(8, EventKind::kView);
    right += best(*model, {.history = history, .kinds = kinds}) == (i + 8) % kItems;
    kinds.back() = EventKind::kPurchase;
    right += best(*model, {.history = history, .kinds = kinds}) == (i + 9) % kItems;
    EXPECT_TRUE(std::isfinite(scores(*model, {.history = history})[0])) << "nobody says what was done";
  }
  EXPECT_GE(right, 54);
  config.inputs = "hour";
  EXPECT_THROW(Sasrec::fit({data, data.events}, config, {}), Error) << "of times only hstu knows";
}

TEST(Sasrec, RefusesWhatDoesNotFitTogether) {
  const Dataset data = circles(31, 12), singles = circles(31, 1);
  const auto code_of = [](const Dataset& events, const AttentionConfig& config) {
    try {
      fit_attention({events, events.events}, BlockKind::kLigr, config, "sasrec", {});
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  AttentionConfig config = small(1);
  EXPECT_EQ(code_of(singles, config), ErrorCode::kBadData) << "nothing follows anything";
  config.heads = 3;
  EXPECT_EQ(code_of(data, config), ErrorCode::kUsage) << "16 factors, 3 heads";
  config.heads = 1;
  config.loss = "bce";
  config.batch_negatives = 5;
  EXPECT_EQ(code_of(data, config), ErrorCode::kUsage);
}

}  // namespace
}  // namespace akin::attention
