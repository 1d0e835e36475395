// What computes a net: forward, backward and a step, one batch at a time. The only thing that knows torch
// stands behind it, in a library of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "akin/nn/array.h"
#include "akin/nn/compile_options.h"
#include "akin/nn/net_spec.h"

namespace akin::nn {

struct EngineOptions;      // net.h
struct StepGradientNorms;  // net.h

/// Means over a batch; metrics in the order of CompileOptions.
struct BatchResult {
  double loss = 0;
  std::vector<double> metrics = {};
};

/// Gradients of rows of an embedding's table, each row once.
struct RowsGradient {
  std::vector<std::int32_t> rows = {};
  std::vector<float> values = {};  ///< (rows, columns)
};

/// What a part of a minibatch gives to the step.
struct PartGradient {
  BatchResult result = {};  ///< times the part's share of the minibatch
  /// By all weights that steps change as a whole, one after the other; behind them the moving means and variances of
  /// the part, times its share.
  std::vector<float> dense = {};
  std::vector<RowsGradient> tables = {};  ///< by the tables that are stepped row by row
};

/// One thread at a time. Shapes and indices have been checked by the caller.
class Engine {
 public:
  virtual ~Engine() = default;
  /// Must come before all that has a loss; forgets what the optimizer remembers.
  virtual void compile(const CompileOptions& options) = 0;
  virtual void set_threads(int threads) = 0;  ///< of torch and of its BLAS; 0 = all processors
  /// One step, number `step` from 0. Random numbers (dropout) are of stream (seed, step). Where the loss is
  /// not finite, no weight is touched.
  virtual BatchResult train(const Batch& batch, std::uint64_t seed, std::uint64_t step) = 0;
  /// A step in parts: the gradient of `share` times the loss of a part, each with a seed of its own, then a step down
  /// the sum of all parts (add_part()). Floats on the CPU alone, and neither lbfgs nor lazy steps. batch_norm normalizes
  /// each part by itself.
  virtual PartGradient part_gradient(const Batch& part, double share, std::uint64_t seed,
                                     std::uint64_t step) = 0;
  virtual void step_down(const PartGradient& sum, std::uint64_t step) = 0;
  /// Whether several threads may call part_gradient() at once, on one thread each: no table is stepped row by row. Needs
  /// compile(), and set_threads(1) before.
  virtual bool takes_parts_at_once() const = 0;
  /// After the last step of an epoch: what steps on demand has made its steps. All that gives or takes
  /// weights does so too, but at other times, and then sums are rounded elsewhere.
  virtual void finish_epoch() = 0;
  virtual BatchResult test(const Batch& batch) = 0;
  /// Output of layer `layer`.
  virtual Array predict(const std::vector<Array>& inputs, std::size_t layer) = 0;
  /// Gradient of the loss without dropout, by each trainable weight.
  virtual std::vector<NamedArray> gradients(const Batch& batch) = 0;
  /// Of the loss without dropout, by each recurrent layer's output at each step.
  virtual std::vector<StepGradientNorms> step_gradient_norms(const Batch& batch) = 0;

  virtual std::vector<NamedArray> weights() const = 0;
  /// Replaces weights by name; of names and shapes that weights() gives.
  virtual void set_weights(const std::vector<NamedArray>& weights) = 0;
  /// What the optimizer remembers, named weight/slot; needs compile().
  virtual std::vector<NamedArray> optimizer_slots() const = 0;
  virtual void set_optimizer_slots(const std::vector<NamedArray>& slots) = 0;
};

/// Loads the library on the first call and makes an engine whose weights are zero. The library is looked for
/// in $AKIN_NN_LIBRARY, where akin was built, beside the program and in ../lib of it. Throws Error(kNotFound)
/// saying where it was looked for, Error(kUsage) if the device does not exist, Error(kIo) if the library's BLAS
/// gives wrong products.
std::unique_ptr<Engine> make_engine(const NetSpec& spec, const EngineOptions& options);

/// The file of the BLAS that nets multiply with, found without loading torch, which takes half a second; "" if
/// akin was built without nets, or with a libtorch that brings its own.
std::string blas_library();

/// Loads the library if it is not loaded yet; what is wrong if it cannot be, else "".
std::string missing_library();

}  // namespace akin::nn
