// A whole step of the towers against their equations in double precision.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "akin/nets/towers/tower_trainer.h"

namespace akin::towers {
namespace {

constexpr std::size_t kFactors = 5, kLayers = 2, kInputs = 7, kFirstSource = 4, kCatalogue = 8, kTrained = 7;
constexpr std::uint64_t kSeed = 3;

using Table = std::vector<std::vector<double>>;

/// All parameters in double precision.
struct Parameters {
  Table maps, ids;
  std::vector<Table> dense;
  Table ages, attributes, sharpness;
};

Table doubles_of(const Matrix& matrix) {
  Table table(matrix.rows());
  for (std::size_t r = 0; r < matrix.rows(); ++r) table[r].assign(matrix[r].begin(), matrix[r].end());
  return table;
}

/// Sequences of users with attributes over items of two sources; the second item has the first source alone, the third the
/// second, the last but one neither.
struct Example {
  Csr features, attributes;
  TowerData data{features, attributes};
  ItemTower items;
  UserTower users;

  Example() {
    Rng rng(1);
    features.cols = kInputs;
    for (std::size_t i = 0; i < kCatalogue; ++i) {
      for (idx_t k = 0; k < kInputs; ++k) {
        const bool first = k < kFirstSource;
        if (i == kTrained - 1 || (i == 1 && !first) || (i == 2 && first) || rng.uniform() < 0.2) continue;
        features.indices.push_back(k);
        features.values.push_back(static_cast<float>(rng.normal()));
      }
      features.offsets.push_back(features.indices.size());
    }
    attributes.cols = 3;
    for (idx_t u = 0; u < 5; ++u) {
      if (u != 2) {
        attributes.indices.push_back(u % 3);
        attributes.values.push_back(0.5F + static_cast<float>(u));
      }
      attributes.offsets.push_back(attributes.indices.size());
      for (std::size_t e = 0; e < 3 + u % 3; ++e)
        data.sequences.items.push_back(static_cast<idx_t>(rng.below(kTrained)));
      data.sequences.offsets.push_back(data.sequences.items.size());
      data.sequences.users.push_back(u);
    }
    items = initial_tower(kInputs, kFactors, kLayers, kSeed);
    items.ids = Matrix::normal(kTrained, kFactors, 0.5, 9);
    for (Matrix& matrix : items.dense) add_noise(matrix, rng);
    users = initial_user_tower(4, 3, kFactors, 0.3F);
    add_noise(users.ages, rng);
    add_noise(users.attributes, rng);
  }
  static void add_noise(Matrix& matrix, Rng& rng) {
    for (std::size_t r = 0; r < matrix.rows(); ++r) {
      for (float& x : matrix[r]) x += static_cast<float>(0.2 * rng.normal());
    }
  }
  Parameters parameters() const {
    Parameters p{doubles_of(items.maps), doubles_of(items.ids), {}, {}, {}, {}};
    for (const Matrix& matrix : items.dense) p.dense.push_back(doubles_of(matrix));
    p.ages = doubles_of(users.ages);
    p.attributes = doubles_of(users.attributes);
    p.sharpness = doubles_of(users.sharpness);
    return p;
  }
};

double product(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t c = 0; c < a.size(); ++c) sum += a[c] * b[c];
  return sum;
}

std::vector<double> unit(std::vector<double> x) {
  const double length = std::sqrt(product(x, x));
  for (double& value : x) value /= length;
  return x;
}

std::vector<double> item_vector(const Example& example, const Parameters& p, idx_t item) {
  std::vector<double> h = p.ids[item];
  for (std::size_t e = 0; e < example.features.row_size(item); ++e) {
    for (std::size_t c = 0; c < kFactors; ++c)
      h[c] += static_cast<double>(example.features.values_of(item)[e]) *
              p.maps[example.features.cols_of(item)[e]][c];
  }
  double mean = 0, variance = 0;
  for (const double x : h) mean += x / kFactors;
  for (const double x : h) variance += (x - mean) * (x - mean) / kFactors;
  for (std::size_t c = 0; c < kFactors; ++c) {
    h[c] = (h[c] - mean) / std::sqrt(variance + static_cast<double>(attention::kNormEpsilon)) *
               p.dense[0][0][c] +
           p.dense[1][0][c];
  }
  for (std::size_t layer = 0; layer < kLayers; ++layer) {
    std::vector<double> next = p.dense[3 + 2 * layer][0];
    for (std::size_t k = 0; k < kFactors; ++k) {
      for (std::size_t c = 0; c < kFactors; ++c) next[c] += h[k] * p.dense[2 + 2 * layer][k][c];
    }
    for (double& x : next) x = layer + 1 < kLayers ? std::max(0.0, x) : x;
    h = next;
  }
  return unit(h);
}

double softmax_of(const std::vector<double>& z, std::size_t own) {
  double sum = 0;
  for (const double x : z) sum += std::exp(x - z[own]);
  return std::log(sum);
}

/// max over p of p . z + 4/3 (1 - sum p^1.5), at p = [z / 2 - tau]_+^2, minus z_own.
double entmax_of(const std::vector<double>& z, std::size_t own) {
  double low = -1e3, high = 1e3;
  const auto above = [](double x, double tau) { return std::max(0.0, x / 2 - tau); };
  for (int step = 0; step < 200; ++step) {
    const double tau = (low + high) / 2;
    double sum = 0;
    for (const double x : z) sum += above(x, tau) * above(x, tau);
    (sum > 1 ? low : high) = tau;
  }
  double loss = 4.0 / 3 - z[own];
  for (const double x : z) loss += std::pow(above(x, low), 2) * x - 4.0 / 3 * std::pow(above(x, low), 3);
  return loss;
}

/// The mean loss of all targets as one minibatch.
double loss_of(const Example& example, const Parameters& p, const TowerOptions& options) {
  std::vector<std::uint32_t> counts(kCatalogue, 0);
  std::vector<idx_t> targets;
  std::vector<std::size_t> ends, sequences;
  for (std::size_t s = 0; s + 1 < example.data.sequences.offsets.size(); ++s) {
    for (std::size_t at = example.data.sequences.offsets[s] + 1; at < example.data.sequences.offsets[s + 1];
         ++at) {
      targets.push_back(example.data.sequences.items[at]);
      ++counts[targets.back()];
      ends.push_back(at);
      sequences.push_back(s);
    }
  }
  Candidates candidates({options.negatives, 0, options.correction == Correction::kNone ? 0.0F : 1.0F}, counts,
                        kSeed);
  candidates.draw(targets, 0);
  const double sharpness = std::exp(p.sharpness[0][0]);
  double loss = 0;
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const std::size_t first = std::max<std::size_t>(example.data.sequences.offsets[sequences[t]],
                                                    ends[t] - std::min<std::size_t>(ends[t], 4));
    std::vector<double> user(kFactors, 0);
    std::vector<idx_t> history;
    double sum = 0;
    for (std::size_t h = first; h < ends[t]; ++h) sum += std::exp(p.ages[0][ends[t] - 1 - h]);
    for (std::size_t h = first; h < ends[t]; ++h) {
      history.push_back(example.data.sequences.items[h]);
      const std::vector<double> vector = item_vector(example, p, history.back());
      for (std::size_t c = 0; c < kFactors; ++c)
        user[c] += std::exp(p.ages[0][ends[t] - 1 - h]) / sum * vector[c];
    }
    const idx_t u = example.data.sequences.users[sequences[t]];
    for (std::size_t e = 0; e < example.attributes.row_size(u); ++e) {
      for (std::size_t c = 0; c < kFactors; ++c)
        user[c] += static_cast<double>(example.attributes.values_of(u)[e]) *
                   p.attributes[example.attributes.cols_of(u)[e]][c];
    }
    user = unit(user);
    std::vector<double> z;
    std::size_t own = 0;
    for (std::size_t j = 0; j < candidates.size(); ++j) {
      const idx_t item = candidates.items()[j];
      const bool right = item == targets[t];
      if (!right && std::ranges::find(history, item) != history.end()) continue;
      if (right) own = z.size();
      z.push_back(sharpness * product(user, item_vector(example, p, item)));
      if (!right || options.correction == Correction::kLogQ)
        z.back() += std::log(static_cast<double>(candidates.weights()[j]));
    }
    loss += options.loss == CandidateLoss::kEntmax ? entmax_of(z, own) : softmax_of(z, own);
  }
  return loss / static_cast<double>(targets.size());
}

