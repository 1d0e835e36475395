#include "akin/nets/pairs/ncf_net.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/linalg/small_product.h"
#include "akin/nets/pairs/ncf_trainer.h"

namespace akin {
namespace {

/// A net of random numbers large enough for ReLUs to differ.
NcfNet random_net(NcfShape shape, std::size_t n) {
  NcfNet net(std::move(shape), n, n);
  initialize({.width = 0.5f, .normal = true}, 5, net);
  for (DenseLayer& layer : net.layers)
    for (float& x : layer.bias[0]) x = 0.1f;
  return net;
}

/// y of pairs (s, s + 1), plainly, in double.
double plain_score(const NcfNet& net, std::size_t user, std::size_t item) {
  const NcfShape& shape = net.shape;
  double y = net.bias[0][0];
  for (std::size_t k = 0; k < shape.product; ++k)
    y += double{net.product_weights[0][k]} * net.users[user][k] * net.items[item][k];
  if (net.layers.empty()) return y;
  std::vector<double> x(net.first_inputs());
  for (std::size_t k = 0; k < shape.embedding; ++k) {
    x[k] = net.users[user][shape.product_columns() + k];
    x[padded(shape.embedding) + k] = net.items[item][shape.product_columns() + k];
  }
  for (const DenseLayer& layer : net.layers) {
    std::vector<double> z(layer.bias.cols());
    for (std::size_t o = 0; o < z.size(); ++o) {
      z[o] = layer.bias[0][o];
      for (std::size_t i = 0; i < x.size(); ++i) z[o] += x[i] * layer.weights[i][o];
      z[o] = std::max(0.0, z[o]);
    }
    x = z;
  }
  for (std::size_t o = 0; o < x.size(); ++o) y += x[o] * net.hidden_weights[0][o];
  return y;
}

struct Rows {
  std::vector<const float*> users, items;
  explicit Rows(const NcfNet& net) {
    for (std::size_t s = 0; s + 1 < net.users.rows(); ++s) {
      users.push_back(net.users.row(s));
      items.push_back(net.items.row(s + 1));
    }
  }
};

const NcfShape kShapes[] = {{.product = 5},
                            {.product = 30, .weighted = false},
                            {.embedding = 7, .layers = {9}},
                            {.product = 3, .embedding = 17, .layers = {33, 16, 5}}};

TEST(NcfNet, ScoresAsItsEquationsSay) {
  for (const NcfShape& shape : kShapes) {
    const NcfNet net = random_net(shape, 24);
    NcfTile tile(net);
    const Rows rows(net);
    const auto y = tile.forward(net, rows.users, rows.items);
    ASSERT_EQ(y.size(), 23u);
    for (std::size_t s = 0; s < y.size(); ++s) EXPECT_NEAR(y[s], plain_score(net, s, s + 1), 2e-5);
  }
}

/// L = sum_s w_s y_s with fixed w: dL/dx by backward() against (L(x + e) - L(x - e)) / 2e in double.
TEST(NcfNet, GradientsAreThoseOfFiniteDifferences) {
  for (const NcfShape& shape : kShapes) {
    NcfNet net = random_net(shape, 12);
    NcfTile tile(net);
    const Rows rows(net);
    std::vector<float> w(11);
    for (std::size_t s = 0; s < w.size(); ++s) w[s] = 0.3f - 0.1f * static_cast<float>(s % 5);
    std::vector<Matrix> transposed;
    transpose_layers(net, transposed);
    tile.forward(net, rows.users, rows.items);
    Matrix user_gradients(12, shape.columns()), item_gradients(12, shape.columns());
    tile.backward(net, transposed, w, 0, user_gradients, item_gradients);
    const auto check = [&](float& x, float gradient, const char* what) {
      constexpr float kStep = 1e-3f;
      const float was = x;
      double difference = 0;
      for (const float sign : {1.0f, -1.0f}) {
        x = was + sign * kStep;
        for (std::size_t s = 0; s < w.size(); ++s)
          difference += double{sign} * w[s] * plain_score(net, s, s + 1);
      }
      x = was;
      EXPECT_NEAR(gradient, difference / (2.0 * kStep), 2e-3) << what;
    };
    for (std::size_t k = 0; k < shape.columns(); ++k) {
      if (k >= shape.product && k < shape.product_columns()) continue;
      for (const std::size_t s : {0, 7}) {
        check(net.users[s][k], user_gradients[s][k], "user");
        check(net.items[s + 1][k], item_gradients[s][k], "item");
      }
    }
    const std::vector<Matrix*> dense = net.dense();
    for (std::size_t d = 0; d < dense.size(); ++d) {
      for (std::size_t r = 0; r < dense[d]->rows(); r += 3) {
        for (std::size_t c = 0; c < dense[d]->cols(); c += 2)
          check((*dense[d])[r][c], tile.gradients()[d][r][c], "dense");
      }
    }
  }
}

TEST(NcfNet, CountsTheTutorialsParameters) {
  EXPECT_EQ(NcfNet({.product = 30, .weighted = false}, 22'364, 12'102).parameters(), 1'033'980u);
  EXPECT_EQ(NcfNet({.embedding = 30, .layers = {64}}, 22'364, 12'102).parameters(), 1'037'949u);
}

// Row 16 of the tutorial.
TEST(NcfNet, OneHotVectorsThroughADenseLayerAreRowsOfItsWeights) {
  const NcfNet net = random_net({.product = 5, .embedding = 16, .layers = {4}}, 65);
  const Matrix& table = net.items;
  Matrix one_hot(table.rows(), table.rows()), product(table.rows(), table.cols());
  for (std::size_t i = 0; i < table.rows(); ++i) one_hot[i][i] = 1;
  add_product(as_is(one_hot), table.rows(), table.rows(), table, product);
  NcfNet dense = net.clone();
  dense.items = std::move(product);
  NcfTile a(net), b(dense);
  const Rows looked_up(net), multiplied(dense);
  EXPECT_TRUE(std::ranges::equal(a.forward(net, looked_up.users, looked_up.items),
                                 b.forward(dense, multiplied.users, multiplied.items)));
}

TEST(NcfNet, DropoutKeepsTheMean) {
  const NcfNet net = random_net({.embedding = 16, .layers = {4}}, 65);
  NcfNet linear = net.clone();
  for (float& x : linear.layers[0].bias[0]) x = 100;  // no ReLU is at rest
  NcfTile tile(linear);
  const Rows rows(linear);
  const std::vector<float> plain = [&] {
    const auto y = tile.forward(linear, rows.users, rows.items);
    return std::vector<float>(y.begin(), y.end());
  }();
  std::vector<double> mean(plain.size());
  constexpr int kDraws = 2000;
  for (int draw = 0; draw < kDraws; ++draw) {
    const auto y = tile.forward(linear, rows.users, rows.items, 0.5f, static_cast<std::uint64_t>(draw));
    for (std::size_t s = 0; s < y.size(); ++s) mean[s] += y[s] / kDraws;
  }
  double apart = 0;
  for (std::size_t s = 0; s < plain.size(); ++s) apart = std::max(apart, std::abs(mean[s] - plain[s]));
  EXPECT_LT(apart, 0.3);
  const auto once = tile.forward(linear, rows.users, rows.items, 0.5f, 1);
  EXPECT_GT(std::abs(once[0] - plain[0]), 1e-3);
}

TEST(NcfLoss, SlopesAreDerivatives) {
  for (const NcfLoss loss : {NcfLoss::kAbsolute, NcfLoss::kSquared, NcfLoss::kLogistic}) {
    for (const float target : {0.0f, 1.0f}) {
      for (const float y : {-3.0f, -0.5f, 0.4f, 2.0f}) {
        const float step = 1e-2f;
        const float difference =
            (loss_at(loss, y + step, target).loss - loss_at(loss, y - step, target).loss) / (2 * step);
        EXPECT_NEAR(loss_at(loss, y, target).slope, difference, 1e-3);
      }
    }
  }
  EXPECT_TRUE(std::isfinite(loss_at(NcfLoss::kLogistic, 1e4f, 0).loss)) << "no overflow";
  EXPECT_EQ(loss_at(NcfLoss::kLogistic, -1e4f, 0).loss, 0);
}

}  // namespace
}  // namespace akin
