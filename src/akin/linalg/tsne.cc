#include "akin/linalg/tsne.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/pca.h"
#include "akin/linalg/tsne_kernel.h"

namespace akin {
namespace {

constexpr std::size_t kGrain = 16;  // rows handed to a thread at once

/// Writes exp(-beta (d_j - least)) / sum into `row`, 0 at `self`. Returns the distribution's entropy in nats
/// and its derivative by beta: H = log sum + beta E[d], dH/dbeta = -beta Var[d].
std::pair<double, double> distribution(std::span<const float> distances, std::size_t self, double beta,
                                       std::span<float> row) {
  float least = std::numeric_limits<float>::max();
  for (std::size_t j = 0; j < distances.size(); ++j) {
    if (j != self) least = std::min(least, distances[j]);
  }
  double sum = 0, first = 0, second = 0;
  for (std::size_t j = 0; j < distances.size(); ++j) {
    const float above = distances[j] - least;
    row[j] = j == self ? 0 : std::exp(static_cast<float>(-beta) * above);
    const double weight = static_cast<double>(row[j]);
    const double weighted = weight * static_cast<double>(above);
    sum += weight;
    first += weighted;
    second += weighted * static_cast<double>(above);
  }
  for (float& value : row) value = static_cast<float>(static_cast<double>(value) / sum);
  const double mean = first / sum;
  return {std::log(sum) + beta * mean, -beta * (second / sum - mean * mean)};
}

/// Finds beta by Newton's method, kept inside a bracket by bisection; entropy falls as beta grows.
void fit_row(std::span<const float> distances, std::size_t self, double wanted, std::span<float> row) {
  constexpr int kMostSteps = 60;
  constexpr double kTolerance = 1e-5;
  double low = 0, high = std::numeric_limits<double>::infinity(), beta = 1;
  for (int step = 0; step < kMostSteps; ++step) {
    const auto [entropy, slope] = distribution(distances, self, beta, row);
    const double excess = entropy - wanted;
    if (std::abs(excess) < kTolerance) return;
    (excess > 0 ? low : high) = beta;
    const double newton = slope < 0 ? beta - excess / slope : -1;
    const double middle = std::isinf(high) ? beta * 2 : (low + high) / 2;
    beta = newton > low && newton < std::min(high, beta * 16) ? newton : middle;
  }
}

void check(const TsneOptions& options) {
  if (!(options.perplexity > 0) || options.iterations < 0 || !(options.exaggeration >= 1) ||
      !(options.learning_rate >= 0)) {
    fail(ErrorCode::kUsage,
         "t-SNE: perplexity {}, {} iterations, exaggeration {} or learning rate {} is out of range",
         options.perplexity, options.iterations, options.exaggeration, options.learning_rate);
  }
}

/// The principal plane as a (2, n) map, its wider side of standard deviation 1e-4: small, so that the first
/// steps are free.
Matrix start_of(const Matrix& points) {
  constexpr double kSpread = 1e-4;
  const Pca plane = pca(points, 2);
  Matrix map(2, points.rows());
  if (!(plane.variances[0] > 0)) return map;
  const auto factor = static_cast<float>(kSpread / std::sqrt(plane.variances[0]));
  for (std::size_t axis = 0; axis < 2; ++axis) {
    for (std::size_t i = 0; i < points.rows(); ++i) map[axis][i] = plane.points[i][axis] * factor;
  }
  return map;
}

/// Momentum and step sizes that grow while a coordinate's gradient keeps its sign (Jacobs 1988).
class Descent {
 public:
  Descent(std::size_t n, double rate) : velocity_(2, n), gain_(2, n), rate_(static_cast<float>(rate)) {
    for (std::size_t axis = 0; axis < 2; ++axis) std::ranges::fill(gain_[axis], 1.0F);
  }
  void step(const Matrix& gradient, float momentum, Matrix& map) {
    for (std::size_t axis = 0; axis < 2; ++axis) {
      double sum = 0;
      for (std::size_t i = 0; i < map.cols(); ++i) {
        float& velocity = velocity_[axis][i];
        float& gain = gain_[axis][i];
        const bool turned = (gradient[axis][i] > 0) == (velocity > 0);  // velocity points downhill
        gain = std::max(0.01F, turned ? gain * 0.8F : gain + 0.2F);
        velocity = momentum * velocity - rate_ * gain * gradient[axis][i];
        map[axis][i] += velocity;
        sum += static_cast<double>(map[axis][i]);
      }
      const auto mean = static_cast<float>(sum / static_cast<double>(map.cols()));
      for (float& value : map[axis]) value -= mean;
    }
  }

