#include "akin/nn/torch/optimizer.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "akin/optim/step_kernels.h"

namespace akin::nn {
namespace {

/// How files name the moments of a rule.
std::string_view first_name(UpdateRule rule) {
  if (rule == UpdateRule::kMomentum) return "velocity";
  return rule == UpdateRule::kAdadelta ? "steps" : "mean";
}
constexpr std::string_view kSecondName = "squares";

/// old <- kept old + (1 - kept) fresh.
void move_mean(at::Tensor& old, double kept, const at::Tensor& fresh) {
  old.mul_(kept).add_(fresh * (1 - kept));
}

/// rate numerator / (sqrt(squares) + epsilon).
at::Tensor scaled(double rate, const at::Tensor& numerator, const at::Tensor& squares, double epsilon) {
  return (numerator * rate).div_(squares.sqrt().add_(epsilon));
}

/// Contiguous floats, or null.
float* floats_of(const at::Tensor& tensor) { return tensor.defined() ? tensor.data_ptr<float>() : nullptr; }
float* moved(float* floats, std::size_t count) { return floats == nullptr ? nullptr : floats + count; }

/// The kernel for any n, the last floats by way of a whole vector of them.
void run_kernel(StepKernel kernel, const StepConstants<float>& constants, float* x, const float* g, float* m,
                float* v, std::size_t n) {
  const std::size_t rest = n % kStepFloats, whole = n - rest;
  kernel(constants, x, g, m, v, whole);
  if (rest == 0) return;
  std::array<std::array<float, kStepFloats>, 4> last{};
  std::array<float*, 4> arrays = {x, const_cast<float*>(g), m, v};
  for (std::size_t a = 0; a < arrays.size(); ++a) {
    if (arrays[a] != nullptr) std::copy_n(arrays[a] + whole, rest, last[a].begin());
  }
  kernel(constants, last[0].data(), last[1].data(), last[2].data(), last[3].data(), kStepFloats);
  for (const std::size_t a : {0, 2, 3}) {
    if (arrays[a] != nullptr) std::copy_n(last[a].begin(), rest, arrays[a] + whole);
  }
}

}  // namespace

Optimizer::Optimizer(OptimizerSpec spec, std::vector<Weight>& weights)
    : spec_(spec), weights_(weights), tables_(weights.size()) {
  const bool nesterov = spec_.rule == UpdateRule::kMomentum && spec_.nesterov;
  has_kernels_ = !spec_.lbfgs && !nesterov && !weights.empty() && weights[0].value.device().is_cpu() &&
                 weights[0].value.scalar_type() == at::kFloat;
  for (std::size_t w = 0; w < weights_.size(); ++w) {
    const at::Tensor& value = weights_[w].value;
    Moments moments;
    if (goes_by_rows(weights_[w])) {
      tables_[w] = std::make_unique<RowTable>(
          value, spec_, spec_.lazy ? RowUpdates::kSparse : RowUpdates::kDense, weights_[w].padding);
      moments = {tables_[w]->first_moment(), tables_[w]->second_moment()};
    } else if (weights_[w].trainable && !spec_.lbfgs) {
      if (has_first_moment(spec_.rule)) moments.first = at::zeros_like(value.detach());
      if (has_second_moment(spec_.rule)) moments.second = at::zeros_like(value.detach());
    }
    moments_.push_back(std::move(moments));
  }
}

bool Optimizer::goes_by_rows(const Weight& weight) const {
  // Momentum that never ends has no sum to catch up with.
  const bool ends = spec_.lazy || spec_.rule != UpdateRule::kAdam || spec_.beta1 < std::sqrt(spec_.beta2);
  return has_kernels_ && weight.is_table && weight.trainable && ends;
}

std::vector<std::pair<std::string, at::Tensor>> Optimizer::slots() const {
  std::vector<std::pair<std::string, at::Tensor>> all;
  for (std::size_t w = 0; w < weights_.size(); ++w) {
    const auto& [first, second] = moments_[w];
    const auto name = [&](std::string_view slot) { return weights_[w].name + "/" + std::string(slot); };
    if (first.defined()) all.emplace_back(name(first_name(spec_.rule)), first);
    if (second.defined()) all.emplace_back(name(kSecondName), second);
  }
  return all;
}

double Optimizer::rate_of(std::uint64_t step) const {
  return spec_.learning_rate / (1 + spec_.decay * static_cast<double>(step));
}

void Optimizer::begin(std::uint64_t step) {
  if (step != steps_) {  // goes on with what was loaded
    steps_ = step;
    for (const auto& table : tables_) {
      if (table) table->set_steps(steps_, rate_of(steps_ - 1));
    }
  }
}

at::Tensor Optimizer::read_rows(std::size_t weight, const at::Tensor& ids) {
  return tables_[weight] ? tables_[weight]->read(ids, steps_) : at::Tensor();
}

void Optimizer::settle() const {
  for (const auto& table : tables_) {
    if (table && steps_ > 0) table->settle(steps_, rate_of(steps_ - 1));
  }
}

/// One step of `value` by `gradient`, all of one shape, in torch's operations (recurrences.h).
void Optimizer::update(at::Tensor& value, const at::Tensor& gradient, Moments& moments) const {
  auto& [first, second] = moments;
  const StepConstants<double>& c = constants_;
  switch (spec_.rule) {
    case UpdateRule::kSgd:
      value.sub_(gradient * c.rate);
      return;
    case UpdateRule::kMomentum: {  // or ahead of it x += momentum m - rate g
      const at::Tensor step = gradient * c.rate;
      first.mul_(c.momentum).sub_(step);
      value.add_(spec_.nesterov ? (first * c.momentum).sub_(step) : first);
      return;
    }
    case UpdateRule::kAdaGrad:
      second.add_(gradient * gradient);
      value.sub_(scaled(c.rate, gradient, second, c.epsilon));
      return;
    case UpdateRule::kRmsProp:
      move_mean(second, c.rho, gradient * gradient);
      value.sub_(scaled(c.rate, gradient, second, c.epsilon));
      return;
    case UpdateRule::kAdadelta: {
      move_mean(second, c.rho, gradient * gradient);
      const at::Tensor step = (gradient * (first + c.epsilon).sqrt_()).div_((second + c.epsilon).sqrt_());
      value.sub_(step * c.rate);
      move_mean(first, c.rho, step * step);
      return;
    }
    case UpdateRule::kAdam:
      move_mean(first, c.beta1, gradient);
      move_mean(second, c.beta2, gradient * gradient);
      value.sub_(scaled(c.rate, first, second, c.epsilon));
      return;
  }
}

/// `gradient` is sparse in its first dimension. Rows are taken out, updated and put back.
void Optimizer::update_rows(const at::Tensor& value, const at::Tensor& gradient,
                            const Moments& moments) const {
  const at::Tensor summed = gradient.coalesce();
  const at::Tensor rows = summed._indices()[0];
  const auto taken = [&](const at::Tensor& all) { return all.defined() ? all.index_select(0, rows) : all; };
  const auto put = [&](const at::Tensor& all, const at::Tensor& changed) {
    if (all.defined()) at::Tensor(all).index_copy_(0, rows, changed);
  };
  at::Tensor value_rows = taken(value);
  Moments moment_rows{taken(moments.first), taken(moments.second)};
  update(value_rows, summed._values(), moment_rows);
  put(value, value_rows);
  put(moments.first, moment_rows.first);
  put(moments.second, moment_rows.second);
}

/// min(1, clip_norm / |g|) of all gradients together.
double Optimizer::clip_factor() const {
  if (spec_.clip_norm == 0) return 1;
  double squares = 0;
  for (std::size_t w = 0; w < weights_.size(); ++w) {
    if (tables_[w]) squares += tables_[w]->squares();
    const at::Tensor gradient = weights_[w].value.grad();
    if (!gradient.defined()) continue;
    const at::Tensor values = gradient.is_sparse() ? gradient.coalesce()._values() : gradient;
    squares += values.square().sum().item<double>();
  }
  return squares > spec_.clip_norm * spec_.clip_norm ? spec_.clip_norm / std::sqrt(squares) : 1;
}

/// One pass over the floats of a weight on the CPU, in parts on several threads where there are many.
void Optimizer::step_whole(const at::Tensor& value, const at::Tensor& gradient, Moments& moments) const {
  const at::Tensor g = gradient.contiguous();
  const StepKernel kernel = step_kernel(spec_.rule);
  OptimizerOptions options = spec_;
  options.learning_rate = rate_of(steps_);
  const auto constants = step_constants<float>(options, steps_ + 1);
  float *const x = floats_of(value), *const m = floats_of(moments.first),
               *const v = floats_of(moments.second);
  const auto n = static_cast<std::size_t>(value.numel());
  constexpr std::int64_t kPart = 1 << 16;
  const auto parts = (value.numel() + kPart - 1) / kPart;
  at::parallel_for(0, parts, 1, [&](std::int64_t first, std::int64_t last) {
    const auto begin = static_cast<std::size_t>(first * kPart);
    const std::size_t end = std::min(n, static_cast<std::size_t>(last * kPart));
    run_kernel(kernel, constants, x + begin, floats_of(g) + begin, moved(m, begin), moved(v, begin),
               end - begin);
  });
}

void Optimizer::step() {
  for (const auto& table : tables_) {
    if (table) table->take_gradient();
  }
  step_down_taken();
}

void Optimizer::take_gradient(PartGradient& part) {
  for (std::size_t w = 0; w < weights_.size(); ++w) {
    if (tables_[w]) {
      tables_[w]->take_gradient();
      part.tables.push_back(tables_[w]->gradient());
    } else if (weights_[w].trainable) {
      const auto n = static_cast<std::size_t>(weights_[w].value.numel());
      const at::Tensor& found = weights_[w].value.grad();
      part.dense.resize(part.dense.size() + n);  // 0 where the loss does not depend on it
      if (found.defined())
        std::copy_n(floats_of(found.contiguous()), n, part.dense.end() - static_cast<std::ptrdiff_t>(n));
    }
  }
}

const float* Optimizer::step_down(const PartGradient& sum) {
  float* dense = const_cast<float*>(sum.dense.data());
  std::size_t table = 0;
  for (std::size_t w = 0; w < weights_.size(); ++w) {
    at::Tensor& value = weights_[w].value;
    if (tables_[w]) {
      tables_[w]->set_gradient(sum.tables[table++], steps_);
    } else if (weights_[w].trainable) {
      value.mutable_grad() = at::from_blob(dense, value.sizes(), value.options().requires_grad(false));
      dense += value.numel();
    }
  }
  step_down_taken();
  return dense;
}

bool Optimizer::has_tables() const {
  return std::ranges::any_of(tables_, [](const auto& table) { return table != nullptr; });
}

void Optimizer::step_down_taken() {
  const c10::NoGradGuard no_gradients;
  OptimizerOptions options = spec_;
  options.learning_rate = rate_of(steps_);
  constants_ = step_constants<double>(options, steps_ + 1);
  const double factor = clip_factor();
  for (std::size_t w = 0; w < weights_.size(); ++w) {
    if (tables_[w]) tables_[w]->step(options.learning_rate, static_cast<float>(factor));
    at::Tensor value = weights_[w].value;
    if (tables_[w] || !weights_[w].trainable || !value.grad().defined()) continue;
    const at::Tensor gradient = factor == 1 ? value.grad() : value.grad() * factor;
    // Decoupled from the gradient (Loshchilov & Hutter 2019); biases and what scales a layer are left alone.
    if (spec_.weight_decay > 0 && value.dim() > 1) value.mul_(1 - options.learning_rate * spec_.weight_decay);
    if (gradient.is_sparse())
      update_rows(value, gradient, moments_[w]);
    else if (has_kernels_)
      step_whole(value, gradient, moments_[w]);
    else
      update(value, gradient, moments_[w]);
    if (weights_[w].max_norm > 0) value.mul_((weights_[w].max_norm / value.norm(2, 0, true)).clamp_max(1));
  }
  ++steps_;
}

}  // namespace akin::nn
