#include "akin/nn/net_spec.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"

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
            "activation, bias, trainable");
  EXPECT_EQ(error_of([&] { set_field(layer, "units", 2.5); }), "units must be a whole number");
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
