#include "akin/models/rating/rating_weights.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"

namespace akin {
namespace {

std::vector<double> popularity_weights(const Csr& by_user, double power) {
  std::vector<double> counts(by_user.cols, 0.0);
  for (const idx_t item : by_user.indices) ++counts[item];
  std::vector<double> weights;
  weights.reserve(by_user.entries());
  for (const idx_t item : by_user.indices) weights.push_back(std::pow(counts[item], -power));
  return weights;
}

std::vector<double> recency_weights(const TrainingData& data, const Csr& by_user, double half_life_days,
                                    std::string_view model) {
  std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = kNoTime;
  for (const Event& event : data.events) {
    if (event.time == kNoTime) continue;
    first = std::min(first, event.time);
    last = std::max(last, event.time);
  }
  if (last == kNoTime) {
    fail(ErrorCode::kBadData, "{}: weights=recency needs times, and no training rating has one", model);
  }
  std::vector<double> weights(by_user.entries());
  for (const Event& event : data.events) {
    const auto row = by_user.cols_of(event.user);
    const auto found = std::ranges::lower_bound(row, event.item);
    const auto entry = by_user.offsets[event.user] + static_cast<std::uint64_t>(found - row.begin());
    const double days = static_cast<double>(last - std::max(event.time, first)) / (86400.0 * kSecond);
    weights[entry] = std::exp2(-days / half_life_days);  // of repeated ratings the latest comes last
  }
  return weights;
}

}  // namespace

std::vector<float> rating_weights(const TrainingData& data, const Csr& by_user, const RatingWeights& weights,
                                  std::string_view model) {
  if (weights.kind == "none") return {};
  const std::vector<double> raw = weights.kind == "popularity"
                                      ? popularity_weights(by_user, weights.power)
                                      : recency_weights(data, by_user, weights.half_life_days, model);
  const double sum = std::accumulate(raw.begin(), raw.end(), 0.0);
  const double scale = static_cast<double>(raw.size()) / sum;
  std::vector<float> result(raw.size());
  std::ranges::transform(raw, result.begin(), [&](double w) { return static_cast<float>(w * scale); });
  return result;
}

}  // namespace akin
