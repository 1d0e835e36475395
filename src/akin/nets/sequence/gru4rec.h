// Recurrent nets over sessions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "akin/models/fit/context.h"
#include "akin/models/model.h"
#include "akin/nets/sequence/gru_net.h"

namespace akin {

/// GRU4Rec (Hidasi et al., "Session-based recommendations with recurrent neural networks", ICLR 2016; Hidasi
/// & Karatzoglou 2018, see sampled_loss.h): gated recurrent units read the query's last session
/// (last_session()), and the score of an item is the product of their state h with the item's vector, plus
/// its bias. Trained by session-parallel minibatches (GruTrainer). A dot product: user_vector() is [h, 1],
/// item_vectors() (n_items, factors + 1). Items without events have a zero vector, are below all others, and
/// are passed over in a history. Nothing is kept of single users.
class Gru4Rec : public Model {
 public:
  struct Config {
    int factors = 128;
    int layers = 1;
    int epochs = 10;
    int batch_size = 64;
    int negatives = 2048;
    float negatives_power = 0.5f;
    std::string loss = "cross-entropy";
    float logq = 1;
    float bpr_regularization = 1;
    float elu = 0.5f;
    std::string embedding = "shared";
    float learning_rate = 0.1f;
    float momentum = 0;
    float dropout = 0.2f;
    float embedding_dropout = 0.2f;
    int session_gap = 0;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "gru4rec";
  static constexpr std::string_view kSummary = "recurrent net over sessions (Hidasi et al. 2016, 2018)";
  static constexpr Traits kTraits = {.uses_order = true,
                                     .uses_times = true,
                                     .iterative = true,
                                     .warm_start = true,
                                     .takes_item_vectors = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& item_vectors() const override { return items_; }
  std::size_t embedding_dim() const override { return items_.cols() - 1; }
  bool user_vector(const Query& query, std::span<float> out) const override;
  void save(TensorWriter& writer) const override;

  // For a fit that goes on from this model.
  GruInput kind() const { return kind_; }
  const Matrix& inputs() const { return inputs_; }
  const std::vector<GruLayer>& layers() const { return layers_; }
  const std::vector<float>& squares() const { return squares_; }
  bool has_vector(idx_t item) const;

 private:
  Gru4Rec() = default;
  static std::unique_ptr<Model> make(const GruNet& net, const std::vector<char>& known,
                                     std::vector<float> squares, int session_gap);

  GruInput kind_ = GruInput::kShared;
  Matrix items_;   // (n_items, factors + 1): vector and bias
  Matrix inputs_;  // GruNet::inputs
  std::vector<GruLayer> layers_;
  std::vector<float> squares_;  // GruTrainer::squares(), for who goes on
  int session_gap_ = 0;
};

}  // namespace akin
