#include "akin/nets/sequence/sampled_loss.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/nets/sequence/sampled_loss.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// After foreach_target.h: this header is compiled once for each instruction set.
#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
using DI = hn::RebindToSigned<D>;
using M = hn::Mask<D>;

constexpr float kNone = -1e30f;  // below every score

HWY_INLINE V Exp(V x) {
  const D d;
  return hn::Exp(d, hn::Min(hn::Max(x, hn::Set(d, -87.0f)), hn::Set(d, 87.0f)));
}
HWY_INLINE V Sigmoid(V x) {
  const V one = hn::Set(D(), 1.0f);
  return hn::Div(one, hn::Add(one, Exp(hn::Neg(x))));
}
HWY_INLINE V Sloped(V sigma) { return hn::Mul(sigma, hn::Sub(hn::Set(D(), 1.0f), sigma)); }

/// Whether row j is the target of the slots from `lane` on.
HWY_INLINE M IsOwn(const CandidateScores& c, std::size_t j, std::size_t lane) {
  const DI di;
  if (j >= c.target_rows) return hn::MaskFromVec(hn::Zero(D()));
  return hn::RebindMask(D(), hn::Eq(hn::LoadU(di, c.own + lane), hn::Set(di, static_cast<std::int32_t>(j))));
}

/// What a candidate adds to the sums, beside its share.
struct Terms {
  V a, b, c;
};
template <SequenceLoss kLoss>
HWY_INLINE Terms TermsOf(V r, V positive) {
  const D d;
  if constexpr (kLoss == SequenceLoss::kBprMax) {
    const V sigma = Sigmoid(hn::Sub(positive, r));
    return {sigma, hn::Mul(r, r), Sloped(sigma)};
  } else if constexpr (kLoss == SequenceLoss::kTop1Max) {
    const V above = Sigmoid(hn::Sub(r, positive)), size = Sigmoid(hn::Mul(r, r));
    return {hn::Add(above, size), Sloped(size), Sloped(above)};
  } else {
    return {hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  }
}

template <SequenceLoss kLoss>
void SumRows(const CandidateScores& c, std::size_t first, std::size_t last, const float* positives,
             float* sums) {
  const D d;
  const V none = hn::Set(d, kNone);
  for (std::size_t lane = 0; lane < c.slots; lane += hn::Lanes(d)) {
    const V positive = hn::Load(d, positives + lane);
    V largest = none;
    for (std::size_t j = first; j < last; ++j) {
      const V r = hn::Load(d, c.scores + j * c.stride + lane);
      largest = hn::Max(largest, hn::IfThenElse(IsOwn(c, j, lane), none, r));
    }
    V total = hn::Zero(d), a = total, b = total, e = total;
    for (std::size_t j = first; j < last; ++j) {
      const V r = hn::Load(d, c.scores + j * c.stride + lane);
      const V share =
          hn::IfThenZeroElse(IsOwn(c, j, lane), hn::Mul(hn::Set(d, c.weights[j]), Exp(hn::Sub(r, largest))));
      total = hn::Add(total, share);
      if constexpr (kLoss != SequenceLoss::kCrossEntropy) {
        const Terms terms = TermsOf<kLoss>(r, positive);
        a = hn::MulAdd(share, terms.a, a);
        b = hn::MulAdd(share, terms.b, b);
        e = hn::MulAdd(share, terms.c, e);
      }
    }
    const V all[] = {largest, total, a, b, e};
    for (std::size_t k = 0; k < kLossSums; ++k) hn::Store(all[k], d, sums + k * c.stride + lane);
  }
}

/// A slot without any candidate but its target has loss 0 and no gradient: its means are 0.
HWY_INLINE V LossOf(const SampledLoss& loss, V positive, V (&all)[kLossSums]) {
  const D d;
  const M some = hn::Gt(all[1], hn::Zero(d));
  const auto means = [&] {
    for (std::size_t k = 2; k < kLossSums; ++k) all[k] = hn::IfThenElseZero(some, hn::Div(all[k], all[1]));
  };
  switch (loss.kind) {
    case SequenceLoss::kCrossEntropy: {
      const V largest = hn::Max(all[0], positive);
      all[1] = hn::MulAdd(all[1], Exp(hn::Sub(all[0], largest)), Exp(hn::Sub(positive, largest)));
      all[0] = largest;
      return hn::Add(hn::Log(d, all[1]), hn::Sub(largest, positive));
    }
    case SequenceLoss::kBprMax:
      means();
      all[2] = hn::Max(all[2], hn::Set(d, 1e-24f));
      return hn::IfThenElseZero(some, hn::NegMulAdd(hn::Set(d, 1.0f), hn::Log(d, all[2]),
                                                    hn::Mul(hn::Set(d, loss.regularization), all[3])));
    case SequenceLoss::kTop1Max:
      means();
      return all[2];
  }
  return positive;
}

template <SequenceLoss kLoss>
HWY_INLINE V OtherGradient(const SampledLoss& loss, V r, V positive, const V (&all)[kLossSums]) {
  const D d;
  if constexpr (kLoss == SequenceLoss::kCrossEntropy) return hn::Set(d, 1.0f);
  const Terms terms = TermsOf<kLoss>(r, positive);
  const V two_r = hn::Add(r, r);
  if constexpr (kLoss == SequenceLoss::kBprMax) {
    const V ranks = hn::Div(hn::Sub(hn::Sub(all[2], terms.a), hn::Neg(terms.c)), all[2]);
    return hn::MulAdd(hn::Set(d, loss.regularization), hn::Add(hn::Sub(terms.b, all[3]), two_r), ranks);
  } else {
    return hn::MulAdd(two_r, terms.b, hn::Add(hn::Sub(terms.a, all[2]), terms.c));
  }
}

template <SequenceLoss kLoss>
HWY_INLINE V OwnGradient(V positive, const V (&all)[kLossSums]) {
  const D d;
  if constexpr (kLoss == SequenceLoss::kCrossEntropy) {
    return hn::Sub(hn::Div(Exp(hn::Sub(positive, all[0])), all[1]), hn::Set(d, 1.0f));
  } else if constexpr (kLoss == SequenceLoss::kBprMax) {
    return hn::IfThenElseZero(hn::Gt(all[1], hn::Zero(d)), hn::Neg(hn::Div(all[4], all[2])));
  } else {
    return hn::Neg(all[4]);
  }
}

template <SequenceLoss kLoss>
void Gradient(const SampledLoss& loss, const CandidateScores& c, std::size_t first, std::size_t last,
              const float* positives, const float* sums, float scale) {
  const D d;
  const DI di;
  const V zero = hn::Zero(d), elu = hn::Set(d, loss.elu);
  const bool slope = kLoss != SequenceLoss::kCrossEntropy && loss.elu > 0;
  for (std::size_t lane = 0; lane < c.slots; lane += hn::Lanes(d)) {
    const V positive = hn::Load(d, positives + lane);
    V all[kLossSums];
    for (std::size_t k = 0; k < kLossSums; ++k) all[k] = hn::Load(d, sums + k * c.stride + lane);
    const M used = hn::RebindMask(d, hn::Gt(hn::LoadU(di, c.own + lane), hn::Set(di, -1)));
    const V factor = hn::IfThenElseZero(used, hn::Set(d, scale));
    const V shared = hn::IfThenElseZero(hn::Gt(all[1], zero), hn::Div(factor, all[1]));
    const V own = hn::Mul(factor, OwnGradient<kLoss>(positive, all));
    for (std::size_t j = first; j < last; ++j) {
      float* const at = c.scores + j * c.stride + lane;
      const V r = hn::Load(d, at);
      const V share = hn::Mul(hn::Mul(hn::Set(d, c.weights[j]), shared), Exp(hn::Sub(r, all[0])));
      V g = hn::Mul(share, OtherGradient<kLoss>(loss, r, positive, all));
      g = hn::IfThenElse(IsOwn(c, j, lane), own, g);
      if (slope) g = hn::IfThenElse(hn::Gt(r, zero), g, hn::Mul(g, hn::Add(r, elu)));
      hn::Store(g, d, at);
    }
  }
}
}  // namespace

