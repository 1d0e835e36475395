// Which items follow which: rules between items of a sequence.
#pragma once

#include <string>

#include "akin/models/model.h"
#include "akin/models/neighbors/neighbor_lists.h"

namespace akin {

/// Sequential rules (Ludewig & Jannach, "Evaluation of session-based recommendation algorithms", UMUAI 2018), with
/// items of the history that weigh less the older they are. With steps = 1, history = 1 and the powers and
/// `backward` 0, a Markov chain of order 1.
///
/// c_ji = sum over the sessions (Sessions, cut by `session_gap`) and the pairs of their events in which i comes d <=
/// `steps` events after j of weight(d), plus `backward` times the same of the pairs in which i comes before j:
///   inverse    1 / d
///   linear     (steps + 1 - d) / steps
///   quadratic  1 / d^2
///   same       1
/// Item j gives i the weight w_ji = c_ji / (n_j^source_power n_i^target_power), n = events of the item; each item keeps
/// its `neighbors` largest.
///
/// score(i) = sum over the last `history` events of the query's session of decay^age w_ji, age = 0 for the last event,
/// 1 for the one before, ... Any history can be asked about; explain() gives the terms, repeated items summed. The same
/// bits at any thread count. Cost: O(events x steps) to fit, the lists of the history's items to answer; memory: 8 bytes
/// per rule, and n_items x 4 bytes a thread while fitting.
class SequenceRules : public Model {
 public:
  struct Config {
    int steps = 10;
    std::string weighting = "inverse";
    float decay = 0.6f;
    int history = 0;
    float backward = 0.3f;
    float source_power = 0.4f;
    float target_power = 0.2f;
    int neighbors = 1000;
    int session_gap = 0;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "sequence-rules";
  static constexpr std::string_view kSummary =
      "items that followed those of the history (sequential rules, Markov chain)";
  static constexpr Traits kTraits = {
      .uses_order = true, .uses_times = true, .stores_pairs = true, .explains = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& item_vectors() const override { return no_vectors_; }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  /// False if no item of the history was followed by another.
  bool score_all(const Query& query, std::span<float> out) const override;
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  /// The items of largest w_ji: what comes after `item` (and before it, with `backward`).
  std::vector<Scored> similar(idx_t item, std::size_t k) const override;
  bool has_similar() const override { return true; }
  std::size_t n_items() const override { return lists_.n_items(); }
  void save(TensorWriter& writer) const override;

 private:
  SequenceRules(const Config& config, Csr lists) : config_(config), lists_(std::move(lists)) {}
  std::vector<WeightedItem> weigh(const Query& query) const;

  Config config_;
  NeighborLists lists_;
  Matrix no_vectors_;
};

}  // namespace akin
