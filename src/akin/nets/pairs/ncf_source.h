// The pairs that a NcfNet learns from.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/models/fit/sampling.h"

namespace akin {

/// The samples of an epoch: the entries of a matrix (users, items) and, against each, items that its user has
/// no entry with, drawn again in every epoch. With negatives = 0 the entries' values are targets; else targets
/// are 1, and 0 of what was drawn. All depends on seed and epoch only. Memory: 4 bytes a sample.
class NcfSource {
 public:
  /// `pairs` has ascending columns and outlives the source. Throws Error(kBadData) naming `model` if there
  /// are more than 2^32 samples.
  NcfSource(const Csr& pairs, std::size_t negatives, std::uint64_t seed, std::string_view model);

  /// Samples of an epoch.
  std::size_t size() const { return pairs_.values.size() * (negatives_ + 1); }
  /// Assigns the samples of an epoch, from 0, again.
  void start_epoch(int epoch);
  /// Numbers of the epoch's samples in the order of training.
  std::span<const std::uint32_t> order() const { return order_; }

  /// Users, items and targets of samples. Safe from many threads.
  void read(std::span<const std::uint32_t> samples, std::span<idx_t> users, std::span<idx_t> items,
            std::span<float> targets) const;

 private:
  const Csr& pairs_;
  const std::size_t negatives_;
  const std::uint64_t seed_;
  std::uint64_t epoch_seed_ = 0;
  std::vector<idx_t> user_of_;  // of each entry
  std::vector<idx_t> all_items_;
  std::optional<NegativeSampler> sampler_;
  std::vector<std::uint32_t> order_;
};

}  // namespace akin
