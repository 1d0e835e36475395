// The multinomial likelihood of lists of classes, without targets as zeros and ones.
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <span>

#include "akin/nn/torch/loss.h"
#include "akin/nn/torch/row_sums.h"
#include "akin/nn/torch/softmax_kernels.h"

namespace akin::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

std::span<const std::int32_t> entries(const std::int32_t* list, std::int64_t length) {
  return {list, static_cast<std::size_t>(length_of(list, length))};
}

/// Of floats on the CPU: with N_u entries in the list of sample u,
///
///   L = 1 / n sum over u of (N_u logsumexp(x_u) - sum over c of x_uc),  dL/dx_uc = (N_u softmax(x_u)_c - count_uc) / n
///
/// Each pass reads the logits once and writes nothing else of their size.
struct Multinomial : torch::autograd::Function<Multinomial> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& output, const at::Tensor& lists) {
    const at::Tensor x = output.contiguous(), classes = lists.to(at::kInt).contiguous();
    const std::int64_t samples = x.size(0), width = x.size(1), length = classes.size(1);
    const at::Tensor sums = at::empty({samples}, x.options());
    const at::Tensor losses = at::empty({samples}, x.options().dtype(at::kDouble));
    const float* logits = x.data_ptr<float>();
    const auto* list = classes.data_ptr<std::int32_t>();
    float* sum = sums.data_ptr<float>();
    double* loss = losses.data_ptr<double>();
    at::parallel_for(0, samples, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t u = begin; u < end; ++u) {
        const float* row = logits + u * width;
        sum[u] = log_sum_exp(row, static_cast<std::size_t>(width));
        loss[u] = 0;
        for (const std::int32_t c : entries(list + u * length, length)) {
          if (c > 0) loss[u] += static_cast<double>(sum[u] - row[c - 1]);
        }
      }
    });
    context->save_for_backward({x, classes, sums});
    return losses.sum().div_(static_cast<double>(samples)).to(at::kFloat);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &classes = saved[1], &sums = saved[2];
    const std::int64_t samples = x.size(0), width = x.size(1), length = classes.size(1);
    const float scale = gradients[0].item<float>() / static_cast<float>(samples);
    const at::Tensor by_output = at::empty_like(x);
    const float *logits = x.data_ptr<float>(), *sum = sums.data_ptr<float>();
    const auto* list = classes.data_ptr<std::int32_t>();
    float* out = by_output.data_ptr<float>();
    at::parallel_for(0, samples, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t u = begin; u < end; ++u) {
        const std::span<const std::int32_t> all = entries(list + u * length, length);
        const std::int64_t count = std::ranges::count_if(all, [](std::int32_t c) { return c > 0; });
        scaled_exp(logits + u * width, static_cast<std::size_t>(width), sum[u],
                   scale * static_cast<float>(count), out + u * width);
        for (const std::int32_t c : all) {
          if (c > 0) out[u * width + c - 1] -= scale;
        }
      }
    });
    return {by_output, at::Tensor()};
  }
};

}  // namespace

at::Tensor multinomial(const at::Tensor& output, const at::Tensor& lists) {
  if (output.scalar_type() == at::kFloat && output.device().is_cpu() && output.size(1) > 0)
    return Multinomial::apply(output, lists);
  // The reference. log_softmax is that of logits and, up to rounding, of log-probabilities.
  const at::Tensor chosen = at::log_softmax(output, -1).gather(1, (lists.to(at::kLong) - 1).clamp_min(0));
  return -(chosen * lists.ne(0)).sum() / output.size(0);
}

}  // namespace akin::nn
