// Words and runs of words as columns of a table of counts.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/id_map.h"
#include "akin/linalg/csr.h"
#include "akin/text/text_words.h"

namespace akin {

/// A map from pairs of numbers below 2^32 to row numbers 0, 1, ... in order of first appearance.
class PairMap {
 public:
  static constexpr idx_t kNone = std::numeric_limits<idx_t>::max();
  idx_t add(idx_t first, idx_t second);
  /// kNone if it is not there.
  idx_t find(idx_t first, idx_t second) const;
  std::size_t size() const { return keys_.size(); }
  /// first * 2^32 + second, by row.
  const std::vector<std::uint64_t>& keys() const { return keys_; }

 private:
  std::size_t slot_of(std::uint64_t key) const;
  void grow();
  std::vector<std::uint64_t> keys_;
  std::vector<idx_t> slots_;  // a power of two of them, at most half full
};

/// The words and runs of up to `longest` words of texts that stand in `min_count` texts at least, as columns: the words
/// first, then runs of two, and so on. A run is its beginning (a column) and its last word.
class NgramTable {
 public:
  static constexpr int kLongest = 5;
  NgramTable() = default;
  /// Of all `texts`; sets `rows` to the columns of each text, once each, without values. Throws Error(kCancelled),
  /// Error(kBadData) for more than 2^32 - 2 columns.
  NgramTable(std::span<const std::string> texts, TextWords& words, int longest, int min_count, Csr& rows,
             const Context& context);

  std::size_t size() const { return words_.size() + runs_.size(); }
  const IdMap& words() const { return words_; }
  /// The words of a column with blanks between.
  std::string name(idx_t column) const;

  /// Where a column stands in a text: `length` words from `begin` on.
  struct Place {
    idx_t column;
    std::uint32_t begin, length;
  };
  /// The columns of a text in the order of the table's levels, each where it first stands; `places` is cleared first.
  void find(std::span<const std::string_view> words, std::vector<Place>& places) const;

  void save(TensorWriter& writer, const std::string& prefix) const;
  /// Throws Error(kBadData).
  void load(const TensorReader& reader, const std::string& prefix);

 private:
  IdMap words_;
  PairMap runs_;
  int longest_ = 1;
};

}  // namespace akin
