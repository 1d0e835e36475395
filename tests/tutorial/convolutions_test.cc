// The tutorial's convolutions and pools: its inputs and filters, and what comes out.
#include <akin/akin.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace akin::nn {
namespace {

using Numbers = std::vector<float>;

/// What a net of one layer with these weights makes of one input.
Numbers outputs(NetSpec spec, const std::vector<NamedArray>& weights, const Numbers& input) {
  Shape shape = spec.shape(0).output;
  Net net = make_net(std::move(spec));
  if (!weights.empty()) net.set_weights(weights);
  shape.insert(shape.begin(), 1);
  return net.predict({make_array(shape, input)}).floats();
}

/// Filter `kernel` at each place, without turning it: what nets call a convolution.
Numbers correlate(const Shape& size, const Numbers& input, const Shape& window, const Numbers& kernel,
                  Padding padding, float bias = 0) {
  NetSpec spec;
  Shape shape = size;
  shape.push_back(1);
  const LayerKind kind = size.size() == 1 ? LayerKind::kConv1d : LayerKind::kConv2d;
  spec.input(shape).then(kind, {.name = "filter", .units = 1, .kernel = window, .padding = padding});
  Shape weight = window;
  weight.insert(weight.end(), {1, 1});
  return outputs(std::move(spec), {{"filter/kernel", weight, kernel}, {"filter/bias", {1}, Numbers{bias}}},
                 input);
}

/// The convolution of the textbook, (f * g)[x] = sum of f[x - i] g[i]: the filter is turned round.
Numbers convolve(const Shape& size, const Numbers& input, const Shape& window, Numbers kernel,
                 Padding padding) {
  std::ranges::reverse(kernel);
  return correlate(size, input, window, kernel, padding);
}

void expect_near(const Numbers& values, const Numbers& expected) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-5) << "number " << i;
}

Numbers row_of(const Numbers& values, std::size_t row, std::size_t width) {
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row * width);
  return {begin, begin + static_cast<std::ptrdiff_t>(width)};
}

const Numbers kLine = {3, 0, -1, 1, 0, 0, 0, 1};
const Numbers kImage = {3, 0, 1, 2, 0,  2,  -1, 2, 0, 1,  0, 3, 1, 0,  0, 0, -1, -7, 1, 1, 0, 0,
                        0, 1, 1, 0, -1, -2, 1,  0, 0, 1,  0, 1, 0, 0,  1, 0, 0,  1,  0, 0, 3, 0,
                        1, 0, 2, 1, 0,  1,  2,  0, 1, -3, 0, 0, 1, -3, 0, 0, 1,  1,  1, 0};

TEST(TutorialConvolutions, OneDimension) {
  expect_near(correlate({8}, kLine, {3}, {1, -1, -1}, Padding::kSame), {-3, 4, 0, -2, 1, 0, -1, -1});
  expect_near(convolve({8}, kLine, {3}, {1, -1, -1}, Padding::kSame), {-3, -4, 2, 0, -1, 0, 1, -1});
  const Numbers second = {0.3F, -0.5F, 0.17F};
  expect_near(correlate({8}, kLine, {3}, second, Padding::kSame),
              {-1.5F, 0.73F, 0.67F, -0.8F, 0.3F, 0, 0.17F, -0.5F});
  expect_near(convolve({8}, kLine, {3}, second, Padding::kSame),
              {-1.5F, 0.21F, 0.8F, -0.67F, 0.17F, 0, 0.3F, -0.5F});
  expect_near(correlate({8}, kLine, {3}, {1, -1, -1}, Padding::kValid, 0.5F),
              {4.5F, 0.5F, -1.5F, 1.5F, 0.5F, -0.5F});
}

TEST(TutorialConvolutions, WideConvolutionHasEachOverlap) {  // kernel - 1 zeros on both sides
  expect_near(correlate({3}, {1, 2, 3}, {2}, {10, 1}, Padding::kFull), {1, 12, 23, 30});
  expect_near(convolve({3}, {1, 2, 3}, {2}, {10, 1}, Padding::kFull), {10, 21, 32, 3});  // (1 2 3) * (10 1)
}

TEST(TutorialConvolutions, TwoDimensions) {
  const Numbers first = {1, -1, -1, -1, 1, -1, -1, -1, 1};  // the same when it is turned
  const Numbers expected = {12, 0,  -1, -3, -2, 2,  -10, 4, 0,  2,  0, 0, 4,  -9, -1, 3, -2, -1,
                            6,  -1, -3, -3, 1,  -3, -3,  1, -6, -4, 0, 3, -2, 1,  0,  3, -6, -2};
  expect_near(correlate({8, 8}, kImage, {3, 3}, first, Padding::kValid), expected);
  expect_near(convolve({8, 8}, kImage, {3, 3}, first, Padding::kValid), expected);
  const Numbers second = {0.3F, 0.2F, -0.7F, -0.5F, 0.21F, -0.1F, 0.17F, 0.7F, -0.8F};
  expect_near(row_of(correlate({8, 8}, kImage, {3, 3}, second, Padding::kValid), 0, 6),
              {-5.46F, -3.29F, 2.1F, -1.92F, 0.6F, -1.8F});
  expect_near(row_of(convolve({8, 8}, kImage, {3, 3}, second, Padding::kValid), 0, 6),
              {-2.42F, 4.84F, 0.23F, -2.05F, 1.13F, -1.66F});
}

