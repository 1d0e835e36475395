#include "akin/optim/optimizer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "akin/base/error.h"

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

void set_rate(OptimizerOptions& options, double learning_rate) {
  OptimizerOptions changed = options;
  changed.learning_rate = learning_rate;
  options = checked(changed);
}

/// Sums of momenta for so many steps without gradient are kept; for more they are made when needed.
constexpr std::uint64_t kTabled = 1024;

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

void DenseOptimizer::set_learning_rate(double learning_rate) { set_rate(options_, learning_rate); }

RowOptimizer::RowOptimizer(OptimizerOptions options, std::size_t rows, std::size_t cols, RowUpdates updates)
    : options_(checked(options)),
      rows_(rows),
      cols_(cols),
      stride_(padded(cols)),
      kernel_(step_kernel(options.rule)),
      first_(moment(has_first_moment(options.rule), rows, cols)),
      second_(moment(has_second_moment(options.rule), rows, cols)),
      first_stride_(first_.empty() ? 0 : stride_),
      second_stride_(second_.empty() ? 0 : stride_) {
  if (updates == RowUpdates::kDense) zero_gradient_kernel_ = zero_gradient_kernel(options.rule);
  if (!zero_gradient_kernel_) return;
  last_step_.resize(rows);
  last_rate_.resize(rows);
  for (std::uint64_t steps = 0; steps < kTabled; ++steps)
    zero_gradients_.push_back(zero_gradient_steps(options_, steps));
}

void RowOptimizer::begin_step() { constants_ = step_constants<float>(options_, ++steps_); }

void RowOptimizer::set_learning_rate(double learning_rate) { set_rate(options_, learning_rate); }

void RowOptimizer::set_steps(std::uint64_t steps) {
  steps_ = steps;
  if (last_step_.empty()) return;
  const float rate = step_constants<float>(options_, std::max<std::uint64_t>(1, steps)).rate;
  std::ranges::fill(last_step_, steps);
  std::ranges::fill(last_rate_, rate);
}

ZeroGradientSteps RowOptimizer::zero_gradients(std::uint64_t steps) const {
  return steps < zero_gradients_.size() ? zero_gradients_[steps] : zero_gradient_steps(options_, steps);
}

void RowOptimizer::make_up(std::size_t row, std::uint64_t steps, float* parameters) {
  zero_gradient_kernel_(zero_gradients(steps - last_step_[row]), last_rate_[row], parameters, first(row),
                        second(row), stride_);
  last_step_[row] = steps;
}

void RowOptimizer::catch_up_rows(std::size_t begin, std::size_t end, std::uint64_t steps, Matrix& table) {
  AKIN_ASSERT(end <= rows_ && table.rows() == rows_ && table.stride() == stride_);
  for (std::size_t row = begin; row < end; ++row) catch_up(row, steps, table.row(row));
  steps_ = steps;
}

void RowOptimizer::catch_up_hogwild(std::uint64_t step, std::size_t row, float* parameters,
                                    HogwildCopies& own) {
  if (last_step_.empty()) return;
  const std::atomic_ref<std::uint64_t> last(last_step_[row]);
  std::uint64_t made = last.load(std::memory_order_relaxed);
  // Of threads that find the row behind, one makes up for it.
  if (made + 1 >= step || !last.compare_exchange_strong(made, step - 1, std::memory_order_relaxed)) return;
  const float rate = std::atomic_ref(last_rate_[row]).load(std::memory_order_relaxed);
  hogwild_apply(parameters, first(row), second(row), stride_, own, [&](float* x, float* m, float* v) {
    zero_gradient_kernel_(zero_gradients(step - 1 - made), rate, x, m, v, stride_);
  });
}

void RowOptimizer::step_hogwild(std::uint64_t step, const StepConstants<float>& constants, std::size_t row,
                                float* parameters, const float* gradient, HogwildCopies& own) {
  AKIN_ASSERT(row < rows_);
  hogwild_apply(parameters, first(row), second(row), stride_, own,
                [&](float* x, float* m, float* v) { kernel_(constants, x, gradient, m, v, stride_); });
  if (last_step_.empty()) return;
  const std::atomic_ref<std::uint64_t> last(last_step_[row]);
  if (last.load(std::memory_order_relaxed) < step) last.store(step, std::memory_order_relaxed);
  std::atomic_ref(last_rate_[row]).store(constants.rate, std::memory_order_relaxed);
}

std::vector<Matrix*> DenseOptimizer::moments() { return kept(options_.rule, first_, second_); }
std::vector<Matrix*> RowOptimizer::moments() { return kept(options_.rule, first_, second_); }

}  // namespace akin
