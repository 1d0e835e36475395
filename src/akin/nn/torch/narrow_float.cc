// A dense layer of few units over many inputs, of floats on the CPU (narrow_kernels.h).
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "akin/nn/torch/layers.h"
#include "akin/nn/torch/narrow_kernels.h"

namespace akin::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// (rows, columns) with columns of zeros behind, as many as the kernels want.
at::Tensor widened(const at::Tensor& matrix) {
  constexpr auto kLanes = static_cast<std::int64_t>(kNarrowLanes);
  const std::int64_t missing = (kLanes - matrix.size(1) % kLanes) % kLanes;
  return missing == 0 ? matrix.contiguous() : at::constant_pad_nd(matrix, {0, missing});
}

NarrowProduct product_of(const at::Tensor& x, const at::Tensor& narrow) {
  return {static_cast<std::size_t>(x.size(0)), static_cast<std::size_t>(x.size(1)),
          static_cast<std::size_t>(narrow.size(1))};
}

/// x w and its gradients.
struct Narrow : torch::autograd::Function<Narrow> {
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& w) {
    const at::Tensor input = x.contiguous(), wide = widened(w);
    const NarrowProduct product = product_of(input, wide);
    const at::Tensor output = at::empty({x.size(0), wide.size(1)}, x.options());
    const float *from = input.data_ptr<float>(), *weights = wide.data_ptr<float>();
    float* const to = output.data_ptr<float>();
    at::parallel_for(0, x.size(0), 24, [&](std::int64_t begin, std::int64_t end) {
      narrow_product(product, from, weights, static_cast<std::size_t>(begin), static_cast<std::size_t>(end),
                     to);
    });
    context->save_for_backward({input, w});
    return output.narrow(1, 0, w.size(1)).contiguous();
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &w = saved[1];
    const at::Tensor by_output = widened(gradients[0]);
    const NarrowProduct product = product_of(x, by_output);
    const at::Tensor sums = at::zeros({x.size(1), by_output.size(1)}, x.options());
    const float *from = x.data_ptr<float>(), *by = by_output.data_ptr<float>();
    float* const to = sums.data_ptr<float>();
    at::parallel_for(0, x.size(1), 256, [&](std::int64_t begin, std::int64_t end) {
      narrow_transposed_product(product, from, by, static_cast<std::size_t>(begin),
                                static_cast<std::size_t>(end), to);
    });
    at::Tensor by_x;
    if (context->needs_input_grad(0)) by_x = at::mm(gradients[0], w.t());
    return {by_x, sums.narrow(1, 0, w.size(1)).contiguous()};
  }
};

}  // namespace

bool has_narrow_kernels(const at::Tensor& x, const at::Tensor& w) {
  constexpr std::int64_t kLeastUnits = 8, kLeastInputs = 1000, kLeastSamples = 128;  // else a BLAS is as good
  return x.dim() == 2 && x.scalar_type() == at::kFloat && x.device().is_cpu() && x.size(0) >= kLeastSamples &&
         x.size(1) >= kLeastInputs && w.size(1) >= kLeastUnits &&
         w.size(1) <= static_cast<std::int64_t>(kMostNarrow);
}

at::Tensor run_narrow_kernels(const at::Tensor& x, const at::Tensor& w) { return Narrow::apply(x, w); }

}  // namespace akin::nn
