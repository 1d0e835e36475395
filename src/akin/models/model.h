// What every recommender can do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/base/param.h"
#include "akin/data/dataset.h"
#include "akin/linalg/matrix.h"
#include "akin/linalg/topk.h"

namespace akin {

class ContentEncoder;  // encode/content_encoder.h
class ItemContent;     // data/item_content.h
class TensorReader;    // base/safetensors.h
class TensorWriter;

/// Who asks: a user of the training data, a list of items, or both.
struct Query {
  std::optional<idx_t> user = {};  ///< known from training, else nullopt (fold-in from history alone)
  /// The user's items, oldest first; of a known user all their training items.
  std::span<const idx_t> history = {};
  std::span<const float> values = {};  ///< value of each history item; empty = unknown (each counts as liked)
  /// Time of each history item, kNoTime = not known; empty = none is. Models with Traits::uses_times look at them.
  std::span<const std::int64_t> times = {};
  std::span<const EventKind> kinds = {};  ///< what was done with each history item; empty = not known
  std::int64_t now = kNoTime;             ///< when the answer is for; kNoTime = nobody says
  /// Event::context of each history item; empty = nothing is known of any.
  std::span<const std::uint16_t> contexts = {};
};

/// Why a model gives an item its score: the score is `base` plus all that the causes add.
struct Explanation {
  float base = 0;              ///< what is left without the history, such as the item's mean rating
  std::vector<Scored> causes;  ///< items of the history, each once, with what they add: greatest first
};

/// What a model is and needs, for the command line, the evaluator and the contract tests.
struct Traits {
  bool personalized = true;
  bool predicts_ratings = false;      ///< scores are in rating units
  bool predicts_probability = false;  ///< scores are probabilities that the user likes the item
  bool deterministic = true;          ///< same seed, same bits at any thread count
  bool uses_order = false;            ///< the order of the history matters
  bool uses_times = false;            ///< when the events were, and when the answer is for, matter
  bool uses_receipts = false;         ///< learns from receipts that follow one another: needs different times
  bool uses_reviews = false;          ///< learns from what users wrote about items
  bool uses_attributes = false;       ///< learns from attributes of items too; without any, from events alone
  /// The fit goes in epochs: the parameter `epochs` says how many, and FitContext::observer hears of each.
  bool iterative = false;
  /// Step lengths depend on the number of epochs planned: stopped after t of them, the model is not that of a
  /// fit with t epochs.
  bool planned_schedule = false;
  /// Memory grows with the pairs of items (or users) too, not only with events and vectors.
  bool stores_pairs = false;
  bool explains = false;            ///< explain() answers
  bool warm_start = false;          ///< a fit in epochs continues from FitStart::model
  bool takes_item_vectors = false;  ///< fit() begins from FitStart::items where they are given
  /// Items are placed by their content, those without events too: n_items() counts the whole catalogue.
  bool uses_content = false;
  bool takes_words = false;  ///< fit() encodes texts by FitContext::words where they are given
  bool distributed =
      false;  ///< fit() divides its work over FitContext::ranks(), with the same bits at any number
  /// Where several ranks divide the data, each holds the vectors of its own users only (FitContext::own_users).
  bool divides_users = false;
  bool fetches_users = false;  ///< and fetches those that its items need (FitContext::fetch_bytes)
  bool needs_nets = false;     ///< fit() and questions need the library of nets (nn/engine.h)
};

/// What a fit found out on its way. A fit without epochs leaves it as it is.
struct FitLog {
  /// After each epoch that this fit made (those before a resumption are not among them); NaN = not known.
  std::vector<double> losses = {};
  int epochs() const { return static_cast<int>(losses.size()); }
};

/// A trained model: immutable; const calls are safe from many threads.
///
/// Most models are dot products: item_vectors() has a row per item, user_vector() gives the query's vector in
/// the same space, and score = dot product, biases folded in as extra columns. A model that is not returns an
/// empty item_vectors() and overrides score_all().
class Model {
 public:
  virtual ~Model() = default;
  /// (n_items, dim) scoring vectors, or an empty matrix.
  virtual const Matrix& item_vectors() const = 0;
  /// The matrix that holds the items' embedding, for similarity and export, in its first embedding_dim()
  /// columns. Differs from item_vectors() only where items are scored by other vectors than they are embedded
  /// by (word2vec's two sides).
  virtual const Matrix& embeddings() const { return item_vectors(); }
  /// The first columns of embeddings() that are the items' embedding; the others are folded biases. 0 = the
  /// model has no embedding.
  virtual std::size_t embedding_dim() const { return item_vectors().cols(); }
  /// Writes the query's vector; out.size() == item_vectors().cols(). False if the model knows nothing of this
  /// user and no history helps: the caller falls back to popularity.
  virtual bool user_vector(const Query& query, std::span<float> out) const = 0;
  /// Scores all items into out (n_items floats). False as for user_vector(). Default: dot products.
  virtual bool score_all(const Query& query, std::span<float> out) const;
  /// Scores of some items, as score_all() would give them. Default: dot products of those rows.
  virtual bool score(const Query& query, std::span<const idx_t> items, std::span<float> out) const;
  /// Writes the row of item_vectors() that an item unknown to training would have, from the users who chose
  /// it, ascending, with their values (empty = each liked it): the optimum of the model's loss with all else
  /// as it is. Users the model knows nothing of are left out. False if that leaves nobody, or this is no
  /// model to fold items into.
  virtual bool item_vector(std::span<const idx_t> users, std::span<const float> values,
                           std::span<float> out) const;
  /// Which items of the query's history make the score of `item`, to within rounding. Nullopt if the model
  /// cannot say (see Traits::explains) or score_all() would be false.
  virtual std::optional<Explanation> explain(const Query& query, idx_t item) const;
  /// The k items most like `item`, best first, `item` itself left out; fewer if there are not so many.
  /// Default: cosine over the embedding columns; items with a zero vector are never similar to anything.
  virtual std::vector<Scored> similar(idx_t item, std::size_t k) const;
  /// The encoder of the items' content, nullptr if the model has none. Owned by the model.
  virtual const ContentEncoder* encoder() const { return nullptr; }
  /// The k known items most like each of `items`, whose content need not have been seen before; a list for each
  /// of them, empty where nothing of its content is known. Only of models with an encoder.
  virtual std::vector<std::vector<Scored>> similar_to(const ItemContent& items, std::size_t k) const;
  /// Whether similar() means anything for this model.
  virtual bool has_similar() const { return embedding_dim() > 0; }
  /// Items of the training data; those of the whole catalogue where Traits::uses_content.
  virtual std::size_t n_items() const { return item_vectors().rows(); }
  /// Stores what load() of the same class needs, under tensor names beginning with "model.". The model
  /// outlives the writer.
  virtual void save(TensorWriter& writer) const = 0;
  /// The same model over the `users` listed, ascending, who are renumbered from 0: what it holds of a single
  /// one of the others is gone, and queries of those who stay are answered to the same bits, unless the
  /// others were their neighbours. Nullptr if it holds nothing of single users and stays as it is. What all
  /// users together have made of items, weights and counts does not change. Throws Error(kBadData) if it
  /// needs training events and none remain.
  virtual std::unique_ptr<Model> select_users(std::span<const idx_t> users) const;
};

// A model class M gives, beside the virtual functions:
//   struct Config { ...fields with defaults...; std::vector<Param> params(); };
//   static constexpr std::string_view kName = "als", kSummary = "one line (paper)";
//   static constexpr Traits kTraits = {...};
//   static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
//                                     const FitContext& context);  // const Context& if not in epochs
//   static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users,
//                                      std::size_t n_items);
// fit() throws Error(kBadData) if the data cannot train it, Error(kUsage) for wrong parameters,
// Error(kCancelled) on stop, Error(kBadData) with advice if training diverges (NaN). A model with zero epochs
// is its initial state.

}  // namespace akin
