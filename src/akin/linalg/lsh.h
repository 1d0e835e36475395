// Near rows of a matrix without looking at all of them: locality-sensitive hashing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "akin/base/context.h"
#include "akin/linalg/matrix.h"
#include "akin/linalg/near_rows.h"
#include "akin/linalg/topk.h"

namespace akin {

struct LshConfig {
  int tables = 16;
  int hashes = 0;   ///< of the key of a bucket; 0 = log2(rows / 8), at least 4
  int probes = 16;  ///< buckets looked at in each table, at least 1
  float width =
      0;  ///< w of Euclidean hashes; 0 = four times the mean distance of some rows to their tenth neighbor
};

/// Tables of buckets in which near rows fall together more often than others. A hash of a row x is
///
///   cosine      h(x) = [a . x >= 0],            P[h(x) = h(y)] = 1 - angle(x, y) / pi
///               (random hyperplanes: Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002)
///   Euclidean   h(x) = floor((a . x + b) / w),  P[h(x) = h(y)] falls with |x - y| / w
///               (p-stable with p = 2: Datar, Immorlica, Indyk & Mirrokni, SoCG 2004)
///
/// with a from N(0, 1)^d and b from [0, w); `hashes` of them are the key of a bucket. A question looks into `probes` buckets of
/// each table: its own, then those that it missed by least (multi-probe: Lv, Josephson, Wang, Charikar & Li, VLDB 2007), in the
/// order of the summed squared distances to the boundaries that are crossed. What is in them is scored exactly.
///
/// Const calls are safe from many threads. Tables depend on context.seed, not on context.threads. Cost: O(n d tables hashes) to
/// build, O(d tables hashes + tables probes log n + found d) a question; memory() beside the rows.
class LshIndex {
 public:
  /// `rows` (n, d) outlives this and does not change. Rows of zeros are never near anything by cosine. Throws Error(kUsage) for
  /// a config out of range, Error(kBadData) for numbers that are not finite, Error(kCancelled).
  LshIndex(const Matrix& rows, Distance distance, const LshConfig& config, const Context& context);

  /// The rows in the buckets that belong to `query` of rows.stride() floats, zero-padded; ascending, each once.
  std::vector<idx_t> candidates(const float* query) const;
  /// The k best of them by score. `allowed`, if not empty, has a 1 for each row that may come. `scored` becomes the number of
  /// rows that were scored.
  std::vector<Scored> nearest(const float* query, std::size_t k, std::span<const char> allowed = {},
                              std::size_t* scored = nullptr) const;
  /// The same by looking at all rows.
  const NearRows& exact() const { return exact_; }
  /// The tables x hashes single hashes of a vector.
  std::vector<std::int64_t> hashes(const float* query) const;

  const LshConfig& config() const { return config_; }  ///< zeros replaced by what was chosen
  std::size_t memory() const;                          ///< bytes

 private:
  struct Table {
    std::vector<std::uint64_t> keys;  // of the buckets that are not empty, ascending
    std::vector<std::uint32_t> begins;
    std::vector<idx_t> rows;  // bucket after bucket, ascending within each
  };
  struct Move;  // a step of one hash to a neighbor of its value
  float neighbor_distance(const Context& context) const;
  std::uint64_t key(std::size_t table, const float* projections) const;
  std::vector<std::uint64_t> probes(std::size_t table, const float* projections) const;
  std::vector<float> project(const float* query) const;

  const Matrix& rows_;
  NearRows exact_;
  Distance distance_;
  LshConfig config_;
  Matrix directions_;                       // (tables x hashes, d): a
  std::vector<float> offsets_;              // b / w
  std::vector<std::uint64_t> multipliers_;  // by hash of a table: key = sum of value x multiplier
  std::vector<Table> tables_;
};

}  // namespace akin
