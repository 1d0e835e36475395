// The k best of many scores.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "akin/linalg/csr.h"

namespace akin {

/// An item with its score.
struct Scored {
  idx_t idx = 0;
  float score = 0;
  friend bool operator==(const Scored&, const Scored&) = default;
};

/// The order of every list akin returns: higher score first; ties by the lower index;
/// NaN counts as -infinity.
inline bool ranks_before(const Scored& a, const Scored& b) {
  if (a.score > b.score) return true;
  if (a.score < b.score) return false;
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  const float left = a.score == a.score ? a.score : kLowest;  // equal, or one of them is NaN
  const float right = b.score == b.score ? b.score : kLowest;
  return left != right ? left > right : a.idx < b.idx;
}

/// Keeps the k best of the entries pushed. Cost: O(1) for an entry that is not among them, else O(log k).
class TopK {
 public:
  explicit TopK(std::size_t k) : k_(k) { heap_.reserve(k); }

  void push(idx_t idx, float score) {
    if (score != score) score = -std::numeric_limits<float>::infinity();
    const Scored entry{idx, score};
    if (heap_.size() < k_) {
      heap_.push_back(entry);
      std::push_heap(heap_.begin(), heap_.end(), ranks_before);
    } else if (k_ > 0 && ranks_before(entry, heap_.front())) {
      std::pop_heap(heap_.begin(), heap_.end(), ranks_before);
      heap_.back() = entry;
      std::push_heap(heap_.begin(), heap_.end(), ranks_before);
    }
  }
  /// Scores at or below this cannot enter any more unless tied; -infinity while there is room.
  float threshold() const {
    return heap_.size() < k_ ? -std::numeric_limits<float>::infinity() : heap_.front().score;
  }
  /// The entries, best first; the heap is empty afterwards.
  std::vector<Scored> take() {
    std::sort(heap_.begin(), heap_.end(), ranks_before);
    return std::exchange(heap_, {});
  }

 private:
  std::size_t k_;
  std::vector<Scored> heap_;  // worst entry in front
};

/// The k best of scores[0..n), best first; entries that are -infinity or NaN are left out, so fewer than k
/// may come back: mask what must not be recommended with -infinity.
std::vector<Scored> top_k(std::span<const float> scores, std::size_t k);

}  // namespace akin
