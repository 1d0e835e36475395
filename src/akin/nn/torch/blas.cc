#include "akin/nn/torch/blas.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <cmath>
#include <cstdlib>
#include <string>

#include "akin/base/error.h"

// Symbols of the BLAS that torch is linked to; null where it has none of that name.
extern "C" {
__attribute__((weak)) void openblas_set_num_threads(int threads);
__attribute__((weak)) char* openblas_get_config();
__attribute__((weak)) void sgemm_();
// Of the threads that torch and oneDNN share out a loop to, where they use OpenMP.
__attribute__((weak)) void omp_set_num_threads(int threads);
}

namespace akin::nn {
namespace {

/// Numbers from -1 to 1 without a pattern of their own.
at::Tensor numbers(std::int64_t rows, std::int64_t cols, at::ScalarType type) {
  at::Tensor tensor = at::empty({rows, cols}, at::kDouble);
  double* const values = tensor.data_ptr<double>();
  std::uint32_t state = static_cast<std::uint32_t>(rows * 31 + cols);
  for (std::int64_t i = 0; i < rows * cols; ++i) {
    state = state * 1664525 + 1013904223;
    values[i] = static_cast<double>(state >> 8) / (1 << 23) - 1;
  }
  return tensor.to(type);
}

/// a b by three loops in double.
at::Tensor plain_product(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor x = a.to(at::kDouble).contiguous(), y = b.to(at::kDouble).contiguous();
  const std::int64_t rows = x.size(0), inner = x.size(1), cols = y.size(1);
  at::Tensor result = at::zeros({rows, cols}, at::kDouble);
  const double *px = x.data_ptr<double>(), *py = y.data_ptr<double>();
  double* out = result.data_ptr<double>();
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t k = 0; k < inner; ++k) {
      for (std::int64_t c = 0; c < cols; ++c) out[r * cols + c] += px[r * inner + k] * py[k * cols + c];
    }
  }
  return result;
}

bool is_right(const at::Tensor& a, const at::Tensor& b, at::ScalarType type) {
  const double allowed = type == at::kFloat ? 1e-4 : 1e-11;  // sums of up to 300 numbers below 1
  const at::Tensor difference = (at::mm(a, b).to(at::kDouble) - plain_product(a, b)).abs().max();
  return difference.item<double>() <= allowed;  // not where it is NaN
}

std::string blas_name() {
  Dl_info info;
  void* const product = reinterpret_cast<void*>(&sgemm_);
  std::string name = product != nullptr && ::dladdr(product, &info) != 0 ? info.dli_fname : "unknown";
  if (openblas_get_config != nullptr) name += fmt::format(" ({})", openblas_get_config());
  return name;
}

void compare_products() {
  struct Sizes {
    std::int64_t rows, inner, cols;
  };
  // Whole blocks of kernels and remainders; one column or row goes another way.
  constexpr Sizes kSizes[] = {{96, 256, 128}, {67, 301, 35}, {5, 3, 7}, {129, 40, 1}, {1, 64, 33}};
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    for (const auto& [rows, inner, cols] : kSizes) {
      const at::Tensor a = numbers(rows, inner, type), b = numbers(inner, cols, type);
      const at::Tensor a2 = numbers(inner, rows, type).t(), b2 = numbers(cols, inner, type).t();
      if (is_right(a, b, type) && is_right(a2, b, type) && is_right(a, b2, type) && is_right(a2, b2, type))
        continue;
      fail(ErrorCode::kIo,
           "the BLAS of libtorch multiplies wrongly on this processor: ({}, {}) by ({}, {}) of {}; it is {}. "
           "With "
           "OpenBLAS, set OPENBLAS_CORETYPE=Haswell; else install another, such as Debian's libblas3 or "
           "libopenblas0-pthread, and choose it with update-alternatives",
           rows, inner, inner, cols, type == at::kFloat ? "float" : "double", blas_name());
    }
  }
}

}  // namespace

void check_products() {
  static const bool kChecked = [] {  // tried again after a failure
    const c10::NoGradGuard no_gradients;
    set_torch_threads(1);  // until a net says how many it is worth
    compare_products();
    return true;
  }();
  static_cast<void>(kChecked);
}

void set_torch_threads(int threads) {
  at::set_num_threads(threads);
  if (openblas_set_num_threads != nullptr) openblas_set_num_threads(threads);
}

void use_one_thread() {
  if (omp_set_num_threads != nullptr) omp_set_num_threads(1);
}

}  // namespace akin::nn
