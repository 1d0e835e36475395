#include "akin/models/rating/rating_weights.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/models/fit/rank_rows.h"

namespace akin {
namespace {

std::vector<double> popularity_weights(const Csr& by_user, double power, const Context& context) {
  std::vector<std::uint32_t> counts = column_sizes(by_user, context.threads);
  add_over_ranks(context.ranks(), std::span(counts));
  std::vector<double> weights;
  weights.reserve(by_user.entries());
  for (const idx_t item : by_user.indices) weights.push_back(std::pow(counts[item], -power));
  return weights;
}

std::vector<double> recency_weights(const TrainingData& data, const Csr& by_user, double half_life_days,
                                    std::string_view model, const Communicator& ranks) {
  std::int64_t ends[] = {std::numeric_limits<std::int64_t>::max(), kNoTime};
  for (const Event& event : data.events) {
    if (event.time == kNoTime) continue;
    ends[0] = std::min(ends[0], event.time);
    ends[1] = std::max(ends[1], event.time);
  }
  const std::vector<std::int64_t> all = gather_all(ranks, std::span<const std::int64_t>(ends));
  std::int64_t first = ends[0], last = ends[1];
  for (std::size_t at = 0; at < all.size(); at += 2) {
    first = std::min(first, all[at]);
    last = std::max(last, all[at + 1]);
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
                                  std::string_view model, const Context& context) {
  if (weights.kind == "none") return {};
  const Communicator& ranks = context.ranks();
  const std::vector<double> raw = weights.kind == "popularity"
                                      ? popularity_weights(by_user, weights.power, context)
                                      : recency_weights(data, by_user, weights.half_life_days, model, ranks);
  const double sum = add_in_order(
      ranks, 0.0, [&](double before) { return std::accumulate(raw.begin(), raw.end(), before); });
  const std::uint64_t entries = sum_over_ranks(ranks, raw.size());
  const double scale = static_cast<double>(entries) / sum;
  std::vector<float> result(raw.size());
  std::ranges::transform(raw, result.begin(), [&](double w) { return static_cast<float>(w * scale); });
  return result;
}

}  // namespace akin
