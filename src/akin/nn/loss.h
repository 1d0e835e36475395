// What a net's training makes small, and which targets it takes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "akin/nn/net_spec.h"

namespace akin::nn {

/// Losses, each a mean over all values of a batch, as in Keras. The cross-entropies are worked out from what
/// goes into a last sigmoid or softmax, so that they neither overflow nor take the logarithm of 0.
/// kMultinomial (Liang et al. 2018): outputs are one number a class, before or behind a last softmax; targets
/// are lists of indices, 0 for none and c + 1 for class c; minus the sum of the log-probabilities of a list,
/// mean over samples. Those from kCandidateSoftmax on compare scores of candidates (..., C), the right one
/// first; targets (...) are the weights of the positions, 0 where there is none; mean by weight.
enum class Loss {
  kMse,
  kMae,
  kBinaryCrossentropy,
  kCategoricalCrossentropy,
  kSparseCategoricalCrossentropy,
  kMultinomial,
  kCandidateSoftmax,  ///< minus the log-probability of the first
  kCandidateBce,      ///< binary cross-entropies, mean over candidates
  kGbce,              ///< the same, with sigmoid^beta of the first (Petrov & Macdonald 2023)
  kBpr,               ///< -log sigmoid(first - other), mean over others (Rendle et al. 2009)
  kBprMax,            ///< the others weighted by their softmax, regularized (Hidasi & Karatzoglou 2018)
  kTop1Max,           ///< likewise
  kTripletHinge,      ///< max(0, margin - first + other), mean over others
};

/// What some losses take beside scores and targets.
struct LossParameters {
  double margin = 1;          ///< triplet_hinge
  double beta = 1;            ///< gbce; 1 = candidate_bce
  double regularization = 0;  ///< bpr_max: of the others' squared scores
};

Loss parse_loss(std::string_view name);
std::string_view to_string(Loss loss);

/// Whether targets of the shape suit the loss and output of the net. Throws Error(kUsage) saying what would.
void check_targets(const NetSpec& spec, Loss loss, const Shape& target);
/// Throws Error(kBadData) naming the target that is not what the loss is made for:
/// a class number, a probability, a weight.
void check_labels(const NetSpec& spec, Loss loss, std::span<const float> targets);
/// The same for lists of indices.
void check_labels(const NetSpec& spec, Loss loss, std::span<const std::int32_t> targets);
/// Whether targets are lists of indices.
bool takes_lists(Loss loss);
/// Whether outputs are scores of candidates.
bool compares_candidates(Loss loss);

}  // namespace akin::nn
