// The engine that computes with torch, and the way in from akin.
#include <ATen/CPUGeneratorImpl.h>
#include <malloc.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/optim/lbfgs.h>

#include <cmath>
#include <new>
#include <optional>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/nn/engine.h"
#include "akin/nn/engine_library.h"
#include "akin/nn/net.h"
#include "akin/nn/torch/blas.h"
#include "akin/nn/torch/graph.h"
#include "akin/nn/torch/layers.h"
#include "akin/nn/torch/loss.h"
#include "akin/nn/torch/optimizer.h"
#include "akin/nn/torch/step_norms.h"

namespace akin::nn {
namespace {

/// Runs `work`, and tells torch's errors as akin's.
template <typename Work>
auto translated(Work work) {
  try {
    return work();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const c10::Error& error) {
    const std::string_view message = error.what_without_backtrace();
    if (message.find("allocate memory") != std::string_view::npos ||
        message.find("out of memory") != std::string_view::npos)
      throw std::bad_alloc();
    fail(ErrorCode::kInternal, "torch: {}", message);
  } catch (const std::exception& error) {
    fail(ErrorCode::kInternal, "torch: {}", error.what());
  }
}

at::TensorOptions options_of(const EngineOptions& options) {
  const bool cuda = options.device == "cuda" || options.device.starts_with("cuda:");
  if (!cuda && options.device != "cpu")
    fail(ErrorCode::kUsage, "unknown device '{}'; there are cpu, cuda and cuda:N", options.device);
  if (cuda && !at::globalContext().hasCUDA())
    fail(ErrorCode::kUsage, "device {}: this torch finds no CUDA device; use cpu", options.device);
  if (options.dtype != "float" && options.dtype != "double")
    fail(ErrorCode::kUsage, "unknown dtype '{}'; there are float and double", options.dtype);
  return at::TensorOptions(at::Device(options.device))
      .dtype(options.dtype == "double" ? at::kDouble : at::kFloat);
}

/// Batches ask for the same large arrays again and again. glibc gives those back to the system in between, which then
/// clears their pages anew: a tenth of the time of wide nets.
void keep_memory() {
#ifdef __GLIBC__
  static const bool kSet = [] {
    ::mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most it takes
    ::mallopt(M_TRIM_THRESHOLD, 256 << 20);
    return true;
  }();
  static_cast<void>(kSet);
#endif
}

class TorchEngine final : public Engine {
 public:
  TorchEngine(const NetSpec& spec, const EngineOptions& options)
      : options_(options_of(options)), graph_(spec, options_), output_(spec.output()) {}

  void compile(const CompileOptions& options) override {
    translated([&] {
      compiled_ = options;
      folded_ = folded_activation(graph_.spec().layers()[output_], options.loss);
      settle();
      optimizer_.emplace(options.optimizer, graph_.weights());
      moving_ = graph_.moving_weights(output_);
      lbfgs_.reset();
      if (options.optimizer.lbfgs) make_lbfgs();
    });
  }

  void set_threads(int threads) override { set_torch_threads(resolve_threads(threads)); }

  BatchResult train(const Batch& batch, std::uint64_t seed, std::uint64_t step) override {
    return translated(
        [&] { return lbfgs_ ? train_lbfgs(batch, seed, step) : train_step(batch, seed, step); });
  }

  PartGradient part_gradient(const Batch& part, double share, std::uint64_t seed,
                             std::uint64_t step) override {
    return translated([&] {
      const bool alone = !takes_parts_at_once();
      if (alone) {
        clear_gradients();
        optimizer_->begin(step);
      } else {
        use_one_thread();
      }
      Pass pass = training_pass(seed, step);
      const Computed computed = compute(part, pass);
      PartGradient gradient{result_of(computed)};
      gradient.result.loss *= share;
      for (double& metric : gradient.result.metrics) metric *= share;
      const at::Tensor loss = computed.loss * share;
      if (alone) {
        loss.backward();
        optimizer_->take_gradient(gradient);
      } else {
        add_dense(loss, gradient.dense);
      }
      for (const at::Tensor& mean : pass.moving) append(mean * share, gradient.dense);
      return gradient;
    });
  }

  bool takes_parts_at_once() const override { return !optimizer_->has_tables(); }

  void step_down(const PartGradient& sum, std::uint64_t step) override {
    translated([&] {
      optimizer_->begin(step);
      const float* means = optimizer_->step_down(sum);
      clear_gradients();
      std::vector<at::Tensor> moving;
      for (const std::size_t w : moving_) {
        const at::Tensor& value = graph_.weights()[w].value;
        moving.push_back(at::from_blob(const_cast<float*>(means), value.sizes(), at::kFloat));
        means += value.numel();
      }
      move(moving);
    });
  }

