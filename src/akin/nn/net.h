// A neural net in five steps: define (NetSpec), compile, fit (nets/fit.h), evaluate, predict.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/nn/array.h"
#include "akin/nn/compile_options.h"
#include "akin/nn/net_spec.h"

namespace akin {
class TensorReader;
class TensorWriter;
}  // namespace akin

namespace akin::nn {

class Engine;        // engine.h
struct BatchResult;  // engine.h
class SampleSource;  // sample_source.h

/// Where and in which numbers a net is computed.
struct EngineOptions {
  std::string device = "cpu";   ///< or "cuda", "cuda:1"
  std::string dtype = "float";  ///< or "double"
};

struct NetOptions {
  EngineOptions engine = {};
  std::uint64_t seed = 42;  ///< of the first weights
};

/// Loss and metrics by name: "loss", "accuracy"; of validation samples "val_loss" ...
using Scores = std::map<std::string, double>;

/// Length of the loss's gradient by the weights of one layer.
struct GradientNorm {
  std::string layer;
  double norm;
};

/// Of one recurrent layer, step 0 first: length of the gradient of a sample's loss by the layer's output h_t of
/// that step, mean over the samples.
struct StepGradientNorms {
  std::string layer;
  std::vector<double> norms;
};

/// A defined net with its weights. One thread at a time. Inputs are arrays in the order of the input layers.
class Net {
 public:
  Net(NetSpec spec, std::unique_ptr<Engine> engine, NetOptions options);
  Net(Net&& other) noexcept;
  Net& operator=(Net&& other) noexcept;
  ~Net();

  const NetSpec& spec() const { return spec_; }
  const std::optional<CompileOptions>& compiled() const { return compiled_; }
  /// Epochs trained so far.
  std::uint64_t epochs() const { return epochs_; }

  /// Sets optimizer, loss and metrics; may come again, and forgets what the optimizer remembers.
  void compile(const CompileOptions& options);
  /// Changes the rate alone: the optimizer keeps what it remembers. Throws Error(kUsage) out of its range.
  void set_learning_rate(double rate);
  /// Of what is computed from now on. 0 = as many as batches of that size are worth (net_threads.h).
  void set_threads(int threads, std::int64_t batch_size = 256);
  /// Of what is trained from now on: each minibatch is cut into `parts` parts of about equal size, and a step goes down
  /// the sum of their gradients, added in the order of the parts. So the processes of a Context divide the parts and
  /// get the bits that one process gets with as many parts; dropout depends on the part, not on the process. Where no table
  /// is stepped row by row, threads compute parts too, and their number does not change the bits either. batch_norm
  /// normalizes each part by itself ("ghost batches", Hoffer et al. 2017). Another number of parts gives other bits. Throws
  /// Error(kUsage) before compile(), and for more than one part where the
  /// loss or a layer does not come apart by samples, or a step is not one by the sum alone.
  void set_gradient_parts(int parts);
  /// One epoch over the samples, shuffled or in their order: mean loss and metrics, each before its step. `last` =
  /// number of the last epoch planned. Order of the samples and dropout depend on context.seed and the numbers of epoch
  /// and step alone: the same seed gives the same bits on one thread, and a saved net continues as if it had never
  /// stopped. Throws Error(kBadData) with advice if the loss is no longer finite; Error(kUsage) where samples do not suit
  /// the net; Error(kCancelled).
  Scores train_epoch(SampleSource& samples, std::int64_t batch_size, bool shuffle, std::uint64_t last,
                     const Context& context);
  /// Throws Error(kUsage) or Error(kBadData) where the samples do not suit the net and its loss.
  void check_batch(const Batch& samples) const;
  Scores evaluate(const Batch& samples, std::int64_t batch_size = 256, const Context& context = {});
  Scores evaluate(const SampleSource& samples, std::int64_t batch_size, const Context& context);
  /// Outputs of a layer, one row a sample; empty name = the net's output.
  Array predict(const std::vector<Array>& inputs, const std::string& layer = "",
                std::int64_t batch_size = 256, const Context& context = {});

  /// Of the loss on these samples, layer by layer from the first: where sigmoids stand deep, those of the
  /// first layers vanish. Layers without trainable weights are left out.
  std::vector<GradientNorm> gradient_norms(const Batch& samples);
  /// Of the loss without dropout, by time: each rnn, gru and lstm that the output depends on. The gradient by h_t
  /// includes what reaches the loss through all later steps (of an lstm it is that by h_t, not by the cell). Where
  /// norms fall towards step 0, the layer does not learn from what came early. Needs compile().
  std::vector<StepGradientNorms> step_gradient_norms(const Batch& samples, const Context& context = {});
  std::vector<NamedArray> gradients(const Batch& samples);

  std::vector<NamedArray> weights() const;
  /// The weight of that name, such as "item_embedding/embeddings". Throws Error(kNotFound).
  NamedArray weight(const std::string& name) const;
  /// All that the next step depends on, weights and what the optimizer remembers ("dense_1/kernel/mean"), beside
  /// the numbers of epoch and step; needs compile().
  std::vector<NamedArray> state() const;
  /// Puts a state back, of which `epochs` epochs of `steps` steps each were made.
  void set_state(const std::vector<NamedArray>& state, std::uint64_t epochs, std::uint64_t steps);
  /// Replaces the weights named. Throws Error(kBadData) naming one that the net does not have or whose shape
  /// is another.
  void set_weights(const std::vector<NamedArray>& weights);

  /// Writes layers, weights, optimizer and counters into one safetensors file of kind "net". What optimizer
  /// lbfgs remembers is left out: it starts from the beginning.
  void save(const std::string& path) const;
  /// What every save(), those of checkpoints too, adds to the file. The caller's names begin with none of
  /// "weights/", "optimizer/" and "net.".
  void attach(std::function<void(TensorWriter&)> extra) { attached_ = std::move(extra); }

 private:
  friend Net load_net(const std::string& path, const std::string& device);
  void check_inputs(const std::vector<Array>& inputs) const;
  const CompileOptions& need_compiled() const;
  void need_trainable() const;
  BatchResult train_in_parts(const Batch& batch, const Context& context);
  Scores scores_of(const BatchResult& sums, double samples) const;
  [[noreturn]] void fail_not_finite(const Batch& batch, std::int64_t number, double loss) const;

  NetSpec spec_;
  std::unique_ptr<Engine> engine_;
  NetOptions options_;
  std::optional<CompileOptions> compiled_;
  std::uint64_t epochs_ = 0;
  std::uint64_t steps_ = 0;
  int parts_ = 1;
  int threads_ = 1;
  std::function<void(TensorWriter&)> attached_;
  std::vector<Batch> memory_;  // of batches, from one epoch to the next
};

/// A net with random weights. Throws Error(kNotFound) if the library of nets is not there.
Net make_net(NetSpec spec, const NetOptions& options = {});
/// What Net::save() wrote; it continues where it was. Throws Error(kBadData).
Net load_net(const std::string& path, const std::string& device = "cpu");
/// The weights of a net's layers, tensors `prefix` + "dense_1/kernel" ... Throws Error(kBadData) if one is missing or
/// of another shape or type, before their memory is taken.
std::vector<NamedArray> read_weights(const TensorReader& reader, std::string_view prefix, const NetSpec& spec,
                                     const std::string& dtype);
/// The layers of a saved net, without loading torch.
NetSpec load_spec(const std::string& path);

}  // namespace akin::nn
