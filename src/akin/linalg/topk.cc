#include "akin/linalg/topk.h"

namespace akin {

std::vector<Scored> top_k(std::span<const float> scores, std::size_t k) {
  TopK best(std::min(k, scores.size()));
  float threshold = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!(scores[i] > threshold)) continue;  // a tie never enters: earlier indices win
    best.push(static_cast<idx_t>(i), scores[i]);
    threshold = best.threshold();
  }
  return best.take();
}

}  // namespace akin