  void finish_epoch() override { settle(); }

  BatchResult test(const Batch& batch) override {
    return translated([&] {
      settle();
      const c10::NoGradGuard no_gradients;
      Pass pass;
      const Computed computed = compute(batch, pass);
      return result_of(computed);
    });
  }

  Array predict(const std::vector<Array>& inputs, std::size_t layer) override {
    return translated([&] {
      settle();
      const c10::NoGradGuard no_gradients;
      Pass pass;
      const at::Tensor output =
          graph_.forward(tensors_of(inputs), layer, pass).to(at::kCPU, at::kFloat).contiguous();
      Array result;
      result.shape.assign(output.sizes().begin(), output.sizes().end());
      const auto* data = output.data_ptr<float>();
      result.values = std::vector<float>(data, data + output.numel());
      return result;
    });
  }

  std::vector<NamedArray> gradients(const Batch& batch) override {
    return translated([&] {
      settle();
      clear_gradients();
      Pass pass;
      compute(batch, pass).loss.backward();
      std::vector<NamedArray> gradients;
      for (const Weight& weight : graph_.weights()) {
        if (!weight.trainable) continue;
        const at::Tensor& gradient = weight.value.grad();
        gradients.push_back(
            to_array(weight.name, gradient.defined() ? gradient : at::zeros_like(weight.value)));
      }
      clear_gradients();
      return gradients;
    });
  }

  std::vector<StepGradientNorms> step_gradient_norms(const Batch& batch) override {
    return translated([&] {
      settle();
      std::vector<StepStates> layers;
      Pass pass;
      pass.step_states = &layers;
      const at::Tensor loss = compute(batch, pass).loss;
      return norms_by_step(loss, layers);
    });
  }

  std::vector<NamedArray> weights() const override {
    return translated([&] {
      settle();
      std::vector<NamedArray> arrays;
      for (const Weight& weight : graph_.weights()) arrays.push_back(to_array(weight.name, weight.value));
      return arrays;
    });
  }

  void set_weights(const std::vector<NamedArray>& weights) override {
    translated([&] {
      settle();
      for (const NamedArray& array : weights) {
        for (Weight& weight : graph_.weights()) {
          if (weight.name == array.name) copy_into(weight.value, array);
        }
      }
    });
  }

  std::vector<NamedArray> optimizer_slots() const override {
    return translated([&] {
      settle();
      std::vector<NamedArray> arrays;
      for (const auto& [name, slot] : optimizer_->slots()) arrays.push_back(to_array(name, slot));
      return arrays;
    });
  }

  void set_optimizer_slots(const std::vector<NamedArray>& arrays) override {
    translated([&] {
      settle();
      for (const NamedArray& array : arrays) {
        for (const auto& [name, slot] : optimizer_->slots()) {
          if (name == array.name) copy_into(slot, array);
        }
      }
    });
  }

 private:
  struct Computed {
    at::Tensor output;  // before a folded activation
    at::Tensor targets;
    at::Tensor loss;
  };

  at::Tensor tensor_of(const Array& array) const {
    if (array.is_ids()) {
      const at::Tensor ids =
          at::from_blob(const_cast<std::int32_t*>(array.ids().data()), array.shape, at::kInt);
      return ids.to(options_.device());
    }
    const at::Tensor floats =
        at::from_blob(const_cast<float*>(array.floats().data()), array.shape, at::kFloat);
    return floats.to(options_);
  }

  std::vector<at::Tensor> tensors_of(const std::vector<Array>& arrays) const {
    std::vector<at::Tensor> tensors;
    for (const Array& array : arrays) tensors.push_back(tensor_of(array));
    return tensors;
  }

  Computed compute(const Batch& batch, Pass& pass) const {
    pass.skip_activation = folded_ != Activation::kLinear;
    Computed computed;
    computed.output = graph_.forward(tensors_of(batch.inputs), output_, pass);
    computed.targets = tensor_of(batch.targets);
    computed.loss = loss_of(compiled_, computed.output, computed.targets, folded_);
    for (const at::Tensor& extra : pass.extra_losses) computed.loss = computed.loss + extra;
    return computed;
  }

  BatchResult result_of(const Computed& computed) const {
    const c10::NoGradGuard no_gradients;
    BatchResult result{computed.loss.item<double>()};
    if (compiled_.metrics.empty()) return result;
    const at::Tensor output = activate(folded_, computed.output.detach());
    for (const Metric metric : compiled_.metrics)
      result.metrics.push_back(metric_of(metric, compiled_.loss, output, computed.targets));
    return result;
  }

