// Content2vec: are two items bought together? By modules of content and of events, and a unit that combines them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/fusion/content_tower.h"
#include "akin/models/fit/context.h"
#include "akin/models/model.h"
#include "akin/nets/towers/pair_trainer.h"

namespace akin {

/// Nedelec, Smirnova & Vasile, "Specializing joint representations for the task of product recommendation", arXiv:1706.07625, 2017. A module is an
/// item tower over one encoder, or over items' own vectors; each is trained by itself on which items go together
/// (towers::PairTrainer), and a unit makes one logit of what they say of a pair (towers::PairUnit). A user is the items of the history:
///
///   score(u, i) = mean over the last max_length items h of the history of logit(h, i)
///
/// over those h of which a module has a vector. Items of which no module has one are scored -infinity. Cost of a list: the items of the
/// history times those of the catalogue, O(factors) for each module and O(units^2) for the unit each.
class Content2Vec final : public Model {
 public:
  struct Config : ContentTowerConfig {
    Config() {
      factors = 64;
      layers = 0;
    }
    std::string unit = "none";
    int units = 32;
    float id_dropout = 0.5F;
    std::string links;
    int window = 5;
    float decay = 0.8F;
    int negatives = 4;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "content2vec";
  static constexpr std::string_view kSummary =
      "modules of content and of ids, trained on pairs bought together, and a residual unit over them "
      "(Nedelec et al. 2017)";
  static constexpr Traits kTraits = {
      .uses_order = true, .iterative = true, .explains = true, .warm_start = true, .uses_content = true};
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& item_vectors() const override { return none_; }
  /// (items, modules factors) the modules' vectors side by side, each times the root of its weight in the ensemble.
  const Matrix& embeddings() const override { return embeddings_; }
  std::size_t embedding_dim() const override { return embeddings_.cols(); }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  bool score_all(const Query& query, std::span<float> out) const override;
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  /// By the logits of pairs.
  std::vector<Scored> similar(idx_t item, std::size_t k) const override;
  std::vector<std::vector<Scored>> similar_to(const ItemContent& items, std::size_t k) const override;
  bool has_similar() const override { return true; }
  std::size_t n_items() const override { return placed_.size(); }
  const ContentEncoder* encoder() const override { return encoder_.get(); }
  void save(TensorWriter& writer) const override;

  const towers::PairUnit& unit() const { return unit_; }
  /// The same modules under another unit, of the same number of modules and dimensions.
  std::unique_ptr<Content2Vec> with(const towers::PairUnit& unit) const;
  /// Whether a module has a vector of the item.
  bool is_placed(idx_t item) const { return placed_[item] != 0; }

 private:
  class Encoder;
  struct Fitting;
  Content2Vec() = default;
  /// Makes the rest from towers_, unit_ and the vectors of all items.
  void finish(std::vector<Matrix> vectors);
  /// What each module says of some items, of the catalogue or not.
  struct Items {
    std::vector<Matrix> vectors;      // of each module
    std::vector<std::uint8_t> known;  // (items, modules) whether there is one
    Matrix embedded;                  // of an embedded unit
    std::size_t size() const { return vectors[0].rows(); }
  };
  Items take(std::vector<Matrix> vectors) const;
  Items take(std::span<const idx_t> items) const;
  /// visit(row, first, logits): those of `row` of `asked` with the items of the catalogue from `first` on; all rows with some items of
  /// [begin, end) after another.
  template <typename Visit>
  void pair_logits(const Items& asked, std::size_t begin, std::size_t end, const Visit& visit) const;
  /// The items of a history that count.
  std::vector<idx_t> asked_of(const Query& query) const;
  /// The k best to the one item `asked`, without `without`.
  std::vector<Scored> best(const Items& asked, std::size_t k, std::optional<idx_t> without) const;

  std::vector<std::shared_ptr<const ContentTower>> towers_;  // of the first modules
  towers::ItemTower own_;                                    // of the module of ids, or empty
  Matrix scales_;                                            // (modules, 2) PairModule::scale
  int max_length_ = 0;
  std::size_t event_items_ = 0;
  towers::PairUnit unit_;
  Items items_;                       // the catalogue, zeros where a module has no vector
  std::vector<std::uint8_t> placed_;  // by item: a module has one
  Matrix embeddings_, none_;
  std::shared_ptr<const ContentEncoder> encoder_;
};

}  // namespace akin
