#include "akin/nn/torch/row_kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/nn/torch/row_kernels.cc"
// In this order: what follows foreach_target.h is compiled for each target.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace akin::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Columns of one list, eight vectors of d wide, whose sums stay in registers.
template <class D>
void SumEight(D d, const RowLists& lists, const float* table, std::size_t list, float* HWY_RESTRICT sums) {
  const std::size_t n = hn::Lanes(d);
  auto a = hn::Zero(d), b = a, c = a, e = a, f = a, g = a, h = a, i = a;
  for (std::size_t at = lists.begin(list); at < lists.begin(list + 1); ++at) {
    const float* const row = table + static_cast<std::size_t>(lists.ids[at]) * lists.width;
    a = hn::Add(a, hn::LoadU(d, row));
    b = hn::Add(b, hn::LoadU(d, row + n));
    c = hn::Add(c, hn::LoadU(d, row + 2 * n));
    e = hn::Add(e, hn::LoadU(d, row + 3 * n));
    f = hn::Add(f, hn::LoadU(d, row + 4 * n));
    g = hn::Add(g, hn::LoadU(d, row + 5 * n));
    h = hn::Add(h, hn::LoadU(d, row + 6 * n));
    i = hn::Add(i, hn::LoadU(d, row + 7 * n));
  }
  float* const to = sums + list * lists.width;
  hn::StoreU(a, d, to);
  hn::StoreU(b, d, to + n);
  hn::StoreU(c, d, to + 2 * n);
  hn::StoreU(e, d, to + 3 * n);
  hn::StoreU(f, d, to + 4 * n);
  hn::StoreU(g, d, to + 5 * n);
  hn::StoreU(h, d, to + 6 * n);
  hn::StoreU(i, d, to + 7 * n);
}

template <class D>
void SumOne(D d, const RowLists& lists, const float* table, std::size_t list, float* HWY_RESTRICT sums) {
  auto sum = hn::Zero(d);
  for (std::size_t at = lists.begin(list); at < lists.begin(list + 1); ++at)
    sum = hn::Add(sum, hn::LoadU(d, table + static_cast<std::size_t>(lists.ids[at]) * lists.width));
  hn::StoreU(sum, d, sums + list * lists.width);
}

void SumRows(const RowLists& lists, const float* table, std::size_t begin, std::size_t end, float* sums) {
  const hn::ScalableTag<float> whole;
  const hn::CappedTag<float, 4> few;
  const hn::CappedTag<float, 1> single;
  const std::size_t lanes = hn::Lanes(whole), some = hn::Lanes(few);
  for (std::size_t list = 0; list < lists.lists; ++list) {
    std::size_t column = begin;
    for (; column + 8 * lanes <= end; column += 8 * lanes)
      SumEight(whole, lists, table + column, list, sums + column);
    for (; column + lanes <= end; column += lanes) SumOne(whole, lists, table + column, list, sums + column);
    for (; column + some <= end; column += some) SumOne(few, lists, table + column, list, sums + column);
    for (; column < end; ++column) SumOne(single, lists, table + column, list, sums + column);
  }
}

}  // namespace akin::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin::nn {

HWY_EXPORT(SumRows);

void sum_rows(const RowLists& lists, const float* table, std::size_t begin, std::size_t end, float* sums) {
  HWY_DYNAMIC_DISPATCH(SumRows)(lists, table, begin, end, sums);
}

}  // namespace akin::nn
#endif  // HWY_ONCE
