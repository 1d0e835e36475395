// The figures of a model that was measured before it was fitted to all events.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace akin {

/// What an evaluation found, without what single users add to it: no event is in it. The counts are those of
/// Evaluation (eval/evaluate.h).
struct Measured {
  struct Figure {
    std::string name;  ///< such as "NDCG@10"
    double value = std::numeric_limits<double>::quiet_NaN();
    double low = std::numeric_limits<double>::quiet_NaN();  ///< interval, NaN = none
    double high = std::numeric_limits<double>::quiet_NaN();
  };
  std::string holdout;                ///< the split, as to_string(SplitSpec)
  std::uint64_t training_events = 0;  ///< what the model that was measured had been fitted to
  int epochs = 0;  ///< after which it was measured, and the final fit ended; 0 = not in epochs
  std::string protocol;
  std::uint64_t users = 0, lists = 0, test_events = 0, repeated_events = 0, duplicate_events = 0;
  std::uint64_t cold_item_events = 0, cold_users = 0, fallback_users = 0, mean_events = 0;
  std::vector<int> cutoffs;
  std::vector<Figure> figures;
};

/// As one JSON text, and back. Throws Error(kBadData) with `where` if it is anything else.
std::string measured_text(const Measured& measured);
Measured parse_measured(std::string_view text, const std::string& where);

}  // namespace akin
