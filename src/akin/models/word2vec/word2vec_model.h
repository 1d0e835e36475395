// What the models of the word2vec family are once trained: an input and an output vector for each item.
#pragma once

#include <memory>
#include <utility>

#include "akin/models/fit/context.h"
#include "akin/models/model.h"
#include "akin/models/word2vec/item_corpus.h"
#include "akin/models/word2vec/word2vec_config.h"

namespace akin {

/// A query is the decayed mean of its latest items, q = sum_a decay^a x_{h(a)} / sum_a decay^a, h(a) = the
/// a-th item before the last, over the last `history` items that have a vector:
///   score = predict   x = v,       score(i) = q . c_i: what the model expects near them
///   score = cosine    x = v / |v|, score(i) = q . v_i / |v_i|: items like those seen
/// with v_i the input and c_i the output vector of item i. Under either, embeddings() are the v as trained,
/// as gensim exports them, and similar() is their cosine, as gensim's most_similar. Items without a vector
/// have zero vectors and score below all others.
class Word2VecModel : public Model {
 public:
  struct Scoring {  // the part of Word2VecFamilyConfig that queries need
    bool predict;
    std::size_t history;
    float history_decay;
  };
  static Scoring scoring_of(const Word2VecFamilyConfig& config);
  /// Of the family; a model that differs has its own.
  static constexpr Traits kTraits = {.uses_order = true,
                                     .iterative = true,
                                     .planned_schedule = true,
                                     .warm_start = true,
                                     .takes_item_vectors = true,
                                     .distributed = true};
  /// What a model is made of.
  struct State {
    Matrix input, output;  ///< (n_items, factors)
    Scoring scoring;
  };
  /// Reads what save() stored. Throws Error(kBadData).
  static State read(const TensorReader& reader, std::size_t n_items);
  explicit Word2VecModel(State state)
      : Word2VecModel(std::move(state.input), std::move(state.output), state.scoring) {}
  /// Both (n_items, factors).
  Word2VecModel(Matrix input, Matrix output, Scoring scoring);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// (n_items, factors + 1): c_i or v_i / |v_i|, and a last column that is 0 for items with a vector.
  const Matrix& item_vectors() const override { return items_; }
  const Matrix& embeddings() const override { return input_; }
  std::size_t embedding_dim() const override { return input_.cols(); }
  bool user_vector(const Query& query, std::span<float> out) const override;
  void save(TensorWriter& writer) const override;

  bool has_vector(idx_t item) const;
  std::span<const float> input(idx_t item) const { return input_[item]; }
  std::span<const float> output(idx_t item) const {
    return (scoring_.predict ? items_ : output_)[item].first(input_.cols());
  }

 protected:
  /// Calls visit(item, decay^a) for the items h(a) of the query, the latest first.
  template <typename Visit>
  void for_latest(const Query& query, Visit&& visit) const {
    float weight = 1;
    std::size_t used = 0;
    for (std::size_t h = query.history.size(); h-- > 0 && used < scoring_.history;) {
      if (!has_vector(query.history[h])) continue;
      visit(query.history[h], weight);
      weight *= scoring_.history_decay;
      ++used;
    }
  }

 private:
  Matrix input_;   // v
  Matrix output_;  // c, unless items_ has them
  Matrix items_;
  Scoring scoring_;
};

/// Trains vectors of the corpus' tokens from starting_vectors() and makes the Word2VecModel of its items.
/// `model` is named in messages.
std::unique_ptr<Model> fit_embed(const TrainingData& data, const Word2VecFamilyConfig& config,
                                 const ItemCorpus& text, const Word2VecOptions& options,
                                 const FitContext& context, std::string_view model);

}  // namespace akin
