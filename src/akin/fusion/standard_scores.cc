#include "akin/fusion/standard_scores.h"

#include <algorithm>
#include <cmath>

namespace akin {
namespace {

struct Sums {
  double count = 0, sum = 0, squares = 0;
  void add(float score, double times) {
    if (score == kNever) return;
    const auto value = static_cast<double>(score);
    count += times;
    sum += times * value;
    squares += times * value * value;
  }
  double mean() const { return sum / count; }
  double variance() const { return squares / count - mean() * mean(); }
};

}  // namespace

StandardScores standardize(std::vector<float> scores, std::span<const idx_t> without) {
  Sums all;
  for (const float score : scores) all.add(score, 1);
  std::vector<idx_t> left_out(without.begin(), without.end());
  std::ranges::sort(left_out);
  left_out.erase(std::unique(left_out.begin(), left_out.end()), left_out.end());
  Sums others = all;
  for (const idx_t item : left_out) others.add(scores[item], -1);
  constexpr double kNoise = 1e-12;  // of the mean square: rounding
  const auto varies = [&](const Sums& sums) {
    return sums.count > 1 && sums.variance() > kNoise * all.squares / all.count;
  };
  const Sums& taken = varies(others) ? others : all;
  StandardScores result{std::move(scores)};
  if (taken.count == 0) return result;
  result.mean = static_cast<float>(taken.mean());
  if (varies(taken)) result.deviation = static_cast<float>(std::sqrt(taken.variance()));
  return result;
}

}  // namespace akin
