// How alike two rows of a sparse matrix are: two items from their users, or two users from their items.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/param.h"
#include "akin/linalg/csr.h"

namespace akin {

/// Which similarity, and what is done to it.
struct SimilaritySpec {
  std::string name = "cosine";
  float shrinkage = 10;
  int min_overlap = 1;
  float k1 = 1.2f;
  float b = 0.75f;
  float alpha = 0.5f;
  float power = 1;
};

/// The choices of parameter `similarity`.
std::vector<std::string_view> similarity_names();

/// Let r_xc be the entry of row x in column c, 0 where there is none; C_x the columns of row x; n_c the rows
/// of column c; R, C the numbers of rows and columns. Of rows x != y:
///   cosine           w_x . w_y / (|w_x|^2a |w_y|^(2 - 2a)),  w = r, a = `alpha`: the cosine at 1/2, beyond
///                    it asymmetric (Aiolli, "Efficient top-N recommendation for very large scale binary
///                    rated datasets", RecSys 2013)
///   adjusted-cosine  the cosine of r_xc - (mean of column c over all rows) (Sarwar et al., WWW 2001)
///   pearson          the cosine of r_xc - (mean of row x over all columns)
///   jaccard          |C_x and C_y| / |C_x or C_y|
///   log-likelihood   Dunning's G^2 of the table (both, x only, y only, neither) of columns ("Accurate
///                    methods for the statistics of surprise and coincidence", 1993); 0 if they share fewer
///                    than chance
///   tfidf            as cosine, w_xc = sqrt(r_xc) idf_c,  idf_c = ln(1 + R / n_c): rows are documents,
///                    columns their terms, so one that has everything says little
///   bm25             w_x . w_y,  w_xc = idf_c r_xc (k1 + 1) / (r_xc + k1 (1 - b + b L_x / mean L)),
///                    L_x = sum_c r_xc
/// What is not there counts as 0 in all of them: these are for "taken or not", unlike RatingSimilarity.
///
/// Shrinkage then distrusts small overlaps, s <- s n / (n + shrinkage) with n = |C_x and C_y|, overlaps below
/// `min_overlap` count as none, and s <- s^power lets the nearest weigh more (Aiolli's locality, Breese et
/// al. 1998's case amplification).
class SimilarityMeasure {
 public:
  /// What is summed over shared columns.
  struct Sum {
    float dot = 0;
    std::uint32_t common = 0;
    void add(float a, float b) {
      dot += a * b;
      ++common;
    }
    bool empty() const { return common == 0; }
  };
  /// What else is needed of a row.
  struct Row {
    float size = 0;   ///< entries
    float sum = 0;    ///< of its weights
    float shift = 0;  ///< sum over its columns of weight x column mean
    float left = 0;   ///< factor of the similarity if it is x
    float right = 0;  ///< if it is y
    float gain = 1;   ///< its weights are this times the column weights, if all its entries are 1
  };

  SimilarityMeasure() = default;
  /// Learns column weights and means from `rows` (R, C) with the transpose `columns`. Throws Error(kBadData)
  /// naming `owner` if bm25 cannot weigh the values.
  SimilarityMeasure(const Csr& rows, const Csr& columns, const SimilaritySpec& spec, std::string_view owner);

  /// r -> w of one row's entries, in place.
  void weigh(std::span<const idx_t> columns, std::span<float> values) const;
  /// r -> w of all rows.
  void weigh(Csr& rows) const;
  /// Of a weighted row.
  Row row(std::span<const idx_t> columns, std::span<const float> weights) const;
  /// The similarity; 0 or less = none.
  float similarity(const Row& x, const Row& y, const Sum& sum) const;
  /// Of each column, if weights differ by column: see Row::gain. Else empty: all are 1.
  std::span<const float> column_weights() const { return idf_; }
  /// Whether it is a sum over shared columns but for a factor.
  bool is_product() const;

 private:
  enum class Kind { kCosine, kAdjustedCosine, kPearson, kJaccard, kLogLikelihood, kTfidf, kBm25 };
  /// Without the column's idf.
  float bm25_weight(double r, double length) const;
  double between(const Row& x, const Row& y, const Sum& sum) const;

  SimilaritySpec spec_;
  Kind kind_ = Kind::kCosine;
  double n_columns_ = 0;
  double mean_length_ = 0;
  double shift_ = 0;  // sum of squared column means
  std::vector<float> idf_;
  std::vector<float> column_mean_;
};

/// A matrix, weighted, with all that its similarities need.
struct SimilarityRows {
  Csr rows;     ///< weighted
  Csr columns;  ///< its transpose
  SimilarityMeasure measure;
  std::vector<SimilarityMeasure::Row> stats;  ///< of each row
  SimilaritySpec spec;
  bool uniform = false;  ///< all entries were 1
};
/// Of r, (rows, columns). Throws Error(kBadData) naming `owner` if values cannot be weighed or overflow.
SimilarityRows weigh_rows(Csr r, const SimilaritySpec& spec, std::string_view owner);

/// Dunning's G^2 of a two-by-two table with `both`, row sum x, column sum y, and `all`; 0 where `both` is no
/// more than chance, x y / all.
double log_likelihood_ratio(double both, double x, double y, double all);

/// Parameters of the models that rank by these similarities; kByItem = rows are items.
template <bool kByItem>
struct KnnConfig {
  std::string similarity = "cosine";
  int neighbors = kByItem ? 100 : 200;
  float shrinkage = 10;
  int min_overlap = 1;
  float k1 = 1.2f;
  float b = 0.75f;
  float asymmetric_alpha = 0.5f;
  float power = 1;
  bool use_values = false;
  bool normalize = false;                ///< items only
  std::string neighbors_of = "history";  ///< items only

  SimilaritySpec spec() const { return {similarity, shrinkage, min_overlap, k1, b, asymmetric_alpha, power}; }
  std::vector<Param> params();
};

}  // namespace akin
