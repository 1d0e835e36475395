#include <gtest/gtest.h>

#include <cstring>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/models/fit/worker_team.h"
#include "akin/nets/sequence/attention_reference_for_test.h"
#include "akin/nets/sequence/content_items.h"

namespace akin::attention {
namespace {

constexpr std::size_t kItems = 23, kFactors = 10;

NetShape shape_of(BlockKind block, std::size_t max_length = 67, std::size_t heads = 2) {
  return {block, kFactors, 2, heads, max_length, true, kGapInput | kKindInput, {{1, 3}, {3, 4}}};
}

/// A net whose numbers are all different from where they start.
Net random_net(const NetShape& shape) {
  Net net = initial_net(shape, kItems, 3);
  Rng rng(17);
  const auto shake = [&](Matrix& matrix, double width) {
    for (std::size_t r = 0; r < matrix.rows(); ++r) {
      for (float& x : matrix[r]) x += static_cast<float>(width * rng.normal());
    }
  };
  shake(net.items, 0.5);
  for (Matrix& tensor : net.tensors) shake(tensor, 0.2);
  for (std::size_t t = 0; is_recurrent(shape.block) && t < net.index(shape.layers, 0); ++t) {
    for (std::size_t r = 0; r < net.tensors[t].rows(); ++r) {
      for (std::size_t c = 0; c < net.tensors[t].cols(); ++c) {
        if (c % padded(kFactors) >= kFactors) net.tensors[t][r][c] = 0;
      }
    }
  }
  return net;
}

/// Sequences of these lengths.
Chunk random_chunk(const std::vector<std::size_t>& lengths) {
  Chunk chunk;
  Rng rng(5);
  for (const std::size_t length : lengths) {
    chunk.seeds.push_back(static_cast<std::uint32_t>(rng.next()));
    std::int64_t time = 1000;
    for (std::size_t t = 0; t < length; ++t) {
      chunk.items.push_back(static_cast<idx_t>(rng.below(kItems)));
      chunk.times.push_back(time);
      time += static_cast<std::int64_t>(rng.below(1 << rng.below(12)));
      chunk.next_times.push_back(time);
      chunk.contexts.push_back(static_cast<std::uint16_t>(rng.below(12)));
      chunk.inputs.push_back(inputs_of(kGapInput | kKindInput, chunk.times.back(), time,
                                       t % 3 == 0 ? -1 : static_cast<int>(t % 5)));
    }
    chunk.offsets.push_back(chunk.items.size());
  }
  return chunk;
}

Chunk sequence_of(const Chunk& chunk, std::size_t s, std::size_t length) {
  Chunk one;
  one.seeds = {chunk.seeds[s]};
  for (std::size_t t = chunk.offsets[s]; t < chunk.offsets[s] + length; ++t) {
    one.items.push_back(chunk.items[t]);
    one.times.push_back(chunk.times[t]);
    one.next_times.push_back(chunk.next_times[t]);
    one.inputs.push_back(chunk.inputs[t]);
    one.contexts.push_back(chunk.contexts[t]);
  }
  one.offsets.push_back(length);
  return one;
}

void expect_same_row(const float* a, const float* b, const std::string& what) {
  EXPECT_EQ(std::memcmp(a, b, kFactors * sizeof(float)), 0) << what;
}

class AttentionPass : public testing::TestWithParam<BlockKind> {};

TEST_P(AttentionPass, IsTheEquations) {
  for (const std::size_t heads : {1u, 2u, 5u}) {
    const Net net = random_net(shape_of(GetParam(), 67, heads));
    const Chunk chunk = random_chunk({3, 61, 1, 50});
    for (const float rate : {0.0f, 0.3f}) {
      Pass pass(net.shape);
      const Rows states = pass.forward(net, chunk, Dropout(rate));
      const reference::RefNet ref(net);
      for (std::size_t s = 0; s < chunk.size(); ++s) {
        const reference::Mat expected = reference::RefPass(ref, chunk, s, Dropout(rate)).states();
        for (std::size_t t = 0; t < expected.size(); ++t) {
          for (std::size_t c = 0; c < kFactors; ++c) {
            const float got = states[chunk.offsets[s] + t][c];
            ASSERT_NEAR(got, expected[t][c], 2e-4 * (1 + std::abs(expected[t][c])))
                << heads << " heads, sequence " << s << ", token " << t << ", dropout " << rate;
          }
        }
      }
    }
  }
}

TEST_P(AttentionPass, PackedIsAlone) {
  const Net net = random_net(shape_of(GetParam()));
  const Chunk chunk = random_chunk({13, 67, 1, 31});
  Pass pass(net.shape), other(net.shape);
  const Rows together = pass.forward(net, chunk, Dropout(0.2f));
  for (std::size_t s = 0; s < chunk.size(); ++s) {
    const std::size_t length = chunk.offsets[s + 1] - chunk.offsets[s];
    const Chunk one = sequence_of(chunk, s, length);
    const Rows alone = other.forward(net, one, Dropout(0.2f));
    for (std::size_t t = 0; t < length; ++t)
      expect_same_row(together[chunk.offsets[s] + t], alone[t], "token " + std::to_string(t));
  }
}

TEST_P(AttentionPass, DoesNotLookAhead) {
  NetShape shape = shape_of(GetParam());
  shape.positions = false;  // they are counted from the end, which a shorter sequence has elsewhere
  const Net net = random_net(shape);
  const Chunk chunk = random_chunk({67});
  Pass pass(shape), other(shape);
  const Rows states = pass.forward(net, chunk, Dropout());
  for (const std::size_t last : {0u, 5u, 40u, 65u}) {
    Chunk changed = chunk;
    for (std::size_t t = last + 1; t < chunk.tokens(); ++t) {
      changed.items[t] = (chunk.items[t] + 7) % kItems;
      changed.times[t] += 1'000'000;
      changed.next_times[t] += 2'000'000;
      changed.contexts[t] = static_cast<std::uint16_t>((chunk.contexts[t] + 7) % 12);
    }
    const Rows after = other.forward(net, changed, Dropout());
    for (std::size_t t = 0; t <= last; ++t) expect_same_row(states[t], after[t], "changed after");
    EXPECT_NE(std::memcmp(states[last + 1], after[last + 1], kFactors * sizeof(float)), 0);
    const Chunk shorter = sequence_of(chunk, 0, last + 1);
    const Rows cut = other.forward(net, shorter, Dropout());
    for (std::size_t t = 0; t <= last; ++t) expect_same_row(states[t], cut[t], "cut after");
  }
}

/// The mean over targets of the loss in doubles, with the negatives that the kernel draws.
double loss_of(const reference::RefNet& net, const Chunk& chunk, const Dropout& dropout,
               const LossOptions& options, const std::vector<idx_t>& targets) {
  double loss = 0;
  for (std::size_t s = 0; s < chunk.size(); ++s) {
    const reference::Mat states = reference::RefPass(net, chunk, s, dropout).states();
    for (std::size_t t = 0; t < states.size(); ++t) {
      const idx_t target = targets[chunk.offsets[s] + t];
      if (target == kNoTarget) continue;
      std::vector<idx_t> candidates = {target};
      for (idx_t i = 0; i < kItems; ++i) {
        if (i != target) candidates.push_back(i);
      }
      loss += reference::loss(options, states[t], net.items, candidates);
    }
  }
  return loss;
}

TEST_P(AttentionPass, GradientsAreTheDifferencesOfTheLoss) {
  for (const float temperature : {0.0f, 0.5f}) {
    const Net net = random_net(shape_of(GetParam(), 29));
    const Chunk chunk = random_chunk({3, 29, 1, 11});
    std::vector<idx_t> targets;
    Rng rng(9);
    for (std::size_t t = 0; t < chunk.tokens(); ++t)
      targets.push_back(t % 5 == 0 ? kNoTarget : static_cast<idx_t>(rng.below(kItems)));
    const std::vector<std::uint64_t> seeds(chunk.tokens(), 1);
    const LossOptions options{.kind = LossKind::kSoftmax, .temperature = temperature};
    const Dropout dropout(0.2f);

    WorkerTeam team(1);
    OutputTable table(net.items, options);
    table.prepare(team);
    Pass pass(net.shape);
    const Rows states = pass.forward(net, chunk, dropout);
    Matrix slopes(chunk.tokens(), kFactors);
    ItemGradients outputs(kItems, kFactors), inputs(kItems, kFactors);
    const double loss = NextItemLoss(options)(table, {targets, seeds}, states, rows_of(slopes), outputs);
    std::vector<Matrix> gradients = zeros_like(net.tensors), transposed;
    transpose_weights(net, transposed);
    pass.backward(net, transposed, rows_of(slopes), gradients);
    Matrix items(kItems, kFactors);
    for (std::size_t t = 0; t < chunk.tokens(); ++t) {
      for (std::size_t c = 0; c < kFactors; ++c) items.row(chunk.items[t])[c] += slopes[t][c];
    }
    for (idx_t i = 0; i < kItems; ++i) table.add_back(i, outputs.row(i), items.row(i));

    reference::RefNet ref(net);
    EXPECT_NEAR(loss, loss_of(ref, chunk, dropout, options, targets), 1e-4 * loss);
    const auto check = [&](double& number, float gradient, const std::string& what) {
      constexpr double kStep = 1e-5;
      const double before = number;
      number = before + kStep;
      const double up = loss_of(ref, chunk, dropout, options, targets);
      number = before - kStep;
      const double down = loss_of(ref, chunk, dropout, options, targets);
      number = before;
      const double expected = (up - down) / (2 * kStep);
      EXPECT_NEAR(gradient, expected, 2e-3 * (1 + std::abs(expected))) << what;
    };
    const std::vector<TensorSpec> specs = tensor_specs(net.shape);
    for (std::size_t k = 0; k < specs.size(); ++k) {
      for (int times = 0; times < 4; ++times) {
        const std::size_t r = rng.below(specs[k].rows),
                          c = rng.below(std::min<std::size_t>(specs[k].cols, 29));
        check(ref.tensors[k][r][c], gradients[k][r][c], specs[k].name);
      }
    }
    for (int times = 0; times < 8; ++times) {
      const std::size_t r = rng.below(kItems), c = rng.below(kFactors);
      check(ref.items[r][c], items[r][c], "item " + std::to_string(r));
    }
    // Where items are f W + delta, the gradient of delta is that of the item; that of W:
    constexpr std::size_t kDim = 19;
    const Matrix features = Matrix::normal(kItems, kDim, 0.5, 8);
    Matrix map(kDim, kFactors);
    map_gradient(features, items, 0, 5, map);
    map_gradient(features, items, 5, kDim, map);
    for (int times = 0; times < 4; ++times) {
      const std::size_t r = rng.below(kDim), c = rng.below(kFactors);
      const auto loss_with = [&](double step) {
        for (idx_t i = 0; i < kItems; ++i) ref.items[i][c] += step * static_cast<double>(features[i][r]);
        return loss_of(ref, chunk, dropout, options, targets);
      };
      const double up = loss_with(1e-5), down = loss_with(-2e-5), expected = (up - down) / 2e-5;
      loss_with(1e-5);
      EXPECT_NEAR(map[r][c], expected, 2e-3 * (1 + std::abs(expected))) << "W " << r << ", " << c;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Blocks, AttentionPass,
                         testing::Values(BlockKind::kSasrec, BlockKind::kLigr, BlockKind::kHstu,
                                         BlockKind::kRnn, BlockKind::kLstm));

/// What a loss says of random states, with every item for a negative unless there are fewer.
struct LossResult {
  double loss;
  Matrix states;  // gradients
  Matrix items;
};
LossResult loss_at(const LossOptions& options, const Targets& targets, const Matrix& items, Matrix& states) {
  WorkerTeam team(1);
  OutputTable table(items, options);
  table.prepare(team);
  ItemGradients sums(items.rows(), items.cols());
  LossResult result{0, Matrix(states.rows(), states.cols()), Matrix(items.rows(), items.cols())};
  result.loss = NextItemLoss(options)(table, targets, rows_of(states), rows_of(result.states), sums);
  for (std::size_t i = 0; i < items.rows(); ++i)
    table.add_back(i, sums.row(static_cast<idx_t>(i)), result.items.row(i));
  return result;
}

void expect_near(const Matrix& a, const Matrix& b) {
  for (std::size_t r = 0; r < a.rows(); ++r) {
    for (std::size_t c = 0; c < a.cols(); ++c) ASSERT_NEAR(a[r][c], b[r][c], 1e-5f) << r << ", " << c;
  }
}

struct LossFixture {
  Matrix items = Matrix::normal(601, kFactors, 0.7, 4), states = Matrix::normal(7, kFactors, 0.7, 5);
  std::vector<idx_t> ids = {3, 600, kNoTarget, 255, 256, 0, 3};
  std::vector<std::uint64_t> seeds = {1, 2, 3, 4, 5, 6, 7};
  Targets targets() const { return {ids, seeds}; }
};

TEST(NextItemLoss, SampledSoftmaxWithAllItemsIsSoftmax) {
  LossFixture data;
  for (const float temperature : {0.0f, 0.2f}) {
    const LossResult full = loss_at({.kind = LossKind::kSoftmax, .temperature = temperature}, data.targets(),
                                    data.items, data.states);
    const LossResult sampled =
        loss_at({.kind = LossKind::kSampledSoftmax, .negatives = 600, .temperature = temperature},
                data.targets(), data.items, data.states);
    EXPECT_NEAR(full.loss, sampled.loss, 1e-5 * full.loss);
    expect_near(full.states, sampled.states);
    expect_near(full.items, sampled.items);
    const LossResult few =
        loss_at({.kind = LossKind::kSampledSoftmax, .negatives = 5, .temperature = temperature},
                data.targets(), data.items, data.states);
    EXPECT_LT(few.loss, 0.8 * full.loss);
  }
}

TEST(NextItemLoss, UncalibratedGbceIsBce) {
  LossFixture data;
  const LossResult bce =
      loss_at({.kind = LossKind::kBce, .negatives = 20}, data.targets(), data.items, data.states);
  const LossResult gbce = loss_at({.kind = LossKind::kGbce, .negatives = 20, .calibration = 0},
                                  data.targets(), data.items, data.states);
  EXPECT_NEAR(gbce.loss, bce.loss, 1e-5 * bce.loss);
  expect_near(gbce.items, bce.items);
  const LossResult calibrated =
      loss_at({.kind = LossKind::kGbce, .negatives = 20}, data.targets(), data.items, data.states);
  double positive = 0;
  for (std::size_t t = 0; t < data.ids.size(); ++t) {
    if (data.ids[t] == kNoTarget) continue;
    double score = 0;
    for (std::size_t c = 0; c < kFactors; ++c)
      score += static_cast<double>(data.states[t][c] * data.items[data.ids[t]][c]);
    positive += std::log1p(std::exp(-score));
  }
  const double beta = static_cast<double>(gbce_beta(20, 601, 0.75f));
  EXPECT_NEAR(calibrated.loss - bce.loss, (beta - 1) * positive, 1e-4 * bce.loss);
  EXPECT_NEAR(gbce_beta(20, 601, 1), 20.0 / 600, 1e-7) << "fully calibrated: the rate of sampling";
  EXPECT_NEAR(gbce_beta(256, 12'102, 0.75f), 0.25 + 0.75 * 256 / 12'101, 1e-6);
}

/// With as many negatives as there are other items, each is one once.
TEST(NextItemLoss, PairLossesAreTheirEquations) {
  for (const LossOptions& options :
       {LossOptions{.kind = LossKind::kBce, .negatives = 3},
        LossOptions{.kind = LossKind::kGbce, .negatives = 3},
        LossOptions{.kind = LossKind::kGbce, .negatives = 3, .temperature = 0.3f}}) {
    Matrix items = Matrix::normal(4, kFactors, 0.7, 4), states = Matrix::normal(1, kFactors, 0.7, 5);
    const std::vector<idx_t> ids = {1};
    const std::vector<std::uint64_t> seeds = {1};
    const LossResult got = loss_at(options, {ids, seeds}, items, states);
    reference::Mat ref_items = reference::doubles(items), ref_states = reference::doubles(states);
    const auto expected = [&] { return reference::loss(options, ref_states[0], ref_items, {1, 0, 2, 3}); };
    EXPECT_NEAR(got.loss, expected(), 1e-5);
    const auto check = [&](double& number, float gradient) {
      const double before = number;
      number = before + 1e-5;
      const double up = expected();
      number = before - 1e-5;
      const double down = expected();
      number = before;
      EXPECT_NEAR(gradient, (up - down) / 2e-5, 1e-4);
    };
    for (std::size_t c = 0; c < kFactors; ++c) {
      check(ref_states[0][c], got.states[0][c]);
      for (std::size_t i = 0; i < 4; ++i) check(ref_items[i][c], got.items[i][c]);
    }
  }
}

/// With very many draws the sum over the negatives, each lowered by log of how often it was expected, is that over all.
TEST(NextItemLoss, NegativesOfTheBatchAreCorrected) {
  LossFixture data;
  std::vector<float> frequency(601, 0);
  std::vector<idx_t> pool;
  for (idx_t i = 0; i < 601; ++i) {
    for (idx_t k = 0; k < 1 + i % 7; ++k) pool.push_back(i);
  }
  for (const idx_t item : pool) frequency[item] += 1 / static_cast<float>(pool.size());
  const LossOptions options{
      .kind = LossKind::kSampledSoftmax, .negatives = 10'000, .batch_negatives = 40'000};
  const LossResult got = loss_at(options, {data.ids, data.seeds, pool, frequency}, data.items, data.states);
  double expected = 0;
  for (std::size_t t = 0; t < data.ids.size(); ++t) {
    if (data.ids[t] == kNoTarget) continue;
    double sum = 0, own = 0;
    for (idx_t i = 0; i < 601; ++i) {
      double score = 0;
      for (std::size_t c = 0; c < kFactors; ++c)
        score += static_cast<double>(data.states[t][c] * data.items[i][c]);
      if (i == data.ids[t])
        own = std::exp(score) / (10'000 / 601.0 + 40'000 * static_cast<double>(frequency[i]));
      sum += i == data.ids[t] ? own : std::exp(score);
    }
    expected += std::log(sum / own);
  }
  EXPECT_NEAR(got.loss, expected, 0.2);
}

TEST(ContentItems, AreContentTimesTheMapAndTheirOwnPart) {
  constexpr std::size_t kDim = 37, kOwn = 19;
  const Matrix features = Matrix::normal(kItems, kDim, 1, 1);
  const ContentWeights weights{Matrix::normal(kDim, kFactors, 1, 2), Matrix::normal(kOwn, kFactors, 1, 3)};
  Matrix items(kItems, kFactors), in_parts(kItems, kFactors);
  place_items(features, weights, 0, kItems, items);
  for (const auto& [begin, end] : {std::pair(3, 20), std::pair(20, 23), std::pair(0, 3)})
    place_items(features, weights, static_cast<std::size_t>(begin), static_cast<std::size_t>(end), in_parts);
  for (std::size_t i = 0; i < kItems; ++i) {
    for (std::size_t c = 0; c < kFactors; ++c) {
      double expected = i < kOwn ? static_cast<double>(weights.deltas[i][c]) : 0.0;
      for (std::size_t f = 0; f < kDim; ++f)
        expected += static_cast<double>(features[i][f]) * static_cast<double>(weights.map[f][c]);
      ASSERT_NEAR(items[i][c], expected, 1e-4) << i << ", " << c;
    }
    expect_same_row(items.row(i), in_parts.row(i), "a row depends on itself alone");
  }
}

TEST(EventInputs, AreRowsOfTheirTensor) {
  constexpr std::int64_t kSunday = 3 * 86'400;  // 1970-01-04
  const auto all = parse_inputs("gap, hour,weekday,kind").bits;
  EXPECT_EQ(inputs_of(all, kSunday, kSunday + 3700, 4),
            (EventInputs{11, 64 + 1, 64 + 24 + 6, 64 + 24 + 7 + 4}));
  EXPECT_EQ(inputs_of(all, -4000, -1, -1), (EventInputs{11, 64 + 23, 64 + 24 + 2, kNoInput}));
  EXPECT_EQ(inputs_of(parse_inputs("hour").bits, 0, 7200, 0),
            (EventInputs{kNoInput, 66, kNoInput, kNoInput}));
  EXPECT_EQ(parse_inputs("").bits, 0u);
  EXPECT_EQ(parse_inputs("hour, device,page").attributes, (std::vector<std::string>{"device", "page"}));
  for (const char* wrong : {"hour,", ",hour", "kind,,hour", "hour,hour", "device, device"})
    EXPECT_THROW(parse_inputs(wrong), Error) << wrong;
}

TEST(TimeBucket, IsTheLogarithmOfTwo) {
  EXPECT_EQ(time_bucket(-5), 0);
  EXPECT_EQ(time_bucket(1), 0);
  EXPECT_EQ(time_bucket(2), 1);
  EXPECT_EQ(time_bucket(3), 1);
  EXPECT_EQ(time_bucket(86'400), 16);
  EXPECT_LT(time_bucket(std::numeric_limits<std::int64_t>::max()), kTimeBuckets);
}

}  // namespace
}  // namespace akin::attention
