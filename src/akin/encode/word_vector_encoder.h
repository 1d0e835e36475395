// Vectors of texts from the vectors of their words.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/encode/encoder_steps.h"
#include "akin/text/word_weighting.h"

namespace akin {

/// The weighted mean of the vectors of an item's words (embed_texts() has the equations); `sif` then removes the
/// common direction that fit() found. Frequencies are those of the items learned from. Words are looked for as they
/// stand, then in lower case; those without a vector are left out.
class WordVectorEncoder final : public ContentEncoder {
 public:
  struct Config : EncoderSteps {
    std::string fields = "title";
    std::string weighting = "tfidf";
    int factors = 100;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "word-vectors";
  static constexpr std::string_view kSummary = "weighted means of word vectors (SIF: Arora, Liang & Ma 2017)";
  /// Without `input.words`, the vectors of words are learned from the texts themselves: the right singular
  /// vectors of the items' TF-IDF matrix times the singular values (latent semantic analysis).
  static std::unique_ptr<ContentEncoder> fit(const EncoderInput& input, const Config& config,
                                             const Context& context);
  static std::unique_ptr<ContentEncoder> load(const TensorReader& reader, const std::string& prefix);

  std::string_view name() const override { return kName; }
  std::size_t dim() const override { return vectors_.cols(); }
  bool is_sparse() const override { return false; }
  const std::vector<std::string>& fields() const override { return fields_; }
  void save(TensorWriter& writer, const std::string& prefix) const override;

 private:
  Matrix vectors_of(const ItemContent& items, const Context& context) const override;
  /// Calls take(row) for each word of the item that has a vector.
  template <typename Take>
  void for_words(class TermCounter& counter, std::size_t item, const Take& take) const;
  Matrix means(const ItemContent& items, const Context& context) const;

  std::vector<std::string> fields_;
  IdMap words_;
  Matrix vectors_;
  std::vector<float> weights_;    // by word
  std::vector<float> direction_;  // (dim), or none
  bool sif_ = false;
};

}  // namespace akin
