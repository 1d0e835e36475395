#include "akin/nn/torch/optimizer.h"

#include <cmath>

#include "akin/base/error.h"

namespace akin::nn {
namespace {

std::vector<std::string> slot_names(const OptimizerSpec& spec) {
  switch (spec.kind) {
    case OptimizerKind::kSgd:
      return spec.momentum > 0 ? std::vector<std::string>{"velocity"} : std::vector<std::string>{};
    case OptimizerKind::kAdagrad:
    case OptimizerKind::kRmsprop:
      return {"squares"};
    case OptimizerKind::kAdadelta:
      return {"squares", "steps"};
    case OptimizerKind::kAdam:
      return {"mean", "squares"};
    case OptimizerKind::kLbfgs:
      return {};
  }
  return {};
}

/// old <- kept old + (1 - kept) fresh.
void move_mean(at::Tensor& old, double kept, const at::Tensor& fresh) {
  old.mul_(kept).add_(fresh * (1 - kept));
}

/// rate numerator / (sqrt(squares) + epsilon).
at::Tensor scaled(double rate, const at::Tensor& numerator, const at::Tensor& squares, double epsilon) {
  return (numerator * rate).div_(squares.sqrt().add_(epsilon));
}

}  // namespace

Optimizer::Optimizer(OptimizerSpec spec, std::vector<Weight>& weights) : spec_(spec), weights_(weights) {
  for (const Weight& weight : weights_) {
    Slots slots;
    for (std::size_t s = 0; weight.trainable && s < slot_names(spec_).size(); ++s)
      slots.push_back(at::zeros_like(weight.value.detach()));
    slots_.push_back(std::move(slots));
  }
}

std::vector<std::pair<std::string, at::Tensor>> Optimizer::slots() const {
  std::vector<std::pair<std::string, at::Tensor>> all;
  const std::vector<std::string> names = slot_names(spec_);
  for (std::size_t w = 0; w < weights_.size(); ++w) {
    for (std::size_t s = 0; s < slots_[w].size(); ++s)
      all.emplace_back(weights_[w].name + "/" + names[s], slots_[w][s]);
  }
  return all;
}

/// One step of `value` by `gradient`, all of one shape.
void Optimizer::update(at::Tensor& value, const at::Tensor& gradient, Slots& slots) const {
  switch (spec_.kind) {
    case OptimizerKind::kSgd: {  // v = momentum v - rate g; w += v, or ahead of it w += momentum v - rate g
      const at::Tensor step = gradient * rate_;
      if (slots.empty()) {
        value.sub_(step);
        return;
      }
      slots[0].mul_(spec_.momentum).sub_(step);
      if (spec_.nesterov)
        value.add_((slots[0] * spec_.momentum).sub_(step));
      else
        value.add_(slots[0]);
      return;
    }
    case OptimizerKind::kAdagrad:  // s += g^2; w -= rate g / (sqrt(s) + epsilon) (Duchi et al. 2011)
      slots[0].add_(gradient * gradient);
      value.sub_(scaled(rate_, gradient, slots[0], spec_.epsilon));
      return;
    case OptimizerKind::kRmsprop:  // s = rho s + (1 - rho) g^2; w as above (Tieleman & Hinton 2012)
      move_mean(slots[0], spec_.rho, gradient * gradient);
      value.sub_(scaled(rate_, gradient, slots[0], spec_.epsilon));
      return;
    case OptimizerKind::kAdadelta: {
      // u = g sqrt(d + epsilon) / sqrt(s + epsilon); w -= rate u (Zeiler 2012)
      move_mean(slots[0], spec_.rho, gradient * gradient);
      const at::Tensor step =
          (gradient * (slots[1] + spec_.epsilon).sqrt_()).div_((slots[0] + spec_.epsilon).sqrt_());
      value.sub_(step * rate_);
      move_mean(slots[1], spec_.rho, step * step);
      return;
    }
    case OptimizerKind::kAdam:
      // m, s = moving means of g, g^2; w -= rate' m / (sqrt(s) + epsilon) (Kingma & Ba 2015)
      move_mean(slots[0], spec_.beta1, gradient);
      move_mean(slots[1], spec_.beta2, gradient * gradient);
      value.sub_(scaled(rate_, slots[0], slots[1], spec_.epsilon));
      return;
    case OptimizerKind::kLbfgs:
      break;
  }
  fail(ErrorCode::kInternal, "lbfgs takes its own steps");
}

/// `gradient` is sparse in its first dimension. Rows are taken out, updated and put back.
void Optimizer::update_rows(const at::Tensor& value, const at::Tensor& gradient, const Slots& slots) const {
  const at::Tensor summed = gradient.coalesce();
  const at::Tensor rows = summed._indices()[0];
  at::Tensor value_rows = value.index_select(0, rows);
  Slots slot_rows;
  for (const at::Tensor& slot : slots) slot_rows.push_back(slot.index_select(0, rows));
  update(value_rows, summed._values(), slot_rows);
  at::Tensor(value).index_copy_(0, rows, value_rows);
  for (std::size_t s = 0; s < slots.size(); ++s) at::Tensor(slots[s]).index_copy_(0, rows, slot_rows[s]);
}

/// min(1, clip_norm / |g|) of all gradients together.
double Optimizer::clip_factor() const {
  if (spec_.clip_norm == 0) return 1;
  double squares = 0;
  for (const Weight& weight : weights_) {
    if (!weight.value.grad().defined()) continue;
    const at::Tensor gradient = weight.value.grad();
    const at::Tensor values = gradient.is_sparse() ? gradient.coalesce()._values() : gradient;
    squares += values.square().sum().item<double>();
  }
  return squares > spec_.clip_norm * spec_.clip_norm ? spec_.clip_norm / std::sqrt(squares) : 1;
}

void Optimizer::step(std::uint64_t step) {
  const c10::NoGradGuard no_gradients;
  rate_ = spec_.learning_rate / (1 + spec_.decay * static_cast<double>(step));
  if (spec_.kind == OptimizerKind::kAdam) {  // corrects the beginning at zero
    const auto t = static_cast<double>(step + 1);
    rate_ *= std::sqrt(1 - std::pow(spec_.beta2, t)) / (1 - std::pow(spec_.beta1, t));
  }
  const double factor = clip_factor();
  for (std::size_t w = 0; w < weights_.size(); ++w) {
    at::Tensor value = weights_[w].value;
    if (!weights_[w].trainable || !value.grad().defined()) continue;
    const at::Tensor gradient = factor == 1 ? value.grad() : value.grad() * factor;
    if (gradient.is_sparse())
      update_rows(value, gradient, slots_[w]);
    else
      update(value, gradient, slots_[w]);
  }
}

}  // namespace akin::nn
