// First-order optimizers for float parameters: one for arrays that move as a whole, one for rows of a table.
//
//   RowOptimizer adam(optimizer_options("adam"), items.rows(), items.cols());
//   for each minibatch:
//     adam.begin_step();
//     for each row that has a gradient:  adam.step(row, items.row(row), gradient);
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "akin/base/error.h"
#include "akin/linalg/matrix.h"
#include "akin/optim/hogwild.h"
#include "akin/optim/step_kernels.h"
#include "akin/optim/update_rule.h"

namespace akin {

/// Steps an array of n floats that always move together, such as a dense layer. Recurrences and their
/// sources: recurrences.h. For one thread at a time. Memory: a float per parameter and moment of the rule.
class DenseOptimizer {
 public:
  /// Throws Error(kUsage) if a setting is out of its range.
  DenseOptimizer(OptimizerOptions options, std::size_t n);

  /// One step of all parameters against the gradient; both have n entries, aligned anyhow. A gradient that is
  /// not finite makes its parameter so. The same bits as RowOptimizer gives for the same numbers.
  void step(std::span<float> parameters, std::span<const float> gradient);

  /// As step(), where other threads step the same parameters; constants are those of its step number, and n a
  /// multiple of kStepFloats. `own` is the calling thread's, of n numbers.
  void step_hogwild(const StepConstants<float>& constants, float* parameters, const float* gradient,
                    HogwildCopies& own) {
    hogwild_apply(parameters, first_.data(), second_.data(), n_, own,
                  [&](float* x, float* m, float* v) { kernel_(constants, x, gradient, m, v, n_); });
  }

  const OptimizerOptions& options() const { return options_; }
  /// For schedules. Throws Error(kUsage) out of its range.
  void set_learning_rate(double learning_rate);

  /// Steps taken so far.
  std::uint64_t steps() const { return steps_; }
  /// What the rule keeps, n floats each, or none where it has no such moment (has_first_moment()).
  std::span<const float> first_moment() const {
    return {first_.data(), has_first_moment(options_.rule) ? n_ : 0};
  }
  std::span<const float> second_moment() const {
    return {second_.data(), has_second_moment(options_.rule) ? n_ : 0};
  }
  /// The moments that the rule keeps. Put back in place, and steps() by set_steps(), they make it continue
  /// with the same bits as without the break.
  std::vector<Matrix*> moments();
  void set_steps(std::uint64_t steps) { steps_ = steps; }

 private:
  OptimizerOptions options_;
  std::size_t n_;
  StepKernel kernel_;
  std::uint64_t steps_ = 0;
  Matrix first_, second_;  // one padded row, or empty
};

/// What a step does to the rows of a table that have no gradient in it.
enum class RowUpdates {
  kSparse,  ///< nothing: momentum and means of squares wait for the row's next gradient ("lazy")
  kDense,   ///< the rule with g = 0, as where the table moves as a whole (Keras, PyTorch)
};

/// Steps rows of a (rows, cols) table, each at the cost of that row alone. Adam's bias correction counts the
/// calls of begin_step(), whatever rows they stepped. With RowUpdates::kDense a row makes up for all the
/// steps that it had no gradient in (zero_gradient_steps()) when catch_up() is called, which must be before
/// it is read:
///
///   adam.begin_step();
///   for each row to be read:           adam.catch_up(row, items.row(row));
///   for each row that has a gradient:  adam.step(row, items.row(row), gradient);
///
/// Memory: a padded row per row and moment of the rule, 12 bytes a row with kDense.
class RowOptimizer {
 public:
  /// Throws Error(kUsage) if a setting is out of its range.
  RowOptimizer(OptimizerOptions options, std::size_t rows, std::size_t cols,
               RowUpdates updates = RowUpdates::kSparse);