 private:
  Matrix velocity_, gain_;
  float rate_;
};

}  // namespace

Matrix tsne_affinities(const Matrix& points, double perplexity, const Context& context) {
  const std::size_t n = points.rows();
  Matrix affinities(n, n);
  if (n < 2) return affinities;
  const double wanted = std::log(std::max(1.0, std::min(perplexity, static_cast<double>(n - 1) / 3)));
  std::vector<float> squares(n);
  for (std::size_t i = 0; i < n; ++i) squares[i] = dot(points.row(i), points.row(i), points.stride());
  const auto fit_rows = [&](std::size_t begin, std::size_t end, int) {
    context.check_stop();
    std::vector<float> distances(n);
    for (std::size_t i = begin; i < end; ++i) {
      multiply(points, 0, n, points.row(i), distances.data());
      for (std::size_t j = 0; j < n; ++j)
        distances[j] = std::max(0.0F, squares[i] + squares[j] - 2 * distances[j]);
      fit_row(distances, i, wanted, affinities[i]);
    }
  };
  parallel_for(n, context.threads, fit_rows, kGrain);
  const float share = 0.5F / static_cast<float>(n);
  const auto make_symmetric = [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = i + 1; j < n; ++j)
        affinities[i][j] = affinities[j][i] = (affinities[i][j] + affinities[j][i]) * share;
    }
  };
  parallel_for(n, context.threads, make_symmetric, kGrain);
  return affinities;
}

void tsne_gradient(const Matrix& affinities, double exaggeration, const Matrix& map, Matrix& gradient,
                   int threads) {
  const std::size_t n = map.cols();
  std::vector<TsneForces> forces(n);
  const auto body = [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i)
      forces[i] = tsne_forces(affinities.row(i), map.row(0), map.row(1), n, i);
  };
  parallel_for(n, threads, body, std::max<std::size_t>(kGrain, n / 32));
  double sum = 0;
  for (const TsneForces& force : forces) sum += static_cast<double>(force.weight);
  const auto pull = static_cast<float>(4 * exaggeration), push = static_cast<float>(sum > 0 ? 4 / sum : 0);
  for (std::size_t i = 0; i < n; ++i) {
    gradient[0][i] = pull * forces[i].pull_x - push * forces[i].push_x;
    gradient[1][i] = pull * forces[i].pull_y - push * forces[i].push_y;
  }
}

Matrix tsne(const Matrix& points, const TsneOptions& options, const Context& context) {
  check(options);
  if (!all_finite(points)) fail(ErrorCode::kBadData, "t-SNE: a value is not finite");
  const std::size_t n = points.rows();
  Matrix map = start_of(points), gradient(2, n);
  const Matrix affinities = tsne_affinities(points, options.perplexity, context);
  const double rate = options.learning_rate > 0
                          ? options.learning_rate
                          : std::max(50.0, static_cast<double>(n) / options.exaggeration);
  Descent descent(n, rate);
  for (int iteration = 0; iteration < options.iterations && n > 1; ++iteration) {
    context.check_stop();
    const bool early = iteration < options.exaggerated;
    tsne_gradient(affinities, early ? options.exaggeration : 1, map, gradient, context.threads);
    descent.step(gradient, early ? 0.5F : 0.8F, map);
  }
  Matrix result(n, 2);
  for (std::size_t i = 0; i < n; ++i) result[i][0] = map[0][i], result[i][1] = map[1][i];
  return result;
}

namespace reference {

void tsne_gradient(const Matrix& affinities, double exaggeration, const Matrix& map, Matrix& gradient) {
  const std::size_t n = map.cols();
  const auto offset = [&](std::size_t axis, std::size_t i, std::size_t j) {
    return static_cast<double>(map[axis][i]) - static_cast<double>(map[axis][j]);
  };
  const auto weight = [&](std::size_t i, std::size_t j) {
    return 1 / (1 + offset(0, i, j) * offset(0, i, j) + offset(1, i, j) * offset(1, i, j));
  };
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) sum += i == j ? 0 : weight(i, j);
  }
  for (std::size_t axis = 0; axis < 2; ++axis) {
    for (std::size_t i = 0; i < n; ++i) {
      double total = 0;
      for (std::size_t j = 0; j < n; ++j) {
        const double w = weight(i, j), p = exaggeration * static_cast<double>(affinities[i][j]);
        total += i == j ? 0 : 4 * (p - w / sum) * w * offset(axis, i, j);
      }
      gradient[axis][i] = static_cast<float>(total);
    }
  }
}

}  // namespace reference
}  // namespace akin
