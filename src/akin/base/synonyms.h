// What other libraries call akin's parameters and flags.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace akin {

/// did_you_mean() for names of parameters and flags. A name that gensim, implicit, Keras, scikit-learn,
/// Surprise or an earlier version of akin uses for one of `candidates` leads to it, such as "n_factors" to
/// "factors"; other names lead to the nearest spelling. Leading dashes do not count, and dashes equal
/// underscores. Where the meanings are opposite, as of "ignore_values" and "use_values", the answer says so.
std::string did_you_mean_parameter(std::string_view name, std::span<const std::string> candidates);

}  // namespace akin
