// Sums over sets of indices.
#include "akin/nn/net_for_test.h"

namespace akin::nn {
namespace {

std::vector<float> predict(Net& net, const std::vector<Array>& inputs) {
  return net.predict(inputs).floats();
}

TEST(NetBags, IsADenseLayerOnAMultiHotInput) {
  for (const BagMode mode : {BagMode::kSum, BagMode::kMean, BagMode::kSqrt}) {
    NetSpec bag, hot;
    bag.input({4}).embedding_bag(7, 3, {.name = "bag", .activation = Activation::kTanh, .mode = mode});
    hot.input({4}).multi_hot(7).dense(3, Activation::kTanh, {.name = "dense"});
    Net one = make_net(std::move(bag));
    Net other = make_net(std::move(hot));
    NamedArray table = one.weight("bag/embeddings");
    EXPECT_EQ(table.shape, (Shape{7, 3}));
    one.set_weights({{"bag/bias", {3}, std::vector<float>{1, -1, 0.5}}});
    const Array ids = make_ids({3, 4}, {1, 6, 0, 3, 0, 0, 0, 0, 2, 0, 0, 5});
    const std::vector<float> values = predict(one, {ids});
    const std::vector<double> counts = {3, 1, 2};
    for (std::size_t sample = 0; sample < 3; ++sample) {
      for (std::int64_t u = 0; u < 3; ++u) {
        double sum = 0;
        for (std::size_t i = 0; i < 4; ++i) {
          const std::int32_t id = ids.ids()[sample * 4 + i];
          if (id > 0) sum += table.at(static_cast<std::size_t>(id * 3 + u));
        }
        if (mode == BagMode::kMean) sum /= counts[sample];
        if (mode == BagMode::kSqrt) sum /= std::sqrt(counts[sample]);
        const double bias = std::vector<double>{1, -1, 0.5}[static_cast<std::size_t>(u)];
        EXPECT_NEAR(values[sample * 3 + static_cast<std::size_t>(u)], std::tanh(sum + bias), 1e-6);
      }
    }
    if (mode != BagMode::kSum) continue;
    table.name = "dense/kernel";
    other.set_weights({table, {"dense/bias", {3}, std::vector<float>{1, -1, 0.5}}});
    const Batch batch{{ids}, random_array({3, 3}, 4)};
    one.compile(compile_as("sgd", Loss::kMse));
    other.compile(compile_as("sgd", Loss::kMse));
    const std::vector<double> own = numbers_of(one.gradients(batch)),
                              wanted = numbers_of(other.gradients(batch));
    for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(own[i], wanted[i], 1e-6);
    const std::vector<float> dense = predict(other, {ids});
    for (std::size_t i = 0; i < dense.size(); ++i) EXPECT_NEAR(values[i], dense[i], 1e-6);
  }
}

TEST(NetBags, DropsIndicesInTraining) {
  NetSpec spec;
  spec.input({1000}).embedding_bag(1001, 1, {.rate = 0.75, .bias = false});
  Net net = make_net(std::move(spec));
  net.set_weights({{"embedding_bag_1/embeddings", {1001, 1}, std::vector<float>(1001, 1)}});
  std::vector<std::int32_t> ids(1000);
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>(i + 1);
  const Batch batch{{make_ids({1, 1000}, ids)}, make_array({1, 1}, {0})};
  EXPECT_EQ(predict(net, batch.inputs)[0], 1000);
  CompileOptions options = compile_as("sgd", Loss::kMae, 1);
  net.compile(options);
  const double loss = train(net, batch)[0];  // about 250 ones are kept, times 4
  EXPECT_NEAR(loss, 1000, 200);
  EXPECT_NE(loss, 1000);
  std::size_t moved = 0;
  for (const double value : numbers_of(net.weights())) {
    EXPECT_TRUE(value == 1 || value == -3) << value;  // the gradient of an index that was kept is 4
    moved += value == -3 ? 1 : 0;
  }
  EXPECT_EQ(static_cast<double>(moved) * 4, loss);
}

TEST(NetBags, LearnsTheSameByRowsAndByTheWholeTable) {
  const Batch batch{{make_ids({4, 3}, {1, 0, 4, 4, 2, 0, 0, 0, 0, 1, 1, 2})}, random_array({4, 2}, 3)};
  std::vector<std::vector<double>> learned;
  for (const bool lazy : {true, false, true}) {
    NetSpec spec;
    spec.input({3}).embedding_bag(6, 2, {.mode = BagMode::kSqrt});
    Net net = make_net(std::move(spec));
    CompileOptions options = compile_as("sgd", Loss::kMse, 0.1);
    options.optimizer.lazy = lazy;
    net.compile(options);
    train(net, batch, {.epochs = 3, .batch_size = 2});
    learned.push_back(numbers_of(net.weights()));
  }
  for (std::size_t i = 0; i < learned[0].size(); ++i) EXPECT_NEAR(learned[0][i], learned[1][i], 1e-6);
  EXPECT_EQ(learned[0], learned[2]);  // bit for bit
}

TEST(NetBags, OfBatchesWithoutIndices) {
  NetSpec spec;
  spec.input({2}).embedding_bag(4, 2, {.activation = Activation::kRelu});
  Net net = make_net(std::move(spec));
  net.compile(compile_as("adam", Loss::kMse));
  const Batch batch{{make_ids({2, 2}, {0, 0, 0, 0})}, make_array({2, 2}, {1, 1, 1, 1})};
  EXPECT_EQ(predict(net, batch.inputs), std::vector<float>(4, 0));
  EXPECT_NEAR(train(net, batch)[0], 1, 1e-6);
}

TEST(NetBags, GradientsInFrontOfADistribution) {
  for (const BagMode mode : {BagMode::kSum, BagMode::kMean, BagMode::kSqrt}) {
    NetSpec spec;
    const Node bag = spec.input({4}).embedding_bag(5, 3, {.activation = Activation::kTanh, .mode = mode});
    const Node mean = bag.dense(2), variance = bag.dense(2);
    spec.merge(LayerKind::kGaussian, std::vector<Node>{mean, variance}, {.kl_weight = 0.3}).dense(1);
    const Batch batch{{random_ids({6, 4}, 5, 1)}, random_array({6, 1}, 3)};
    EXPECT_LT(worst_error(std::move(spec), batch, Loss::kMse), 1e-6);
  }
}

}  // namespace
}  // namespace akin::nn
