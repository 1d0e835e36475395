#include "akin/nn/torch/row_table.h"

#include <algorithm>

#include "akin/linalg/kernels.h"

namespace akin::nn {
namespace {

at::Tensor view_of(const Matrix& moment) {
  if (moment.empty()) return at::Tensor();
  const auto stride = static_cast<std::int64_t>(moment.stride());
  return at::from_blob(const_cast<float*>(moment.data()),
                       {static_cast<std::int64_t>(moment.rows()), static_cast<std::int64_t>(moment.cols())},
                       {stride, 1}, at::kFloat);
}

}  // namespace

RowTable::RowTable(const at::Tensor& table, const OptimizerOptions& options, RowUpdates updates,
                   std::int64_t padding)
    : table_(table.detach()),
      optimizer_(options, static_cast<std::size_t>(table.size(0)), static_cast<std::size_t>(table.size(1)),
                 updates),
      padding_(padding),
      cols_(optimizer_.cols()),
      stride_(padded(cols_)),
      known_(optimizer_.rows()),
      row_(1, cols_) {}

/// Calls change(row's floats, padded).
template <typename Change>
void RowTable::change_row(std::size_t row, Change change) {
  float* const own = table_.data_ptr<float>() + row * cols_;
  if (stride_ == cols_) return change(own);
  std::copy_n(own, cols_, row_.row(0));
  change(row_.row(0));
  std::copy_n(row_.row(0), cols_, own);
}

/// Brings the rows of the batch up to date.
void RowTable::catch_up(std::uint64_t steps) {
  if (!behind_) return;
  for (const std::size_t row : rows_)
    change_row(row, [&](float* values) { optimizer_.catch_up(row, steps, values); });
}

at::Tensor RowTable::read(const at::Tensor& ids, std::uint64_t steps) {
  const at::Tensor indices = ids.to(at::kInt).contiguous();
  const auto* const index = indices.data_ptr<std::int32_t>();
  const auto count = static_cast<std::size_t>(indices.numel());
  rows_.clear();
  place_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = static_cast<std::size_t>(index[i]);
    std::uint32_t place = known_[row];
    if (place >= rows_.size() || rows_[place] != row) {
      place = known_[row] = static_cast<std::uint32_t>(rows_.size());
      rows_.push_back(row);
    }
    place_[i] = place;
  }
  catch_up(steps);
  std::vector<std::int64_t> shape = ids.sizes().vec();
  shape.push_back(static_cast<std::int64_t>(cols_));
  read_ = at::empty(shape, table_.options());
  float* to = read_.data_ptr<float>();
  const float* const from = table_.data_ptr<float>();
  for (std::size_t i = 0; i < count; ++i, to += cols_)
    std::copy_n(from + rows_[place_[i]] * cols_, cols_, to);
  return read_.requires_grad_(true);
}

void RowTable::take_gradient() {
  const at::Tensor found = read_.defined() ? read_.grad() : at::Tensor();
  read_ = at::Tensor();
  if (!found.defined()) return rows_.clear();
  const at::Tensor gradient = found.contiguous();
  if (sums_.rows() < rows_.size()) sums_ = Matrix(rows_.size(), cols_);
  std::fill_n(sums_.data(), rows_.size() * stride_, 0.0f);
  const float* from = gradient.data_ptr<float>();
  for (const std::uint32_t place : place_) {
    float* const sum = sums_.row(place);
    for (std::size_t c = 0; c < cols_; ++c) sum[c] += from[c];
    from += cols_;
  }
  // Without a gradient in any step, its moments stay zero too.
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    if (static_cast<std::int64_t>(rows_[r]) == padding_) std::ranges::fill(sums_[r], 0.0f);
  }
}

RowsGradient RowTable::gradient() const {
  RowsGradient gradient{{rows_.begin(), rows_.end()}, {}};
  gradient.values.reserve(rows_.size() * cols_);
  for (std::size_t r = 0; r < rows_.size(); ++r)
    gradient.values.insert(gradient.values.end(), sums_.row(r), sums_.row(r) + cols_);
  return gradient;
}

void RowTable::set_gradient(const RowsGradient& gradient, std::uint64_t steps) {
  rows_.assign(gradient.rows.begin(), gradient.rows.end());
  catch_up(steps);
  if (sums_.rows() < rows_.size()) sums_ = Matrix(rows_.size(), cols_);
  const float* from = gradient.values.data();
  for (std::size_t r = 0; r < rows_.size(); ++r, from += cols_) std::copy_n(from, cols_, sums_.row(r));
}

double RowTable::squares() const {
  double squares = 0;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    for (const float value : sums_[r]) squares += static_cast<double>(value) * static_cast<double>(value);
  }
  return squares;
}

void RowTable::step(double learning_rate, float factor) {
  optimizer_.set_learning_rate(learning_rate);
  optimizer_.begin_step();
  if (factor != 1 && !rows_.empty()) scale(factor, sums_.data(), rows_.size() * stride_);
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    change_row(rows_[r], [&](float* values) { optimizer_.step(rows_[r], values, sums_.row(r)); });
  }
  behind_ = optimizer_.moves_on();
}

void RowTable::settle(std::uint64_t steps, double learning_rate) {
  if (!behind_) return;
  for (std::size_t row = 0; row < optimizer_.rows(); ++row)
    change_row(row, [&](float* values) { optimizer_.catch_up(row, steps, values); });
  set_steps(steps, learning_rate);
}

void RowTable::set_steps(std::uint64_t steps, double learning_rate) {
  optimizer_.set_learning_rate(learning_rate);
  optimizer_.set_steps(steps);
  behind_ = false;
}

at::Tensor RowTable::first_moment() { return view_of(optimizer_.first_moment()); }
at::Tensor RowTable::second_moment() { return view_of(optimizer_.second_moment()); }

}  // namespace akin::nn
