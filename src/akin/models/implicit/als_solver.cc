#include "akin/models/implicit/als_solver.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "akin/base/parallel.h"
#include "akin/linalg/eigen.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/panel.h"
#include "akin/linalg/solve.h"
#include "akin/models/implicit/als_kernels.h"

namespace akin::als {
namespace {

/// Makes the matrix at least that large; its entries are lost if it grows.
void reserve(Matrix& matrix, std::size_t rows, std::size_t cols) {
  if (matrix.rows() >= rows && matrix.cols() >= cols) return;
  matrix = Matrix(std::max(rows, matrix.rows()), std::max(cols, matrix.cols()));
}

std::size_t with_slack(std::size_t n) { return n + n / 4; }

/// Off-diagonal entries are what rounding leaves of zero.
bool is_nearly_diagonal(const Matrix& gram) {
  constexpr float kRounding = 1e-5f;
  float largest = 0;
  for (std::size_t i = 0; i < gram.rows(); ++i) largest = std::max(largest, gram[i][i]);
  for (std::size_t i = 0; i < gram.rows(); ++i) {
    for (std::size_t j = i + 1; j < gram.rows(); ++j) {
      const float bound = kRounding * std::sqrt(std::max(gram[i][i] * gram[j][j], 1e-6f * largest * largest));
      if (!(std::abs(gram[i][j]) <= bound)) return false;
    }
  }
  return true;
}

}  // namespace

float Objective::ridge(std::size_t entries, std::size_t cells) const {
  float count = static_cast<float>(entries);
  if (count_unobserved) count += static_cast<float>(cells) / alpha;
  return regularization * std::pow(count, count_power);
}

Matrix full_gram(const Matrix& rows, int threads, const RowOwners& owners) {
  return block_gram(rows, std::max<std::size_t>(4096, (owners.total(rows) + 15) / 16), threads, owners);
}

FixedSide::FixedSide(const Matrix& rows, int threads, const RowOwners& owners)
    : rows_(rows), count_(owners.total(rows)), gram_(full_gram(rows, threads, owners)) {
  diagonal_.resize(rows.stride());
  for (std::size_t k = 0; k < rows.cols(); ++k) diagonal_[k] = gram_[k][k];
  largest_ = *std::ranges::max_element(diagonal_);
  if (is_nearly_diagonal(gram_)) gram_ = Matrix();
}

FixedSide::FixedSide(const Matrix& rows, std::vector<float> diagonal, const RowOwners& owners)
    : rows_(rows),
      count_(owners.total(rows)),
      diagonal_(std::move(diagonal)),
      largest_(*std::ranges::max_element(diagonal_)) {}

FixedSide::FixedSide(const FixedSide& side, const Matrix& rows)
    : rows_(rows),
      count_(side.count_),
      gram_(side.gram_.clone()),
      diagonal_(side.diagonal_),
      largest_(side.largest_),
      spread_(side.spread_) {}

void FixedSide::set_spread(std::span<const std::uint32_t> counts, const RowOwners& owners) {
  const std::size_t f = rows_.cols();
  std::vector<double> sums(f + 1, 0.0);  // the last one is that of the counts
  change_in_order(owners.bounds.empty() ? alone() : owners.ranks, std::span(sums), [&] {
    for (std::size_t r = 0; r < rows_.rows(); ++r) {
      sums[f] += counts[r];
      for (std::size_t k = 0; k < f; ++k) sums[k] += double{rows_[r][k]} * rows_[r][k] * counts[r];
    }
  });
  spread_.assign(rows_.stride(), 0.0f);
  for (std::size_t k = 0; k < f; ++k) spread_[k] = static_cast<float>(sums[k] / std::max(sums[f], 1.0));
}

Matrix rotate_to_eigenbasis(Matrix& rows, int threads, std::vector<float>& eigenvalues,
                            const RowOwners& owners) {
  const Matrix gram = full_gram(rows, threads, owners);
  if (!all_finite(gram)) return {};
  Eigenbasis basis = eigenbasis(gram);
  parallel_for(
      rows.rows(), threads,
      [&](std::size_t begin, std::size_t end, int) {
        std::vector<idx_t> which(end - begin);
        std::iota(which.begin(), which.end(), static_cast<idx_t>(begin));
        rotate_rows(basis.vectors, which, rows);
      },
      480);
  eigenvalues.assign(rows.stride(), 0.0f);
  std::ranges::transform(basis.values, eigenvalues.begin(),
                         [](float value) { return std::max(value, 0.0f); });
  return std::move(basis.vectors);
}

RowSolver::RowSolver(const FixedSide& side, const Objective& objective)
    : side_(side), objective_(objective), vectors_(6, side.rows().cols()) {}

void RowSolver::prepare(const Entries& entries) {
  ridge_ = objective_.ridge(entries.values.size(), side_.count());
  weights_.resize(entries.values.size());
  confidences_.resize(entries.values.size());
  if (!objective_.use_values) ones_.resize(entries.values.size(), 1.0f);
  const std::span<const float> values =
      objective_.use_values ? entries.values : std::span<const float>(ones_);
  total_weight_ =
      weigh(values.first(entries.values.size()), objective_.alpha, weights_.data(), confidences_.data());
}

void RowSolver::prefetch(const Entries& entries) const {
  constexpr std::size_t kRows = 12, kLine = 16;  // floats of a cache line
  for (std::size_t k = 0; k < std::min(kRows, entries.which.size()); ++k) {
    const float* row = side_.rows().row(entries.which[k]);
    for (std::size_t c = 0; c < std::min<std::size_t>(side_.rows().stride(), 8 * kLine); c += kLine)
      __builtin_prefetch(row + c);
  }
}

void RowSolver::solve(const Entries& entries, float* x) {
  prepare(entries);
  if (side_.is_diagonal() && entries.which.size() < side_.rows().cols()) return solve_small(entries, x);
  build_system(entries);
  std::fill_n(x, side_.rows().stride(), 0.0f);
  gather_multiply(side_.rows(), {entries.which, confidences_, {}}, nullptr, x);
  cholesky_solve(system_, side_.rows().cols(), x);
}

void RowSolver::multiply_by_inverse(const Entries& entries, float* v) {
  prepare(entries);
  build_system(entries);
  cholesky_solve(system_, side_.rows().cols(), v);
}

/// Line `line` of the block of G + ridge I that begins at (begin, begin) and has `count` columns.
void RowSolver::fill_line(std::size_t line, std::size_t begin, std::size_t count) {
  std::fill_n(system_.row(line), padded(count), 0.0f);
  if (!side_.is_diagonal()) std::copy_n(side_.gram().row(begin + line) + begin, count, system_.row(line));
  system_[line][line] = side_.diagonal()[begin + line] + ridge_;
}

/// A, in the upper triangle of system_.
void RowSolver::build_system(const Entries& entries) {
  constexpr std::size_t kRows = 128;  // at a time
  const std::size_t f = side_.rows().cols(), n = entries.which.size();
  reserve(system_, f, f);
  for (std::size_t k = 0; k < f; ++k) fill_line(k, 0, f);
  reserve(panel_, std::min(n, kRows), f);
  terms_.resize(n);
  for (std::size_t k = 0; k < n; ++k) terms_[k] = std::sqrt(weights_[k]);
  for (std::size_t begin = 0; begin < n; begin += kRows) {
    const std::size_t rows = std::min(kRows, n - begin);
    gather_rows(side_.rows(),
                {entries.which.subspan(begin, rows), std::span<const float>(terms_).subspan(begin, rows), {}},
                panel_);
    add_gram(Panel(panel_, 0, rows), system_);
  }
}

void RowSolver::solve_small(const Entries& entries, float* x) {
  const std::size_t n = entries.which.size(), stride = side_.rows().stride();
  float* roots = scratch(0);  // D^-1/2, bounded as the pivots of Cholesky are
  const float floor = std::max(1e-6f * (side_.largest() + ridge_), 1e-30f);
  inverse_roots(side_.diagonal().data(), ridge_, floor, roots, stride);
  reserve(panel_, with_slack(n + 3), side_.rows().cols());
  reserve(small_, with_slack(n + 3), with_slack(n + 3));
  gather_rows(side_.rows(), {entries.which, {}, {roots, stride}}, panel_);
  for (std::size_t r = n; r < n + 3; ++r) std::fill_n(panel_.row(r), stride, 0.0f);
  upper_products(panel_, n, small_);
  terms_.resize(n);
  for (std::size_t k = 0; k < n; ++k) {
    small_[k][k] += 1 / weights_[k];
    terms_[k] = confidences_[k] / weights_[k];
  }
  cholesky_solve(small_, n, terms_.data());
  // x = D^-1 Y^T t = D^-1/2 (Y D^-1/2)^T t
  std::fill_n(x, stride, 0.0f);
  weighted_sum(Panel(panel_, 0, n), terms_.data(), x);
  scaled_by(roots, x, 1, x, stride);
}

/// out <- out + factor (G + ridge I) x if G is not diagonal, else out <- factor D x.
void RowSolver::image_of_gram(const float* x, float factor, float* out) {
  const std::size_t stride = side_.rows().stride();
  if (side_.is_diagonal()) return scaled_by(scratch(3), x, factor, out, stride);
  float* scaled = scratch(4);
  for (std::size_t k = 0; k < stride; ++k) {
    scaled[k] = factor * x[k];
    out[k] = ridge_ * scaled[k];
  }
  weighted_sum(side_.gram(), scaled, out);
}

bool RowSolver::begins_from_last(std::size_t n) const {
  constexpr std::size_t kFew = 8;  // so few entries are solved for as fast
  return !side_.is_diagonal() || n >= std::min(kFew, side_.rows().cols());
}

void RowSolver::improve(const Entries& entries, int steps, float* x) {
  const std::size_t n = entries.which.size();
  if (!begins_from_last(n)) return solve(entries, x);
  prepare(entries);
  const CgVectors v{side_.rows().stride(), x, scratch(0), scratch(1), scratch(2), scratch(5)};
  cg_diagonals({v.size, side_.diagonal().data(), side_.spread().data(), scratch(3), scratch(5)}, ridge_,
               total_weight_);
  // r = Y^T C p - A x: an entry gives (c - (c - 1) y . x) y
  image_of_gram(x, -1, v.residual);
  terms_.resize(n);
  std::ranges::transform(weights_, terms_.begin(), [](float weight) { return -weight; });
  gather_multiply(side_.rows(), {entries.which, confidences_, terms_}, x, v.residual);
  float error = cg_start(v);
  const float enough = std::max(1e-12f * error, 1e-30f);
  for (int step = 1; step <= steps && error > enough; ++step) {
    image_of_gram(v.direction, 1, v.image);
    if (step == steps) {  // the residual that would be left is not needed, so neither is the whole image
      const float energy = dot(v.direction, v.image, v.size) +
                           gather_energy(side_.rows(), {entries.which, {}, weights_}, v.direction);
      axpy(error / energy, v.direction, x, v.size);
      break;
    }
    gather_multiply(side_.rows(), {entries.which, {}, weights_}, v.direction, v.image);
    const float previous = std::exchange(error, cg_move(v, error / dot(v.direction, v.image, v.size)));
    cg_turn(v, error / previous);
  }
}

void RowSolver::descend(const Entries& entries, std::size_t block, float* x) {
  prepare(entries);
  const Matrix& rows = side_.rows();
  const std::size_t n = entries.which.size(), f = rows.cols();
  reserve(panel_, with_slack(n), f);
  reserve(system_, std::min(block, f), std::min(block, f));
  terms_.resize(n);
  // Rows times the root of their weight, and what their scores lack of C p / root
  std::vector<float>& lacking = confidences_;
  for (std::size_t k = 0; k < n; ++k) {
    terms_[k] = std::sqrt(weights_[k]);
    lacking[k] /= terms_[k];
  }
  gather_rows(rows, {entries.which, terms_, {}}, panel_);
  const Panel panel(panel_, 0, n);
  subtract_products(panel, x, lacking.data());
  float *gradient = scratch(0), *image = scratch(1);
  for (std::size_t begin = 0; begin < f; begin += block) {
    const std::size_t count = std::min(block, f - begin);
    const Panel part = panel.columns(begin, count);
    for (std::size_t i = 0; i < count; ++i) {
      fill_line(i, begin, count);
      image[i] = side_.diagonal()[begin + i] * x[begin + i];
    }
    if (!side_.is_diagonal()) multiply(side_.gram(), begin, begin + count, x, image);
    for (std::size_t i = 0; i < count; ++i) gradient[i] = -image[i] - ridge_ * x[begin + i];
    std::fill(gradient + count, gradient + padded(count), 0.0f);
    weighted_sum(part, lacking.data(), gradient);
    add_gram(part, system_);
    cholesky_solve(system_, count, gradient);
    std::fill(gradient + count, gradient + padded(count), 0.0f);
    subtract_products(part, gradient, lacking.data());
    for (std::size_t i = 0; i < count; ++i) x[begin + i] += gradient[i];
  }
}

double RowSolver::loss(const Entries& entries, const float* x) {
  prepare(entries);
  const std::size_t n = side_.rows().stride();
  double sum = ridge_ * dot(x, x, n);
  float* image = scratch(0);
  std::fill_n(image, n, 0.0f);
  if (side_.is_diagonal()) {
    scaled_by(side_.diagonal().data(), x, 1, image, n);
  } else {
    weighted_sum(side_.gram(), x, image);
  }
  sum += dot(x, image, n);
  for (std::size_t k = 0; k < entries.which.size(); ++k) {
    const double score = dot(side_.rows().row(entries.which[k]), x, n);
    sum += confidences_[k] * (1 - score) * (1 - score) - score * score;
  }
  return sum;
}

}  // namespace akin::als
