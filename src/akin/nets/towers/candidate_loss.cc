#include "akin/nets/towers/candidate_loss.h"

#include <algorithm>
#include <cmath>

#include "akin/linalg/matrix.h"
#include "akin/nets/sequence/attention_kernels.h"

namespace akin::towers {
namespace {

double softmax_loss(float* z, std::size_t n, std::size_t own, float weight) {
  const float right = z[own];
  attention::LogSum sum;
  attention::add_exp(z, n, sum);
  const float log_sum = sum.most + std::log(sum.sum);
  attention::exp_minus(log_sum, weight, z, n);
  z[own] -= weight;
  return static_cast<double>(log_sum - right);
}

/// By Newton's method from below: the sum of squares falls in tau and is convex, so that no step goes too far.
float entmax_threshold(const float* z, std::size_t n) {
  constexpr int kMostSteps = 50;
  constexpr float kClose = 1e-6F;
  float tau = *std::max_element(z, z + n) / 2 - 1;
  for (int step = 0; step < kMostSteps; ++step) {
    float squares = 0, sum = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const float above = std::max(0.0F, z[j] / 2 - tau);
      squares += above * above;
      sum += above;
    }
    if (!(squares - 1 > kClose)) break;
    tau += (squares - 1) / (2 * sum);
  }
  return tau;
}

double entmax_loss(float* z, std::size_t n, std::size_t own, float weight) {
  const float tau = entmax_threshold(z, n);
  double loss = 4.0 / 3 - static_cast<double>(z[own]);
  for (std::size_t j = 0; j < n; ++j) {
    const float above = std::max(0.0F, z[j] / 2 - tau), p = above * above;
    if (p > 0)
      loss += static_cast<double>(p) * static_cast<double>(z[j]) - 4.0 / 3 * static_cast<double>(p * above);
    z[j] = weight * p;
  }
  std::fill(z + n, z + padded(n), 0.0F);
  z[own] -= weight;
  return loss;
}

}  // namespace

CandidateLoss parse_candidate_loss(std::string_view name) {
  return name == "entmax" ? CandidateLoss::kEntmax : CandidateLoss::kSoftmax;
}

double candidate_loss(CandidateLoss loss, float* z, std::size_t n, std::size_t own, float weight) {
  return loss == CandidateLoss::kEntmax ? entmax_loss(z, n, own, weight) : softmax_loss(z, n, own, weight);
}

}  // namespace akin::towers
