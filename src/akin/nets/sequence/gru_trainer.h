// Trains a recurrent net by session-parallel minibatches.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "akin/models/fit/context.h"
#include "akin/models/fit/observer.h"
#include "akin/models/fit/worker_team.h"
#include "akin/models/sequence/sessions.h"
#include "akin/nets/sequence/candidates.h"
#include "akin/nets/sequence/gru_net.h"
#include "akin/nets/sequence/recurrent_kernels.h"
#include "akin/nets/sequence/sampled_loss.h"
#include "akin/nets/sequence/session_slots.h"

namespace akin {

struct GruTrainOptions {
  int epochs = 10;
  std::size_t slots = 64;  ///< sessions side by side
  CandidateSampling candidates;
  SampledLoss loss;
  AdagradRule adagrad;
  float dropout = 0;            ///< of each layer's output, which is the next step's state too
  float embedding_dropout = 0;  ///< of the first layer's input
};

/// One pass over the sessions after the other. A step takes one event of each slot: its state, its input and
/// its target against candidates that all slots share; the state of the step before counts as a constant. It goes
/// down the sum of the slots' losses over the number of slots that the epoch begins with.
/// Threads divide each product by fixed blocks: the same bits at any number of them.
class GruTrainer {
 public:
  /// All outlive it.
  GruTrainer(const Sessions& sessions, const GruTrainOptions& options, const FitContext& context,
             GruNet& net);

  /// Makes Adagrad go on as if the squares of the table's gradients had summed up to this, in the order of
  /// GruNet::tables().
  void set_squares(std::span<const float> squares);
  /// The mean of them of each table.
  std::vector<float> squares() const;
  void add_state(FitState& state);
  /// The mean loss of an event. Throws Error(kBadData) if training diverges.
  double run_epoch(int epoch);

 private:
  /// A table with what Adagrad keeps of it.
  struct Table {
    Matrix* x;
    Matrix sum;
    Matrix velocity;  // empty without momentum
  };
  /// What a layer computes in a step, by (unit, slot); `rows` by (slot, unit).
  struct Work {
    Matrix state, output, output_gradient;
    Matrix state_rows, output_rows;
    Matrix gates;            // 4 units_ rows: reset, update, candidate, recurrent; then their gradients
    Matrix mask;             // of dropout: 0 or 1 / (1 - dropout); empty without
    Matrix weight_gradient;  // (3 units_, factors)
    std::size_t tables = 0;  // the first of the layer's, in tables_
  };

  double step(std::uint64_t number);
  void carry_states();
  void read_inputs(std::size_t first, std::uint64_t number);
  void forward(std::size_t layer, std::size_t first, std::uint64_t number);
  void drop_out(std::size_t layer, std::size_t unit, std::uint64_t number);
  void score(std::size_t first, std::size_t last);
  double sum_losses();
  void backward_output(std::size_t first);
  void backward_gates(std::size_t layer, std::size_t first);
  void backward_input(std::size_t layer, std::size_t first);
  void update();
  void update_layer(std::size_t layer, std::size_t first);
  void update_candidates(std::size_t first, std::size_t last);
  void update_inputs(std::size_t first, std::size_t last);
  void step_row(std::size_t table, std::size_t row, const float* gradient);
  CandidateScores candidate_scores();
  const Matrix& input_columns(std::size_t layer) const;
  const Matrix& input_rows(std::size_t layer) const;

  const GruTrainOptions& options_;
  const FitContext& context_;
  const Sessions& sessions_;
  GruNet& net_;
  std::vector<std::uint32_t> order_;
  std::uint64_t events_ = 0;   // to be predicted in an epoch
  std::size_t units_;          // padded(factors)
  std::vector<Table> tables_;  // as GruNet::tables()
  std::vector<Work> work_;     // of each layer
  Candidates candidates_;
  InputRows inputs_;
  std::optional<SessionSlots> slots_;  // of the epoch
  std::vector<idx_t> input_items_, targets_;
  std::size_t lanes_ = 0;                           // slots in use, padded
  Matrix input_rows_, input_columns_, input_mask_;  // (slot, number), (number, slot), (slot, number)
  Matrix input_gradient_, input_row_gradient_;      // (number, slot), (slot, number)
  Matrix candidate_rows_, candidate_gradient_;      // (candidate, unit)
  std::vector<float> candidate_bias_;
  Matrix scores_;                     // (candidate, slot), then their gradient
  Matrix sums_;                       // (kLossSums of each block, slot)
  Matrix positives_, losses_, ones_;  // (1, slot)
  WorkerTeam team_;
};

}  // namespace akin