TEST(Towers, AStepIsTheGradientOfTheLossInEveryParameterOfEverySource) {
  for (const CandidateLoss loss : {CandidateLoss::kSoftmax, CandidateLoss::kEntmax}) {
    for (const Correction correction : {Correction::kRefined, Correction::kLogQ, Correction::kNone}) {
      Example example;
      TowerOptions options{
          .loss = loss, .correction = correction, .negatives = 5, .batch = 100, .id_dropout = 0};
      options.optimizer = optimizer_options("sgd");
      options.optimizer.learning_rate = 1;
      Parameters before = example.parameters();
      FitContext context;
      context.seed = kSeed;
      context.threads = 2;
      TowerTrainer trainer(example.data, options, context, example.items, example.users);
      EXPECT_NEAR(trainer.run_epoch(0, "towers"), loss_of(example, before, options), 1e-5);
      const Parameters after = example.parameters();
      const auto check = [&](const char* what, Table& values, const Table& stepped, std::size_t begin,
                             std::size_t end) {
        double largest = 0;
        for (std::size_t r = begin; r < end; ++r) {
          for (std::size_t c = 0; c < values[r].size(); ++c) {
            constexpr double kMove = 1e-5;
            const double value = values[r][c];
            values[r][c] = value + kMove;
            const double up = loss_of(example, before, options);
            values[r][c] = value - kMove;
            const double slope = (up - loss_of(example, before, options)) / (2 * kMove);
            values[r][c] = value;
            EXPECT_NEAR(value - stepped[r][c], slope, 2e-5 + 1e-4 * std::abs(slope))
                << what << " " << r << ", " << c;
            largest = std::max(largest, std::abs(slope));
          }
        }
        EXPECT_GT(largest, 1e-3) << what << " has no gradient";
      };
      check("first source", before.maps, after.maps, 0, kFirstSource);
      check("second source", before.maps, after.maps, kFirstSource, kInputs);
      check("vectors of items", before.ids, after.ids, 0, kTrained);
      for (std::size_t k = 0; k < before.dense.size(); ++k)
        check(dense_name(k).c_str(), before.dense[k], after.dense[k], 0, before.dense[k].size());
      check("ages", before.ages, after.ages, 0, 1);
      check("attributes of users", before.attributes, after.attributes, 0, before.attributes.size());
      check("sharpness", before.sharpness, after.sharpness, 0, 1);
    }
  }
}

}  // namespace
}  // namespace akin::towers
