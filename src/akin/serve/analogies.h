// The test of word vectors by analogies.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/serve/vector_space.h"

namespace akin {

/// Answers to one section of a file of questions.
struct AnalogySection {
  std::string name;
  std::uint64_t questions = 0;  ///< asked: all four words have vectors
  std::uint64_t correct = 0;
  std::uint64_t skipped = 0;  ///< a word is unknown
  /// Share of the questions asked; 0 if there are none.
  double accuracy() const {
    return questions == 0 ? 0 : static_cast<double>(correct) / static_cast<double>(questions);
  }
};

/// The answers to all sections together.
AnalogySection total_of(const std::vector<AnalogySection>& sections);

/// Asks the questions of `path`, word2vec's format: a section begins with a line `: name`, a question is a
/// line of four words a b c d. The answer is the item nearest to v_b - v_a + v_c besides a, b and c (see
/// VectorSpace::nearest()), correct if it is d. A word is looked for as it stands, then in lower case. Throws
/// Error(kBadData) with file:line for other lines and if there is no question, Error(kCancelled). Cost:
/// questions x items x dim multiplications, on all threads; same counts at any number of them.
std::vector<AnalogySection> answer_analogies(const VectorSpace& space, const std::string& path,
                                             const Context& context);

}  // namespace akin
