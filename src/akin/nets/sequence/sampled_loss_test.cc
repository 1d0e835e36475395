#include "akin/nets/sequence/sampled_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/rng.h"

namespace akin {
namespace {

double sigma(double x) { return 1 / (1 + std::exp(-x)); }

/// The loss of one slot by its equation; row `own` is the target.
double plain_loss(const SampledLoss& loss, const std::vector<double>& scores,
                  const std::vector<float>& weights, std::size_t own) {
  std::vector<double> r = scores;
  if (loss.kind != SequenceLoss::kCrossEntropy && loss.elu > 0) {
    for (double& x : r) x = x > 0 ? x : static_cast<double>(loss.elu) * (std::exp(x) - 1);
  }
  double total = 0, sum = 0, penalty = 0;
  for (std::size_t j = 0; j < r.size(); ++j) {
    if (j == own) continue;
    const double share = static_cast<double>(weights[j]) * std::exp(r[j]);
    total += share;
    if (loss.kind == SequenceLoss::kBprMax) sum += share * sigma(r[own] - r[j]);
    if (loss.kind == SequenceLoss::kTop1Max) sum += share * (sigma(r[j] - r[own]) + sigma(r[j] * r[j]));
    penalty += share * r[j] * r[j];
  }
  if (loss.kind == SequenceLoss::kCrossEntropy) return std::log(std::exp(r[own]) + total) - r[own];
  if (total == 0) return 0;
  if (loss.kind == SequenceLoss::kTop1Max) return sum / total;
  return -std::log(sum / total) + static_cast<double>(loss.regularization) * penalty / total;
}

struct Example {
  Example(std::size_t n_rows, std::size_t n_slots, double width)
      : rows(n_rows), scores(n_rows, padded(n_slots)), weights(n_rows), own(padded(n_slots), -1) {
    for (std::size_t j = 0; j < rows; ++j) {
      Rng rng(3, j);
      weights[j] = rng.uniform_float() + 0.1f;
      for (std::size_t s = 0; s < padded(n_slots); ++s)
        scores[j][s] = static_cast<float>(width * rng.normal());
    }
    for (std::size_t s = 0; s < n_slots; ++s)
      own[s] = static_cast<std::int32_t>(s % std::min<std::size_t>(rows, 3));
  }
  Example copy() const {
    Example other(rows, 16, 0);
    other.scores = scores.clone();
    other.weights = weights;
    other.own = own;
    return other;
  }
  CandidateScores view() {
    return {scores.data(), scores.stride(), own.size(), weights.data(), own.data(), 3};
  }
  std::vector<double> column(std::size_t slot) const {
    std::vector<double> result;
    for (std::size_t j = 0; j < rows; ++j) result.push_back(static_cast<double>(scores[j][slot]));
    return result;
  }
  /// The losses; the scores become their gradient. In blocks of `block` rows.
  Matrix run(const SampledLoss& loss, std::size_t block) {
    const std::size_t blocks = (rows + block - 1) / block;
    Matrix positives(1, own.size()), losses(1, own.size()), sums(blocks * kLossSums, own.size());
    const std::vector<float> bias(rows, 0);
    add_bias(loss, view(), 0, rows, bias.data());
    for (std::size_t s = 0; s < own.size(); ++s) {
      if (own[s] >= 0) positives[0][s] = scores[static_cast<std::size_t>(own[s])][s];
    }
    for (std::size_t b = 0; b < blocks; ++b)
      sum_candidates(loss, view(), b * block, std::min(rows, (b + 1) * block), positives.row(0),
                     sums.row(b * kLossSums));
    combine_sums(loss, view(), blocks, positives.row(0), sums.data(), losses.row(0));
    loss_gradient(loss, view(), 0, rows, positives.row(0), sums.data(), 1);
    return losses;
  }
  std::size_t rows;
  Matrix scores;
  std::vector<float> weights;
  std::vector<std::int32_t> own;
};

const SampledLoss kAll[] = {{SequenceLoss::kCrossEntropy, 0, 0},
                            {SequenceLoss::kBprMax, 0, 0.7f},
                            {SequenceLoss::kBprMax, 0.5f, 0.7f},
                            {SequenceLoss::kTop1Max, 0, 0},
                            {SequenceLoss::kTop1Max, 1, 0}};

TEST(SampledLoss, ValueAndGradientAreThoseOfTheEquations) {
  constexpr std::size_t kSlots = 19;
  for (const SampledLoss& loss : kAll) {
    for (const std::size_t block : {7u, 64u}) {
      Example example(31, kSlots, 1.5);
      const Example before = example.copy();
      const Matrix losses = example.run(loss, block);
      for (std::size_t s = 0; s < kSlots; ++s) {
        const auto own = static_cast<std::size_t>(before.own[s]);
        std::vector<double> scores = before.column(s);
        EXPECT_NEAR(losses[0][s], plain_loss(loss, scores, before.weights, own), 2e-5);
        for (std::size_t j = 0; j < before.rows; ++j) {
          const double at = scores[j];
          scores[j] = at + 1e-5;
          const double above = plain_loss(loss, scores, before.weights, own);
          scores[j] = at - 1e-5;
          const double below = plain_loss(loss, scores, before.weights, own);
          scores[j] = at;
          EXPECT_NEAR(example.scores[j][s], (above - below) / 2e-5, 2e-5)
              << "loss " << static_cast<int>(loss.kind) << " slot " << s << " row " << j;
        }
      }
      for (std::size_t s = kSlots; s < example.own.size(); ++s) {
        for (std::size_t j = 0; j < example.rows; ++j) EXPECT_EQ(example.scores[j][s], 0) << "padding";
      }
    }
  }
}

TEST(SampledLoss, AllItemsAsCandidatesIsTheSoftmax) {
  Example example(41, 16, 2);
  std::ranges::fill(example.weights, 1.0f);
  const Example before = example.copy();
  const Matrix losses = example.run({}, 16);
  for (std::size_t s = 0; s < 16; ++s) {
    const std::vector<double> scores = before.column(s);
    double total = 0;
    for (const double x : scores) total += std::exp(x);
    const auto own = static_cast<std::size_t>(before.own[s]);
    EXPECT_NEAR(losses[0][s], std::log(total) - scores[own], 2e-5);
    double sum = 0;
    for (std::size_t j = 0; j < before.rows; ++j) {
      EXPECT_NEAR(example.scores[j][s], std::exp(scores[j]) / total - (j == own ? 1 : 0), 1e-5);
      sum += static_cast<double>(example.scores[j][s]);
    }
    EXPECT_NEAR(sum, 0, 1e-5) << "the softmax is over candidates, not over slots";
  }
}

TEST(SampledLoss, EqualScoresCountHalf) {
  for (const SampledLoss& loss :
       {SampledLoss{SequenceLoss::kBprMax, 0.5f, 0}, {SequenceLoss::kTop1Max, 0, 0}}) {
    Example example(11, 16, 0);
    const Matrix losses = example.run(loss, 4);
    const double half = loss.kind == SequenceLoss::kBprMax ? std::log(2.0) : 0.5 + 0.5;
    for (std::size_t s = 0; s < 16; ++s) EXPECT_NEAR(losses[0][s], half, 1e-5);
  }
}

TEST(SampledLoss, TheTargetAloneHasNoLossAndNoGradient) {
  for (const SampledLoss& loss : kAll) {
    Example example(1, 16, 1);
    const Matrix losses = example.run(loss, 4);
    for (std::size_t s = 0; s < 16; ++s) {
      EXPECT_NEAR(losses[0][s], 0, 1e-6);
      EXPECT_NEAR(example.scores[0][s], 0, 1e-6);
    }
  }
}

TEST(SampledLoss, FarScoresStayFinite) {
  for (const SampledLoss& loss : kAll) {
    Example example(67, 32, 300);
    const Matrix losses = example.run(loss, 16);
    EXPECT_TRUE(all_finite(losses));
    EXPECT_TRUE(all_finite(example.scores));
  }
}

}  // namespace
}  // namespace akin
