#include "akin/eval/list_scorer.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace akin {

Audiences::Audiences(const TrainingData& data, std::size_t n_items)
    : n_users_(data.n_users()), offsets_(n_items + 1, 0) {
  // Events are sorted by user: `latest` holds user + 1 of the last event of each item.
  const auto for_each_pair = [&](const auto& take) {
    std::vector<idx_t> latest(data.n_items(), 0);
    for (const Event& event : data.events) {
      if (event.subset != Subset::kTrain || latest[event.item] == event.user + 1) continue;
      latest[event.item] = event.user + 1;
      take(event);
    }
  };
  for_each_pair([&](const Event& event) { ++offsets_[event.item + 1]; });
  for (std::size_t i = 1; i < offsets_.size(); ++i) offsets_[i] += offsets_[i - 1];
  users_.resize(offsets_.back());
  std::vector<std::uint64_t> next(offsets_.begin(), offsets_.end() - 1);
  for_each_pair([&](const Event& event) { users_[next[event.item]++] = event.user; });
}

ListScorer::ListScorer(const Audiences& audiences, std::span<const float> popularity,
                       std::span<const int> cutoffs)
    : audiences_(audiences), popularity_(popularity), counts_(cutoffs.size() * audiences.n_items(), 0) {
  for (const int cutoff : cutoffs) cutoffs_.push_back(static_cast<std::size_t>(cutoff));
  const auto users = static_cast<double>(std::max<std::size_t>(1, audiences.n_users()));
  for (idx_t i = 0; i < audiences.n_items(); ++i) {
    const auto audience = static_cast<double>(std::max<std::size_t>(1, audiences.of(i).size()));
    surprise_.push_back(std::log2(users / audience));
  }
  sums_.assign(audiences.n_users(), 0.0);
}

void ListScorer::score(std::span<const idx_t> list, Diversity diversity, std::span<double> out) {
  double surprise = 0, popularity = 0, cold = 0;
  std::size_t rank = 0;
  for (std::size_t c = 0; c < cutoffs_.size(); ++c) {
    const std::size_t size = std::min(cutoffs_[c], list.size());
    for (; rank < size; ++rank) {
      surprise += surprise_[list[rank]];
      popularity += static_cast<double>(popularity_[list[rank]]);
      cold += popularity_[list[rank]] == 0 ? 1 : 0;
    }
    for (std::size_t j = 0; j < size; ++j) ++counts_[c * audiences_.n_items() + list[j]];
    const auto n = static_cast<double>(std::max<std::size_t>(1, size));
    const std::span<double> row = out.subspan(c * kMetrics, kMetrics);
    row[0] = surprise / n;
    row[1] = popularity / n;
    row[2] = cold / n;
    row[kDiversity] = std::numeric_limits<double>::quiet_NaN();
  }
  if (diversity == Diversity::kMeasure) add_diversity(list, out);
}

/// With v_i = U_i / sqrt(|U_i|) as a vector over users, the sum over pairs of v_i . v_j is
/// (|sum v_i|^2 - sum |v_i|^2) / 2: one pass over the audiences instead of one per pair.
void ListScorer::add_diversity(std::span<const idx_t> list, std::span<double> out) {
  double squared = 0, own = 0;  // |sum v_i|^2 and sum |v_i|^2 so far
  std::size_t rank = 0;
  for (std::size_t c = 0; c < cutoffs_.size(); ++c) {
    const std::size_t size = std::min(cutoffs_[c], list.size());
    for (; rank < size; ++rank) {
      const std::span<const idx_t> audience = audiences_.of(list[rank]);
      if (audience.empty()) continue;  // like nothing else
      const double entry = 1 / std::sqrt(static_cast<double>(audience.size()));
      double shared = 0;
      for (const idx_t user : audience) {
        shared += sums_[user];
        sums_[user] += entry;
      }
      squared += 2 * entry * shared + 1;
      own += 1;
    }
    const auto n = static_cast<double>(size);
    out[c * kMetrics + kDiversity] = size < 2 ? 0.0 : 1 - (squared - own) / (n * (n - 1));
  }
  for (std::size_t j = 0; j < rank; ++j) {
    for (const idx_t user : audiences_.of(list[j])) sums_[user] = 0;
  }
}

double coverage(std::span<const std::uint64_t> counts) {
  const auto recommended = std::ranges::count_if(counts, [](std::uint64_t count) { return count > 0; });
  return static_cast<double>(recommended) / static_cast<double>(counts.size());
}

}  // namespace akin
