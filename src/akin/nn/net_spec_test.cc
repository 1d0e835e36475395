#include "akin/nn/net_spec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "akin/base/error.h"
#include "akin/nn/array.h"

namespace akin::nn {
namespace {

TEST(NetSpec, RatingModelHasKerasSummary) {
  NetSpec spec("rating");
  const Node user = spec.input({1}, "user");
  const Node item = spec.input({1}, "item");
  const Node user_vector = user.embedding(22364, 30, {.name = "user_embedding"});
  const Node item_vector = item.embedding(12102, 30, {.name = "item_embedding"});
  const Node flat_user = user_vector.flatten();
  spec.dot(flat_user, item_vector.flatten());
  EXPECT_EQ(spec.parameters(), 1'033'980);
  EXPECT_EQ(spec.summary(),
            R"(_______________________________________________________________________________________
Layer (type)                     Output Shape          Param #     Connected to
=======================================================================================
user (InputLayer)                (None, 1)             0
_______________________________________________________________________________________
item (InputLayer)                (None, 1)             0
_______________________________________________________________________________________
user_embedding (Embedding)       (None, 1, 30)         670920      user[0][0]
_______________________________________________________________________________________
item_embedding (Embedding)       (None, 1, 30)         363060      item[0][0]
_______________________________________________________________________________________
flatten_1 (Flatten)              (None, 30)            0           user_embedding[0][0]
_______________________________________________________________________________________
flatten_2 (Flatten)              (None, 30)            0           item_embedding[0][0]
_______________________________________________________________________________________
dot_1 (Dot)                      (None, 1)             0           flatten_1[0][0]
                                                                   flatten_2[0][0]
=======================================================================================
Total params: 1,033,980
Trainable params: 1,033,980
Non-trainable params: 0
_______________________________________________________________________________________
)");
}

TEST(NetSpec, CountsOfTheTutorialsModels) {
  NetSpec simple("simple");
  simple.input({10000})
      .dense(16, Activation::kRelu)
      .dense(16, Activation::kRelu)
      .dense(1, Activation::kSigmoid);
  EXPECT_EQ(simple.parameters(), 160'305);
  EXPECT_EQ(simple.layers().back().name, "dense_3");

  NetSpec mlp("mlp");
  const Node user = mlp.input({1}).embedding(22364, 30).flatten();
  const Node item = mlp.input({1}).embedding(12102, 30).flatten();
  mlp.concatenate({user, item}).dropout(0.5).dense(64, Activation::kRelu).dense(1);
  EXPECT_EQ(mlp.parameters(), 1'037'949);
}

TEST(NetSpec, KimsConvolutionsOverText) {
  for (const auto& [length, merged, flat] :
       {std::array<std::int64_t, 3>{1000, 783, 896}, {500, 391, 384}, {300, 235, 256}}) {
    NetSpec spec("kim");
    const Node words = spec.input({length}).embedding(5000, 128);
    std::vector<Node> pools;
    for (const std::int64_t width : {3, 4, 5}) {
      pools.push_back(words.conv1d(128, width, {.activation = Activation::kRelu, .padding = Padding::kSame})
                          .max_pool1d(width));
    }
    const Node all = spec.concatenate(pools, {.axis = 1});
    EXPECT_EQ(all.shape(), (Shape{merged, 128}));
    const Node conv = all.conv1d(128, 5, {.name = "conv5", .activation = Activation::kRelu});
    EXPECT_EQ(count_of(spec.shape(spec.index("conv5")).weights[0].shape) + 128, 82'048);
    const Node flattened = conv.max_pool1d(100).flatten();
    EXPECT_EQ(flattened.shape(), Shape{flat});
    flattened.dense(128, Activation::kRelu).dense(9, Activation::kSoftmax);
  }
}

TEST(NetSpec, WindowsRoundDown) {
  NetSpec spec;
  const Node image = spec.input({6, 6, 1});
  const Node conv = image.conv2d(2, {3, 3}, {.strides = {2, 2}, .padding = Padding::kAmount, .pad = 1});
  EXPECT_EQ(conv.shape(), (Shape{3, 3, 2}));  // floor(3.5)
  EXPECT_EQ(image.max_pool2d({4, 4}).shape(), (Shape{1, 1, 1}));
  EXPECT_EQ(image.max_pool2d({4, 4}, {.padding = Padding::kSame}).shape(), (Shape{2, 2, 1}));
}

TEST(NetSpec, RecurrentCounts) {
  const std::int64_t d = 7, h = 5;
  NetSpec spec;
  const Node in = spec.input({20, d});
  in.lstm(h, {.return_sequences = true}).gru(h);
  EXPECT_EQ(spec.parameters(), 4 * (h * (h + d) + h) + 3 * (h * (h + h) + h));
  NetSpec plain;
  plain.input({20, d}).rnn(h);
  EXPECT_EQ(plain.parameters(), h * (h + d) + h);
}

TEST(NetSpec, OneSwitchForEmbeddings) {
  NetSpec spec;
  const Node words = spec.input({4});
  EXPECT_EQ(words.embedding(9, 3, {.trainable = false}).shape(), (Shape{4, 3}));
  EXPECT_EQ(words.embedding(9, 0, {.vectors = VectorSource::kOneHot}).shape(), (Shape{4, 9}));
  EXPECT_EQ(spec.parameters(), 27);
  EXPECT_EQ(spec.trainable_parameters(), 0);
  EXPECT_THROW(words.embedding(9, 3, {.vectors = VectorSource::kPretrained}), Error);
}

/// What the error of `build` says.
template <typename Build>
std::string error_of(Build build) {
  try {
    build();
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(NetSpec, MistakesNameTheLayer) {
  NetSpec spec("n");
  const Node in = spec.input({10}, "in");
  EXPECT_EQ(error_of([&] { in.conv1d(3, 2, {.name = "c"}); }),
            "layer c (conv1d): takes (steps, channels), but its input in is (None, 10)");
  EXPECT_EQ(error_of([&] { in.dense(0, Activation::kRelu, {.name = "d"}); }),
            "layer d (dense): units must be at least 1");
  EXPECT_EQ(
      error_of([&] { spec.add({.kind = LayerKind::kDense, .name = "e", .inputs = {"im"}, .units = 1}); }),
      "layer e: there is no layer im before it (did you mean in?)");
  EXPECT_EQ(error_of([&] { spec.add({.kind = LayerKind::kDot, .name = "x", .inputs = {"in"}}); }),
            "layer x (dot): has 1 input, but takes 2");
  EXPECT_EQ(error_of([&] { in.dropout(1, {.name = "p"}); }),
            "layer p (dropout): rate must be at least 0 and below 1");
  EXPECT_EQ(error_of([&] {
              in.reshape({3, -1}, {.name = "r"});
            }),
            "layer r (reshape): cannot make (None, 3, -1) of (None, 10), which has 10 values");
  LayerSpec layer{.kind = LayerKind::kDense};
  EXPECT_EQ(error_of([&] { set_field(layer, "unit", std::int64_t{3}); }),
            "a layer of kind dense has no 'unit' (did you mean units?); it has kind, name, inputs, units, "
            "activation, bias, max_norm, trainable, weights_of");
  EXPECT_EQ(error_of([&] { set_field(layer, "units", 2.5); }), "units must be a whole number");
}

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

TEST(NetSpec, SizesBeyondTheLimitsAreRefused) {
  NetSpec spec("n");
  const Node in = spec.input({7}, "in");
  const Node image = spec.input({6, 6, 1}, "image");
  const std::int64_t most = 2147483647;
  const auto refused = [](auto build, const std::string& part) {
    const std::string message = error_of(build);
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  EXPECT_EQ(error_of([&] { in.embedding(kMost, 2, {.name = "e"}); }),
            "layer e (embedding): rows is 9223372036854775807, but may be up to 2147483647");
  EXPECT_EQ(
      error_of([&] { in.embedding(most, 1'000'000, {.name = "e"}); }),
      "layer e (embedding): its embeddings of (2147483647, 1000000) has more than 1099511627776 values");
  EXPECT_EQ(error_of([&] { in.embedding(1 << 30, 0, {.name = "o", .vectors = VectorSource::kOneHot}); }),
            "layer o (embedding): its output is (None, 7, 1073741824): more than 268435456 numbers for each "
            "sample");
  refused([&] { in.dense(kMost); }, "units is 9223372036854775807, but may be up to 2147483647");
  refused([&] { in.dense(most); }, "more than 268435456 numbers");
  refused([&] { spec.input({kMost}); }, "shape is 9223372036854775807");
  refused([&] { spec.input(Shape(17, 1)); }, "shape has 17 sizes, but may have up to 16");
  refused([&] { spec.input({most, most, most, most}); }, "more than 268435456 numbers");
  refused([&] { image.conv2d(2, {kMost, 3}); }, "kernel is 9223372036854775807");
  refused([&] { image.max_pool2d({2, 2}, {.strides = {kMost, 1}}); }, "strides is 9223372036854775807");
  refused([&] { image.conv2d(2, {3, 3}, {.padding = Padding::kAmount, .pad = kMost}); }, "padding is");
  refused(
      [&] {
        image.conv2d(2, {3, 3}, {.padding = Padding::kAmount, .pad = most});
      },
      "more than 268435456");
  refused([&] { in.then(LayerKind::kBatchNorm, {.momentum = std::nan("")}); }, "momentum must be");
  refused([&] { in.then(LayerKind::kBatchNorm, {.epsilon = -1}); }, "epsilon must be");
  refused([&] { make_array({kMost, kMost}, {}); }, "too many values");
}

TEST(NetSpec, ReshapesAreExact) {
  NetSpec spec("n");
  const Node in = spec.input({7}, "in");
  for (const Shape& shape : {Shape{7, 7905747460161236407}, Shape{kMost, kMost}, Shape{-1, kMost}})
    EXPECT_NE(error_of([&] { in.reshape(shape); }).find("but may be up to 2147483647"), std::string::npos);
  for (const Shape& shape : {Shape{-2, -2}, Shape{-7, -1}, Shape{0, -1}, Shape{7, 0}})
    EXPECT_NE(error_of([&] { in.reshape(shape); }).find("sizes must be at least 1, or one of them -1"),
              std::string::npos);
  for (const Shape& shape : {Shape(8, 2147483647), Shape{3, -1}, Shape{14, -1}, Shape{7, 2}})
    EXPECT_NE(error_of([&] { in.reshape(shape); }).find("cannot make"), std::string::npos);
  for (const Shape& shape : {Shape{-1, -1}, Shape{}})
    EXPECT_NE(error_of([&] { in.reshape(shape); }).find("at most one -1"), std::string::npos);
  EXPECT_EQ(in.reshape({7, -1}).shape(), (Shape{7, 1}));
}

TEST(NetSpec, ParametersDoNotOverflow) {
  NetSpec spec("n");
  const Node in = spec.input({1}, "in");
  for (int i = 0; i < 4; ++i) in.embedding(std::int64_t{1} << 28, 1 << 10);
  EXPECT_EQ(spec.parameters(), std::int64_t{1} << 40);
  EXPECT_EQ(error_of([&] { in.embedding(1, 1, {.name = "e"}); }),
            "net n: has more than 1099511627776 parameters with layer e");
}

TEST(NetSpec, LayersUpToALimit) {
  NetSpec spec("deep");
  spec.input({3});
  for (int i = 1; i < 10'000; ++i)
    spec.add({.kind = LayerKind::kActivation, .activation = Activation::kRelu});
  EXPECT_EQ(spec.layers().back().name, "activation_9999");
  EXPECT_EQ(spec.index("activation_9999"), 9'999U);
  EXPECT_EQ(error_of([&] { spec.add({.kind = LayerKind::kFlatten}); }),
            "net deep: has more than 10000 layers");
}

TEST(NetSpec, DamagedJsonNamesFileAndField) {
  const auto damaged = [](const std::string& json) { return error_of([&] { parse_spec(json, "x.net"); }); };
  const std::string begin = "x.net: its description of the net";
  const std::string head =
      R"({"name": "n", "output": "d", "layers": [{"kind": "input", "name": "i", "shape": [3]}, )";
  EXPECT_EQ(damaged("[]"), begin + ": is not a JSON object");
  EXPECT_EQ(damaged("{"), begin + ": is not a JSON text");
  EXPECT_EQ(damaged(R"({"name": 1})"), begin + ": name is not a text");
  EXPECT_EQ(damaged(R"({"name": "n"})"), begin + ": layers is missing");
  EXPECT_EQ(damaged(R"({"name": "n", "layers": {}})"), begin + ": layers is not a list");
  EXPECT_EQ(damaged(R"({"name": "n", "layers": [1]})"), begin + ": is not a JSON object");
  for (const char* field : {R"("units": "x")", R"("units": 1e300)", R"("units": 18446744073709551615)",
                            R"("units": null)", R"("units": [1e300])", R"("bias": {})", R"("inputs": [1])",
                            R"("inputs": "i")", R"("units": 9223372036854775807)", R"("rows": 3)"}) {
    const std::string message = damaged(head + R"({"kind": "dense", "name": "d", )" + field + "}]}");
    EXPECT_TRUE(message.starts_with(begin + ": ")) << message;
  }
  EXPECT_EQ(damaged(std::string(100'000, '[')), begin + ": the JSON text is nested deeper than 100 levels");
}

TEST(NetSpec, JsonAndBack) {
  NetSpec spec("n");
  const Node in = spec.input({8, 3}, "in");
  in.conv1d(4, 3,
            {.name = "c",
             .activation = Activation::kLeakyRelu,
             .strides = {2},
             .padding = Padding::kAmount,
             .pad = 1,
             .bias = false})
      .lstm(5, {.recurrent_activation = Activation::kHardSigmoid, .return_sequences = true})
      .then(LayerKind::kBatchNorm, {.momentum = 0.5})
      .flatten()
      .dropout(0.25)
      .dense(2, Activation::kSoftmax, {.name = "out", .trainable = false});
  spec.set_output("out");
  const std::string json = spec_json(spec);
  const NetSpec again = parse_spec(json, "file");
  EXPECT_EQ(spec_json(again), json);
  EXPECT_EQ(again.summary(), spec.summary());
  EXPECT_EQ(again.layers()[1].pad, 1);
  EXPECT_THROW(parse_spec(json.substr(1), "file"), Error);
}

}  // namespace
}  // namespace akin::nn
