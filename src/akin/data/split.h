// Holding out events for evaluation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/dataset.h"

namespace akin {

/// How events are held out.
enum class Holdout {
  kNone,   ///< nothing: train on everything
  kLast,   ///< each user's last event, of users with at least two
  kRatio,  ///< each event with probability `fraction`, independently, by seed
  kTime,   ///< the latest `fraction` of all events: one global cut, no future in training
  kGiven,  ///< the split that came with the files
};

struct SplitSpec {
  Holdout holdout = Holdout::kLast;
  double fraction = 0.2;  ///< kRatio, kTime: in (0, 1)
  std::uint64_t seed = 42;
};

/// "none", "last", "ratio:0.2", "time:0.2", "given"; the fraction may be left out. Throws Error(kUsage).
SplitSpec parse_split(std::string_view text, std::uint64_t seed);
std::string to_string(const SplitSpec& spec);

/// Both sides are sorted by (user, time).
struct Split {
  SplitSpec spec;
  std::vector<Event> train;
  std::vector<Event> test;
};

/// Same data, spec and seed, same split. Throws Error(kBadData) if the data cannot be split so (no times, no
/// given split, nothing left to train on).
Split split_events(const Dataset& data, const SplitSpec& spec);

}  // namespace akin
