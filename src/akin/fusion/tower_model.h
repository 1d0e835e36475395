// Trained towers as recommenders: of items by their content and, if they have events, a vector of their own; of users by the
// items they had.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/fusion/content_tower.h"
#include "akin/models/fit/context.h"
#include "akin/models/model.h"
#include "akin/nets/towers/tower_trainer.h"

namespace akin {

/// What both models are asked.
struct TowerConfig : ContentTowerConfig {
  std::string loss = "softmax";
  std::string correction = "refined";
  int negatives = 512;
  float temperature = 0.07F;
  bool learn_temperature = true;

  void add_params(std::vector<Param>& params);
};

/// How the two models differ.
struct TowerKind {
  std::string_view name;
  float id_dropout = 1;    ///< 1 = items have no vectors of their own
  std::size_t window = 0;  ///< towers::TowerOptions::window
  float decay = 1;         ///< and decay
  bool learn_ages = true;  ///< and learn_ages
  std::string user_fields =
      "none";  ///< attributes of users that count; "" = those that are known to be demography
};

/// Both towers, trained together. score(u, i) = u . v_i / temperature. The item tower places the whole catalogue; an item
/// that has neither content nor, in a model with vectors of items' own, events, is below all others. Users have no vectors
/// of their own: a query is its history, the last `max_length` items that have a vector, and the attributes of a user of
/// the training data, if they count.
class TowerModel final : public Model {
 public:
  static std::unique_ptr<Model> fit(const TrainingData& data, const TowerConfig& config,
                                    const TowerKind& kind, const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// (items, factors + 1): the vectors, of length 1, and a last column that is 0 for items that have one.
  const Matrix& item_vectors() const override { return vectors_; }
  std::size_t embedding_dim() const override { return vectors_.cols() - 1; }
  bool user_vector(const Query& query, std::span<float> out) const override;
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  const ContentEncoder* encoder() const override { return tower_.get(); }
  /// By cosine with the vectors of the new items.
  std::vector<std::vector<Scored>> similar_to(const ItemContent& items, std::size_t k) const override;
  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

  const std::shared_ptr<const ContentTower>& tower() const { return tower_; }
  bool has_vector(idx_t item) const { return vectors_.row(item)[embedding_dim()] == 0; }

 private:
  struct Reading;  // what the user tower reads of a query
  struct Fitting;
  TowerModel() = default;
  void set_vectors(const Matrix& vectors);
  bool read(const Query& query, Reading& reading) const;

  std::shared_ptr<const ContentTower> tower_;
  Matrix ids_;  // (items that had events, factors), or no rows
  std::size_t event_items_ = 0;
  towers::UserTower users_;
  std::shared_ptr<const ContentEncoder> user_encoder_;  // of attributes, or nullptr
  Csr attributes_;                                      // (users, attributes), or no columns
  Matrix vectors_;
};

/// Joint learning of all towers on one loss: which item did the user choose next?
struct TwoTower {
  struct Config : TowerConfig {
    float id_dropout = 0.5F;
    bool learn_ages = true;
    std::string user_fields;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "two-tower";
  static constexpr std::string_view kSummary =
      "a tower of items' content and ids and one of users, trained together (Yi et al. 2019; DropoutNet)";
  static constexpr Traits kTraits = {
      .uses_order = true, .iterative = true, .explains = true, .warm_start = true, .uses_content = true};
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
    return TowerModel::load(reader, n_users, n_items);
  }
};

/// The item tower alone, without ids: items that the same users had, close in time, are to be close (in the manner of SEMCo: Meehan
/// & Pauwels, "Sparse contrastive learning for content-based cold item recommendation", SIGIR 2026).
struct ContentSimilarity {
  struct Config : TowerConfig {
    int window = 5;
    float decay = 0.8F;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "content-similarity";
  static constexpr std::string_view kSummary =
      "a tower of items' content, trained on which items go together: cold and warm items alike (SEMCo)";
  static constexpr Traits kTraits = TwoTower::kTraits;
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
    return TowerModel::load(reader, n_users, n_items);
  }
};

}  // namespace akin
