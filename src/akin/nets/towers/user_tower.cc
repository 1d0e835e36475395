#include "akin/nets/towers/user_tower.h"

#include <algorithm>
#include <cmath>

#include "akin/linalg/kernels.h"

namespace akin::towers {

constexpr float kShortestUser = 1e-12F;

float UserTower::scale() const { return std::exp(sharpness.row(0)[0]); }

UserTower initial_user_tower(std::size_t max_length, std::size_t attributes, std::size_t factors,
                             float temperature) {
  UserTower tower{Matrix(1, max_length), Matrix(attributes, factors), Matrix(1, 1)};
  tower.sharpness.row(0)[0] = -std::log(temperature);
  return tower;
}

void age_weights(const UserTower& tower, std::span<float> weights) {
  const std::size_t n = weights.size();
  if (n == 0) return;
  const float* const theta = tower.ages.row(0);
  const float most = *std::max_element(theta, theta + n);
  double sum = 0;
  for (std::size_t age = 0; age < n; ++age) {
    weights[n - 1 - age] = std::exp(theta[age] - most);
    sum += static_cast<double>(weights[n - 1 - age]);
  }
  for (float& weight : weights) weight = static_cast<float>(static_cast<double>(weight) / sum);
}

float user_vector(const UserTower& tower, const Matrix& vectors, const UserInput& input,
                  std::span<float> weights, float* u) {
  const std::size_t width = vectors.stride();
  age_weights(tower, weights);
  std::fill_n(u, width, 0.0F);
  for (std::size_t h = 0; h < input.rows.size(); ++h) axpy(weights[h], vectors.row(input.rows[h]), u, width);
  for (std::size_t a = 0; a < input.attributes.size(); ++a)
    axpy(input.values[a], tower.attributes.row(input.attributes[a]), u, tower.attributes.stride());
  const float length = std::max(kShortestUser, std::sqrt(dot(u, u, width)));
  scale(1 / length, u, width);
  return length;
}

void user_backward(const Matrix& vectors, const UserInput& input, std::span<const float> weights,
                   const float* u, float length, float* slope, UserGradients to) {
  const std::size_t width = vectors.stride(), n = input.rows.size();
  axpy(-dot(slope, u, width), u, slope, width);
  scale(1 / length, slope, width);
  for (std::size_t a = 0; a < input.attributes.size(); ++a)
    axpy(input.values[a], slope, to.tower.attributes.row(input.attributes[a]), width);
  float mean = 0;
  std::vector<float> products(n);
  for (std::size_t h = 0; h < n; ++h) {
    axpy(weights[h], slope, to.vectors.row(input.rows[h]), width);
    products[h] = dot(slope, vectors.row(input.rows[h]), width);
    mean += weights[h] * products[h];
  }
  for (std::size_t h = 0; h < n; ++h) to.tower.ages.row(0)[n - 1 - h] += weights[h] * (products[h] - mean);
}

}  // namespace akin::towers
