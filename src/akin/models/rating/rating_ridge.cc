#include "akin/models/rating/rating_ridge.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "akin/linalg/kernels.h"
#include "akin/linalg/solve.h"

namespace akin {

RatingRidge::RatingRidge(Side side, const Matrix& fixed, const RatingLayout& layout,
                         const RatingPenalty& penalty)
    : fixed_(fixed),
      layout_(layout),
      penalty_(penalty),
      factors_(layout.factors(fixed.cols())),
      bias_(layout.biases ? factors_ + (side == Side::kUser ? 0 : 1) : fixed.cols()),
      other_(layout.biases ? factors_ + (side == Side::kUser ? 1 : 0) : fixed.cols()),
      shift_(side == Side::kUser ? layout.mean : 0),
      system_(fixed.cols(), fixed.cols()),
      vectors_(3, fixed.cols()) {}

void RatingRidge::open(float* x) const {
  if (!layout_.biases) return;
  x[bias_] -= shift_;
  x[other_] = 0;
}

void RatingRidge::close(float* x) const {
  if (!layout_.biases) return;
  x[bias_] += shift_;
  x[other_] = 1;
}

void RatingRidge::prepare(std::span<const idx_t> rows, std::span<const float> values) {
  scale_ = std::pow(static_cast<float>(rows.size()), penalty_.count_power);
  targets_.assign(values.begin(), values.end());
  if (!layout_.biases) return;
  for (std::size_t k = 0; k < rows.size(); ++k) targets_[k] -= shift_ + fixed_.row(rows[k])[other_];
}

void RatingRidge::solve(std::span<const idx_t> rows, std::span<const float> values, float* x) {
  prepare(rows, values);
  std::fill_n(x, fixed_.stride(), 0.0f);
  gather_multiply(fixed_, {rows, targets_, {}}, nullptr, x);
  std::fill_n(system_.data(), system_.rows() * system_.stride(), 0.0f);
  ones_.resize(std::max(ones_.size(), rows.size()), 1.0f);
  gather_gram(fixed_, {rows, {}, std::span(ones_).first(rows.size())}, system_);
  for (std::size_t c = 0; c < factors_; ++c) system_[c][c] += scale_ * penalty_.factors;
  if (layout_.biases) {
    system_[bias_][bias_] += scale_ * penalty_.bias;
    for (std::size_t c = 0; c < other_; ++c) system_[c][other_] = 0;
    for (std::size_t c = other_ + 1; c < system_.cols(); ++c) system_[other_][c] = 0;
    system_[other_][other_] = 1;
    x[other_] = 0;
  }
  if (penalty_.l1 > 0) {
    descend(x);
  } else {
    cholesky_solve(system_, x);
  }
  close(x);
}

/// x holds the right-hand side and receives the minimum of 1/2 x^T A x - x^T b + scale l1 |x|_1 over the
/// factors: one unknown after the other set to its optimum (Friedman, Hastie & Tibshirani 2010).
void RatingRidge::descend(float* x) {
  constexpr int kMostRounds = 1000;
  const std::size_t n = system_.cols();
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c < r; ++c) system_[r][c] = system_[c][r];
  }
  float* residual = vectors_.row(0);  // b - A x
  std::copy_n(x, fixed_.stride(), residual);
  std::fill_n(x, n, 0.0f);
  const float threshold = scale_ * penalty_.l1;
  for (int round = 0; round < kMostRounds; ++round) {
    float moved = 0, largest = 0;
    for (std::size_t c = 0; c < n; ++c) {
      const float diagonal = system_[c][c];
      if (!(diagonal > 0)) continue;
      const float at = residual[c] + diagonal * x[c];
      const float cut = c < factors_ ? threshold : 0;
      const float next = std::copysign(std::max(std::abs(at) - cut, 0.0f), at) / diagonal;
      const float move = next - x[c];
      if (move == 0) continue;
      axpy(-move, system_.row(c), residual, n);
      x[c] = next;
      moved = std::max(moved, std::abs(move));
      largest = std::max(largest, std::abs(next));
    }
    if (!(moved > 1e-6f * largest)) break;
  }
}

void RatingRidge::improve(std::span<const idx_t> rows, std::span<const float> values, int steps, float* x) {
  prepare(rows, values);
  open(x);
  const std::size_t n = fixed_.stride();
  float *residual = vectors_.row(0), *direction = vectors_.row(1), *image = vectors_.row(2);
  ones_.resize(std::max(ones_.size(), rows.size()), 1.0f);
  const std::span<const float> ones = std::span(ones_).first(rows.size());
  const auto multiply_by_system = [&](const float* vector, float* out) {
    for (std::size_t c = 0; c < n; ++c) out[c] = scale_ * penalty_.factors * vector[c];
    if (layout_.biases) out[bias_] = scale_ * penalty_.bias * vector[bias_];
    gather_multiply(fixed_, {rows, {}, ones}, vector, out);
    if (layout_.biases) out[other_] = 0;
  };
  multiply_by_system(x, image);
  std::fill_n(residual, n, 0.0f);
  gather_multiply(fixed_, {rows, targets_, {}}, nullptr, residual);
  if (layout_.biases) residual[other_] = 0;
  axpy(-1, image, residual, n);
  std::copy_n(residual, n, direction);
  float error = dot(residual, residual, n);
  const float enough = 1e-12f * error;
  for (int step = 0; step < steps && error > enough && error > 1e-30f; ++step) {
    multiply_by_system(direction, image);
    const float length = error / dot(direction, image, n);
    axpy(length, direction, x, n);
    axpy(-length, image, residual, n);
    const float previous = std::exchange(error, dot(residual, residual, n));
    for (std::size_t c = 0; c < n; ++c) direction[c] = residual[c] + error / previous * direction[c];
  }
  close(x);
}

double RatingRidge::loss(std::span<const idx_t> rows, std::span<const float> values, const float* x) const {
  double sum = penalty(rows.size(), x);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const double error = values[k] - dot(fixed_.row(rows[k]), x, fixed_.stride());
    sum += error * error;
  }
  return sum;
}

double RatingRidge::penalty(std::size_t n, const float* x) const {
  double squares = 0, absolutes = 0;
  for (std::size_t c = 0; c < factors_; ++c) {
    squares += double{x[c]} * x[c];
    absolutes += std::abs(x[c]);
  }
  double sum = penalty_.factors * squares + 2 * penalty_.l1 * absolutes;
  if (layout_.biases) sum += penalty_.bias * std::pow(double{x[bias_]} - shift_, 2);
  return std::pow(static_cast<double>(n), penalty_.count_power) * sum;
}

}  // namespace akin
