// A whole step of content2vec's modules and unit against their equations in double precision.
#include <gtest/gtest.h>

#include <cmath>

#include "akin/nets/towers/pair_trainer.h"

namespace akin::towers {
namespace {

constexpr std::size_t kPairFactors = 3, kPairItems = 6, kPairUnits = 4;
constexpr std::size_t kPairInputs[] = {4, 2, 0};  // of each module; the last has items' own vectors
constexpr std::uint64_t kPairSeed = 5;

using PairTable = std::vector<std::vector<double>>;

PairTable table_of(const Matrix& matrix) {
  PairTable table(matrix.rows());
  for (std::size_t r = 0; r < matrix.rows(); ++r) table[r].assign(matrix[r].begin(), matrix[r].end());
  return table;
}

/// The second module knows nothing of items 1 and 4, and nobody has item 5.
struct PairExample {
  std::vector<Csr> features;
  std::vector<PairModule> modules;
  PairUnit unit;
  PairSource pairs{std::vector<std::pair<idx_t, idx_t>>{{0, 1}, {1, 2}, {2, 3}, {3, 0}, {4, 2}, {0, 4}}};

  explicit PairExample(UnitKind kind) {
    Rng rng(2);
    const auto add_noise = [&](Matrix& matrix) {
      for (std::size_t r = 0; r < matrix.rows(); ++r) {
        for (float& x : matrix[r]) x += static_cast<float>(0.3 * rng.normal());
      }
    };
    for (std::size_t m = 0; m < 3; ++m) {
      Csr rows;
      rows.cols = kPairInputs[m];
      for (std::size_t i = 0; i < kPairItems; ++i) {
        for (idx_t k = 0; k < rows.cols && (m == 0 || (i != 1 && i != 4)); ++k) {
          rows.indices.push_back(k);
          rows.values.push_back(static_cast<float>(rng.normal()));
        }
        rows.offsets.push_back(rows.indices.size());
      }
      features.push_back(rows);
      modules.push_back({initial_tower(rows.cols, kPairFactors, 1, kPairSeed + m), Matrix(1, 2)});
      if (m == 2) modules[m].tower.ids = Matrix::normal(kPairItems, kPairFactors, 0.5, 9);
      modules[m].scale.row(0)[0] = 2;
      add_noise(modules[m].scale);
      for (Matrix& matrix : modules[m].tower.dense) add_noise(matrix);
    }
    unit = initial_unit(kind, 3, 3 * kPairFactors, kPairUnits, kPairSeed);
    for (const auto& [name, matrix] : unit.arrays()) add_noise(*matrix);
  }
};

/// All parameters, by name.
std::vector<std::pair<std::string, Matrix*>> parameters_of(PairExample& example) {
  std::vector<std::pair<std::string, Matrix*>> all;
  for (std::size_t m = 0; m < example.modules.size(); ++m) {
    const std::string name = "module" + std::to_string(m) + ".";
    ItemTower& tower = example.modules[m].tower;
    all.emplace_back(name + "maps", &tower.maps);
    all.emplace_back(name + "ids", &tower.ids);
    for (std::size_t k = 0; k < tower.dense.size(); ++k)
      all.emplace_back(name + dense_name(k), &tower.dense[k]);
    all.emplace_back(name + "scale", &example.modules[m].scale);
  }
  for (const auto& [name, matrix] : example.unit.arrays()) all.emplace_back("unit." + name, matrix);
  std::erase_if(all, [](const auto& entry) { return entry.second->empty(); });
  return all;
}

using PairTables = std::vector<std::pair<std::string, PairTable>>;

const PairTable& table(const PairTables& tables, const std::string& name) {
  for (const auto& [each, values] : tables) {
    if (each == name) return values;
  }
  throw std::out_of_range(name);
}

/// Zeros if the module has no vector of the item.
std::vector<double> module_vector(const PairExample& example, const PairTables& p, std::size_t m,
                                  idx_t item) {
  const std::string name = "module" + std::to_string(m) + ".";
  std::vector<double> h(kPairFactors, 0.0);
  if (m == 2) h = table(p, name + "ids")[item];
  const Csr& rows = example.features[m];
  if (m < 2 && rows.row_size(item) == 0) return h;
  for (std::size_t e = 0; e < rows.row_size(item); ++e) {
    for (std::size_t c = 0; c < kPairFactors; ++c)
      h[c] +=
          static_cast<double>(rows.values_of(item)[e]) * table(p, name + "maps")[rows.cols_of(item)[e]][c];
  }
  double mean = 0, variance = 0, squares = 0;
  for (const double x : h) mean += x / kPairFactors;
  for (const double x : h) variance += (x - mean) * (x - mean) / kPairFactors;
  std::vector<double> out = table(p, name + "layer0.bias")[0];
  for (std::size_t k = 0; k < kPairFactors; ++k) {
    const double x = (h[k] - mean) / std::sqrt(variance + static_cast<double>(attention::kNormEpsilon)) *
                         table(p, name + "gain")[0][k] +
                     table(p, name + "shift")[0][k];
    for (std::size_t c = 0; c < kPairFactors; ++c) out[c] += x * table(p, name + "layer0.weights")[k][c];
  }
  for (const double x : out) squares += x * x;
  for (double& x : out) x /= std::sqrt(squares);
  return out;
}

struct PairLosses {
  std::vector<double> modules = std::vector<double>(3, 0.0);  // means of each module's own loss
  double unit = 0;
};

double logistic(double z, bool together) { return std::log1p(std::exp(together ? -z : z)); }

/// What the trainer's first step draws, drawn again here.
PairLosses losses_of(const PairExample& example, const PairTables& p, UnitKind kind, std::size_t negatives) {
  std::vector<double> weights(kPairItems, 0.0);
  for (std::size_t n = 0; n < example.pairs.size(); ++n) {
    Rng unused(0);
    weights[example.pairs.pair(n, unused).second] += 1;
  }
  for (double& weight : weights) weight = std::pow(weight, 0.75);
  const AliasTable drawn(weights);
  PairLosses losses;
  double count = 0;
  const auto add = [&](idx_t a, idx_t b, bool together) {
    count += 1;
    std::vector<double> x, embedded_a(kPairUnits, 0.0), embedded_b(kPairUnits, 0.0);
    const auto& w = table(p, "unit.weights")[0];
    double z = w[6];
    for (std::size_t m = 0; m < 3; ++m) {
      const std::vector<double> va = module_vector(example, p, m, a), vb = module_vector(example, p, m, b);
      const auto& scale = table(p, "module" + std::to_string(m) + ".scale")[0];
      double product = 0, known_a = 0, known_b = 0;
      for (std::size_t c = 0; c < kPairFactors; ++c) {
        product += va[c] * vb[c];
        known_a += va[c] * va[c];
        known_b += vb[c] * vb[c];
        for (std::size_t u = 0; u < kPairUnits && kind == UnitKind::kEmbedded; ++u) {
          embedded_a[u] += va[c] * table(p, "unit.embedding")[m * kPairFactors + c][u];
          embedded_b[u] += vb[c] * table(p, "unit.embedding")[m * kPairFactors + c][u];
        }
      }
      const bool known = known_a > 0 && known_b > 0;
      x.push_back(known ? product : 0);
      z += known ? w[m] * product : w[3 + m];
      if (known) losses.modules[m] += logistic(scale[0] * product + scale[1], together);
    }
    if (kind != UnitKind::kNone) {
      std::vector<double> h = x;
      for (std::size_t u = 0; u < kPairUnits && kind == UnitKind::kEmbedded; ++u)
        h.push_back(embedded_a[u] * embedded_b[u]);
      std::vector<double> residual = table(p, "unit.residual_bias")[0];
      for (std::size_t u = 0; u < kPairUnits; ++u) {
        double sum = table(p, "unit.hidden_bias")[0][u];
        for (std::size_t k = 0; k < h.size(); ++k) sum += h[k] * table(p, "unit.hidden")[k][u];
        for (std::size_t m = 0; m < 3; ++m)
          residual[m] += std::max(0.0, sum) * table(p, "unit.residual")[u][m];
      }
      for (std::size_t m = 0; m < 3; ++m) z += w[m] * residual[m];
    }
    losses.unit += logistic(z, together);
  };
  for (std::uint32_t n = 0; n < example.pairs.size(); ++n) {
    Rng rng(kPairSeed ^ Rng::mix(std::uint64_t{75} << 40), n);
    const auto pair = example.pairs.pair(n, rng);
    add(pair.first, pair.second, true);
    for (std::size_t k = 0; k < negatives; ++k) {
      idx_t other = drawn.draw(rng);
      while (other == pair.first || other == pair.second) other = drawn.draw(rng);
      add(pair.first, other, false);
    }
  }
  for (double& loss : losses.modules) loss /= count;
  losses.unit /= count;
  return losses;
}

TEST(PairTrainer, AStepIsTheGradientOfEachModulesLossAndOfTheUnits) {
  constexpr std::size_t kNegatives = 2;
  for (const UnitKind kind : {UnitKind::kNone, UnitKind::kPairwise, UnitKind::kEmbedded}) {
    PairExample example(kind);
    PairTables before;
    for (const auto& [name, matrix] : parameters_of(example)) before.emplace_back(name, table_of(*matrix));
    PairOptions options{.negatives = kNegatives, .batch = 100, .optimizer = optimizer_options("sgd")};
    options.optimizer.learning_rate = 1;
    FitContext context;
    context.seed = kPairSeed;
    context.threads = 2;
    PairTrainer trainer(example.pairs, example.features, options, context, example.modules, example.unit);
    EXPECT_NEAR(trainer.run_epoch(0, "pairs"), losses_of(example, before, kind, kNegatives).unit, 1e-5);
    const auto after = parameters_of(example);
    for (std::size_t k = 0; k < before.size(); ++k) {
      const std::string name = before[k].first;
      const bool of_unit = name.starts_with("unit.");
      const auto loss = [&] {
        const PairLosses losses = losses_of(example, before, kind, kNegatives);
        return of_unit ? losses.unit : losses.modules[static_cast<std::size_t>(name[6] - '0')];
      };
      double largest = 0;
      for (std::size_t r = 0; r < before[k].second.size(); ++r) {
        for (std::size_t c = 0; c < before[k].second[r].size(); ++c) {
          constexpr double kMove = 1e-5;
          double& value = before[k].second[r][c];
          const double old = value;
          value = old + kMove;
          const double up = loss();
          value = old - kMove;
          const double slope = (up - loss()) / (2 * kMove);
          value = old;
          EXPECT_NEAR(old - static_cast<double>((*after[k].second)[r][c]), slope,
                      2e-5 + 1e-4 * std::abs(slope))
              << name << " " << r << ", " << c << ", unit " << static_cast<int>(kind);
          largest = std::max(largest, std::abs(slope));
        }
      }
      EXPECT_GT(largest, 1e-4) << name << " has no gradient";
    }
  }
}

TEST(PairUnit, WithAZeroResidualIsTheEnsembleToTheLastBit) {
  PairExample ensemble(UnitKind::kNone), embedded(UnitKind::kEmbedded);
  embedded.unit.weights = ensemble.unit.weights.clone();
  for (std::size_t k : {2U, 3U}) embedded.unit.net[k] = Matrix(embedded.unit.net[k].rows(), 3);
  std::vector<float> logits[2];
  for (PairExample* const example : {&ensemble, &embedded}) {
    UnitPass pass;
    pass.make_room(example->unit, 7);
    Rng rng(1);
    for (std::size_t p = 0; p < 7; ++p) {
      for (std::size_t m = 0; m < 3; ++m) {
        pass.silent(p)[m] = p == 2 && m == 1 ? 1 : 0;
        pass.inputs().row(p)[m] = p == 2 && m == 1 ? 0 : rng.uniform_float();
      }
      Rng others(p);
      for (std::size_t c = 3; c < example->unit.inputs(); ++c)
        pass.inputs().row(p)[c] = others.uniform_float();
    }
    pass.forward(example->unit, 0, 7);
    for (std::size_t p = 0; p < 7; ++p) logits[example == &embedded ? 1 : 0].push_back(pass.logit(p));
  }
  EXPECT_EQ(logits[0], logits[1]);
  EXPECT_NE(logits[0][0], logits[0][1]);
  embedded.unit.net[3].row(0)[1] = 1;
  UnitPass pass;
  pass.make_room(embedded.unit, 1);
  std::fill_n(pass.silent(0), 3, std::uint8_t{0});
  pass.forward(embedded.unit, 0, 1);
  EXPECT_NEAR(pass.logit(0), embedded.unit.weights.row(0)[6] + embedded.unit.weights.row(0)[1], 1e-6)
      << "a residual counts as much as its module";
}

}  // namespace
}  // namespace akin::towers
