#include "akin/nets/sequence/rrn.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/nets/sequence/recurrent_reference_for_test.h"

namespace akin {
namespace {

constexpr std::int64_t kDay = 86400 * kSecond;

TEST(RrnPass, GradientsAreDerivatives) {
  constexpr std::size_t kOthers = 6, kUnits = 5, kFactors = 3;
  RrnNet net = random_rrn_net(kOthers, kUnits, kFactors, 7);
  net.tensors[RrnNet::kProject] = Matrix::normal(kUnits, kFactors, 0.5, 8);
  RrnChunk chunk;  // a user of three steps, one without any, one of a single step
  const RrnClock clock{.last = 10};
  const auto rate = [&](idx_t other, float value) {
    chunk.others.push_back(other);
    chunk.values.push_back(value);
  };
  const auto end = [&](std::uint32_t step, std::uint32_t before, bool first) {
    add_step(clock, step, before, first, chunk);
  };
  rate(0, 1.5f), rate(3, -0.5f), end(0, 0, true);
  rate(1, 0.7f), end(4, 0, false);
  rate(0, -1), rate(2, 0.3f), rate(5, 1), end(9, 4, false);
  chunk.offsets.insert(chunk.offsets.end(), {3, 3});
  rate(3, 2), end(5, 5, true);
  chunk.offsets.push_back(4);

  RrnPass pass(net);
  const attention::Rows states = pass.forward(net, chunk);
  std::vector<reference::Numbers> numbers;
  for (const Matrix& tensor : net.tensors) numbers.push_back(reference::numbers_of(tensor));
  reference::Numbers others = reference::numbers_of(net.others);
  const auto all_states = [&] {
    reference::Numbers result;
    for (std::size_t s = 0; s < chunk.size(); ++s) {
      reference::Numbers x;
      for (std::size_t t = chunk.offsets[s]; t < chunk.offsets[s + 1]; ++t) {
        std::vector<double>& row = x.emplace_back(kUnits, 0.0);
        const double share = 1 / std::sqrt(static_cast<double>(chunk.entries[t + 1] - chunk.entries[t]));
        for (std::size_t u = 0; u < kUnits; ++u) {
          for (std::size_t e = chunk.entries[t]; e < chunk.entries[t + 1]; ++e)
            row[u] += share * static_cast<double>(chunk.values[e]) * others[chunk.others[e]][u];
          for (std::size_t k = 0; k < 3; ++k)
            row[u] += static_cast<double>(chunk.times[t][k]) * numbers[RrnNet::kTimes][k][u];
        }
      }
      result.push_back(numbers[RrnNet::kProjectBias][0]);
      for (const reference::After& after : reference::run(
               RecurrentCell::kLstm,
               {numbers[RrnNet::kInput], numbers[RrnNet::kRecurrent], numbers[RrnNet::kBias]}, x)) {
        result.push_back(numbers[RrnNet::kProjectBias][0]);
        for (std::size_t f = 0; f < kFactors; ++f) {
          for (std::size_t u = 0; u < kUnits; ++u)
            result.back()[f] += after.state[u] * numbers[RrnNet::kProject][u][f];
        }
      }
    }
    return result;
  };
  Matrix slopes = Matrix::normal(chunk.states(), kFactors, 1, 9);
  const reference::Numbers weights = reference::numbers_of(slopes);
  const auto loss = [&] {
    double sum = 0;
    const reference::Numbers all = all_states();
    for (std::size_t r = 0; r < all.size(); ++r) {
      for (std::size_t f = 0; f < kFactors; ++f) sum += weights[r][f] * all[r][f];
    }
    return sum;
  };
  const reference::Numbers expected_states = all_states();
  ASSERT_EQ(expected_states.size(), chunk.states());
  for (std::size_t r = 0; r < expected_states.size(); ++r) {
    for (std::size_t f = 0; f < kFactors; ++f) ASSERT_NEAR(states[r][f], expected_states[r][f], 1e-6);
  }
  std::vector<Matrix> transposed, gradients = rrn_zeros(kUnits, kFactors);
  attention::ItemGradients of_others(kOthers, kUnits);
  transpose_rrn(net, transposed);
  pass.backward(net, transposed, attention::rows_of(slopes), gradients, of_others);
  const auto compare = [&](float gradient, double& number) {
    const double expected = reference::derivative(number, loss);
    ASSERT_NEAR(gradient, expected, 1e-5 * (1 + std::abs(expected)));
  };
  for (std::size_t t = 0; t < gradients.size(); ++t) {
    const bool gates = t == RrnNet::kInput || t == RrnNet::kRecurrent || t == RrnNet::kBias;
    for (std::size_t r = 0; r < gradients[t].rows(); ++r) {
      for (std::size_t c = 0; c < gradients[t].cols(); ++c) {
        if (!gates || c % padded(kUnits) < kUnits) compare(gradients[t][r][c], numbers[t][r][c]);
      }
    }
  }
  for (idx_t o = 0; o < kOthers; ++o) {
    for (std::size_t u = 0; u < kUnits && o != 4; ++u) compare(of_others.row(o)[u], others[o][u]);
  }
  EXPECT_EQ(of_others.find(4), nullptr) << "never rated";
}

/// Ratings over 40 days: in the second half those of even items fall by two and those of odd ones rise.
Dataset turning_tastes() {
  Dataset data;
  constexpr idx_t kUsers = 53, kItems = 17;
  for (idx_t u = 0; u < kUsers; ++u) data.users.add("u" + std::to_string(u));
  for (idx_t i = 0; i < kItems; ++i) data.items.add("i" + std::to_string(i));
  Rng rng(4);
  for (idx_t u = 0; u < kUsers; ++u) {
    for (idx_t i = 0; i < kItems; ++i) {
      const auto day = static_cast<std::int64_t>(rng.below(40));
      const float turned = (day < 20) == (i % 2 == 0) ? 1.0f : -1.0f;
      data.events.push_back({.user = u,
                             .item = i,
                             .value = 3 + turned + 0.3f * static_cast<float>(rng.normal()),
                             .time = day * kDay + static_cast<std::int64_t>(rng.below(1000))});
    }
    std::sort(data.events.end() - kItems, data.events.end(),
              [](const Event& a, const Event& b) { return a.time < b.time; });
  }
  return data;
}

struct History {
  History(const Dataset& data, idx_t user) {
    for (const Event& event : data.events) {
      if (event.user != user) continue;
      items.push_back(event.item);
      values.push_back(event.value);
      times.push_back(event.time);
    }
  }
  Query query(std::optional<idx_t> user, std::int64_t now = kNoTime) const {
    return {.user = user, .history = items, .values = values, .times = times, .now = now};
  }
  std::vector<idx_t> items;
  std::vector<float> values;
  std::vector<std::int64_t> times;
};

std::vector<float> scores(const Model& model, const Query& query) {
  std::vector<float> out(model.n_items());
  EXPECT_TRUE(model.score_all(query, out));
  return out;
}

const Rrn::Config kSmall = {.factors = 4, .units = 8, .epochs = 12, .learning_rate = 0.02f, .batch_size = 8};

double last_loss(const Dataset& data, const Rrn::Config& config) {
  FitLog log;
  FitContext context;
  context.log = &log;
  Rrn::fit({data, data.events}, config, context);
  return log.losses.back();
}

TEST(Rrn, FollowsTastesThatTurn) {
  const Dataset data = turning_tastes();
  Rrn::Config one_step = kSmall;
  one_step.step_days = 1000;  // no states but the first
  EXPECT_LT(last_loss(data, kSmall), 0.7 * last_loss(data, one_step));
}

TEST(Rrn, FoldsInToWhatTrainingStored) {
  const Dataset data = turning_tastes();
  const auto model = Rrn::fit({data, data.events}, kSmall, {});
  for (const idx_t user : {0u, 17u, 52u}) {
    const History history(data, user);
    for (const std::int64_t now : {kNoTime, 25 * kDay, 100 * kDay}) {
      const std::vector<float> known = scores(*model, history.query(user, now));
      if (now == 25 * kDay)
        continue;  // a stored vector knows all training ratings, one folded in those before
      const std::vector<float> folded = scores(*model, history.query(std::nullopt, now));
      for (std::size_t i = 0; i < known.size(); ++i) EXPECT_NEAR(folded[i], known[i], 1e-3);
    }
    Query without_times = history.query(user);
    without_times.times = {};
    EXPECT_EQ(scores(*model, without_times), scores(*model, history.query(user)))
        << "the state after training";
  }
}

TEST(Rrn, NothingOfTheFutureChangesAPrediction) {
  const Dataset data = turning_tastes();
  const auto model = Rrn::fit({data, data.events}, kSmall, {});
  const std::int64_t now = 20 * kDay + kDay / 2;
  History history(data, 7);
  for (const std::optional<idx_t> user : {std::optional<idx_t>(7), std::optional<idx_t>()}) {
    const std::vector<float> before = scores(*model, history.query(user, now));
    History changed = history;
    for (std::size_t k = 0; k < changed.items.size(); ++k) {
      const std::int64_t first_that_may =
          user ? 20 * kDay : now;  // the state: later steps; a row folded in: later times
      if (changed.times[k] > first_that_may) changed.values[k] = 9;
    }
    EXPECT_NE(changed.values, history.values);
    EXPECT_EQ(scores(*model, changed.query(user, now)), before);
  }
  // The states that training uses, of users and of items.
  RrnRatings ratings = rrn_ratings({data, data.events}, 1, "rrn");
  RrnRatings later = ratings;
  for (RrnRating& rating : later.ratings) {
    if (rating.step >= 20) rating.value = -3;
  }
  const RrnOptions options;
  const FitContext context;
  for (const auto which : {RrnSide::kUsers, RrnSide::kItems}) {
    const std::size_t users = data.n_users(), items = data.n_items();
    const bool of_users = which == RrnSide::kUsers;
    const auto side_of = [&](const RrnRatings& all) {
      RrnNet net = random_rrn_net(of_users ? items : users, 8, 4, 1);
      net.tensors[RrnNet::kProject] = Matrix::normal(8, 4, 0.5, 2);
      RrnSide side(which, all, of_users ? users : items, std::move(net), options, context);
      side.refresh();
      return side;
    };
    const RrnSide a = side_of(ratings), b = side_of(later);
    std::size_t same = 0, other = 0;
    for (std::size_t r = 0; r < ratings.ratings.size(); ++r) {
      const bool equal = std::ranges::equal(a.states()[a.rows()[r]], b.states()[b.rows()[r]]);
      if (ratings.ratings[r].step <= 20) {
        EXPECT_TRUE(equal) << "rating " << r;
        ++same;
      } else {
        other += equal ? 0 : 1;
      }
    }
    EXPECT_GT(same, 100u);
    EXPECT_GT(other, 100u);
  }
}

TEST(Rrn, RefusesRatingsWithoutTimes) {
  Dataset data = turning_tastes();
  data.events[5].time = kNoTime;
  try {
    Rrn::fit({data, data.events}, kSmall, {});
    FAIL() << "fitted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    EXPECT_NE(std::string(error.what()).find("1 of 901 ratings have no time"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace akin
