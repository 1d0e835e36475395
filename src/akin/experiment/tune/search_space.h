// What a tuner may choose from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "akin/catalog/registry.h"

namespace akin {

/// One parameter that is searched.
struct Dimension {
  enum class Kind { kInteger, kReal, kChoice };
  std::string name;
  Kind kind = Kind::kReal;
  double low = 0;  ///< numbers: both ends belong to the range
  double high = 0;
  bool log_scale = false;                 ///< uniform in the logarithm
  std::vector<std::string> choices = {};  ///< kChoice
};

/// The parameters of a model that are searched, and those that are fixed.
class SearchSpace {
 public:
  /// The model's own ranges (Param::search), without the parameters in `fixed`. `ranges` replace or add some:
  /// "factors=8:64", or for strings and switches "similarity=cosine,bm25". Throws Error(kUsage) for unknown
  /// names, values out of the model's range, or if nothing is left to search.
  SearchSpace(const ModelEntry& entry, const ParamValues& fixed, const std::vector<std::string>& ranges);

  /// The parameters of a trial, fixed ones included: trial 0 is the model's defaults, and trial t > 0 is
  /// drawn from (seed, t) and the parameter's own name and range, whatever else is searched.
  ParamValues sample(std::uint64_t seed, int trial) const;
  const std::vector<Dimension>& dimensions() const { return dimensions_; }
  const ParamValues& fixed() const { return fixed_; }
  /// One line, such as "alpha=0.1:40 (log), factors=16:256 (log)".
  std::string text() const;

 private:
  ParamValues fixed_;
  std::vector<Dimension> dimensions_;
};

}  // namespace akin
