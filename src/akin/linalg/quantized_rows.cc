#include "akin/linalg/quantized_rows.h"

#include "akin/base/error.h"
#include "akin/base/huge_pages.h"
#include "akin/linalg/kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/linalg/quantized_rows.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "akin/linalg/scores-inl.h"

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR
void ScoreBounds(const QuantizedRows::Terms& rows, const QuantizedRows::Query& query, std::size_t count,
                 float* out) {
  reference::score_bounds(rows, query, count, out);
}
#else
constexpr std::size_t kReadAhead = 4096;  // bytes

void ScoreBounds(const QuantizedRows::Terms& rows, const QuantizedRows::Query& query, std::size_t count,
                 float* out) {
  const hn::ScalableTag<std::int16_t> d16;
  const hn::Rebind<std::int8_t, decltype(d16)> d8;
  const hn::Repartition<std::int32_t, decltype(d16)> d32;
  const D d;
  const std::size_t stride = rows.width * sizeof(QuantizedRows::Codes);
  const std::size_t lanes = hn::Lanes(d16);
  for (std::size_t i = 0; i < count; i += 4) {
    const std::int8_t* const row = rows.codes[i * rows.width].of;
    // The processor's own reading ahead ends where a page does.
    for (std::size_t c = 0; c < 4 * stride; c += sizeof(QuantizedRows::Codes))
      hwy::Prefetch(row + kReadAhead + c);
    // Where an instruction set has no sum of pairs, the second of them are added up apart.
    hn::Vec<decltype(d32)> sums[4], apart[4];
    for (std::size_t r = 0; r < 4; ++r) sums[r] = apart[r] = hn::Zero(d32);
    for (std::size_t c = 0; c < stride; c += lanes) {
      const auto asked = hn::LoadU(d16, query.codes.data() + c);
      for (std::size_t r = 0; r < 4; ++r) {
        const auto codes = hn::PromoteTo(d16, hn::Load(d8, row + r * stride + c));
        sums[r] = hn::ReorderWidenMulAccumulate(d32, asked, codes, sums[r], apart[r]);
      }
    }
    const auto sum = [&](std::size_t r) { return hn::ConvertTo(d, hn::Add(sums[r], apart[r])); };
    StoreSums(sum(0), sum(1), sum(2), sum(3), out + i);
  }
  const V scale = hn::Set(d, query.scale), first = hn::Set(d, query.first), second = hn::Set(d, query.second);
  const V norm = hn::Set(d, query.norm), rounding = hn::Set(d, query.rounding);
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    const V a = hn::Mul(first, hn::LoadU(d, rows.first + i)),
            b = hn::Mul(second, hn::LoadU(d, rows.second + i));
    const V error =
        hn::MulAdd(rounding, hn::Add(hn::Abs(a), hn::Abs(b)), hn::Mul(norm, hn::LoadU(d, rows.errors + i)));
    const V bound = hn::Add(hn::Add(a, b), error);
    const V coded = hn::Mul(hn::LoadU(d, out + i), hn::LoadU(d, rows.scales + i));
    hn::StoreU(hn::MulAdd(coded, scale, bound), d, out + i);
  }
}
#endif
}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {
namespace {

constexpr std::size_t kBlock = 512;  // rows whose bounds are computed at once, a multiple of kRowPadding
constexpr std::size_t kRowPadding = 16;
/// Products of floats within these bounds neither overflow nor lose to underflow more than kLeastError times a query.
constexpr double kGreatest = 1e15, kLeastQuery = 1e-12, kLeastRow = 1e-30, kLeastError = 1e-20;
/// For the rounding of bounds themselves, and of sums of a few doubles.
constexpr double kUp = 1 + 1e-5;

/// A sum of n products in floats is off by at most n 2^-24 of the sum of their sizes; twice that, and some for the few
/// operations of a bound.
double rounding_of(std::size_t n) { return (static_cast<double>(n) + 32) * std::ldexp(1.0, -23); }

}  // namespace

HWY_EXPORT(ScoreBounds);

void score_bounds(const QuantizedRows::Terms& rows, const QuantizedRows::Query& query, std::size_t count,
                  float* out) {
  HWY_DYNAMIC_DISPATCH(ScoreBounds)(rows, query, count, out);
}

QuantizedRows::QuantizedRows(const Matrix& rows)
    : rows_(rows), coded_(rows.cols() - std::min<std::size_t>(rows.cols(), 2)) {
  const std::size_t d = rows.cols(), n = (rows.rows() + kRowPadding - 1) / kRowPadding * kRowPadding;
  bounded_ = coded_ > 0;
  if (!bounded_) return;
  width_ = (coded_ + sizeof(Codes) - 1) / sizeof(Codes);
  // Sums of products of codes stay below 2^31.
  levels_ = static_cast<int>(std::min<std::size_t>(32767, 2147483647 / (127 * coded_)));
  codes_.reserve(n * width_);
  advise_huge_pages(codes_.data(), n * width_ * sizeof(Codes));
  codes_.resize(n * width_);
  for (auto* const terms : {&scales_, &first_, &second_, &errors_}) terms->resize(n);
  // Codes of the query: |r| <= sqrt(d) t / 2, and t <= |q| / levels.
  const double rounding = rounding_of(d);
  const double query_error = std::sqrt(static_cast<double>(coded_)) / (2.0 * levels_);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const float* const x = rows.row(i);
    float greatest = 0;
    double squares = 0;
    for (std::size_t c = 0; c < coded_; ++c) {
      greatest = std::max(greatest, std::abs(x[c]));
      squares += static_cast<double>(x[c]) * x[c];
    }
    const double biases = std::abs(static_cast<double>(x[d - 1])) + std::abs(static_cast<double>(x[d - 2]));
    if (!(std::sqrt(squares) + biases <= kGreatest)) {
      bounded_ = false;
      return;
    }
    const float scale = greatest < kLeastRow ? 0 : greatest / 127;
    const double inverse = scale > 0 ? 1.0 / scale : 0;
    std::int8_t* const codes = codes_.data()[i * width_].of;
    double off = 0;
    for (std::size_t c = 0; c < coded_; ++c) {
      const double code = std::nearbyint(x[c] * inverse);
      const double rest = x[c] - code * scale;
      codes[c] = static_cast<std::int8_t>(code);
      off += rest * rest;
    }
    const double error = std::sqrt(off), norm = std::sqrt(squares) + error;
    scales_[i] = scale;
    second_[i] = x[d - 1];
    first_[i] = x[d - 2];
    errors_[i] = static_cast<float>((error + (query_error + rounding) * norm + kLeastError) * kUp);
  }
}

