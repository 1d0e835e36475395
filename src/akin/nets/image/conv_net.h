// Runs a convolutional net.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "akin/linalg/matrix.h"
#include "akin/nets/image/conv_kernels.h"
#include "akin/nets/image/conv_plan.h"
#include "akin/nets/image/conv_winograd.h"

namespace akin::nets {

/// Of a convolution a row for each number of a window (row by row from the top, the channels of a place together) and a
/// column for each output channel; groups stand apart, zeros between. Of a dense layer (inputs, outputs). Of a depthwise
/// convolution one row: (kernel, kernel, whole vectors of channels).
struct OpWeights {
  Panels panels = {};
  std::vector<float> bias = {};  ///< whole vectors
};
/// Zeros of the right sizes for an operation that has weights.
OpWeights empty_weights(const ConvPlan& plan, int op);

/// Immutable; const calls are safe from many threads.
class ConvNet {
 public:
  static constexpr std::size_t kMostPictures = 14;  ///< of a call of run()
  /// `weights` of each operation; empty of those without. `bf16`: products in tiles of bfloat16 where the processor has them.
  ConvNet(ConvPlan plan, std::vector<OpWeights> weights, bool bf16);
  ~ConvNet();
  ConvNet(ConvNet&&) noexcept;

  const ConvPlan& plan() const { return plan_; }
  const std::vector<OpWeights>& weights() const { return weights_; }

  /// Memory of one thread, reused from call to call.
  class Workspace {
   public:
    Workspace();
    ~Workspace();
    Workspace(Workspace&&) noexcept;

   private:
    friend class ConvNet;
    struct State;
    std::unique_ptr<State> state_;
  };
  /// The most that a workspace takes.
  std::size_t workspace_bytes() const;
  /// Runs the operations up to `last` on `count` pictures: `fill` writes picture i into the input, `take` sees its output,
  /// which is not kept.
  void run(std::size_t count, int last, Workspace& workspace,
           const std::function<void(std::size_t i, const MapView& input)>& fill,
           const std::function<void(std::size_t i, const MapView& output)>& take) const;

 private:
  struct Layout;
  struct Lazy;
  class Pass;
  bool has_winograd(std::size_t op) const;
  const std::vector<Winograd>& winograd() const;
  ConvPlan plan_;
  std::vector<OpWeights> weights_;
  std::unique_ptr<const Layout> layout_;
  std::unique_ptr<Lazy> lazy_;
};

}  // namespace akin::nets