void AddBias(const SampledLoss& loss, const CandidateScores& c, std::size_t first, std::size_t last,
             const float* bias) {
  const D d;
  const bool bent = loss.kind != SequenceLoss::kCrossEntropy && loss.elu > 0;
  const V elu = hn::Set(d, loss.elu), zero = hn::Zero(d), one = hn::Set(d, 1.0f);
  for (std::size_t j = first; j < last; ++j) {
    const V b = hn::Set(d, bias[j]);
    for (std::size_t lane = 0; lane < c.slots; lane += hn::Lanes(d)) {
      float* const at = c.scores + j * c.stride + lane;
      V r = hn::Add(hn::Load(d, at), b);
      if (bent) r = hn::IfThenElse(hn::Gt(r, zero), r, hn::Mul(elu, hn::Sub(Exp(r), one)));
      hn::Store(r, d, at);
    }
  }
}

void SumCandidates(const SampledLoss& loss, const CandidateScores& c, std::size_t first, std::size_t last,
                   const float* positives, float* sums) {
  switch (loss.kind) {
    case SequenceLoss::kCrossEntropy:
      return SumRows<SequenceLoss::kCrossEntropy>(c, first, last, positives, sums);
    case SequenceLoss::kBprMax:
      return SumRows<SequenceLoss::kBprMax>(c, first, last, positives, sums);
    case SequenceLoss::kTop1Max:
      return SumRows<SequenceLoss::kTop1Max>(c, first, last, positives, sums);
  }
}