TEST(TutorialConvolutions, LocalFiltersNeedFewParameters) {
  NetSpec line, line_filter, image, image_filter;
  line.input({8, 1}).flatten().dense(8);
  line_filter.input({8, 1}).conv1d(1, 3, {.padding = Padding::kSame});
  EXPECT_EQ(line.parameters(), 8 * 8 + 8);
  EXPECT_EQ(line_filter.parameters(), 3 + 1);
  image.input({8, 8, 1}).flatten().dense(36);
  image_filter.input({8, 8, 1}).conv2d(1, {3, 3});
  EXPECT_EQ(count_of(image_filter.shape(1).output), 36);
  EXPECT_EQ(image.parameters(), 64 * 36 + 36);
  EXPECT_EQ(image_filter.parameters(), 3 * 3 + 1);
}

TEST(TutorialConvolutions, SeveralChannelsAndFilters) {
  constexpr std::int64_t n = 5, k = 3, channels = 3, filters = 4, m = n - k + 1;
  const auto counted = [](std::int64_t count) {  // numbers that follow no pattern of the layout
    Numbers numbers;
    for (std::int64_t i = 0; i < count; ++i)
      numbers.push_back(static_cast<float>((i * 37 + 11) % 19 - 9) / 10);
    return numbers;
  };
  const Numbers input = counted(n * n * channels), kernel = counted(k * k * channels * filters);
  const Numbers bias = {1, -1, 0.5F, 0};
  Numbers expected;
  for (std::int64_t y = 0; y < m; ++y) {
    for (std::int64_t x = 0; x < m; ++x) {
      for (std::int64_t f = 0; f < filters; ++f) {
        float sum = bias[static_cast<std::size_t>(f)];
        for (std::int64_t i = 0; i < k * k * channels; ++i) {  // rows, columns, channels of the window
          const std::int64_t row = y + i / (k * channels), column = x + i / channels % k,
                             channel = i % channels;
          sum += input[static_cast<std::size_t>((row * n + column) * channels + channel)] *
                 kernel[static_cast<std::size_t>(i * filters + f)];
        }
        expected.push_back(sum);
      }
    }
  }
  NetSpec spec;
  spec.input({n, n, channels}).conv2d(filters, {k, k}, {.name = "filters"});
  EXPECT_EQ(spec.shape(1).output, (Shape{m, m, filters}));
  EXPECT_EQ(spec.parameters(), k * k * channels * filters + filters);
  expect_near(
      outputs(std::move(spec),
              {{"filters/kernel", {k, k, channels, filters}, kernel}, {"filters/bias", {filters}, bias}},
              input),
      expected);
}

TEST(TutorialConvolutions, TextIsAMatrixOfWordsAndDimensions) {
  NetSpec spec;  // 8 words of 6 numbers each, 5 filters over 3 words
  const Node maps = spec.input({8}).embedding(100, 6).conv1d(5, 3);
  EXPECT_EQ(maps.shape(), (Shape{6, 5}));
  EXPECT_EQ(spec.parameters(), 100 * 6 + 3 * 6 * 5 + 5);
}

TEST(TutorialConvolutions, PaddingAndStrideRoundDown) {
  const Numbers image = {3, 1, 1, 2, 8, 4, 1, 0, 7, 3, 2, 6, 2, 3, 5, 1, 1, 3,
                         1, 4, 1, 2, 6, 5, 3, 2, 1, 3, 7, 2, 9, 2, 6, 2, 5, 1};
  NetSpec spec;  // (6 + 2 - 3) / 2 + 1 = 3.5
  spec.input({6, 6, 1}).conv2d(
      1, {3, 3}, {.name = "sums", .strides = {2, 2}, .padding = Padding::kAmount, .pad = 1, .bias = false});
  EXPECT_EQ(spec.shape(1).output, (Shape{3, 3, 1}));
  expect_near(outputs(std::move(spec), {{"sums/kernel", {3, 3, 1, 1}, Numbers(9, 1)}}, image),
              {5, 14, 25, 11, 26, 29, 21, 23, 33});
}

TEST(TutorialConvolutions, Pools) {
  const Numbers image = {1, 2,  -3, -1, 0,  3, -1, 5,  2, 7,  0, 1, 1, -1, 0, 2, 0,  0, 1, 1, 0, -2,
                         0, -1, 1,  0,  0,  0, 1,  -3, 0, -1, 0, 3, 0, 2,  1, 0, -1, 3, 0, 0, 1, 0,
                         1, 0,  -2, 3,  -2, 1, 5,  0,  1, 0,  4, 1, 1, 0,  0, 0, 1,  1, 1, 0};
  NetSpec most, means;
  most.input({8, 8, 1}).max_pool2d({4, 4});
  means.input({8, 8, 1}).average_pool2d({4, 4});
  EXPECT_EQ(outputs(std::move(most), {}, image), (Numbers{7, 5, 5, 4}));
  expect_near(outputs(std::move(means), {}, image), {0.75F, 0.1875F, 0.6875F, 0.875F});
  for (const std::size_t place : {0U, 3U, 9U, 27U}) {  // within a window its maximum may move
    Numbers one(64, 0);
    one[place] = 1;
    NetSpec spec;
    spec.input({8, 8, 1}).max_pool2d({4, 4});
    EXPECT_EQ(outputs(std::move(spec), {}, one), (Numbers{1, 0, 0, 0})) << place;
  }
}

}  // namespace
}  // namespace akin::nn
