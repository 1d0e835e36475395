// Item vectors from the company items keep: word2vec over what users did, in order.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/models/model.h"

namespace akin {

/// prod2vec (Grbovic et al., "E-commerce in your inbox", KDD 2015; item2vec: Barkan & Koenigstein 2016): each
/// user's events in time order are a sentence, each item a word; skip-gram with negative sampling
/// (train_sgns()) gives item i an input vector v_i and an output vector c_i. Parameters and defaults are
/// gensim's; its `iter` is `epochs`.
///
/// A query is the decayed mean of its latest items, q = sum_a decay^a x_{h(a)} / sum_a decay^a, h(a) = the
/// a-th item before the last, over the last `history` items that have a vector:
///   score = predict   x = v,       score(i) = q . c_i: what the model expects near them
///   score = cosine    x = v / |v|, score(i) = q . v_i / |v_i|: items like those seen
/// `predict` finds the next item about twice as often. Under either, embeddings() are the v as trained, as
/// gensim exports them, and similar() is their cosine, as gensim's most_similar.
///
/// Items with fewer than min_count events have zero vectors and score below all others. Fold-in is how every
/// query works. The same bits at any thread count.
class Prod2Vec : public Model {
 public:
  struct Config {
    int size = 100;
    int window = 3;
    int min_count = 1;
    int epochs = 20;
    int negative = 5;
    float alpha = 0.025f;
    float min_alpha = 0.0001f;
    float sample = 1e-3f;
    float ns_exponent = 0.75f;
    std::string score = "predict";
    int history = 10;
    float decay = 0.5f;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "prod2vec";
  static constexpr std::string_view kSummary =
      "skip-gram with negative sampling over item sequences (Grbovic et al. 2015)";
  static constexpr Traits kTraits = {.uses_order = true, .passes = "epochs", .planned_schedule = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// (n_items, size + 1): c_i or v_i / |v_i|, and a last column that is 0 for items with a vector.
  const Matrix& item_vectors() const override { return items_; }
  const Matrix& embeddings() const override { return input_; }
  std::size_t embedding_dim() const override { return input_.cols(); }
  bool user_vector(const Query& query, std::span<float> out) const override;
  void save(TensorWriter& writer) const override;

 private:
  struct Scoring {  // the part of Config that queries need
    bool predict;
    std::size_t history;
    float decay;
  };
  /// `scored` (n_items, size): c_i or v_i / |v_i|.
  Prod2Vec(Matrix input, const Matrix& scored, Scoring scoring);

  Matrix input_;  // (n_items, size): v
  Matrix items_;
  Scoring scoring_;
};

}  // namespace akin
