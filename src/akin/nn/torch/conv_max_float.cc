// conv1d of floats on the CPU of which only the greatest value over the steps is wanted, as in nets on words. Its
// gradient reaches one step of each filter and sample: backward costs a window for each of them, and no products of
// matrices. The two layers one after the other are the reference (conv_float.cc, layers/pooling.cc).
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "akin/nn/torch/layers.h"
#include "akin/nn/torch/max_kernels.h"

namespace akin::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

constexpr std::int64_t kBlockRows = 512;  // whose products stay in the second cache

/// x (samples, steps, channels), padded and contiguous, kernel (w, channels, units), bias (units) -> (samples, units).
struct ConvMax : torch::autograd::Function<ConvMax> {
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& kernel,
                          const Variable& bias) {
    const std::int64_t samples = x.size(0), steps = x.size(1), width = kernel.size(0), units = kernel.size(2);
    const at::Tensor rows = x.flatten(0, 1);
    const at::Tensor best = at::empty({samples, units}, x.options());
    const at::Tensor places = at::empty({samples, units}, x.options().dtype(at::kInt));
    const std::int64_t block = std::max<std::int64_t>(1, kBlockRows / steps);
    const at::Tensor memory = at::empty({block * steps, units}, x.options());
    for (std::int64_t first = 0; first < samples; first += block) {
      const std::int64_t count = std::min(block, samples - first);
      // The last width - 1 rows of a sample reach into the next one; they are not looked at.
      const std::int64_t used = count * steps - width + 1;
      at::Tensor sums = memory.slice(0, 0, used);
      at::mm_out(sums, rows.slice(0, first * steps, first * steps + used), kernel[0]);
      for (std::int64_t w = 1; w < width; ++w)
        sums.addmm_(rows.slice(0, first * steps + w, first * steps + w + used), kernel[w]);
      const auto* values = memory.data_ptr<float>();
      at::parallel_for(0, count, 16, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t s = begin; s < end; ++s)
          greatest_over_steps(values + s * steps * units, static_cast<std::size_t>(steps - width + 1),
                              static_cast<std::size_t>(units), best.data_ptr<float>() + (first + s) * units,
                              places.data_ptr<std::int32_t>() + (first + s) * units);
      });
    }
    context->save_for_backward({x, kernel, places});
    return best.add_(bias);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &places = saved[2], given = gradients[0].contiguous();
    const std::int64_t samples = x.size(0), channels = x.size(2), width = saved[1].size(0),
                       units = given.size(1);
    // (units, w x channels): the weights of a filter, as a window lies in x.
    const at::Tensor filters = saved[1].permute({2, 0, 1}).contiguous().view({units, width * channels});
    const at::Tensor by_filters = at::zeros_like(filters);
    const auto window = static_cast<std::size_t>(width * channels);
    const auto* const g = given.data_ptr<float>();
    const auto* const at_step = places.data_ptr<std::int32_t>();
    const auto* const input = x.data_ptr<float>();
    const auto start = [&](std::int64_t s, std::int64_t u) {
      return (s * x.size(1) + at_step[s * units + u]) * channels;
    };
    at::parallel_for(0, units, 16, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t u = begin; u < end; ++u) {
        for (std::int64_t s = 0; s < samples; ++s) {
          if (g[s * units + u] != 0)
            add_scaled(g[s * units + u], input + start(s, u), window,
                       by_filters.data_ptr<float>() + u * width * channels);
        }
      }
    });
    at::Tensor by_x;
    if (context->needs_input_grad(0)) {
      by_x = at::zeros_like(x);
      at::parallel_for(0, samples, 4, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t s = begin; s < end; ++s) {
          for (std::int64_t u = 0; u < units; ++u) {
            if (g[s * units + u] != 0)
              add_scaled(g[s * units + u], filters.data_ptr<float>() + u * width * channels, window,
                         by_x.data_ptr<float>() + start(s, u));
          }
        }
      });
    }
    return {by_x, by_filters.view({units, width, channels}).permute({1, 2, 0}).contiguous(), given.sum(0)};
  }
};

}  // namespace

bool has_max_kernels(const LayerSpec& layer) {
  const Activation g =
      layer.activation;  // those that never fall: their greatest value is that of the greatest
  const bool rises = g == Activation::kDefault || g == Activation::kLinear || g == Activation::kRelu ||
                     g == Activation::kRelu6 || g == Activation::kTanh || g == Activation::kSigmoid;
  return layer.kind == LayerKind::kConv1d && rises && (layer.strides.empty() || layer.strides[0] == 1);
}

at::Tensor greatest_of_steps(const at::Tensor& x, const at::Tensor& kernel, const at::Tensor& bias) {
  return ConvMax::apply(
      x.contiguous(), kernel,
      bias.defined() ? bias : at::zeros(kernel.size(2), kernel.options().requires_grad(false)));
}

}  // namespace akin::nn
