// Lists shorter than the input's shape, vectors that stay zero, and weights of bounded length.
#include "akin/nn/net_for_test.h"

namespace akin::nn {
namespace {

/// A net over lists of up to 6 of 9 indices, 0 = none.
template <typename Build>
NetSpec over_lists(Build build) {
  NetSpec spec;
  const Node words = spec.input({6}, "words");
  build(words, words.embedding(9, 4, {.name = "vectors", .padding_index = 0})).dense(2, Activation::kSoftmax);
  return spec;
}

NetSpec convolution() {
  return over_lists([](const Node&, const Node& vectors) {
    return vectors.conv1d(3, 2, {.activation = Activation::kRelu, .padding = Padding::kFull})
        .then(LayerKind::kGlobalMaxPool1d);
  });
}

NetSpec recurrence(LayerKind kind, bool whole, bool backwards = false) {
  return over_lists([&](const Node&, const Node& vectors) {
    const Node states = vectors.then(
        kind,
        {.units = 3, .strides = backwards ? Shape{-1} : Shape{}, .return_sequences = whole, .mask = "words"});
    return whole ? states.then(LayerKind::kGlobalAveragePool1d, {.mask = "words"}) : states;
  });
}

TEST(NetSteps, ListsMayBeShorterWhereNothingDependsOnTheirLength) {
  EXPECT_TRUE(convolution().takes_shorter(0));
  EXPECT_TRUE(recurrence(LayerKind::kLstm, true).takes_shorter(0));
  const auto takes = [](auto build) { return over_lists(build).takes_shorter(0); };
  EXPECT_FALSE(takes([](const Node&, const Node& v) { return v.flatten(); }));
  EXPECT_FALSE(takes([](const Node&, const Node& v) { return v; })) << "the output has steps";
  EXPECT_FALSE(takes([](const Node&, const Node& v) {
    return v.conv1d(3, 2).then(LayerKind::kGlobalMaxPool1d);
  })) << "a window may not fit";
  EXPECT_FALSE(takes([](const Node& words, const Node& v) {
    words.reshape({6});
    return v.then(LayerKind::kGlobalMaxPool1d);
  }));
}

TEST(NetSteps, ShorterListsGiveTheSameAsTheirZeros) {
  for (const NetSpec& spec :
       {convolution(), recurrence(LayerKind::kLstm, false), recurrence(LayerKind::kLstm, true),
        recurrence(LayerKind::kGru, true), recurrence(LayerKind::kRnn, false),
        recurrence(LayerKind::kLstm, false, true), recurrence(LayerKind::kLstm, true, true),
        recurrence(LayerKind::kRnn, true, true)}) {
    Net net = make_net(spec);
    const std::vector<float> whole = net.predict({make_ids({1, 6}, {3, 5, 0, 0, 0, 0})}).floats();
    const std::vector<float> part = net.predict({make_ids({1, 3}, {3, 5, 0})}).floats();
    ASSERT_EQ(part.size(), 2u);
    EXPECT_NEAR(whole[0], part[0], 1e-6);
    EXPECT_NEAR(whole[1], part[1], 1e-6);
  }
  Net net = make_net(convolution());
  EXPECT_THROW(net.predict({make_ids({1, 7}, {1, 1, 1, 1, 1, 1, 1})}), Error) << "longer than the net says";
}

/// The layer unrolled, in double, is the reference of the kernels for floats.
TEST(NetSteps, KernelsLeaveOutTheStepsThatDoNotCount) {
  for (const LayerKind kind : {LayerKind::kLstm, LayerKind::kGru}) {
    for (const int way : {0, 1, 2, 3}) {
      const bool whole = way % 2 == 1, backwards = way >= 2;
      Net floats = make_net(recurrence(kind, whole, backwards));
      Net doubles = make_net(recurrence(kind, whole, backwards), {.engine = {.dtype = "double"}});
      const std::vector<Array> lists = {make_ids({3, 4}, {1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0})};
      const std::vector<float> a = floats.predict(lists).floats(), b = doubles.predict(lists).floats();
      for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5) << "way " << way;
    }
  }
}

/// Reading backwards gives each step the state that reading the turned list gives it.
TEST(NetSteps, BackwardsMirrorsTheTurnedList) {
  for (const LayerKind kind : {LayerKind::kRnn, LayerKind::kGru, LayerKind::kLstm}) {
    for (const char* dtype : {"float", "double"}) {
      const auto net_of = [&](std::int64_t steps, bool backwards) {
        NetSpec spec;
        spec.input({steps}, "words")
            .embedding(9, 4, {.padding_index = 0})
            .then(kind, {.units = 3,
                         .strides = backwards ? Shape{-1} : Shape{},
                         .return_sequences = true,
                         .mask = "words"});
        return make_net(std::move(spec), {.engine = {.dtype = dtype}});
      };
      Net forwards = net_of(3, false), backwards = net_of(5, true);
      backwards.set_weights(forwards.weights());
      const std::vector<float> turned = forwards.predict({make_ids({1, 3}, {7, 2, 5})}).floats(),
                               padded = backwards.predict({make_ids({1, 5}, {5, 2, 7, 0, 0})}).floats(),
                               between = backwards.predict({make_ids({1, 5}, {5, 0, 2, 7, 0})}).floats();
      for (std::size_t u = 0; u < 3; ++u) {
        for (std::size_t step = 0; step < 3; ++step)
          EXPECT_NEAR(padded[step * 3 + u], turned[(2 - step) * 3 + u], 1e-6);
        EXPECT_NE(turned[u], turned[6 + u]);
        EXPECT_EQ(padded[9 + u], 0) << "nothing is read before the last word";
        EXPECT_NEAR(between[u], turned[6 + u], 1e-6);
        EXPECT_EQ(between[3 + u], between[6 + u]) << "a step that does not count keeps the state";
      }
    }
  }
}

TEST(NetSteps, ThePaddingStaysZeroAndClassesBounded) {
  for (const char* dtype : {"float", "double"}) {
    for (const char* optimizer : {"adadelta", "adam", "momentum"}) {
      for (const bool lazy : {false, true}) {
        NetSpec spec;
        spec.input({6}, "words")
            .embedding(9, 4, {.name = "vectors", .padding_index = 0})
            .then(LayerKind::kGlobalAveragePool1d)
            .dense(2, Activation::kSoftmax, {.name = "output", .max_norm = 0.25});
        Net net = make_net(std::move(spec), {.engine = {.dtype = dtype}});
        CompileOptions options{.optimizer = make_optimizer(optimizer),
                               .loss = Loss::kSparseCategoricalCrossentropy};
        options.optimizer.lazy = lazy;
        net.compile(options);
        const Batch batch{{make_ids({2, 3}, {1, 2, 0, 3, 0, 0})}, make_array({2, 1}, {0, 1})};
        BatchSource source(batch);
        for (int epoch = 0; epoch < 3; ++epoch) net.train_epoch(source, 1, true, 3, {});
        const NamedArray vectors = net.weight("vectors/embeddings"), output = net.weight("output/kernel");
        for (std::size_t c = 0; c < 4; ++c) EXPECT_EQ(vectors.at(c), 0) << optimizer;
        EXPECT_NE(vectors.at(4), 0);
        for (std::size_t unit = 0; unit < 2; ++unit) {
          double squares = 0;
          for (std::size_t c = 0; c < 4; ++c) squares += output.at(c * 2 + unit) * output.at(c * 2 + unit);
          EXPECT_LE(squares, 0.25 * 0.25 * 1.0001);
        }
      }
    }
  }
}

TEST(NetSteps, KMaxOfFewerStepsEndsWithZeros) {
  NetSpec spec;
  spec.input({6}, "words")
      .embedding(9, 1, {.name = "vectors", .padding_index = 0})
      .then(LayerKind::kKMaxPool1d, {.k = 3});
  EXPECT_TRUE(spec.takes_shorter(0));
  Net net = make_net(std::move(spec));
  net.set_weights({{"vectors/embeddings", {9, 1}, std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8}}});
  EXPECT_EQ(net.predict({make_ids({1, 2}, {4, 2})}).floats(), (std::vector<float>{4, 2, 0}));
  EXPECT_EQ(net.predict({make_ids({1, 4}, {4, 2, 7, 5})}).floats(), (std::vector<float>{4, 7, 5}));
}