  /// Brings the tables of embeddings up to date (RowTable).
  void settle() const {
    if (optimizer_) optimizer_->settle();
  }

  Pass training_pass(std::uint64_t seed, std::uint64_t step) {
    Pass pass;
    pass.training = true;
    pass.step = step;
    pass.row_gradients = !lbfgs_ && compiled_.optimizer.lazy;
    pass.read_rows = [this](std::size_t weight, const at::Tensor& ids) {
      return optimizer_->read_rows(weight, ids);
    };
    pass.generator = at::make_generator<at::CPUGeneratorImpl>(Rng(seed, step).next());
    return pass;
  }

  void clear_gradients() {
    for (Weight& weight : graph_.weights()) weight.value.mutable_grad() = at::Tensor();
  }

  /// What follows the batches takes its step.
  void move(const std::vector<at::Tensor>& means) {
    const c10::NoGradGuard no_gradients;
    for (std::size_t m = 0; m < means.size(); ++m) {
      const Weight& weight = graph_.weights()[moving_[m]];
      at::Tensor(weight.value).mul_(weight.kept).add_(means[m], 1 - weight.kept);
    }
  }

  static void append(const at::Tensor& tensor, std::vector<float>& floats) {
    const at::Tensor flat = tensor.contiguous();
    floats.insert(floats.end(), flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel());
  }

  /// The gradient by all trainable weights, one after the other; nothing is left on the weights.
  void add_dense(const at::Tensor& loss, std::vector<float>& dense) const {
    std::vector<at::Tensor> values;
    for (const Weight& weight : graph_.weights()) {
      if (weight.trainable) values.push_back(weight.value);
    }
    const auto found = torch::autograd::grad({loss}, values, {}, /*retain_graph=*/c10::nullopt,
                                             /*create_graph=*/false, /*allow_unused=*/true);
    for (std::size_t v = 0; v < values.size(); ++v)  // 0 where the loss does not depend on it
      append(found[v].defined() ? found[v] : at::zeros_like(values[v].detach()), dense);
  }

  BatchResult train_step(const Batch& batch, std::uint64_t seed, std::uint64_t step) {
    clear_gradients();
    optimizer_->begin(step);
    Pass pass = training_pass(seed, step);
    const Computed computed = compute(batch, pass);
    const BatchResult result = result_of(computed);
    if (!std::isfinite(result.loss)) return result;
    computed.loss.backward();
    optimizer_->step();
    move(pass.moving);
    return result;
  }

  void make_lbfgs() {
    std::vector<at::Tensor> values;
    for (const Weight& weight : graph_.weights()) {
      if (weight.trainable) values.push_back(weight.value);
    }
    lbfgs_ = std::make_unique<torch::optim::LBFGS>(
        values, torch::optim::LBFGSOptions(compiled_.optimizer.learning_rate).line_search_fn("strong_wolfe"));
  }

  /// Up to 20 iterations with a line search; the loss reported is that before them.
  BatchResult train_lbfgs(const Batch& batch, std::uint64_t seed, std::uint64_t step) {
    const std::vector<NamedArray> before = weights();
    std::optional<BatchResult> first;
    Pass pass;
    const at::Tensor loss = lbfgs_->step([&] {
      clear_gradients();
      pass = training_pass(seed, step);
      const Computed computed = compute(batch, pass);
      if (!first) first = result_of(computed);
      computed.loss.backward();
      return computed.loss;
    });
    if (!std::isfinite(first->loss)) {
      set_weights(before);
      return *first;
    }
    move(pass.moving);
    return *first;
  }

  at::TensorOptions options_;
  Graph graph_;
  std::size_t output_;
  CompileOptions compiled_;
  Activation folded_ = Activation::kLinear;
  std::vector<std::size_t> moving_;  // weights that follow the batches
  std::optional<Optimizer> optimizer_;
  std::unique_ptr<torch::optim::LBFGS> lbfgs_;
};

}  // namespace
}  // namespace akin::nn

int akin_nn_interface() { return akin::nn::kEngineInterface; }

akin::nn::Engine* akin_nn_make_engine(const akin::nn::NetSpec* spec, const akin::nn::EngineOptions* options) {
  return akin::nn::translated([&]() -> akin::nn::Engine* {
    akin::nn::check_products();
    akin::nn::keep_memory();
    return new akin::nn::TorchEngine(*spec, *options);
  });
}
