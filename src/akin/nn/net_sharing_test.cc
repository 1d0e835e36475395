// Layers with the weights of others.
#include "akin/base/temp_dir.h"
#include "akin/nn/keras_file.h"
#include "akin/nn/net_for_test.h"

namespace akin::nn {
namespace {

/// Items as words: each position's vector, added up, against the table again.
NetSpec tied() {
  NetSpec spec("tied");
  spec.input({3}, "items")
      .embedding(5, 2, {.name = "table"})
      .then(LayerKind::kGlobalAveragePool1d)
      .dense(5, Activation::kSoftmax, {.name = "out", .weights_of = "table"});
  return spec;
}

TEST(NetSharing, TiedOutputHasTheTableAndABiasOfItsOwn) {
  const NetSpec spec = tied();
  EXPECT_EQ(spec.parameters(), 5 * 2 + 5);
  EXPECT_EQ(spec.trainable_parameters(), 15);
  EXPECT_NE(
      spec.summary().find("out (Dense)                                          (None, 5)             5\n"),
      std::string::npos)
      << spec.summary();
  const NetSpec again = parse_spec(spec_json(spec), "test");
  EXPECT_EQ(again.summary(), spec.summary());

  Net net = make_net(tied());
  const std::vector<NamedArray> weights = net.weights();
  ASSERT_EQ(weights.size(), 2U);
  EXPECT_EQ(weights[1].name, "out/bias");
  net.set_weights({{"table/embeddings", {5, 2}, std::vector<float>{0, 0, 1, 2, 3, 4, 5, 6, 7, 8}},
                   {"out/bias", {5}, std::vector<float>{1, 0, 0, 0, 0}}});
  const Array logits = net.predict({make_ids({1, 3}, {1, 1, 1})}, "global_average_pooling1d_1");
  EXPECT_EQ(logits.floats(), (std::vector<float>{1, 2}));
  const std::vector<float> shares = net.predict({make_ids({1, 3}, {1, 1, 1})}).floats();
  // Logits 1, 5, 11, 17, 23.
  EXPECT_NEAR(std::log(static_cast<double>(shares[2] / shares[1])), 6, 1e-4);
  EXPECT_NEAR(std::log(static_cast<double>(shares[1] / shares[0])), 4, 1e-4);
}

TEST(NetSharing, GradientsComeTogether) {
  const Batch batch{{random_ids({6, 3}, 5, 1)}, make_array({6, 1}, {0, 1, 2, 3, 4, 1})};
  EXPECT_LT(worst_error(tied(), batch, Loss::kSparseCategoricalCrossentropy), 1e-6);

  NetSpec twins("twins");  // two towers
  const Node a = twins.input({4}, "a").dense(3, Activation::kTanh, {.name = "tower"});
  const Node b = twins.input({4}, "b").dense(3, Activation::kTanh, {.weights_of = "tower"});
  twins.dot(a, b);
  EXPECT_EQ(twins.parameters(), 15);
  const Batch pairs{{random_array({4, 4}, 1), random_array({4, 4}, 2)}, random_array({4, 1}, 3)};
  EXPECT_LT(worst_error(std::move(twins), pairs, Loss::kMse), 1e-6);
}

/// Two products by the products of their vectors from two sources, with the embedded pairwise residual unit of content2vec
/// (Nedelec, Smirnova & Vasile 2016) or as the ensemble without it.
NetSpec pair_net(bool residual) {
  NetSpec spec("pair");
  const Node a = spec.input({3}, "a"), b = spec.input({3}, "b");
  const Node more_a = spec.input({2}, "more_a"), more_b = spec.input({2}, "more_b");
  Node likeness = spec.merge(LayerKind::kConcatenate, std::vector{spec.dot(a, b), spec.dot(more_a, more_b)});
  if (residual) {
    const Node one = a.dense(4, Activation::kLinear, {.name = "embedded"});
    const Node other = b.dense(4, Activation::kLinear, {.weights_of = "embedded"});
    const Node both = spec.merge(LayerKind::kMultiply, std::vector{one, other});
    const Node rest = spec.merge(LayerKind::kConcatenate, std::vector{likeness, both})
                          .dense(5, Activation::kTanh)
                          .dense(2, Activation::kLinear, {.name = "residual"});
    likeness = spec.merge(LayerKind::kAdd, std::vector{likeness, rest});
  }
  likeness.dense(1, Activation::kSigmoid, {.name = "chance"});
  return spec;
}

TEST(NetSharing, AResidualUnitOfZerosIsTheEnsemble) {
  const std::vector<Array> pairs = {random_array({7, 3}, 1), random_array({7, 3}, 2), random_array({7, 2}, 3),
                                    random_array({7, 2}, 4)};
  Net ensemble = make_net(pair_net(false)), unit = make_net(pair_net(true));
  std::vector<NamedArray> weights = ensemble.weights();
  for (NamedArray weight : unit.weights()) {
    if (!weight.name.starts_with("residual/")) continue;
    for (std::size_t i = 0; i < weight.size(); ++i) weight.set(i, 0);
    weights.push_back(std::move(weight));
  }
  EXPECT_NE(unit.predict(pairs).floats(), ensemble.predict(pairs).floats());
  unit.set_weights(weights);
  EXPECT_EQ(unit.predict(pairs).floats(), ensemble.predict(pairs).floats());

  const Batch batch{pairs, make_array({7, 1}, {0, 1, 0, 1, 1, 0, 1})};
  EXPECT_LT(worst_error(pair_net(true), batch, Loss::kBinaryCrossentropy), 1e-6);
}

TEST(NetSharing, OneTableForHistoryAndCandidates) {
  for (const bool lazy : {true, false}) {
    NetSpec spec("sampled");
    const Node history = spec.input({4}, "history").embedding_bag(6, 3, {.name = "bag", .bias = false});
    const Node candidates = spec.input({3}, "candidates").embedding(6, 3, {.weights_of = "bag"});
    spec.merge(LayerKind::kCandidateDot, std::vector<Node>{history, candidates});
    EXPECT_EQ(spec.parameters(), 18);
    Net net = make_net(std::move(spec));
    CompileOptions options = compile_as("adam", Loss::kCandidateSoftmax, 0.05);
    options.optimizer.lazy = lazy;
    net.compile(options);
    const Batch batch{{make_ids({2, 4}, {1, 2, 0, 0, 3, 0, 0, 0}), make_ids({2, 3}, {4, 5, 1, 5, 4, 2})},
                      make_array({2, 1}, {1, 1})};
    const std::vector<double> losses = train(net, batch, {.epochs = 60});
    EXPECT_LT(losses.back(), 0.2) << losses.front();
  }
}

TEST(NetSharing, FilesHoldSharedWeightsOnce) {
  const TempDir dir;
  Net net = make_net(tied());
  net.save(dir / "tied.net");
  Net back = load_net(dir / "tied.net");
  const std::vector<Array> inputs = {make_ids({2, 3}, {1, 2, 3, 4, 0, 0})};
  EXPECT_EQ(back.predict(inputs).floats(), net.predict(inputs).floats());
  EXPECT_EQ(back.weights().size(), 2U);
}

TEST(NetSharing, KerasFilesHoldSharedLayersOnceAndHeadsApart) {
  const TempDir dir;
  NetSpec spec("net");
  const Node x = spec.input({3, 4}, "x").then(LayerKind::kLayerNorm, {.name = "norm"});
  x.attention(2, 3, {.name = "one"}).attention(2, 3, {.name = "again", .weights_of = "one"});
  Net net = make_net(std::move(spec));
  const std::vector<NamedArray> weights = net.weights();
  write_keras_weights(dir / "net.h5", net.spec(), weights);
  const std::vector<NamedArray> back = read_keras_weights(dir / "net.h5");
  ASSERT_EQ(back.size(), weights.size());
  for (std::size_t i = 0; i < back.size(); ++i) {
    EXPECT_EQ(back[i].name, weights[i].name);
    EXPECT_EQ(back[i].shape, weights[i].shape);
    EXPECT_EQ(back[i].values, weights[i].values);
  }
}

TEST(NetSharing, MistakesAreNamed) {
  NetSpec spec;
  const Node ids = spec.input({3}, "ids");
  const Node x = ids.embedding(5, 2, {.name = "table"});
  const Node y = x.flatten().dense(4, Activation::kLinear, {.name = "first"});
  EXPECT_EQ(error_text([&] { y.dense(4, Activation::kLinear, {.name = "bad", .weights_of = "frist"}); }),
            "layer bad: there is no layer frist before it (did you mean first?)");
  EXPECT_EQ(error_text([&] { y.dense(4, Activation::kLinear, {.name = "bad", .weights_of = "first"}); }),
            "layer bad (dense): first has no kernel of (4, 4) for it");
  EXPECT_EQ(error_text([&] { y.dense(5, Activation::kLinear, {.name = "bad", .weights_of = "table"}); }),
            "layer bad (dense): table has no kernel of (4, 5) for it");
  EXPECT_EQ(error_text([&] { x.gru(4, {.name = "bad", .weights_of = "first"}); }),
            "layer bad (gru): weights_of names a layer of its kind; first is dense");
  EXPECT_EQ(error_text([&] { x.gru(4, {.name = "bad", .mask = "table"}); }),
            "layer bad (gru): mask must be an input layer of 3 indices, one a step; table is embedding of "
            "(None, 3, 2)");
  EXPECT_EQ(
      error_text([&] { ids.embedding(5, 2, {.name = "bad", .trainable = false, .weights_of = "table"}); }),
      "layer bad (embedding): has no weights of its own: set trainable where they are, in layer table");
}

}  // namespace
}  // namespace akin::nn
