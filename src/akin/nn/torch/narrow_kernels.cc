#include "akin/nn/torch/narrow_kernels.h"

#include <algorithm>
#include <array>
#include <utility>

// Vectors lie in arrays here, which those of SVE cannot.
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/nn/torch/narrow_kernels.cc"
// In this order: what follows foreach_target.h is compiled for each target.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace akin::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, kNarrowLanes>;
using V = hn::Vec<D>;
constexpr std::size_t kLanes = hn::MaxLanes(D());
/// Sums, or factors, that stay in registers; the rest of the 32 or 16 hold what they meet.
constexpr std::size_t kHeld = kLanes == 16 ? 16 : 12;

/// Calls work(0) .. work(n - 1), unrolled: else the compiler puts arrays of vectors into memory.
template <std::size_t n, class Work>
HWY_INLINE void Unrolled(Work work) {
  [&]<std::size_t... i>(std::index_sequence<i...>) { (work(i), ...); }
  (std::make_index_sequence<n>());
}

/// Rows of x that are worked on together: where each begins. Places beyond the last one hold that again.
template <std::size_t kColumns>
struct Block {
  static constexpr std::size_t kVectors = kColumns / kLanes;
  static constexpr std::size_t kRows = std::max<std::size_t>(1, kHeld / kVectors);
  std::array<const float*, kRows> x;
  std::size_t count;

  Block(const NarrowProduct& product, const float* all, std::size_t row, std::size_t end)
      : count(std::min(kRows, end - row)) {
    for (std::size_t r = 0; r < kRows; ++r) x[r] = all + (row + std::min(r, count - 1)) * product.inner;
  }
};

/// Sums over parts of `inner`, then of these: the more numbers one sum takes, the more it rounds.
constexpr std::size_t kPart = 1024;

template <std::size_t kColumns>
void Product(const NarrowProduct& product, const float* all, const float* HWY_RESTRICT w, std::size_t begin,
             std::size_t end, float* HWY_RESTRICT out) {
  using B = Block<kColumns>;
  const D d;
  for (std::size_t row = begin; row < end; row += B::kRows) {
    const B block(product, all, row, end);
    float* const to = out + row * kColumns;
    std::fill(to, to + block.count * kColumns, 0.0f);
    for (std::size_t part = 0; part < product.inner; part += kPart) {
      std::array<V, B::kRows * B::kVectors> sums;
      Unrolled<B::kRows * B::kVectors>([&](auto i) { sums[i] = hn::Zero(d); });
      const std::size_t stop = std::min(product.inner, part + kPart);
      for (std::size_t k = part; k < stop; ++k) {
        std::array<V, B::kVectors> weights;
        Unrolled<B::kVectors>([&](auto v) { weights[v] = hn::LoadU(d, w + k * kColumns + v * kLanes); });
        Unrolled<B::kRows>([&](auto r) {
          const V factor = hn::Set(d, block.x[r][k]);
          Unrolled<B::kVectors>([&](auto v) {
            V& sum = sums[r * B::kVectors + v];
            sum = hn::MulAdd(factor, weights[v], sum);
          });
        });
      }
      Unrolled<B::kRows * B::kVectors>([&](auto i) {
        if (i / B::kVectors < block.count)
          hn::StoreU(hn::Add(hn::LoadU(d, to + i * kLanes), sums[i]), d, to + i * kLanes);
      });
    }
  }
}

template <std::size_t kColumns>
void TransposedProduct(const NarrowProduct& product, const float* all, const float* HWY_RESTRICT g,
                       std::size_t begin, std::size_t end, float* HWY_RESTRICT sums) {
  using B = Block<kColumns>;
  const D d;
  for (std::size_t row = 0; row < product.rows; row += B::kRows) {
    const B block(product, all, row, product.rows);
    std::array<V, B::kRows * B::kVectors> factors;
    Unrolled<B::kRows * B::kVectors>([&](auto i) {
      factors[i] =
          i / B::kVectors < block.count ? hn::LoadU(d, g + row * kColumns + i * kLanes) : hn::Zero(d);
    });
    for (std::size_t k = begin; k < end; ++k) {
      std::array<V, B::kVectors> sum;
      float* const to = sums + k * kColumns;
      Unrolled<B::kVectors>([&](auto v) { sum[v] = hn::LoadU(d, to + v * kLanes); });
      Unrolled<B::kRows>([&](auto r) {
        const V factor = hn::Set(d, block.x[r][k]);
        Unrolled<B::kVectors>(
            [&](auto v) { sum[v] = hn::MulAdd(factor, factors[r * B::kVectors + v], sum[v]); });
      });
      Unrolled<B::kVectors>([&](auto v) { hn::StoreU(sum[v], d, to + v * kLanes); });
    }
  }
}

void Narrow(const NarrowProduct& product, const float* x, const float* w, std::size_t begin, std::size_t end,
            float* out) {
  product.columns == kNarrowLanes ? Product<kNarrowLanes>(product, x, w, begin, end, out)
                                  : Product<kMostNarrow>(product, x, w, begin, end, out);
}

void NarrowTransposed(const NarrowProduct& product, const float* x, const float* g, std::size_t begin,
                      std::size_t end, float* sums) {
  product.columns == kNarrowLanes ? TransposedProduct<kNarrowLanes>(product, x, g, begin, end, sums)
                                  : TransposedProduct<kMostNarrow>(product, x, g, begin, end, sums);
}

}  // namespace akin::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin::nn {

HWY_EXPORT(Narrow);
HWY_EXPORT(NarrowTransposed);

void narrow_product(const NarrowProduct& product, const float* x, const float* w, std::size_t begin,
                    std::size_t end, float* out) {
  HWY_DYNAMIC_DISPATCH(Narrow)(product, x, w, begin, end, out);
}
void narrow_transposed_product(const NarrowProduct& product, const float* x, const float* g,
                               std::size_t begin, std::size_t end, float* sums) {
  HWY_DYNAMIC_DISPATCH(NarrowTransposed)(product, x, g, begin, end, sums);
}

}  // namespace akin::nn
#endif  // HWY_ONCE
