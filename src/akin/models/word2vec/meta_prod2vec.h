// Item vectors from the context items keep and from what the data set says of them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/models/fit/context.h"
#include "akin/models/word2vec/item_metadata.h"
#include "akin/models/word2vec/skip_gram_config.h"
#include "akin/models/word2vec/word2vec_model.h"

namespace akin {

/// Meta-Prod2Vec (Vasile, Smirnova & Conneau, "Meta-Prod2Vec: product embeddings using side-information for
/// recommendation", RecSys 2016): prod2vec in which the metadata of items, such as their brand, are words
/// too. With I an item, J an item of its context, M their metadata and L_{X|Y} the loss of prod2vec with Y
/// predicting X,
///   L = L_{J|I} + lambda (L_{M|I} + L_{J|M} + L_{M|M} + L_{I|M}):
/// items predict the metadata near them, metadata the items and metadata near them and the item that has
/// them. Metadata have input and output vectors in the same space as items,
/// and are negatives among them (train_sgns()).
///
/// Each (attribute, value) is one such word (ItemMetadata); of several values of a field, such as the levels
/// of a category, each occurrence of an item draws one. Attributes without values are left out; a name in
/// `fields` that no attribute has counts as such, unless none is there at all.
///
/// lambda = 0, or no metadata, is prod2vec to the bit: metadata are not trained then and are not negatives
/// either. With any lambda above 0 the pairs of items have the loss of prod2vec, but share their negatives
/// with metadata, in proportion to count^negatives_power of both.
///
/// Items without an event (or with fewer than min_count) begin and stay in the mean of their metadata, inputs
/// and outputs alike, so that they are similar to something and can be recommended; without metadata they
/// have no vector. Users fold in as in Word2VecModel. With FitContext::start the metadata vectors of the old
/// model are trained further too. Cost: that of prod2vec times (1 + fields)^2. Throws Error(kUsage) if
/// `fields` is not the default and none of it is an attribute. The same bits at any thread count.
class MetaProd2Vec final : public Word2VecModel {
 public:
  struct Config : SkipGramConfig {
    float metadata_weight = 1;  ///< lambda
    std::string fields = "category,brand";
    int title_words = 0;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "meta-prod2vec";
  static constexpr std::string_view kSummary = "prod2vec with metadata as words (Vasile et al. 2016)";
  static constexpr Traits kTraits = [] {
    Traits traits = Word2VecModel::kTraits;
    traits.uses_attributes = true;
    return traits;
  }();

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);
  void save(TensorWriter& writer) const override;

  /// The vectors of metadata.
  struct Sides {
    std::vector<std::string> names;  ///< such as "brand=Dove"
    Matrix input, output;            ///< (names.size(), size)
  };
  MetaProd2Vec(State state, Sides sides) : Word2VecModel(std::move(state)), sides_(std::move(sides)) {}
  const Sides& sides() const { return sides_; }

 private:
  Sides sides_;
};

}  // namespace akin
