#include "akin/models/word2vec/huffman.h"

#include <gtest/gtest.h>

#include <cmath>
#include <queue>
#include <set>

#include "akin/linalg/kernels.h"
#include "akin/linalg/matrix.h"
#include "akin/models/word2vec/window_trainer.h"

namespace akin {
namespace {

/// Sum of count x code length by the textbook's queue.
std::uint64_t least_length(const std::vector<std::uint64_t>& counts) {
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> queue(counts.begin(),
                                                                                       counts.end());
  std::uint64_t total = 0;
  while (queue.size() > 1) {
    const std::uint64_t a = queue.top();
    queue.pop();
    const std::uint64_t b = queue.top();
    queue.pop();
    total += a + b;
    queue.push(a + b);
  }
  return total;
}

const std::vector<std::vector<std::uint64_t>> kCounts = {
    {5}, {9, 2}, {7, 7, 7}, {40, 20, 10, 5, 3, 2, 1}, {13, 13, 12, 11, 8, 8, 8, 8, 5, 4, 3, 1, 1}};

TEST(HuffmanTree, CodesAreAsShortAsCanBe) {
  for (const auto& counts : kCounts) {
    const HuffmanTree tree(counts);
    std::uint64_t length = 0;
    std::set<std::vector<std::pair<idx_t, int>>> paths;
    for (idx_t t = 0; t < counts.size(); ++t) {
      length += counts[t] * tree.path(t).size();
      std::vector<std::pair<idx_t, int>> path;
      for (const auto step : tree.path(t)) path.emplace_back(step.node, step.right);
      paths.insert(path);
      if (counts.size() > 1) {
        ASSERT_FALSE(path.empty());
        EXPECT_EQ(path.front().first, counts.size() - 2) << "the root is the last node";
      }
    }
    EXPECT_EQ(length, least_length(counts));
    EXPECT_EQ(paths.size(), counts.size());
  }
}

/// Row 71 of the checklist: the probabilities of all tokens sum to 1.
TEST(HuffmanTree, ProbabilitiesSumToOne) {
  const auto& counts = kCounts.back();
  const HuffmanTree tree(counts);
  const Matrix nodes = Matrix::normal(counts.size() - 1, 7, 1.0, 3), h = Matrix::normal(1, 7, 1.0, 4);
  double sum = 0;
  for (idx_t t = 0; t < counts.size(); ++t) {
    double p = 1;
    for (const auto step : tree.path(t)) {
      const double x = dot(h.row(0), nodes.row(step.node), 7);
      p *= 1 / (1 + std::exp(step.right ? x : -x));
    }
    sum += p;
  }
  EXPECT_NEAR(sum, 1, 1e-6);
}

/// Moves of one step against central differences of the loss it returns.
template <typename Step>
void expect_gradient(Matrix rows, const Step& step) {
  const std::size_t dim = rows.cols();
  Matrix h = Matrix::normal(1, dim, 0.7, 8), error(1, dim);
  const float learning_rate = 0.25f;
  const auto loss = [&](const Matrix& at) {
    Matrix copy = at.clone(), unused(1, dim);
    return step(h[0], 0.0f, copy, unused[0]);
  };
  Matrix moved = rows.clone();
  step(h[0], learning_rate, moved, error[0]);
  const double d = 0.01;
  const auto slope = [&](float& x) {
    const float old = x;
    x = old + static_cast<float>(d);
    const double up = loss(rows);
    x = old - static_cast<float>(d);
    const double down = loss(rows);
    x = old;
    return (up - down) / (2 * d);
  };
  for (std::size_t c = 0; c < dim; ++c) {
    EXPECT_NEAR(error[0][c], -learning_rate * slope(h[0][c]), 1e-3) << "h " << c;
    for (std::size_t r = 0; r < rows.rows(); ++r)
      EXPECT_NEAR(moved[r][c] - rows[r][c], -learning_rate * slope(rows[r][c]), 1e-3) << r << ' ' << c;
  }
}

TEST(HuffmanStep, StepsDownTheGradient) {
  const HuffmanTree tree(kCounts[3]);
  expect_gradient(Matrix::normal(6, 5, 0.8, 2),
                  [&](std::span<const float> h, float learning_rate, Matrix& nodes, std::span<float> error) {
                    return huffman_step(h, tree.path(5), learning_rate, nodes, error);
                  });
}

/// Rong 2014, eq. 9 and 11: the errors of full softmax are p - y.
TEST(SoftmaxStep, StepsDownTheGradient) {
  expect_gradient(Matrix::normal(11, 5, 0.8, 2),
                  [&](std::span<const float> h, float learning_rate, Matrix& outputs,
                      std::span<float> error) { return softmax_step(h, 3, learning_rate, outputs, error); });
}

}  // namespace
}  // namespace akin
