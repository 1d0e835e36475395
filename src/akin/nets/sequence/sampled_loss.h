// Losses of next items against sampled ones, with their gradients.
#pragma once

#include <cstddef>
#include <cstdint>

#include "akin/linalg/matrix.h"

namespace akin {

enum class SequenceLoss { kCrossEntropy, kBprMax, kTop1Max };

/// With r_i the score of a slot's target, r_j those of all other candidates, w_j their weights, and s_j = w_j
/// exp(r_j) / sum_k w_k exp(r_k) over the others only:
///   cross-entropy  -log( exp(r_i) / (exp(r_i) + sum_j w_j exp(r_j)) )
///   bpr-max        -log( sum_j s_j sigma(r_i - r_j) ) + regularization sum_j s_j r_j^2
///   top1-max       sum_j s_j ( sigma(r_j - r_i) + sigma(r_j^2) )
/// (Hidasi & Karatzoglou, "Recurrent neural networks with top-k gains for session-based recommendations",
/// CIKM 2018.) Equal scores count half: sigma(0) = 1/2. The last two have r = elu(score) with this slope
/// below 0; elu 0 = r is the score.
struct SampledLoss {
  SequenceLoss kind = SequenceLoss::kCrossEntropy;
  float elu = 0;
  float regularization = 0;
};

/// Scores of candidates (rows, each of another item) in slots (columns), `stride` floats from row to row;
/// that and the number of slots are multiples of 16.
struct CandidateScores {
  float* scores;
  std::size_t stride;
  std::size_t slots;
  const float* weights;     ///< w of each row
  const std::int32_t* own;  ///< of each slot: the row of its target; -1 = padding
  std::size_t target_rows;  ///< own targets are among the first rows
};

/// Numbers of each slot that the gradient needs, in rows of `stride` floats: largest r_j, sum of w exp(r -
/// largest), and the means by s of what the loss sums.
inline constexpr std::size_t kLossSums = 5;

/// Rows [first, last): scores += the row's bias, then r.
void add_bias(const SampledLoss& loss, const CandidateScores& c, std::size_t first, std::size_t last,
              const float* bias);
/// The sums over rows [first, last) into `sums` (kLossSums, stride); `positives` are the r_i.
void sum_candidates(const SampledLoss& loss, const CandidateScores& c, std::size_t first, std::size_t last,
                    const float* positives, float* sums);
/// The sums of `blocks` blocks, one after the other in `sums`, into those of the first, and the losses of the
/// slots.
void combine_sums(const SampledLoss& loss, const CandidateScores& c, std::size_t blocks,
                  const float* positives, float* sums, float* losses);
/// Puts scale * d loss / d score in the place of rows [first, last); 0 in padding.
void loss_gradient(const SampledLoss& loss, const CandidateScores& c, std::size_t first, std::size_t last,
                   const float* positives, const float* sums, float scale);

}  // namespace akin
