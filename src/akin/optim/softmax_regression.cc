#include "akin/optim/softmax_regression.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/linalg/small_product.h"
#include "akin/optim/minimize.h"

namespace akin {
namespace {

constexpr std::size_t kBlock = 64;      // rows whose logits are in the cache at a time
constexpr std::size_t kMostParts = 16;  // gradients that are added in order, whatever the number of threads

/// `logits` <- rows begin .. end - 1 of x W + b.
void logits_of(const Matrix& rows, const Matrix& weights, std::size_t begin, std::size_t end,
               Matrix& logits) {
  const std::size_t dim = weights.rows() - 1;
  for (std::size_t r = begin; r < end; ++r)
    std::copy_n(weights.row(dim), logits.cols(), logits.row(r - begin));
  add_product({rows.row(begin), rows.stride(), 1}, end - begin, dim, weights, logits);
}

/// The row becomes probabilities; returns ln of the sum that they were divided by, the largest logit added.
double softmax(std::span<float> row) {
  const float most = *std::ranges::max_element(row);
  double sum = 0;
  for (float& x : row) {
    x = std::exp(x - most);
    sum += static_cast<double>(x);
  }
  for (float& x : row) x = static_cast<float>(static_cast<double>(x) / sum);
  return std::log(sum) + static_cast<double>(most);
}

/// The loss of all rows, and its derivatives by weights.
class Loss {
 public:
  Loss(const Matrix& rows, std::span<const std::uint32_t> labels, std::size_t classes,
       std::span<const float> costs, const Context& context)
      : rows_(rows), labels_(labels), costs_(costs), context_(context), weights_(rows.cols() + 1, classes) {
    const std::size_t parts = std::clamp<std::size_t>(rows.rows() / kBlock, 1, kMostParts);
    for (std::size_t p = 0; p < parts; ++p) gradients_.emplace_back(rows.cols() + 1, classes);
    losses_.resize(parts);
  }
  std::size_t size() const { return weights_.rows() * weights_.cols(); }
  void set(std::span<const double> x) {
    for (std::size_t r = 0; r < weights_.rows(); ++r) {
      for (std::size_t c = 0; c < weights_.cols(); ++c)
        weights_.row(r)[c] = static_cast<float>(x[r * weights_.cols() + c]);
    }
  }
  Matrix take_weights() { return std::move(weights_); }

  double operator()(std::span<const double> x, std::span<double> gradient, double regularization) {
    set(x);
    parallel_for(
        losses_.size(), context_.threads,
        [&](std::size_t begin, std::size_t end, int) {
          for (std::size_t p = begin; p < end; ++p) run_part(p);
        },
        1);
    double loss = 0;
    for (const double part : losses_) loss += part;
    const std::size_t classes = weights_.cols(), dim = weights_.rows() - 1;
    for (std::size_t r = 0; r <= dim; ++r) {
      for (std::size_t c = 0; c < classes; ++c) {
        double sum = 0;
        for (const Matrix& part : gradients_) sum += static_cast<double>(part.row(r)[c]);
        const double weight = r < dim ? regularization * x[r * classes + c] : 0;
        gradient[r * classes + c] = sum + weight;
        loss += weight * x[r * classes + c] / 2;
      }
    }
    return loss;
  }

 private:
  void run_part(std::size_t p) {
    Matrix& gradient = gradients_[p];
    gradient = Matrix(gradient.rows(), gradient.cols());
    losses_[p] = 0;
    const std::size_t n = rows_.rows(), dim = weights_.rows() - 1;
    const std::size_t first = n * p / losses_.size(), last = n * (p + 1) / losses_.size();
    Matrix logits(kBlock, weights_.cols());
    for (std::size_t begin = first; begin < last; begin += kBlock) {
      context_.check_stop();
      const std::size_t count = std::min(kBlock, last - begin);
      logits_of(rows_, weights_, begin, begin + count, logits);
      for (std::size_t r = 0; r < count; ++r) {
        const std::span<float> row(logits.row(r), logits.cols());
        const std::uint32_t label = labels_[begin + r];
        const float own = row[label], cost = costs_.empty() ? 1 : costs_[begin + r];
        losses_[p] += static_cast<double>(cost) * (softmax(row) - static_cast<double>(own));
        row[label] -= 1;
        for (std::size_t c = 0; c < row.size(); ++c) {
          row[c] *= cost;
          gradient.row(dim)[c] += row[c];
        }
      }
      add_product({rows_.row(begin), 1, rows_.stride()}, dim, count, logits, gradient);
    }
  }

  const Matrix& rows_;
  std::span<const std::uint32_t> labels_;
  std::span<const float> costs_;
  const Context& context_;
  Matrix weights_;
  std::vector<Matrix> gradients_;
  std::vector<double> losses_;
};

}  // namespace

Matrix fit_softmax(const Matrix& rows, std::span<const std::uint32_t> labels, std::size_t classes,
                   std::span<const float> costs, const SoftmaxOptions& options, const Context& context) {
  AKIN_ASSERT(labels.size() == rows.rows() && rows.rows() > 0);
  Loss loss(rows, labels, classes, costs, context);
  std::vector<double> x(loss.size(), 0.0);
  const double lambda = static_cast<double>(options.regularization), n = static_cast<double>(rows.rows());
  const Objective objective{
      .value_and_gradient = [&](std::span<const double> at, std::span<double> gradient) {
        // In means over rows, so that the tolerance does not depend on their number.
        const double value = loss(at, gradient, lambda);
        for (double& entry : gradient) entry /= n;
        return value / n;
      }};
  minimize(objective, x, {.max_iterations = options.epochs, .gradient_tolerance = 1e-5}, context);
  loss.set(x);
  return loss.take_weights();
}

Matrix softmax_probabilities(const Matrix& rows, const Matrix& weights, const Context& context) {
  Matrix result(rows.rows(), weights.cols());
  parallel_for(rows.rows(), context.threads, [&](std::size_t begin, std::size_t end, int) {
    context.check_stop();
    Matrix logits(1, weights.cols());
    for (std::size_t r = begin; r < end; ++r) {
      logits_of(rows, weights, r, r + 1, logits);
      softmax({logits.row(0), logits.cols()});
      std::copy_n(logits.row(0), logits.cols(), result.row(r));
    }
  });
  return result;
}

}  // namespace akin
