// The items that a minibatch of next items is scored against.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/models/fit/alias_table.h"

namespace akin {

/// A few different items of many, numbered in the order in which they come.
class ItemRows {
 public:
  explicit ItemRows(std::size_t n_items) : stamp_(n_items, 0), row_(n_items) {}
  void clear();
  /// The item's row, a new one if it has none.
  std::int32_t add(idx_t item);
  /// -1 = none.
  std::int32_t row_of(idx_t item) const { return stamp_[item] == now_ ? row_[item] : -1; }
  std::span<const idx_t> items() const { return items_; }

 private:
  std::vector<idx_t> items_;
  std::vector<std::uint32_t> stamp_;  // the clear() after which an item was added
  std::vector<std::int32_t> row_;
  std::uint32_t now_ = 1;
};

struct CandidateSampling {
  std::size_t negatives = 2048;  ///< drawn for a minibatch, beside the targets of its slots
  float power = 0.5f;            ///< P ~ count^power
  float logq =
      1;  ///< 1 = weighted so that a sum over candidates estimates that over all items; 0 = not at all
};

/// The different items among a minibatch's targets and what is drawn for it. All slots share them, and to
/// each slot all but its own target are negatives. The weight of a candidate is how often it came / (how
/// often that was expected)^logq.
class Candidates {
 public:
  /// `counts` of all items; those with 0 are never drawn.
  Candidates(const CandidateSampling& sampling, std::span<const std::uint32_t> counts, std::uint64_t seed);

  /// Those of minibatch number `number`. The targets come first.
  void draw(std::span<const idx_t> targets, std::uint64_t number);

  std::span<const idx_t> items() const { return rows_.items(); }
  std::size_t size() const { return rows_.items().size(); }
  /// How many of the first are targets.
  std::size_t target_rows() const { return target_rows_; }
  std::int32_t row_of(idx_t item) const { return rows_.row_of(item); }
  const float* weights() const { return weights_.data(); }
  /// The row of each slot's target; slots up to the next multiple of 16 have -1.
  const std::int32_t* own() const { return own_.data(); }

 private:
  void weigh(std::size_t targets);

  CandidateSampling sampling_;
  std::uint64_t seed_;
  AliasTable table_;
  std::vector<double> as_target_, drawn_;  // the probability of each item
  std::vector<float> weight_;              // of each item where it comes once, beside so many targets
  std::size_t weighted_for_ = 0;
  ItemRows rows_;
  std::vector<float> weights_;
  std::vector<std::int32_t> own_;
  std::size_t target_rows_ = 0;
};

/// The different inputs of a minibatch with their slots.
class InputRows {
 public:
  explicit InputRows(std::size_t n_items) : rows_(n_items) {}
  void find(std::span<const idx_t> inputs);
  std::span<const idx_t> items() const { return rows_.items(); }
  /// The first slot with this input, and the one after each; -1 = none.
  std::int32_t first_of(idx_t item) const {
    const std::int32_t row = rows_.row_of(item);
    return row < 0 ? -1 : first_[static_cast<std::size_t>(row)];
  }
  std::int32_t after(std::int32_t slot) const { return after_[static_cast<std::size_t>(slot)]; }

 private:
  ItemRows rows_;
  std::vector<std::int32_t> first_, last_, after_;
};

}  // namespace akin
