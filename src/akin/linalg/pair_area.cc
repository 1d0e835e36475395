#include "akin/linalg/pair_area.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

namespace akin {

double pair_area(std::span<const float> scores, std::span<const char> positive) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  double wins = 0, positives = 0, negatives = 0;  // below the current score
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    double tied_positives = 0;
    for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end)
      tied_positives += positive[order[end]] != 0 ? 1 : 0;
    const double tied_negatives = static_cast<double>(end - begin) - tied_positives;
    wins += tied_positives * (negatives + tied_negatives / 2);
    positives += tied_positives;
    negatives += tied_negatives;
    begin = end;
  }
  return positives * negatives > 0 ? wins / (positives * negatives)
                                   : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace akin
