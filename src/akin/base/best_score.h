// The best of scores that come one after the other: when to stop waiting for a better one.
#pragma once

#include <limits>

namespace akin {

/// Follows a score that is measured again and again, such as after each epoch.
class BestScore {
 public:
  /// A gain of `min_gain` or less is none.
  explicit BestScore(bool higher_is_better, double min_gain = 0)
      : sign_(higher_is_better ? 1 : -1), min_gain_(min_gain) {}

  /// Whether the score is better than all before it, as the first finite one is; NaN never is.
  bool add(double score) {
    ++since_;
    if (!(sign_ * score > best_ + min_gain_)) return false;
    best_ = sign_ * score;
    since_ = 0;
    return true;
  }
  /// Scores after the best one, or all if there is none.
  int since() const { return since_; }
  /// Whether so many scores have come since the best one; never with 0.
  bool out_of_patience(int patience) const { return patience > 0 && since_ >= patience; }

 private:
  double sign_, min_gain_;
  double best_ = -std::numeric_limits<double>::infinity();  // times the sign
  int since_ = 0;
};

}  // namespace akin
