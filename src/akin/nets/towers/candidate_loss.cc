#include "akin/nets/towers/candidate_loss.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/linalg/matrix.h"
#include "akin/nets/sequence/attention_kernels.h"

namespace akin::towers {
namespace {

constexpr std::size_t kLanes = 16;  // as rows are padded to

double softmax_loss(float* z, std::size_t n, std::size_t own, float weight) {
  const float right = z[own];
  attention::LogSum sum;
  attention::add_exp(z, n, sum);
  const float log_sum = sum.most + std::log(sum.sum);
  attention::exp_minus(log_sum, weight, z, n);
  z[own] -= weight;
  return static_cast<double>(log_sum - right);
}

/// By Newton's method from below: the sum of squares falls in tau and is convex, so that no step goes too far. `n` is a
/// multiple of kLanes.
float entmax_threshold(const float* z, std::size_t n) {
  constexpr int kMostSteps = 50;
  constexpr float kClose = 1e-6F;
  float tau = *std::max_element(z, z + n) / 2 - 1;
  for (int step = 0; step < kMostSteps; ++step) {
    float squares[kLanes] = {},
          sums[kLanes] = {};  // each of every kLanes-th number: vectors, whatever their width
    for (std::size_t j = 0; j < n; j += kLanes) {
      for (std::size_t k = 0; k < kLanes; ++k) {
        const float above = std::max(0.0F, z[j + k] / 2 - tau);
        squares[k] += above * above;
        sums[k] += above;
      }
    }
    const float total = std::accumulate(squares, squares + kLanes, 0.0F);
    if (!(total - 1 > kClose)) break;
    tau += (total - 1) / (2 * std::accumulate(sums, sums + kLanes, 0.0F));
  }
  return tau;
}

double entmax_loss(float* z, std::size_t n, std::size_t own, float weight) {
  std::fill(z + n, z + padded(n), kNoCandidate);
  const float tau = entmax_threshold(z, padded(n));
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
