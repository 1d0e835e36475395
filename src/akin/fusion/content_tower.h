// An item tower with the encoders that it reads: from the content of an item to its vector.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/param.h"
#include "akin/encode/concat_encoder.h"
#include "akin/encode/content_encoder.h"
#include "akin/nets/towers/item_tower.h"

namespace akin {

/// What models with towers of content are asked.
struct ContentTowerConfig {
  std::string content = "tfidf";
  std::string fields;
  int factors = 128;
  int layers = 1;
  float dropout = 0.8F;
  int max_length = 50;
  int epochs = 12;
  int batch_size = 512;
  float learning_rate = 0.003F;

  void add_params(std::vector<Param>& params);
};

/// Encoders side by side, and the net behind them (towers::ItemTower). As an encoder it gives the vectors of items without
/// events, of length 1; an item that no source knows has a vector of zeros.
class ContentTower final : public ContentEncoder {
 public:
  /// Fits the encoders; the tower is still to be set.
  static std::shared_ptr<ContentTower> fit(const EncoderInput& input, std::string_view content,
                                           const std::string& fields, const Context& context);
  /// The same with a tower for each encoder.
  static std::vector<std::shared_ptr<const ContentTower>> fit_each(const EncoderInput& input,
                                                                   std::string_view content,
                                                                   const std::string& fields,
                                                                   const Context& context);
  static std::shared_ptr<ContentTower> read(const TensorReader& reader, const std::string& prefix);
  /// The same encoders with another tower, whose ids are left out.
  std::shared_ptr<ContentTower> with(const towers::ItemTower& tower) const;

  /// How many numbers the tower reads of an item.
  std::size_t inputs() const { return inputs_; }
  /// (items, inputs) what the encoders say, side by side.
  Csr features(const ItemContent& items, const Context& context) const;
  const towers::ItemTower& tower() const { return tower_; }

  std::string_view name() const override { return "item-tower"; }
  std::size_t dim() const override { return tower_.factors(); }
  bool is_sparse() const override { return false; }
  bool reads_pictures() const override;
  const std::vector<std::string>& fields() const override { return fields_; }
  void save(TensorWriter& writer, const std::string& prefix) const override;

 private:
  explicit ContentTower(std::vector<std::shared_ptr<const ContentEncoder>> sources);
  Matrix vectors_of(const ItemContent& items, const Context& context) const override;

  std::vector<std::shared_ptr<const ContentEncoder>> sources_;
  std::vector<std::string> fields_;  // of all, each once
  std::size_t inputs_ = 0;
  towers::ItemTower tower_;
};

/// (items, factors) the vectors of items with these contents, and with the row ids[i] of tower.ids where that is not kNoId;
/// zeros for items with neither. A row has the same bits whatever is beside it, at any number of threads.
Matrix tower_vectors(const towers::ItemTower& tower, const Csr& features, std::span<const idx_t> ids,
                     const Context& context);

}  // namespace akin
