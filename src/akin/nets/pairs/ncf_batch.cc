#include "akin/nets/pairs/ncf_batch.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "akin/linalg/kernels.h"

namespace akin {

LossAt loss_at(NcfLoss loss, float y, float target) {
  const float error = y - target;
  switch (loss) {
    case NcfLoss::kAbsolute:
      return {std::abs(error), error > 0 ? 1.0f : error < 0 ? -1.0f : 0.0f};
    case NcfLoss::kSquared:
      return {error * error, 2 * error};
    case NcfLoss::kLogistic:
      break;
  }
  const float away = std::exp(-std::abs(y));  // ln(1 + e^y) without overflow
  const float sigma = y >= 0 ? 1 / (1 + away) : away / (1 + away);
  return {std::max(y, 0.0f) - y * target + std::log1p(away), sigma - target};
}

void RowGradients::find_different(std::span<const idx_t> rows) {
  ++batch_;
  rows_ = rows;
  places_.clear();
  for (std::size_t s = 0; s < rows.size(); ++s) {
    const idx_t row = rows[s];
    if (seen_in_[row] == batch_ || !contains(own_, row)) continue;
    seen_in_[row] = batch_;
    place_[row] = static_cast<std::uint32_t>(s);
    places_.push_back(static_cast<std::uint32_t>(s));
  }
}

void RowGradients::add_equal() {
  for (std::size_t s = 0; s < rows_.size(); ++s) {
    if (!contains(own_, rows_[s])) continue;
    const std::size_t first = first_like(s);
    if (first != s) axpy(1, gradients_.row(s), gradients_.row(first), gradients_.stride());
  }
}

NcfBatch::NcfBatch(const NcfNet& net, const NcfObjective& objective, std::size_t size, const OwnRows& own)
    : objective_(objective),
      product_(net.shape.product_columns()),
      user_of_(size),
      item_of_(size),
      targets_(size),
      user_rows_(size),
      item_rows_(size),
      users_(net.users, own.users, size),
      items_(net.items, own.items, size) {
  for (const Matrix* const matrix : net.dense()) dense_size_ += matrix->rows() * matrix->stride();
  for (std::size_t begin = 0; begin < size; begin += NcfTile::kPairs) tiles_.emplace_back(net);
  losses_.resize(tiles_.size());
}

void NcfBatch::begin(std::span<const std::uint32_t> samples) {
  samples_ = samples;
  std::ranges::fill(losses_, 0.0);
}

void NcfBatch::read(const NcfSource& source, std::size_t tile) {
  const std::size_t begin = first(tile), count = last(tile) - begin;
  source.read(samples_.subspan(begin, count), std::span(user_of_).subspan(begin, count),
              std::span(item_of_).subspan(begin, count), std::span(targets_).subspan(begin, count));
}

void NcfBatch::copy(std::size_t tile, const idx_t* users, const idx_t* items, const float* targets) {
  const std::size_t begin = first(tile), count = last(tile) - begin;
  std::copy_n(users, count, user_of_.data() + begin);
  std::copy_n(items, count, item_of_.data() + begin);
  std::copy_n(targets, count, targets_.data() + begin);
}

void NcfBatch::epoch(const NcfNet& net, std::span<const Matrix> transposed, std::size_t tile,
                     std::uint64_t seed) {
  const std::size_t begin = first(tile), count = last(tile) - begin;
  const auto users = std::span(user_rows_).subspan(begin, count);
  const auto items = std::span(item_rows_).subspan(begin, count);
  const std::size_t columns = users_.of_pairs().stride();
  for (std::size_t s = 0; s < count; ++s) {
    for (std::size_t c = 0; c < columns; c += 16) {
      __builtin_prefetch(users[s] + c);
      __builtin_prefetch(items[s] + c);
    }
  }
  NcfTile& work = tiles_[tile];
  const std::span<const float> y = work.forward(net, users, items, objective_.drop, seed + samples_[begin]);
  float dy[NcfTile::kPairs];
  const float share = 1 / static_cast<float>(samples_.size());
  for (std::size_t s = 0; s < count; ++s) {
    const auto [loss, slope] = loss_at(objective_.loss, y[s], targets_[begin + s]);
    losses_[tile] += loss;
    dy[s] = slope * share;
  }
  for (Matrix& gradient : work.gradients())
    std::fill_n(gradient.data(), gradient.rows() * gradient.stride(), 0.0f);
  work.backward(net, transposed, {dy, count}, begin, users_.of_pairs(), items_.of_pairs());
  for (std::size_t s = 0; s < count; ++s) {
    add_penalty(users[s], users_.of_pairs().row(begin + s), columns);
    add_penalty(items[s], items_.of_pairs().row(begin + s), columns);
  }
}

/// The penalty's part in the gradient of one pair's vector.
void NcfBatch::add_penalty(const float* vector, float* gradient, std::size_t columns) const {
  const auto pairs = static_cast<float>(samples_.size());
  if (objective_.regularization > 0) axpy(objective_.regularization / pairs, vector, gradient, product_);
  if (objective_.layers_regularization > 0) {
    axpy(objective_.layers_regularization / pairs, vector + product_, gradient + product_,
         columns - product_);
  }
}

void NcfBatch::add_dense() {
  std::vector<Matrix>& sums = dense_gradients();
  for (std::size_t tile = 1; tile < tiles(); ++tile) {
    for (std::size_t d = 0; d < sums.size(); ++d)
      axpy(1, tiles_[tile].gradients()[d].data(), sums[d].data(), sums[d].rows() * sums[d].stride());
  }
}

void NcfBatch::append_dense(std::size_t tile, std::vector<float>& to) {
  for (const Matrix& gradient : tiles_[tile].gradients())
    to.insert(to.end(), gradient.data(), gradient.data() + gradient.rows() * gradient.stride());
  to.resize(to.size() + kLossFloats);
  std::memcpy(to.data() + to.size() - kLossFloats, &losses_[tile], sizeof(double));
}

const float* NcfBatch::take_dense(std::size_t tile, const float* from) {
  for (Matrix& gradient : tiles_[tile].gradients()) {
    const std::size_t n = gradient.rows() * gradient.stride();
    std::copy_n(from, n, gradient.data());
    from += n;
  }
  std::memcpy(&losses_[tile], from, sizeof(double));
  return from + kLossFloats;
}

double NcfBatch::loss() const { return std::accumulate(losses_.begin(), losses_.end(), 0.0); }

}  // namespace akin
