#include "akin/optim/optimizer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace akin {
namespace {

std::vector<Matrix*> kept(UpdateRule rule, Matrix& first, Matrix& second) {
  std::vector<Matrix*> moments;
  if (has_first_moment(rule)) moments.push_back(&first);
  if (has_second_moment(rule)) moments.push_back(&second);
  return moments;
}

/// A moment of (rows, cols), or nothing.
Matrix moment(bool wanted, std::size_t rows, std::size_t cols) {
  return wanted ? Matrix(rows, cols) : Matrix();
}

OptimizerOptions checked(OptimizerOptions options) {
  check(options);
  return options;
}

void set_rate(OptimizerOptions& options, float learning_rate) {
  OptimizerOptions changed = options;
  changed.learning_rate = learning_rate;
  options = checked(changed);
}

/// The last floats of an array, which do not fill a vector, on their way through a kernel.
using Tail = std::array<float, kStepFloats>;

Tail tail_of(std::span<const float> all) {
  Tail tail{};
  const std::span<const float> last = all.last(all.size() % kStepFloats);
  std::ranges::copy(last, tail.begin());
  return tail;
}

}  // namespace

DenseOptimizer::DenseOptimizer(OptimizerOptions options, std::size_t n)
    : options_(checked(options)),
      n_(n),
      kernel_(step_kernel(options.rule)),
      first_(moment(has_first_moment(options.rule), 1, n)),
      second_(moment(has_second_moment(options.rule), 1, n)) {}

void DenseOptimizer::step(std::span<float> parameters, std::span<const float> gradient) {
  AKIN_ASSERT(parameters.size() == n_ && gradient.size() == n_);
  const auto constants = step_constants<float>(options_, ++steps_);
  const std::size_t rest = n_ % kStepFloats, whole = n_ - rest;
  kernel_(constants, parameters.data(), gradient.data(), first_.data(), second_.data(), whole);
  if (rest == 0) return;
  Tail x = tail_of(parameters);
  const Tail g = tail_of(gradient);
  float* const m = first_.empty() ? nullptr : first_.data() + whole;
  float* const v = second_.empty() ? nullptr : second_.data() + whole;
  kernel_(constants, x.data(), g.data(), m, v, kStepFloats);
  std::copy_n(x.begin(), rest, parameters.begin() + whole);
}

void DenseOptimizer::set_learning_rate(float learning_rate) { set_rate(options_, learning_rate); }

RowOptimizer::RowOptimizer(OptimizerOptions options, std::size_t rows, std::size_t cols)
    : options_(checked(options)),
      rows_(rows),
      cols_(cols),
      stride_(padded(cols)),
      kernel_(step_kernel(options.rule)),
      first_(moment(has_first_moment(options.rule), rows, cols)),
      second_(moment(has_second_moment(options.rule), rows, cols)),
      first_stride_(first_.empty() ? 0 : stride_),
      second_stride_(second_.empty() ? 0 : stride_) {}

void RowOptimizer::begin_step() { constants_ = step_constants<float>(options_, ++steps_); }

void RowOptimizer::set_learning_rate(float learning_rate) { set_rate(options_, learning_rate); }

std::vector<Matrix*> DenseOptimizer::moments() { return kept(options_.rule, first_, second_); }
std::vector<Matrix*> RowOptimizer::moments() { return kept(options_.rule, first_, second_); }

}  // namespace akin
