// The words of a net on words, and their vectors before training.
#pragma once

#include <cstdint>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/id_map.h"
#include "akin/nets/text/text_samples.h"
#include "akin/text/text_model.h"

namespace akin::nets {

/// The words of the texts that occur at least `min_count` times, and all that have vectors. Throws Error(kCancelled).
IdMap words_of(const TextFitInput& input, const WordRules& rules, int min_count, const Context& context);

/// The list of each text. Throws Error(kCancelled).
WordLists lists_of(const LabelledTexts& texts, const IdMap& words, const WordRules& rules,
                   const Context& context);

/// The vectors of the words, (words + 1, factors): random ones, uniform to 0.25, and given ones, which are all scaled
/// alike to the same variance (Kim 2014, section 3.2, draws to the variance of those given): what a net learns does not
/// depend on the scale of a file. Row 0 is zero. `given` may be null; else its vectors have `factors` numbers.
std::vector<float> table_of(const IdMap& words, std::size_t factors, const WordVectors* given,
                            std::uint64_t seed);

}  // namespace akin::nets