void CombineSums(const SampledLoss& loss, const CandidateScores& c, std::size_t blocks,
                 const float* positives, float* sums, float* losses) {
  const D d;
  const std::size_t block = kLossSums * c.stride;
  for (std::size_t lane = 0; lane < c.slots; lane += hn::Lanes(d)) {
    V largest = hn::Set(d, kNone);
    for (std::size_t b = 0; b < blocks; ++b) largest = hn::Max(largest, hn::Load(d, sums + b * block + lane));
    V all[kLossSums] = {largest, hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    for (std::size_t b = 0; b < blocks; ++b) {
      const float* const of_block = sums + b * block + lane;
      const V factor = Exp(hn::Sub(hn::Load(d, of_block), largest));
      for (std::size_t k = 1; k < kLossSums; ++k)
        all[k] = hn::MulAdd(factor, hn::Load(d, of_block + k * c.stride), all[k]);
    }
    hn::Store(LossOf(loss, hn::Load(d, positives + lane), all), d, losses + lane);
    for (std::size_t k = 0; k < kLossSums; ++k) hn::Store(all[k], d, sums + k * c.stride + lane);
  }
}

void LossGradient(const SampledLoss& loss, const CandidateScores& c, std::size_t first, std::size_t last,
                  const float* positives, const float* sums, float scale) {
  switch (loss.kind) {
    case SequenceLoss::kCrossEntropy:
      return Gradient<SequenceLoss::kCrossEntropy>(loss, c, first, last, positives, sums, scale);
    case SequenceLoss::kBprMax:
      return Gradient<SequenceLoss::kBprMax>(loss, c, first, last, positives, sums, scale);
    case SequenceLoss::kTop1Max:
      return Gradient<SequenceLoss::kTop1Max>(loss, c, first, last, positives, sums, scale);
  }
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(AddBias);
HWY_EXPORT(SumCandidates);
HWY_EXPORT(CombineSums);
HWY_EXPORT(LossGradient);

void add_bias(const SampledLoss& loss, const CandidateScores& c, std::size_t first, std::size_t last,
              const float* bias) {
  HWY_DYNAMIC_DISPATCH(AddBias)(loss, c, first, last, bias);
}

void sum_candidates(const SampledLoss& loss, const CandidateScores& c, std::size_t first, std::size_t last,
                    const float* positives, float* sums) {
  HWY_DYNAMIC_DISPATCH(SumCandidates)(loss, c, first, last, positives, sums);
}

void combine_sums(const SampledLoss& loss, const CandidateScores& c, std::size_t blocks,
                  const float* positives, float* sums, float* losses) {
  HWY_DYNAMIC_DISPATCH(CombineSums)(loss, c, blocks, positives, sums, losses);
}

void loss_gradient(const SampledLoss& loss, const CandidateScores& c, std::size_t first, std::size_t last,
                   const float* positives, const float* sums, float scale) {
  HWY_DYNAMIC_DISPATCH(LossGradient)(loss, c, first, last, positives, sums, scale);
}

}  // namespace akin
#endif
