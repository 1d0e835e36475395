// Vectors of users (documents) beside those of items (words).
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "akin/models/fit/alias_table.h"
#include "akin/models/fit/context.h"
#include "akin/models/word2vec/skip_gram_config.h"
#include "akin/models/word2vec/word2vec_model.h"

namespace akin {

/// Paragraph vectors (Le & Mikolov, ICML 2014), called user2vec where documents are users (Grbovic et al.
/// 2015). Each user u has a vector d_u beside the v_i and c_i of items:
///   dm = 1, PV-DM     an item is predicted from the mean (dm_mean = 0: the sum) of d_u and the v of
///                     its context
///   dm = 0, PV-DBOW   an item is predicted from d_u alone; with dbow_words also from each of its context,
///                     as in skip-gram
/// A query's h is d_u, for PV-DM the mean (sum) of d_u and the v of the last `window` items;
/// score(i) = h . c_i. A user unknown to training gets d by stochastic gradient steps on the same loss with
/// all else fixed, from zero, with draws that depend on their history only. embeddings() are the v, or the c
/// where PV-DBOW trains no v. The same bits at any thread count; PV-DM trains on one thread.
class Doc2Vec : public Word2VecModel {
 public:
  struct Config : SkipGramConfig {
    int dm = 1;
    int dm_mean = 1;
    int dbow_words = 0;
    int infer_epochs = 20;
    Config() { window = 5; }
    std::vector<Param> params();
    bool divides() const { return dm == 0 && SkipGramConfig::divides(); }
  };
  static constexpr std::string_view kName = "doc2vec";
  static constexpr std::string_view kSummary =
      "vectors of users or documents, user2vec: PV-DM, PV-DBOW (Le & Mikolov 2014)";

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& embeddings() const override;
  std::size_t embedding_dim() const override { return documents_.cols(); }
  bool user_vector(const Query& query, std::span<float> out) const override;
  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

  /// What queries need beside vectors.
  struct Inference {
    bool dm, mean, words;  ///< words: the v are trained
    std::size_t window, negatives, epochs;
    float learning_rate, min_learning_rate;
    std::vector<float> negative_weights;  ///< weight of each item as a negative, 0 for items without a vector
  };
  /// `documents` (n_users, size): zero rows are unknown.
  Doc2Vec(Matrix input, Matrix output, Matrix documents, Inference inference);

 private:
  bool infer(std::span<const idx_t> history, std::span<float> document) const;
  /// Adds the v of history[begin .. end), without `skip`, to h; returns how many.
  std::size_t add_context(std::span<const idx_t> history, std::size_t begin, std::size_t end,
                          std::size_t skip, std::span<float> h) const;
  static Matrix start_documents(const Doc2Vec& old, const TrainingData& data, const ItemCorpus& text,
                                const Inference& inference, const FitContext& context,
                                const Word2VecVectors& vectors);

  Matrix documents_;
  Inference inference_;
  std::optional<AliasTable> sampler_;
};

}  // namespace akin
