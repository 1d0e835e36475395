#include "akin/models/neighbors/candidate_kernel.h"

#include <cstring>

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/models/neighbors/candidate_kernel.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F = hn::ScalableTag<float>;
using V = hn::Vec<F>;
using I = hn::RebindToSigned<F>;

V LoadCounts(const std::uint16_t* counts) {
  const hn::Rebind<std::uint16_t, F> half;
  return hn::ConvertTo(F(), hn::PromoteTo(I(), hn::Load(half, counts)));
}

/// Counts stay below 2^31.
V LoadCounts(const std::uint32_t* counts) {
  return hn::ConvertTo(F(), hn::BitCast(I(), hn::Load(hn::RebindToUnsigned<F>(), counts)));
}

template <typename D>
hn::Vec<D> LargestOf(D d, const hn::TFromD<D>* values) {
  auto largest = hn::Load(d, values);
  for (std::size_t i = hn::Lanes(d); i < kCellBlock; i += hn::Lanes(d))
    largest = hn::Max(largest, hn::Load(d, values + i));
  return largest;
}

/// What is in a block: nothing, nothing that could reach the bar, or more.
enum class Content { kNothing, kTooLittle, kCandidates };

HWY_INLINE Content ContentOfSums(const float* sums, float least) {
  const F f;
  const V most = LargestOf(f, sums);
  if (hn::AllTrue(f, hn::Eq(most, hn::Zero(f)))) return Content::kNothing;
  return hn::AllFalse(f, hn::Ge(most, hn::Set(f, least))) ? Content::kTooLittle : Content::kCandidates;
}

template <typename Count>
HWY_INLINE Content ContentOf(const ProductCells<Count>& cells, std::size_t begin, const CandidateBar& bar) {
  // Rounding down leaves room for that of the product.
  const float least = bar.value / cells.bounds[begin / kCellBlock] * (1 - 1e-6F);
  if (!cells.counts) return ContentOfSums(cells.sums + begin, least);
  const hn::ScalableTag<Count> d;
  const auto most = LargestOf(d, cells.counts + begin);
  if (hn::AllTrue(d, hn::Eq(most, hn::Zero(d)))) return Content::kNothing;
  if (cells.sums) return ContentOfSums(cells.sums + begin, least);
  constexpr auto kMost = static_cast<float>(hwy::LimitsMax<Count>() / 2);
  const auto count = static_cast<Count>(least < kMost ? least : kMost);
  const bool none = hn::AllTrue(d, hn::Eq(hn::Max(most, hn::Set(d, count)), hn::Set(d, count))) &&
                    count > 0 && least > static_cast<float>(count);
  return none ? Content::kTooLittle : Content::kCandidates;
}

template <typename Count>
HWY_INLINE void Clear(const ProductCells<Count>& cells, std::size_t begin) {
  const hn::ScalableTag<Count> c;
  for (std::size_t j = begin; cells.counts && j < begin + kCellBlock; j += hn::Lanes(c))
    hn::Store(hn::Zero(c), c, cells.counts + j);
  if (!cells.sums) return;
  const F f;
  for (std::size_t j = begin; j < begin + kCellBlock; j += hn::Lanes(f))
    hn::Store(hn::Zero(f), f, cells.sums + j);
}

/// The candidates among the kCellBlock cells from `begin` on.
template <typename Count>
HWY_INLINE std::size_t TakeBlock(const ProductCells<Count>& cells, std::size_t begin, const CandidateBar& bar,
                                 idx_t* numbers, float* values) {
  const F f;
  HWY_ALIGN float lanes[hn::MaxLanes(F())];
  const V shrinkage = hn::Set(f, bar.shrinkage), value = hn::Set(f, bar.value),
          least = hn::Set(f, bar.least_common);
  std::size_t found = 0;
  for (std::size_t j = begin; j < begin + kCellBlock; j += hn::Lanes(f)) {
    const V common = cells.counts ? LoadCounts(cells.counts + j) : hn::Set(f, 1.0F);
    V v = hn::Mul(cells.sums ? hn::Load(f, cells.sums + j) : common, hn::Load(f, cells.factors + j));
    if (bar.shrinkage > 0) v = hn::Div(hn::Mul(v, common), hn::Add(common, shrinkage));
    const auto epoch = hn::And(hn::Ge(v, value), hn::Ge(common, least));
    if (hn::AllFalse(f, epoch)) continue;
    // Compress() of Highway 1.0 copies its table to the stack whenever it is called.
    std::uint8_t bytes[8] = {};
    hn::StoreMaskBits(f, epoch, bytes);
    hn::Store(v, f, lanes);
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes, sizeof bits);
    for (; bits != 0; bits &= bits - 1) {
      const auto lane = hwy::Num0BitsBelowLS1Bit_Nonzero64(bits);
      numbers[found] = static_cast<idx_t>(j + lane);
      values[found++] = lanes[lane];
    }
  }
  return found;
}

template <typename Count>
std::size_t Take(const ProductCells<Count>& cells, std::size_t begin, std::size_t end,
                 const CandidateBar& bar, idx_t* numbers, float* values) {
  std::size_t found = 0;
  for (std::size_t j = begin; j < end; j += kCellBlock) {
    const Content content = ContentOf(cells, j, bar);
    if (content == Content::kNothing) continue;
    if (content == Content::kCandidates) found += TakeBlock(cells, j, bar, numbers + found, values + found);
    Clear(cells, j);
  }
  return found;
}

std::size_t Take16(const ProductCells<std::uint16_t>& cells, std::size_t begin, std::size_t end,
                   const CandidateBar& bar, idx_t* numbers, float* values) {
  return Take(cells, begin, end, bar, numbers, values);
}

std::size_t Take32(const ProductCells<std::uint32_t>& cells, std::size_t begin, std::size_t end,
                   const CandidateBar& bar, idx_t* numbers, float* values) {
  return Take(cells, begin, end, bar, numbers, values);
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(Take16);
HWY_EXPORT(Take32);

std::size_t take_candidates(const ProductCells<std::uint16_t>& cells, std::size_t begin, std::size_t end,
                            const CandidateBar& bar, idx_t* numbers, float* values) {
  return HWY_DYNAMIC_DISPATCH(Take16)(cells, begin, end, bar, numbers, values);
}

std::size_t take_candidates(const ProductCells<std::uint32_t>& cells, std::size_t begin, std::size_t end,
                            const CandidateBar& bar, idx_t* numbers, float* values) {
  return HWY_DYNAMIC_DISPATCH(Take32)(cells, begin, end, bar, numbers, values);
}

}  // namespace akin
#endif
