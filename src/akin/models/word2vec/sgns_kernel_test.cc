#include "akin/models/word2vec/sgns_kernel.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/linalg/matrix.h"

namespace akin {
namespace {

struct State {
  Matrix inputs, outputs;
  SgnsBatch batch;
};

State state(std::size_t n_inputs, std::size_t n_outputs, std::size_t dim, double sigma) {
  State s{Matrix::normal(n_inputs, dim, sigma, 3), Matrix::normal(n_outputs, dim, sigma, 5), {}};
  s.batch.n_inputs = n_inputs;
  s.batch.n_outputs = n_outputs;
  for (std::size_t i = 0; i < n_inputs; ++i) {
    s.batch.inputs[i] = s.inputs.row(i);
    s.batch.input_weights[i] = 1 + 0.25f * static_cast<float>(i);
  }
  for (std::size_t o = 0; o < n_outputs; ++o) {
    s.batch.outputs[o] = s.outputs.row(o);
    s.batch.output_weights[o] = o == 3 ? 2.0f : 1.0f;
    s.batch.labels[o] = o == 0 || o == 4 ? 1.0f : 0.0f;
  }
  return s;
}

void expect_near(const Matrix& a, const Matrix& b, float tolerance) {
  for (std::size_t r = 0; r < a.rows(); ++r) {
    for (std::size_t c = 0; c < a.stride(); ++c)
      ASSERT_NEAR(a.row(r)[c], b.row(r)[c], tolerance) << r << ' ' << c;
  }
}

TEST(SgnsKernel, MatchesTheReference) {
  for (std::size_t i = 1; i <= kSgnsInputs; ++i) {
    for (std::size_t o = 1; o <= kSgnsOutputs; ++o) {
      for (const std::size_t dim : {1u, 7u, 16u, 31u, 100u, 257u}) {
        State fast = state(i, o, dim, 0.3), slow = state(i, o, dim, 0.3);
        sgns_step(fast.batch, dim, 0.05f);
        reference::sgns_step(slow.batch, dim, 0.05f);
        expect_near(fast.inputs, slow.inputs, 2e-5f);
        expect_near(fast.outputs, slow.outputs, 2e-5f);
      }
    }
  }
}

/// The step is -alpha times the gradient of the loss, by central differences.
TEST(SgnsKernel, StepsDownTheGradientOfItsLoss) {
  const std::size_t dim = 5;
  const float learning_rate = 0.5f, h = 0.01f;
  State before = state(3, 5, dim, 0.5), after = state(3, 5, dim, 0.5);
  sgns_step(after.batch, dim, learning_rate);
  for (const bool input : {true, false}) {
    Matrix& from = input ? before.inputs : before.outputs;
    const Matrix& to = input ? after.inputs : after.outputs;
    for (std::size_t r = 0; r < from.rows(); ++r) {
      for (std::size_t c = 0; c < dim; ++c) {
        const float x = from[r][c];
        from[r][c] = x + h;
        const double up = sgns_loss(before.batch, dim);
        from[r][c] = x - h;
        const double down = sgns_loss(before.batch, dim);
        from[r][c] = x;
        const double slope = (up - down) / (2 * static_cast<double>(h));
        EXPECT_NEAR(to[r][c] - x, -learning_rate * slope, 1e-3 * (std::abs(slope) + 0.1)) << input << r << c;
      }
    }
  }
}

TEST(SgnsKernel, PaddingStaysZero) {
  State s = state(5, 6, 19, 1);
  sgns_step(s.batch, 19, 0.5f);
  for (std::size_t c = 19; c < s.inputs.stride(); ++c) {
    EXPECT_EQ(s.inputs.row(4)[c], 0);
    EXPECT_EQ(s.outputs.row(5)[c], 0);
  }
}

TEST(SgnsKernel, SaturatesWithoutOverflow) {
  State s = state(8, 8, 64, 30);
  EXPECT_LE(sgns_loss(s.batch, 64), 3 * 8 * 9 * 31.0);
  sgns_step(s.batch, 64, 0.001f);
  EXPECT_TRUE(all_finite(s.inputs) && all_finite(s.outputs));
}

}  // namespace
}  // namespace akin
