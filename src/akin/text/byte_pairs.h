// The tokens of RoBERTa and GPT-2: bytes of words, merged pair by pair.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace akin {

/// How texts are read before they are cut, as the files of a model say.
struct BytePairOptions {
  /// A text that stands for itself wherever it occurs, and whether the white space beside it goes.
  struct Special {
    std::string token;
    bool strip_left = false, strip_right = false;
  };
  std::string first = "<s>", last = "</s>";
  std::vector<Special> special = {};
  bool add_blank = false;  ///< a text that does not begin with a blank gets one
};

/// Byte-level byte-pair encoding (Sennrich et al. 2016; Radford et al., "Language models are unsupervised multitask
/// learners", 2019): a text is cut into runs of letters, of digits, of other characters, each with the blank before it,
/// and English endings such as 's; of the bytes of a run, the pair of neighbours that was learned first is merged, until
/// none is left. No text is unknown. Ids are those of the Python package tokenizers. Immutable; const calls are safe
/// from many threads.
class BytePairs {
 public:
  using Merge = std::array<std::uint32_t, 2>;  ///< ids of two tokens that become one

  /// Token i of `vocabulary` has the id i; bytes are written as in GPT-2's files. `merges` in the order in which they
  /// were learned. `where` is named in errors. Throws Error(kBadData) if the vocabulary lacks a byte, what a merge
  /// makes, or the first or last token.
  BytePairs(std::vector<std::string> vocabulary, std::vector<Merge> merges, BytePairOptions options,
            const std::string& where);
  ~BytePairs();
  BytePairs(BytePairs&&) noexcept;
  BytePairs& operator=(BytePairs&&) noexcept;

  /// The first token, those of `text` (UTF-8; other bytes are dropped), and the last one: at most `most` >= 2 ids, of
  /// a longer text its beginning.
  std::vector<std::uint32_t> encode(std::string_view text, std::size_t most) const;
  const std::vector<std::string>& vocabulary() const;
  const std::vector<Merge>& merges() const;
  const BytePairOptions& options() const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace akin
