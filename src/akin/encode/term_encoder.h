// Vectors of words: TF-IDF and BM25.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/id_map.h"
#include "akin/encode/encoder_steps.h"

namespace akin {

/// Which words are dimensions.
struct TermConfig : EncoderSteps {
  std::string fields = "title";
  int ngrams = 2;
  int min_items = 1;
  float max_share = 1;

  void add_params(std::vector<Param>& params);
};

/// A dimension for each term; a row holds the weights of the item's terms, at length 1 unless `normalize` is off.
class TermEncoder : public ContentEncoder {
 public:
  std::size_t dim() const override { return terms_.size(); }
  static constexpr bool kSparse = true;
  bool is_sparse() const override { return true; }
  const std::vector<std::string>& fields() const override { return fields_; }
  std::string dimension(std::size_t column) const override {
    return std::string(terms_.id(static_cast<idx_t>(column)));
  }
  void save(TensorWriter& writer, const std::string& prefix) const override;

 private:
  Csr sparse_vectors_of(const ItemContent& items, const Context& context) const override;

 protected:
  /// The terms of the items of `input` within min_items and max_share, in order of first appearance, and in how
  /// many of the items each is.
  struct Learned {
    std::vector<std::uint32_t> items_with;  ///< by term
    std::size_t items = 0;                  ///< that have a term
    double mean_terms = 0;                  ///< of these items, those that are no dimension counted too
  };
  Learned learn(const EncoderInput& input, const TermConfig& config, const Context& context);
  void restore(const TensorReader& reader, const std::string& prefix);
  /// Of a term that the item has `count` times of `total`.
  virtual float weight(std::size_t term, float count, float total) const = 0;

  std::vector<std::string> fields_;
  std::vector<float> field_weights_;  // how much a word of the field counts; empty = all 1
  int ngrams_ = 1;
  IdMap terms_;
  std::vector<float> idf_;  // by term
  bool normalize_ = true;
};

/// TF-IDF (Salton & Buckley, "Term-weighting approaches in automatic text retrieval", 1988), smoothed as in
/// scikit-learn: w = f (ln((1 + n) / (1 + n_t)) + 1), with f = the term's count, or 1 + ln(count) where
/// `sublinear` and it is above 1; n items, n_t of them with the term; rows of length 1.
class TfidfEncoder final : public TermEncoder {
 public:
  struct Config : TermConfig {
    bool sublinear = true;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "tfidf";
  static constexpr std::string_view kSummary =
      "words and pairs of words, weighted by TF-IDF (Salton & Buckley 1988)";
  static std::unique_ptr<ContentEncoder> fit(const EncoderInput& input, const Config& config,
                                             const Context& context);
  static std::unique_ptr<ContentEncoder> load(const TensorReader& reader, const std::string& prefix);
  std::string_view name() const override { return kName; }
  void save(TensorWriter& writer, const std::string& prefix) const override;

 private:
  float weight(std::size_t term, float count, float total) const override;
  bool sublinear_ = true;
};

/// BM25 (Robertson & Zaragoza, "The probabilistic relevance framework: BM25 and beyond", 2009), each item's
/// content being a document: w = ln(1 + (n - n_t + .5) / (n_t + .5)) c (k1 + 1) / (c + k1 (1 - b + b L / mean L)),
/// with c = the term's count and L = the item's number of terms; rows of length 1 where `normalize`.
class Bm25Encoder final : public TermEncoder {
 public:
  struct Config : TermConfig {
    float k1 = 1.2f;
    float b = 0.75f;
    bool normalize = true;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "bm25";
  static constexpr std::string_view kSummary =
      "words and pairs of words, weighted by BM25 (Robertson & Zaragoza 2009)";
  static std::unique_ptr<ContentEncoder> fit(const EncoderInput& input, const Config& config,
                                             const Context& context);
  static std::unique_ptr<ContentEncoder> load(const TensorReader& reader, const std::string& prefix);
  std::string_view name() const override { return kName; }
  void save(TensorWriter& writer, const std::string& prefix) const override;

 private:
  float weight(std::size_t term, float count, float total) const override;
  float k1_ = 0, b_ = 0, mean_terms_ = 1;
};

}  // namespace akin