  /// Begins the next step (of a minibatch). Not at the same time as step().
  void begin_step();
  /// Brings a row to where the steps before this one left it; nothing to do with kSparse. Calls for different
  /// rows may run at once.
  void catch_up(std::size_t row, float* parameters) {
    if (steps_ > 0) catch_up(row, steps_ - 1, parameters);
  }
  /// The same to where the first `steps` steps leave it.
  void catch_up(std::size_t row, std::uint64_t steps, float* parameters) {
    if (!last_step_.empty() && last_step_[row] < steps) make_up(row, steps, parameters);
  }
  /// Whether rows without a gradient have anything to catch up with.
  bool moves_on() const { return zero_gradient_kernel_ != nullptr; }
  /// One step of a row against its gradient: `parameters` and `gradient` are padded rows of Matrix::stride()
  /// floats, zero beyond cols, 64-byte aligned. A row may be stepped more than once. Calls for different rows
  /// may run at once. At least one begin_step() must come first. Cost: one pass over parameters,
  /// gradient and moments.
  void step(std::size_t row, float* parameters, const float* gradient) {
    AKIN_ASSERT(steps_ > 0 && row < rows_);
    catch_up(row, parameters);
    kernel_(constants_, parameters, gradient, first(row), second(row), stride_);
    if (last_step_.empty()) return;
    last_step_[row] = steps_;
    last_rate_[row] = constants_.rate;
  }
  /// Brings rows [begin, end) of the table to where `steps` steps leave them, of which those not begun here were
  /// made by step_hogwild(). Then steps() == `steps`.
  void catch_up_rows(std::size_t begin, std::size_t end, std::uint64_t steps, Matrix& table);

  /// catch_up() and step() of step number `step`, where other threads step rows, this one too; `constants`
  /// are those of that step. `own` is the calling thread's, of Matrix::stride() numbers.
  void catch_up_hogwild(std::uint64_t step, std::size_t row, float* parameters, HogwildCopies& own);
  void step_hogwild(std::uint64_t step, const StepConstants<float>& constants, std::size_t row,
                    float* parameters, const float* gradient, HogwildCopies& own);

  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  const OptimizerOptions& options() const { return options_; }
  /// For schedules; holds from the next begin_step() on. Throws Error(kUsage) out of its range.
  void set_learning_rate(double learning_rate);

  /// Calls of begin_step() so far.
  std::uint64_t steps() const { return steps_; }
  /// What the rule keeps, (rows, cols), or empty where it has no such moment (has_first_moment()).
  const Matrix& first_moment() const { return first_; }
  const Matrix& second_moment() const { return second_; }
  /// The moments that the rule keeps. Put back in place, and steps() by set_steps(), they make it continue
  /// with the same bits as without the break: with kDense, as after catch_up_rows() of all and set_steps(steps()).
  std::vector<Matrix*> moments();
  /// With kDense, all rows are where so many steps left them; those without gradient move at the learning
  /// rate that holds now.
  void set_steps(std::uint64_t steps);

 private:
  float* first(std::size_t row) { return first_.data() + row * first_stride_; }
  float* second(std::size_t row) { return second_.data() + row * second_stride_; }
  ZeroGradientSteps zero_gradients(std::uint64_t steps) const;
  void make_up(std::size_t row, std::uint64_t steps, float* parameters);

  OptimizerOptions options_;
  std::size_t rows_, cols_, stride_;
  StepKernel kernel_;
  ZeroGradientKernel zero_gradient_kernel_ = nullptr;
  std::uint64_t steps_ = 0;
  StepConstants<float> constants_;
  Matrix first_, second_;
  std::size_t first_stride_, second_stride_;  // 0 where there is no such moment
  // With kDense, where the rule moves rows on:
  std::vector<std::uint64_t> last_step_;           // of each row: the steps that it has made
  std::vector<float> last_rate_;                   // at which it moves on
  std::vector<ZeroGradientSteps> zero_gradients_;  // of 0, 1, 2 ... steps
};

}  // namespace akin