bool QuantizedRows::quantize(const float* query, Query& out) const {
  const std::size_t d = rows_.cols();
  float greatest = 0;
  double squares = 0;
  for (std::size_t c = 0; c < coded_; ++c) {
    greatest = std::max(greatest, std::abs(query[c]));
    squares += static_cast<double>(query[c]) * query[c];
  }
  const double norm = std::sqrt(squares), biases = std::abs(query[d - 1]) + std::abs(query[d - 2]);
  if (!(norm + biases <= kGreatest) || greatest < kLeastQuery) return false;
  out.scale = greatest / static_cast<float>(levels_);
  out.codes.assign(width_ * sizeof(Codes), 0);
  for (std::size_t c = 0; c < coded_; ++c) {
    const double code = std::nearbyint(static_cast<double>(query[c]) / out.scale);
    out.codes[c] = static_cast<std::int16_t>(std::clamp<double>(code, -levels_, levels_));
  }
  out.second = query[d - 1];
  out.first = query[d - 2];
  out.norm = static_cast<float>(norm * kUp);
  out.rounding = static_cast<float>(rounding_of(d));
  return true;
}

std::vector<Scored> QuantizedRows::plain_top_k(const float* query, std::span<const char> allowed,
                                               std::size_t k) const {
  std::vector<float> scores(rows_.rows());
  multiply(rows_, 0, rows_.rows(), query, scores.data());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (allowed[i] == 0) scores[i] = -std::numeric_limits<float>::infinity();
  }
  return akin::top_k(scores, k);
}

std::vector<Scored> QuantizedRows::top_k(const float* query, std::span<const char> allowed, std::size_t k,
                                         std::size_t* scored) const {
  AKIN_ASSERT(allowed.size() == rows_.rows());
  Query codes;
  if (scored != nullptr) *scored = rows_.rows();
  if (k == 0 || rows_.empty()) return {};
  if (!bounded_ || !quantize(query, codes)) return plain_top_k(query, allowed, k);
  std::size_t exact = 0;
  TopK best(std::min(k, rows_.rows()));
  float threshold = best.threshold();
  alignas(64) float bounds[kBlock];
  for (std::size_t begin = 0; begin < scales_.size(); begin += kBlock) {
    const Terms terms{codes_.data() + begin * width_, width_,
                      scales_.data() + begin,         first_.data() + begin,
                      second_.data() + begin,         errors_.data() + begin};
    score_bounds(terms, codes, std::min(kBlock, scales_.size() - begin), bounds);
    const std::size_t count = std::min(kBlock, rows_.rows() - begin);
    for (std::size_t i = 0; (i += find_at_least(bounds + i, count - i, threshold)) < count; ++i) {
      if (allowed[begin + i] == 0) continue;
      float score = 0;
      multiply(rows_, begin + i, begin + i + 1, query, &score);
      ++exact;
      if (!(score > threshold)) continue;  // a tie never enters: earlier rows win
      best.push(static_cast<idx_t>(begin + i), score);
      threshold = best.threshold();
    }
  }
  if (scored != nullptr) *scored = exact;
  return best.take();
}

namespace reference {

void score_bounds(const QuantizedRows::Terms& rows, const QuantizedRows::Query& query, std::size_t count,
                  float* out) {
  for (std::size_t i = 0; i < count; ++i) {
    double sum = 0;
    for (std::size_t c = 0; c < query.codes.size(); ++c) {
      const std::size_t at = sizeof(QuantizedRows::Codes);
      sum += static_cast<double>(rows.codes[i * rows.width + c / at].of[c % at]) * query.codes[c];
    }
    const double a = static_cast<double>(query.first) * rows.first[i];
    const double b = static_cast<double>(query.second) * rows.second[i];
    const double error =
        static_cast<double>(query.norm) * rows.errors[i] + query.rounding * (std::abs(a) + std::abs(b));
    out[i] = static_cast<float>(sum * rows.scales[i] * query.scale + a + b + error);
  }
}

}  // namespace reference
}  // namespace akin
#endif  // HWY_ONCE
