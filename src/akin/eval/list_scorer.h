// What recommendation lists are like, whatever is right in them: beyond accuracy.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "akin/data/dataset.h"

namespace akin {

/// Who has which item in training. Shared by all threads.
class Audiences {
 public:
  /// Of the events with Subset::kTrain; a user counts once per item. `n_items` may be more than those of `data`:
  /// nobody has the others.
  Audiences(const TrainingData& data, std::size_t n_items);
  std::size_t n_users() const { return n_users_; }
  std::size_t n_items() const { return offsets_.size() - 1; }
  /// Ascending users.
  std::span<const idx_t> of(idx_t item) const {
    return std::span(users_).subspan(offsets_[item], offsets_[item + 1] - offsets_[item]);
  }

 private:
  std::size_t n_users_;
  std::vector<std::uint64_t> offsets_;
  std::vector<idx_t> users_;
};

/// Scores lists at each cutoff k, and counts what all lists together hold. For a list L of the first k items
/// (fewer if fewer were ranked), with n_i = training events of item i and U_i = the users who have it:
///
///   novelty = mean over L of -log2(|U_i| / |U|), an item of nobody counted as if one user had it
///             (Zhou et al. 2010; Vargas & Castells 2011)
///   popularity = mean over L of n_i
///   cold = share of L with n_i = 0
///   diversity = mean over pairs i != j of L of 1 - |U_i & U_j| / sqrt(|U_i| |U_j|)
///             (Ziegler et al. 2005, with cosine similarity of audiences, which is the same for every model)
///
/// Empty lists give 0, and so does the diversity of a single item. One per thread.
class ListScorer {
 public:
  static constexpr std::string_view kNames[] = {"novelty", "popularity", "cold", "diversity"};
  static constexpr std::size_t kMetrics = std::size(kNames);
  static constexpr std::size_t kDiversity = 3;

  /// `popularity` = training events per item; both must outlive the scorer.
  ListScorer(const Audiences& audiences, std::span<const float> popularity, std::span<const int> cutoffs);

  enum class Diversity { kSkip, kMeasure };
  /// Adds the list (its items, best first, up to the last cutoff) to the counts and writes kMetrics values
  /// per cutoff. Cost: O(k), and O(sum of the items' audiences) where diversity is measured; else it is NaN.
  void score(std::span<const idx_t> list, Diversity diversity, std::span<double> out);
  /// How often each item was in the first cutoffs[c] of a list.
  std::span<const std::uint32_t> counts(std::size_t c) const {
    return std::span(counts_).subspan(c * audiences_.n_items(), audiences_.n_items());
  }

 private:
  void add_diversity(std::span<const idx_t> list, std::span<double> out);

  const Audiences& audiences_;
  std::span<const float> popularity_;
  std::vector<std::size_t> cutoffs_;
  std::vector<double> surprise_;       // -log2(|U_i| / |U|)
  std::vector<std::uint32_t> counts_;  // (cutoffs, items)
  std::vector<double> sums_;           // per user: sum of the list's normalised audience vectors
};

/// Share of the items that were recommended at all.
double coverage(std::span<const std::uint64_t> counts);

}  // namespace akin
