// Which items a held-out item has to beat.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/rng.h"
#include "akin/data/dataset.h"
#include "akin/models/fit/alias_table.h"

namespace akin {

/// What is ranked together with the held-out items.
struct CandidateSpec {
  enum class Kind {
    kDefault,     ///< the negatives that came with the files, for users that have some; else all items
    kAll,         ///< all items
    kUniform,     ///< `count` items per list, drawn uniformly from those the user has not
    kPopularity,  ///< the same, drawn in proportion to training events
  };
  Kind kind = Kind::kDefault;
  std::uint64_t count = 0;
  std::uint64_t seed = 42;
};

/// "all", "uniform:99", "popularity:99"; "" = the default. Throws Error(kUsage).
CandidateSpec parse_candidates(std::string_view text, std::uint64_t seed);

/// Draws sampled candidates. const calls are safe from many threads.
class CandidateSampler {
 public:
  /// `popularity` = training events per item; must stay valid.
  CandidateSampler(const CandidateSpec& spec, std::span<const float> popularity);
  bool samples() const {
    return spec_.kind == CandidateSpec::Kind::kUniform || spec_.kind == CandidateSpec::Kind::kPopularity;
  }
  /// Distinct items for list number `list`, ascending, none of them in `known` or `held_out` (both
  /// ascending): spec.count of them, or all there are if that is fewer. The same for every model: only seed
  /// and list count. By popularity, items without training events are drawn only when no others are left.
  std::vector<idx_t> draw(std::uint64_t list, std::span<const idx_t> known,
                          std::span<const idx_t> held_out) const;

 private:
  CandidateSpec spec_;
  std::span<const float> popularity_;
  std::vector<AliasTable> table_;    // one, if drawn by popularity
  std::vector<idx_t> most_popular_;  // all items, most popular first, if drawn by popularity
};

}  // namespace akin
