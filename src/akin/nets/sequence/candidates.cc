#include "akin/nets/sequence/candidates.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "akin/linalg/matrix.h"

namespace akin {
namespace {

constexpr std::uint64_t kDraws = 52;  // stream of random numbers

/// count^power of each item that has any, divided by their sum.
std::vector<double> shares(std::span<const std::uint32_t> counts, double power) {
  std::vector<double> result(counts.size(), 0);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) result[i] = std::pow(static_cast<double>(counts[i]), power);
  }
  const double sum = std::accumulate(result.begin(), result.end(), 0.0);
  for (double& share : result) share /= sum;
  return result;
}

}  // namespace

void ItemRows::clear() {
  items_.clear();
  if (now_ == std::numeric_limits<std::uint32_t>::max()) {
    std::ranges::fill(stamp_, 0u);
    now_ = 0;
  }
  ++now_;
}

std::int32_t ItemRows::add(idx_t item) {
  if (stamp_[item] != now_) {
    stamp_[item] = now_;
    row_[item] = static_cast<std::int32_t>(items_.size());
    items_.push_back(item);
  }
  return row_[item];
}

Candidates::Candidates(const CandidateSampling& sampling, std::span<const std::uint32_t> counts,
                       std::uint64_t seed)
    : sampling_(sampling),
      seed_(Rng::mix(seed + kDraws)),
      table_(shares(counts, static_cast<double>(sampling.power))),
      as_target_(shares(counts, 1)),
      drawn_(shares(counts, static_cast<double>(sampling.power))),
      rows_(counts.size()) {}

void Candidates::weigh(std::size_t targets) {
  if (weighted_for_ == targets && !weight_.empty()) return;
  weighted_for_ = targets;
  weight_.assign(as_target_.size(), 1);
  if (sampling_.logq == 0) return;
  for (std::size_t i = 0; i < weight_.size(); ++i) {
    const double expected =
        static_cast<double>(targets) * as_target_[i] + static_cast<double>(sampling_.negatives) * drawn_[i];
    if (expected > 0)
      weight_[i] = static_cast<float>(std::pow(expected, -static_cast<double>(sampling_.logq)));
  }
}

void Candidates::draw(std::span<const idx_t> targets, std::uint64_t number) {
  weigh(targets.size());
  rows_.clear();
  weights_.clear();
  own_.assign(padded(targets.size()), -1);
  const auto count = [&](idx_t item) {
    const std::int32_t row = rows_.add(item);
    if (static_cast<std::size_t>(row) == weights_.size()) weights_.push_back(0);
    weights_[static_cast<std::size_t>(row)] += weight_[item];
    return row;
  };
  for (std::size_t s = 0; s < targets.size(); ++s) own_[s] = count(targets[s]);
  target_rows_ = size();
  Rng rng(seed_, number);
  for (std::size_t n = 0; n < sampling_.negatives; ++n) count(table_.draw(rng));
}

void InputRows::find(std::span<const idx_t> inputs) {
  rows_.clear();
  first_.clear();
  last_.clear();
  after_.assign(inputs.size(), -1);
  for (std::size_t s = 0; s < inputs.size(); ++s) {
    const auto slot = static_cast<std::int32_t>(s);
    const auto row = static_cast<std::size_t>(rows_.add(inputs[s]));
    if (row == first_.size()) {
      first_.push_back(slot);
      last_.push_back(slot);
    } else {
      after_[static_cast<std::size_t>(last_[row])] = slot;
      last_[row] = slot;
    }
  }
}

}  // namespace akin
