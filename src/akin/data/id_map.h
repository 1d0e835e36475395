// The caller's ids (strings of any bytes) and akin's dense indices.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/string_column.h"
#include "akin/linalg/csr.h"

namespace akin {

/// A two-way map between ids and indices 0 .. size() - 1 in order of first appearance. Open addressing over a
/// 64-bit hash that is one to one for ids of up to 7 bytes, so that finding one of them touches one cache
/// line; 18 to 36 bytes per id beside the id's own bytes and their place.
/// Const calls are safe from many threads.
class IdMap {
 public:
  std::size_t size() const { return ids_.size(); }
  std::string_view id(idx_t idx) const { return ids_[idx]; }
  /// The index of `id`, added if new. Throws Error(kBadData) beyond 2^32 - 2 ids.
  idx_t add(std::string_view id) {
    const std::uint64_t hash = hash_of(id);
    const idx_t found = lookup(id, hash);
    return found != kEmpty ? found : insert(id, hash);
  }
  /// Brings the id's place into the cache for an add() or find() soon after.
  void prefetch(std::string_view id) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash_of(id) & (slots_.size() - 1)]);
  }
  std::optional<idx_t> find(std::string_view id) const;
  /// The index; throws Error(kNotFound) naming `what` ("user", "item") with the nearest known ids.
  idx_t at(std::string_view id, std::string_view what) const;
  /// The ids listed, renumbered from 0 in that order.
  IdMap select(const std::vector<idx_t>& indices) const;
  const StringColumn& ids() const { return ids_; }

 private:
  static constexpr idx_t kEmpty = 0xFFFFFFFF;
  static constexpr std::size_t kShort = 7;  // bytes of the longest id whose hash is exact
  static constexpr std::uint64_t kLong = std::uint64_t{1} << 63;  // set in the hashes of longer ids

  /// 12 bytes, so that the table of a large data set stays small.
  struct Slot {
    std::uint32_t low = 0, high = 0;  // the hash
    idx_t idx = kEmpty;
    bool holds(std::uint64_t hash) const { return (std::uint64_t{high} << 32 | low) == hash; }
  };

  template <typename T>
  static std::uint64_t load(const char* bytes) {
    T word;
    std::memcpy(&word, bytes, sizeof word);
    return word;
  }
  /// The bytes as a number of up to 7 bytes, its length in the eighth.
  static std::uint64_t pack(std::string_view id) {
    const char* const bytes = id.data();
    const std::size_t size = id.size();
    std::uint64_t word = 0;
    if (size >= 4) {  // two loads that overlap
      word = load<std::uint32_t>(bytes) | load<std::uint32_t>(bytes + size - 4) << (8 * (size - 4));
    } else if (size > 0) {
      word = load<std::uint8_t>(bytes) | load<std::uint8_t>(bytes + size / 2) << (8 * (size / 2)) |
             load<std::uint8_t>(bytes + size - 1) << (8 * (size - 1));
    }
    return word | std::uint64_t{size} << 56;
  }
  static std::uint64_t hash_of(std::string_view id) {
    return id.size() <= kShort ? hash_short(pack(id)) : hash_long(id);
  }
  /// A permutation of the numbers below 2^63: each step (xor with a shift, odd product) can be undone.
  static std::uint64_t hash_short(std::uint64_t word) {
    word = (word ^ (word >> 31)) * 0xBF58476D1CE4E5B9ULL & (kLong - 1);
    word = (word ^ (word >> 29)) * 0x94D049BB133111EBULL & (kLong - 1);
    return word ^ (word >> 32);
  }
  static std::uint64_t hash_long(std::string_view id);

  idx_t lookup(std::string_view id, std::uint64_t hash) const {
    if (slots_.empty()) return kEmpty;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      const Slot& slot = slots_[at];
      if (slot.idx == kEmpty) return kEmpty;
      if (slot.holds(hash) && (id.size() <= kShort || ids_[slot.idx] == id)) return slot.idx;
    }
  }
  idx_t insert(std::string_view id, std::uint64_t hash);
  void place(std::uint64_t hash, idx_t idx);
  void grow();

  StringColumn ids_;
  std::vector<Slot> slots_;  // power of two, at most 2/3 full
};

void write_ids(TensorWriter& writer, const std::string& name, const IdMap& ids);
/// Throws Error(kBadData) on duplicate ids.
IdMap read_ids(const TensorReader& reader, const std::string& name);

}  // namespace akin
