// How far the candidates' scores are from choosing the right one.
#pragma once

#include <cstddef>
#include <string_view>

namespace akin::towers {

enum class CandidateLoss {
  kSoftmax,  ///< cross-entropy
  /// alpha-entmax with alpha = 1.5 (Peters, Niculae & Martins, "Sparse sequence-to-sequence models", ACL 2019): p_j =
  /// [z_j / 2 - tau]_+^2, so that candidates far below have p = 0 and no gradient; its Fenchel-Young loss is
  /// p . z + 4/3 (1 - sum p^1.5) - z_own.
  kEntmax,
};
/// "softmax", "entmax".
CandidateLoss parse_candidate_loss(std::string_view name);

/// A logit of what is no candidate of a query: p = 0.
inline constexpr float kNoCandidate = -1e9F;

/// The loss of n logits z, of which that of `own` should win. z <- weight (p - e_own), the gradient times `weight`; zero
/// behind them up to the padding.
double candidate_loss(CandidateLoss loss, float* z, std::size_t n, std::size_t own, float weight);

}  // namespace akin::towers
