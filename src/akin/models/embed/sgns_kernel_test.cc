#include "akin/models/embed/sgns_kernel.h"

#include <gtest/gtest.h>

#include "akin/linalg/matrix.h"

namespace akin {
namespace {

struct State {
  Matrix input;
  Matrix outputs;
  std::vector<float*> rows;
};

State state(std::size_t n_outputs, std::size_t dim, double sigma) {
  State s{Matrix::normal(1, dim, sigma, 3), Matrix::normal(n_outputs, dim, sigma, 5), {}};
  for (std::size_t t = 0; t < n_outputs; ++t) s.rows.push_back(s.outputs.row(t));
  return s;
}

void expect_same_step(State fast, State slow, std::size_t positives) {
  const std::size_t stride = fast.input.stride();
  const float loss =
      sgns_step(fast.input.row(0), fast.rows.data(), fast.rows.size(), positives, stride, 0.05f);
  const float expected =
      reference::sgns_step(slow.input.row(0), slow.rows.data(), slow.rows.size(), positives, stride, 0.05f);
  EXPECT_NEAR(loss, expected, 1e-4f * (1 + expected));
  for (std::size_t c = 0; c < stride; ++c)
    EXPECT_NEAR(fast.input.row(0)[c], slow.input.row(0)[c], 1e-5f) << c;
  for (std::size_t t = 0; t < fast.outputs.rows(); ++t) {
    for (std::size_t c = 0; c < stride; ++c)
      EXPECT_NEAR(fast.outputs.row(t)[c], slow.outputs.row(t)[c], 1e-5f) << t;
  }
}

TEST(SgnsKernel, MatchesTheReference) {
  for (std::size_t n = 1; n <= kSgnsMaxOutputs; ++n) {
    for (const std::size_t dim : {1u, 7u, 16u, 31u, 100u, 257u}) {
      for (const std::size_t positives : {0u, 1u})
        expect_same_step(state(n, dim, 0.3), state(n, dim, 0.3), positives);
    }
  }
}

TEST(SgnsKernel, PaddingStaysZero) {
  State s = state(6, 19, 1);
  sgns_step(s.input.row(0), s.rows.data(), 6, 1, s.input.stride(), 0.5f);
  for (std::size_t c = 19; c < s.input.stride(); ++c) {
    EXPECT_EQ(s.input.row(0)[c], 0);
    EXPECT_EQ(s.outputs.row(5)[c], 0);
  }
}

TEST(SgnsKernel, ARepeatedNegativeMovesTwice) {
  State once = state(2, 31, 0.3), twice = state(2, 31, 0.3);
  const std::vector<float> before(once.outputs[1].begin(), once.outputs[1].end());
  sgns_step(once.input.row(0), once.rows.data(), 2, 1, once.input.stride(), 0.01f);
  twice.rows.push_back(twice.rows[1]);
  sgns_step(twice.input.row(0), twice.rows.data(), 3, 1, twice.input.stride(), 0.01f);
  for (std::size_t c = 0; c < 31; ++c) {
    EXPECT_NEAR(twice.outputs[1][c] - before[c], 2 * (once.outputs[1][c] - before[c]), 1e-6f);
  }
}

TEST(SgnsKernel, SaturatesWithoutOverflow) {
  State s = state(8, 64, 30);
  const float loss = sgns_step(s.input.row(0), s.rows.data(), 8, 1, s.input.stride(), 0.001f);
  EXPECT_TRUE(std::isfinite(loss));
  EXPECT_LE(loss, 8 * 17.0f);
  EXPECT_TRUE(all_finite(s.input) && all_finite(s.outputs));
}

}  // namespace
}  // namespace akin
