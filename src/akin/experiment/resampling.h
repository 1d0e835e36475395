// What a model is tested on again and again: parts of the data, each held out once or drawn anew.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "akin/base/param.h"
#include "akin/text/labelled_texts.h"

namespace akin {

/// Pairs of texts that belong together, by index.
using TextPairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

struct Resampling {
  int folds = 10;               ///< stratified_folds(); each text is tested once
  int splits = 0;               ///< in place of folds, if above 0: so many random draws,
  std::uint64_t test_size = 0;  ///< each of so many texts, of all texts anew
  /// Values to choose from, such as "neighbors=1,5": each fold or split chooses, among all combinations, the one with the best
  /// first metric on a random tenth of the texts it learns from, and then learns from all of these.
  std::vector<std::string> choices = {};
};

/// Rows to learn from and rows to test, ascending.
using LearnAndTest = std::pair<std::vector<idx_t>, std::vector<idx_t>>;

/// The folds or splits; texts of a pair are on one side of each. A split may test a few more texts than `test_size`, those that belong to
/// them. Throws Error(kUsage) unless 0 < test_size < texts, and as stratified_folds().
std::vector<LearnAndTest> resample(const LabelledTexts& texts, const Resampling& how,
                                   const TextPairs& together, std::uint64_t seed);

/// A random draw of at least `test_size` of `rows`, whose members of one group (by row, as first_of_group()) are on one side.
LearnAndTest random_split(std::span<const idx_t> rows, std::span<const std::uint32_t> group_of,
                          std::uint64_t test_size, std::uint64_t seed, std::uint64_t stream);

/// All combinations of "NAME=A,B" choices: {} -> one without a parameter. Throws Error(kUsage) for what is no such text.
std::vector<ParamValues> combinations(const std::vector<std::string>& choices);

}  // namespace akin
