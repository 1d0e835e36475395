// Pairs of items that go together: what users had close in time, or links.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "akin/base/rng.h"
#include "akin/data/dataset.h"
#include "akin/linalg/csr.h"

namespace akin::towers {

/// The items that users had, in order.
struct Sequences {
  std::vector<std::uint64_t> offsets = {0};  ///< sequence s is items [offsets[s], offsets[s + 1])
  std::vector<idx_t> items = {};
  std::vector<idx_t> users = {};  ///< of each sequence

  /// The sequence of a position in `items`.
  std::size_t of(std::uint64_t position) const;
};
/// Of events by user, without the items whose `placed` is 0.
Sequences sequences_of(std::span<const Event> events, std::span<const std::uint8_t> placed);

/// Which items go together: those at most `window` places apart, with probability ~ decay^(distance - 1).
struct Window {
  std::size_t size = 5;
  float decay = 1;
};
/// Whether another item is in the window of this position.
bool has_partner(const Sequences& sequences, const Window& window, std::uint64_t position);
/// The position of one of these, drawn by the generator; `position` itself if there is none.
std::uint64_t partner(const Sequences& sequences, const Window& window, std::uint64_t position, Rng& rng);

/// Pairs to learn from, numbered; those of sequences are drawn anew each time they are asked for.
class PairSource {
 public:
  /// A pair for each position with a partner. `sequences` are used until the end.
  PairSource(const Sequences& sequences, const Window& window);
  explicit PairSource(std::vector<std::pair<idx_t, idx_t>> links);
  std::size_t size() const { return links_.empty() ? positions_.size() : links_.size(); }
  /// Pair `number`, of two different items.
  std::pair<idx_t, idx_t> pair(std::size_t number, Rng& rng) const;
  /// How many pairs have each of `n_items` items in the second place, on average.
  std::vector<double> seconds(std::size_t n_items) const;

 private:
  const Sequences* sequences_ = nullptr;
  Window window_;
  std::vector<std::uint64_t> positions_;
  std::vector<std::pair<idx_t, idx_t>> links_;
};

}  // namespace akin::towers
