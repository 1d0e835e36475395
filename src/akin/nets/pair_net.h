// Nets of one's own from a user and an item to a score, as recommenders.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/param.h"
#include "akin/models/fit/context.h"
#include "akin/models/model.h"
#include "akin/nets/net_predictor.h"
#include "akin/nets/pair_fold_in.h"

namespace akin::nets {

/// A net whose inputs are indices of users and items (index + 1), one of each sample, and whose output is one number: the
/// score. It re-ranks: a list costs a way through the net for each item. A user whom the training data do not know is
/// found from the history (PairFoldIn), if the net has tables of users. Of a net that ranks, items without training events
/// are below all others.
class PairNetModel : public Model {
 public:
  struct Known {
    std::vector<std::uint8_t> users, items;  ///< 1 for those with training events
    int negatives = 0;                       ///< against each item of a history; 0 = a net of ratings
    float liked = 1;                         ///< target of an item of a history without value
    nn::Loss loss = nn::Loss::kMse;
    bool ranks() const { return negatives > 0; }
  };
  /// `inputs`: for each input layer, in order, whether it takes users.
  PairNetModel(std::unique_ptr<NetPredictor> net, std::vector<std::uint8_t> inputs, Known known);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& item_vectors() const override { return none_; }
  /// (n_items, units) of the first table that reads the items, if there is one.
  const Matrix& embeddings() const override { return embeddings_; }
  std::size_t embedding_dim() const override { return embeddings_.cols(); }
  std::size_t n_items() const override { return known_.items.size(); }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  bool score_all(const Query& query, std::span<float> out) const override;
  bool score(const Query& query, std::span<const idx_t> items, std::span<float> out) const override;
  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

 private:
  bool score_folded(const Query& query, std::span<const idx_t> items, std::span<float> out) const;

  std::unique_ptr<NetPredictor> net_;
  std::vector<std::uint8_t> inputs_;
  Known known_;
  PairFoldIn fold_in_;
  Matrix none_, embeddings_;
};

/// Parameters of both models; what is not said here is taken from the file.
struct OwnNetConfig {
  std::string file;  ///< TOML; empty = a table of vectors for users and one for items, and their product
  int epochs = -1;
  int batch_size = 0;
  float learning_rate = 0;
  int gradient_parts = 1;
  std::vector<Param> params();
  bool divides() const { return gradient_parts > 1; }
};

/// The net of a file, trained to tell the items that a user has chosen (target 1) from drawn ones (target 0).
class OwnNet : public PairNetModel {
 public:
  struct Config : OwnNetConfig {
    int negatives = 4;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "net";
  static constexpr std::string_view kSummary = "a net of your own (a TOML file) that ranks items for users";
  static constexpr Traits kTraits = {
      .deterministic = false, .iterative = true, .distributed = true, .needs_nets = true};
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
};

/// The net of a file, trained on ratings.
class OwnRatingNet : public PairNetModel {
 public:
  using Config = OwnNetConfig;
  static constexpr std::string_view kName = "rating-net";
  static constexpr std::string_view kSummary = "a net of your own (a TOML file) that predicts ratings";
  static constexpr Traits kTraits = {.predicts_ratings = true,
                                     .deterministic = false,
                                     .iterative = true,
                                     .distributed = true,
                                     .needs_nets = true};
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
};

}  // namespace akin::nets
