// What a held-out item has to beat, and what counts as beating it.
#pragma once

#include <cstdint>
#include <string_view>

namespace akin {

/// Where held-out items stand among items of the same score.
enum class Ties {
  kAgainst,   ///< last: a constant scorer gets nothing
  kRandom,    ///< in random order, the same in every run: what a list is worth that breaks ties by chance
  kInFavour,  ///< first: what counting only strictly better items amounts to; to compare with such figures
};

/// What is ranked together with the held-out items.
struct CandidateSpec {
  enum class Kind {
    kDefault,     ///< the negatives that came with the files, for users that have some; else all items
    kAll,         ///< all items with events
    kCatalogue,   ///< the whole catalogue: also items without any event
    kUniform,     ///< `count` items per list, drawn uniformly from those the user has not
    kPopularity,  ///< the same, drawn in proportion to training events
    kCold,        ///< all items without training events: held-out ones, and those without any event
  };
  Kind kind = Kind::kDefault;
  std::uint64_t count = 0;
  std::uint64_t seed = 42;
};

/// "all", "catalogue", "cold", "uniform:99", "popularity:99"; "" = the default. Throws Error(kUsage).
CandidateSpec parse_candidates(std::string_view text, std::uint64_t seed);

}  // namespace akin