TEST(NetSteps, WrongValuesAreRefused) {
  NetSpec spec;
  const Node words = spec.input({6}, "words");
  EXPECT_THROW(words.embedding(9, 4, {.padding_index = 9}), Error);
  EXPECT_THROW(words.embedding(9, 0, {.padding_index = 0, .vectors = VectorSource::kOneHot}), Error);
  EXPECT_THROW(words.embedding(9, 4).flatten().dense(2, Activation::kLinear, {.max_norm = -1}), Error);
}

/// w (1 - rate decay) in place of w, of kernels alone.
TEST(NetSteps, WeightDecayShrinksKernels) {
  const auto stepped = [](double decay) {
    NetSpec spec("decay");
    spec.input({3}).dense(2, Activation::kLinear, {.name = "out"});
    Net net = make_net(std::move(spec), {.seed = 3});
    net.set_weights({{"out/bias", {2}, std::vector<float>{1, -1}}});
    CompileOptions options = compile_as("sgd", Loss::kMse, 0.1);
    options.optimizer.weight_decay = decay;
    net.compile(options);
    const NamedArray before = net.weight("out/kernel");
    train(net, {{random_array({5, 3}, 1)}, random_array({5, 2}, 2)});
    return std::pair<NamedArray, Net>(before, std::move(net));
  };
  auto [before, plain] = stepped(0);
  auto [same, decayed] = stepped(0.5);
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_NEAR(decayed.weight("out/kernel").at(i), plain.weight("out/kernel").at(i) - 0.05 * before.at(i),
                1e-6);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ(decayed.weight("out/bias").at(i), plain.weight("out/bias").at(i));
}

}  // namespace
}  // namespace akin::nn
