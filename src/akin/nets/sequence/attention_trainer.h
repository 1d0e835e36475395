// How an attention net learns: windows of sequences, minibatches, Adam.
#pragma once

#include <cstdint>
#include <vector>

#include "akin/models/fit/context.h"
#include "akin/models/fit/observer.h"
#include "akin/models/fit/worker_team.h"
#include "akin/models/sequence/sessions.h"
#include "akin/nets/sequence/attention_pass.h"
#include "akin/nets/sequence/content_items.h"
#include "akin/nets/sequence/next_item_loss.h"
#include "akin/optim/optimizer.h"

namespace akin::attention {

/// Sequences of items, cut where they are longer than the net looks back.
struct Windows {
  struct Window {
    std::size_t begin, end;  ///< the inputs, in `items`; the target of each is the item after it
    std::size_t first;       ///< the first input with a target; those before are context
  };
  std::vector<idx_t> items;         ///< of one sequence after the other
  std::vector<std::int64_t> times;  ///< in seconds; of an item without a time, that of the one before
  std::vector<EventKind> kinds;
  std::vector<std::uint16_t> contexts;  ///< Event::context
  std::vector<Window> windows;
  std::size_t targets = 0;
};
/// Each item but the first of a sequence is the target of exactly one window; there are as few windows as `max_length`
/// inputs allow, and all but the first of a sequence have that many: what is left is context. `place` says which row
/// of the net's table an item is.
/// `events` are those of the sessions.
Windows cut_windows(const Sessions& sessions, std::span<const Event> events,
                    std::span<const std::uint32_t> place, std::size_t max_length);

struct TrainOptions {
  LossOptions loss;
  float dropout = 0.2f;
  std::size_t batch = 128;  ///< windows
  float learning_rate = 0.001f;
  std::size_t bptt = 0;  ///< RecurrentPass::backward()
};

/// Of items whose vectors are made of their content: what is trained in place of the net's item table, which follows it
/// from step to step. An item with content keeps |delta| <= its max_delta (the projection after each step); one without
/// has a delta like any item's vector.
struct ContentTraining {
  const Matrix& features;        ///< a row for each of the net's items
  ContentWeights& weights;       ///< a delta for each of them
  std::vector<float> max_delta;  ///< of each item; 0 = its delta is not trained
};

/// Goes down the mean loss of the targets of each minibatch by Adam (beta 0.9, 0.98). Items move when they have a gradient,
/// with their moments as they were then (RowUpdates::kSparse); with all items in the loss that is always.
///
/// The same bits at any number of threads: the windows of a minibatch are divided among 2 to 8 lanes (as many as it has
/// 256 inputs), each has gradients of its own, and these are added in order. Memory: a copy of the weights' gradients
/// and of the touched items' for each lane, and two moments of each number. With content a step costs
/// 4 items x features x factors operations more, as W moves every item.
class AttentionTrainer {
 public:
  /// None of them is owned.
  AttentionTrainer(const Windows& windows, const TrainOptions& options, const FitContext& context, Net& net,
                   const ContentTraining* content = nullptr);

  /// Epoch number `epoch` from 0; returns the mean loss of the targets, each before its step. Throws Error(kBadData)
  /// if it is not finite.
  double run_epoch(int epoch);
  /// All that the next epoch needs.
  FitState state();
  /// Of recurrent nets: the length of the gradient of the loss of a window's last target by the state k steps before its
  /// last, k = 0, 1 ..., relative to that of the last; the mean over the first `most` windows of at least `length` inputs
  /// that have no truncation (bptt). Empty if there are none.
  std::vector<double> gradient_norms(std::size_t length, std::size_t most);

 private:
  /// A part of a minibatch, and what it adds to the step.
  struct Lane {
    Lane(const Net& net, const TrainOptions& options);
    Pass pass;
    NextItemLoss next_loss;
    std::vector<Matrix> gradients;
    ItemGradients inputs, outputs;
    Chunk chunk;
    Matrix dstates;
    std::vector<idx_t> targets;
    std::vector<std::uint64_t> seeds;
    double loss = 0;
  };
  struct Part {
    std::size_t begin, end;  // in order_
  };

  std::size_t batches() const { return (order_.size() + options_.batch - 1) / options_.batch; }
  void set_steps(std::uint64_t steps);
  double step(int epoch, std::size_t begin, std::size_t end);
  void divide(std::size_t begin, std::size_t end, std::vector<Part>& parts) const;
  void pass_lane(int epoch, const Part& part, float weight, Lane& lane);
  void pass_chunk(float weight, Lane& lane);
  void add_window(const Windows::Window& window, Chunk& chunk) const;
  void step_items(std::size_t begin, std::size_t end);
  void step_item(std::size_t item, const float* gradient);
  void step_map();
  void step_tensor(std::size_t tensor);

  const Windows& windows_;
  const TrainOptions options_;
  const FitContext& context_;
  Net& net_;
  const ContentTraining* content_;
  WorkerTeam team_;
  OutputTable table_;
  RowOptimizer item_optimizer_;
  std::vector<DenseOptimizer> optimizers_;  // of the tensors, then of W
  Matrix item_slopes_, map_gradient_;       // with content
  std::vector<std::uint8_t> has_content_;
  std::vector<Matrix> transposed_;
  std::vector<Lane> lanes_;
  std::vector<std::size_t> order_;  // of the windows
  std::vector<idx_t> pool_;         // targets of the minibatch
  std::vector<float> frequency_;
};

}  // namespace akin::attention
