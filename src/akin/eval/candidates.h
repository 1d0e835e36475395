// Drawing the items that a held-out item has to beat.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/rng.h"
#include "akin/data/dataset.h"
#include "akin/eval/protocol.h"
#include "akin/models/fit/alias_table.h"

namespace akin {

/// The items that may be ranked are the first ones of the catalogue: so many.
std::size_t ranked_items(const CandidateSpec& spec, const Dataset& data);

/// Draws sampled candidates. const calls are safe from many threads.
class CandidateSampler {
 public:
  /// `popularity` = training events of each of the ranked_items(); must stay valid.
  CandidateSampler(const CandidateSpec& spec, std::span<const float> popularity);
  bool samples() const {
    return spec_.kind == CandidateSpec::Kind::kUniform || spec_.kind == CandidateSpec::Kind::kPopularity ||
           spec_.kind == CandidateSpec::Kind::kCold;
  }
  /// Distinct items for list number `list`, ascending, none of them in `known` or `held_out` (both
  /// ascending): all cold ones, or spec.count of them, or all there are if that is fewer. The same for every model: only seed
  /// and list count. By popularity, items without training events are drawn only when no others are left.
  std::vector<idx_t> draw(std::uint64_t list, std::span<const idx_t> known,
                          std::span<const idx_t> held_out) const;

 private:
  CandidateSpec spec_;
  std::span<const float> popularity_;
  std::vector<AliasTable> table_;    // one, if drawn by popularity
  std::vector<idx_t> cold_;          // if these are the candidates
  std::vector<idx_t> most_popular_;  // all items, most popular first, if drawn by popularity
};

}  // namespace akin
