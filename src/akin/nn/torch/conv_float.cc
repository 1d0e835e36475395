// conv1d of floats on the CPU as matrix products without copies: with the samples' steps one after the other, the
// product of all steps and one position of the window is a shift of the rest, so that a window of w steps is w
// products that add up. torch's own convolution, which copies every window, is the reference (window.cc).
#include <torch/csrc/autograd/custom_function.h>

#include "akin/nn/torch/layers.h"

namespace akin::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// x (samples, steps, channels), padded, kernel (w, channels, units), bias (units).
struct Conv1d : torch::autograd::Function<Conv1d> {
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& kernel,
                          const Variable& bias) {
    const at::Tensor input = x.contiguous(), steps = input.flatten(0, 1);
    const std::int64_t width = kernel.size(0), rows = steps.size(0) - width + 1;
    // The last width - 1 rows of a sample reach into the next one; they are cut off.
    const at::Tensor output = at::empty({x.size(0), x.size(1), kernel.size(2)}, x.options());
    at::Tensor sums = output.flatten(0, 1).slice(0, 0, rows);
    sums.copy_(bias.expand_as(sums));
    for (std::int64_t w = 0; w < width; ++w) sums.addmm_(steps.slice(0, w, w + rows), kernel[w]);
    context->save_for_backward({input, kernel});
    return output.slice(1, 0, x.size(1) - width + 1);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &kernel = saved[1], &given = gradients[0];
    const std::int64_t width = kernel.size(0), rows = x.size(0) * x.size(1) - width + 1;
    const at::Tensor by_output = at::zeros({x.size(0), x.size(1), kernel.size(2)}, x.options());
    by_output.slice(1, 0, given.size(1)).copy_(given);
    const at::Tensor by_sums = by_output.flatten(0, 1).slice(0, 0, rows), steps = x.flatten(0, 1);
    at::Tensor by_x;
    const at::Tensor by_kernel = at::empty_like(kernel);
    if (context->needs_input_grad(0)) by_x = at::zeros_like(x);
    for (std::int64_t w = 0; w < width; ++w) {
      at::Tensor by_position = by_kernel[w];
      at::mm_out(by_position, steps.slice(0, w, w + rows).t(), by_sums);
      if (by_x.defined()) by_x.flatten(0, 1).slice(0, w, w + rows).addmm_(by_sums, kernel[w].t());
    }
    return {by_x, by_kernel, by_sums.sum(0)};
  }
};

}  // namespace

at::Tensor convolve_steps(const at::Tensor& x, const at::Tensor& kernel, const at::Tensor& bias) {
  return Conv1d::apply(
      x, kernel, bias.defined() ? bias : at::zeros(kernel.size(2), kernel.options().requires_grad(false)));
}

}  // namespace akin::nn
