// tanh of floats on the CPU (tanh_kernels.h).
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "akin/nn/torch/layers.h"
#include "akin/nn/torch/tanh_kernels.h"

namespace akin::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// work(begin, count) for parts of n numbers, on several threads where there are many. Parts are whole vectors but for the
/// last, so that bits do not depend on the threads.
template <typename Work>
void for_parts(std::int64_t n, Work work) {
  constexpr std::int64_t kPart = 1 << 12;
  at::parallel_for(0, (n + kPart - 1) / kPart, 4, [&](std::int64_t first, std::int64_t last) {
    work(first * kPart, static_cast<std::size_t>(std::min(n, last * kPart) - first * kPart));
  });
}

struct Tanh : torch::autograd::Function<Tanh> {
  static Variable forward(AutogradContext* context, const Variable& x) {
    const at::Tensor input = x.contiguous(), output = at::empty_like(input);
    const float* const from = input.data_ptr<float>();
    float* const to = output.data_ptr<float>();
    for_parts(input.numel(),
              [&](std::int64_t begin, std::size_t n) { tanh_forward(from + begin, n, to + begin); });
    context->save_for_backward({output});
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor y = context->get_saved_variables()[0], by_y = gradients[0].contiguous();
    const at::Tensor by_x = at::empty_like(y);
    const float *value = y.data_ptr<float>(), *by = by_y.data_ptr<float>();
    float* const to = by_x.data_ptr<float>();
    for_parts(y.numel(), [&](std::int64_t begin, std::size_t n) {
      tanh_backward(value + begin, by + begin, n, to + begin);
    });
    return {by_x};
  }
};

}  // namespace

at::Tensor tanh_of(const at::Tensor& x) {
  return x.scalar_type() == at::kFloat && x.device().is_cpu() ? Tanh::apply(x) : at::tanh(x);
}

}  // namespace akin::nn
