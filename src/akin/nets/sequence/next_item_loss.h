// Losses of nets that predict the next item.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/linalg/csr.h"
#include "akin/nets/sequence/attention_kernels.h"
#include "akin/nets/sequence/item_gradients.h"

namespace akin {
class WorkerTeam;
}

namespace akin::attention {

/// What is minimized at a position with the scores s of its target i and of its negatives N.
enum class LossKind {
  /// -log(exp s_i / sum over i and N of exp s_j). With negatives from the minibatch, each s_j is lowered by log of how
  /// often j is expected among the negatives (logQ: Bengio & Senecal 2008).
  kSampledSoftmax,
  kSoftmax,  ///< the same over all items
  kBce,      ///< -log sigma(s_i) - sum over N of log(1 - sigma(s_j))
  /// Petrov & Macdonald 2023: -beta log sigma(s_i) - ..., beta = a (t (1 - 1/a) + 1/a), a = |N| / (items - 1)
  kGbce,
};
/// "sampled-softmax", "softmax", "bce", "gbce".
LossKind parse_loss(std::string_view name);
/// beta of kGbce: 1 for t = 0.
float gbce_beta(std::size_t negatives, std::size_t items, float t);

struct LossOptions {
  LossKind kind = LossKind::kSampledSoftmax;
  std::size_t negatives = 256;      ///< of each position, drawn uniformly from all items but its target
  std::size_t batch_negatives = 0;  ///< more, drawn from the targets of the minibatch; kSampledSoftmax
  float calibration = 0.75f;        ///< t of kGbce
  float temperature = 0;            ///< 0 = scores are dot products; else cosines divided by this
};

/// What the states are multiplied with, made ready for a step.
class OutputTable {
 public:
  OutputTable(const Matrix& items, const LossOptions& options) : items_(items), options_(options) {}
  /// After each change of the items.
  void prepare(WorkerTeam& team);
  /// The items' vectors, of length 1 with a temperature.
  const Matrix& rows() const { return options_.temperature > 0 ? unit_ : items_; }
  /// rows(), transposed, in panels; only for kSoftmax.
  Panels panels() const { return {panels_.data(), kPanel, kPanel * items_.cols()}; }
  /// From the gradient of row `item` of rows() to that of the item's vector; adds.
  void add_back(std::size_t item, const float* gradient, float* to) const;

 private:
  const Matrix& items_;
  const LossOptions options_;
  Matrix unit_;
  std::vector<float> lengths_, panels_;
};

inline constexpr idx_t kNoTarget = static_cast<idx_t>(-1);

/// What the positions of a chunk are to predict.
struct Targets {
  std::span<const idx_t> items;           ///< kNoTarget = nothing
  std::span<const std::uint64_t> seeds;   ///< of the negatives of each position
  std::span<const idx_t> pool = {};       ///< all targets of the minibatch, for batch_negatives
  std::span<const float> frequency = {};  ///< of each item among all targets, for batch_negatives; sums to 1
  float weight = 1;                       ///< of the loss of each position in the gradients
};

/// Computes the loss and its gradients. Memory: a tile of positions by 256 items.
class NextItemLoss {
 public:
  explicit NextItemLoss(const LossOptions& options) : options_(options) {}

  /// The sum over the positions. Sets row t of `dstates` to the gradient of state t, and adds that of the rows of the
  /// table to `items`.
  double operator()(const OutputTable& table, const Targets& targets, Rows states, Rows dstates,
                    ItemGradients& items);

 private:
  double softmax(const OutputTable& table, const Targets& targets, ItemGradients& items);
  double sampled(const OutputTable& table, const Targets& targets, Share part, ItemGradients& items);
  void draw(const OutputTable& table, const Targets& targets, std::size_t first);
  double slopes_of(const Targets& targets, idx_t target, float& own, float* scores) const;

  LossOptions options_;
  std::size_t n_items_ = 0;
  std::vector<std::size_t> positions_;  // that have a target
  Matrix states_, slopes_;              // of them, as they are multiplied with the table
  std::vector<float> scale_;            // of a state to that
  Matrix logits_;
  std::vector<idx_t> rows_;  // the negatives of some positions
  Matrix group_, negatives_, negative_slopes_;
};

}  // namespace akin::attention
