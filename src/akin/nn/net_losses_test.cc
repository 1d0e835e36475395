// Losses over lists of indices and over candidates: values by their formulas, gradients, checks.
#include "akin/nn/net_for_test.h"

namespace akin::nn {
namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// Of scores that are the net's input.
double loss_of_scores(Loss loss, Shape shape, const std::vector<float>& values, const Array& targets,
                      LossParameters parameters = {}) {
  NetSpec spec;
  const std::int64_t samples = targets.samples();
  spec.input(shape).activation(Activation::kLinear);
  Net net = make_net(std::move(spec));
  CompileOptions options = compile_as("sgd", loss);
  options.loss_parameters = parameters;
  net.compile(options);
  shape.insert(shape.begin(), samples);
  return net.evaluate({{make_array(shape, values)}, targets}).at("loss");
}

TEST(NetLosses, Multinomial) {
  const double sum = std::exp(1.0) + std::exp(2.0) + std::exp(3.0);
  const Array lists = make_ids({2, 3}, {1, 3, 0, 0, 2, 0});
  const double expected = (-(1 - std::log(sum)) - (3 - std::log(sum)) - (2 - std::log(sum))) / 2;
  for (const Activation last : {Activation::kLinear, Activation::kSoftmax}) {
    NetSpec spec;
    spec.input({3}).activation(last);
    Net net = make_net(std::move(spec));
    net.compile(compile_as("sgd", Loss::kMultinomial));
    EXPECT_NEAR(net.evaluate({{make_array({2, 3}, {1, 2, 3, 1, 2, 3})}, lists}).at("loss"), expected, 1e-6);
  }
}

TEST(NetLosses, OverCandidates) {
  const std::vector<float> scores = {1, 0.5F, -2, 2, 2.5F, 0};  // two samples: the right one, two others
  const std::vector<std::vector<double>> all = {{1, 0.5, -2}, {2, 2.5, 0}};
  const auto expect = [&](Loss loss, auto formula, LossParameters parameters = {}) {
    SCOPED_TRACE(to_string(loss));
    const double first = formula(all[0][0], all[0][1], all[0][2]);
    const double second = formula(all[1][0], all[1][1], all[1][2]);
    EXPECT_NEAR(loss_of_scores(loss, {3}, scores, make_array({2, 1}, {1, 1}), parameters),
                (first + second) / 2, 1e-6);
    EXPECT_NEAR(loss_of_scores(loss, {2, 3}, scores, make_array({1, 2}, {0, 1}), parameters), second, 1e-6);
    EXPECT_NEAR(loss_of_scores(loss, {2, 3}, scores, make_array({1, 2}, {3, 1}), parameters),
                (3 * first + second) / 4, 1e-6);
    EXPECT_EQ(loss_of_scores(loss, {3}, scores, make_array({2, 1}, {0, 0}), parameters), 0);
  };
  const auto log_s = [](double x) { return std::log(sigmoid(x)); };
  const auto share = [](double a, double b) { return std::exp(a) / (std::exp(a) + std::exp(b)); };
  expect(Loss::kCandidateSoftmax,
         [](double p, double a, double b) { return -p + std::log(std::exp(p) + std::exp(a) + std::exp(b)); });
  expect(Loss::kCandidateBce,
         [&](double p, double a, double b) { return -(log_s(p) + log_s(-a) + log_s(-b)) / 3; });
  expect(Loss::kGbce,
         [&](double p, double a, double b) { return -(0.3 * log_s(p) + log_s(-a) + log_s(-b)) / 3; },
         {.beta = 0.3});
  expect(Loss::kBpr, [&](double p, double a, double b) { return -(log_s(p - a) + log_s(p - b)) / 2; });
  expect(Loss::kBprMax,
         [&](double p, double a, double b) {
           const double wa = share(a, b), wb = share(b, a);
           return -std::log(wa * sigmoid(p - a) + wb * sigmoid(p - b)) + 0.7 * (wa * a * a + wb * b * b);
         },
         {.regularization = 0.7});
  expect(Loss::kTop1Max, [&](double p, double a, double b) {
    return share(a, b) * (sigmoid(a - p) + sigmoid(a * a)) + share(b, a) * (sigmoid(b - p) + sigmoid(b * b));
  });
  expect(Loss::kTripletHinge,
         [](double p, double a, double b) {
           return (std::max(0.0, 0.9 - p + a) + std::max(0.0, 0.9 - p + b)) / 2;
         },
         {.margin = 0.9});
}

TEST(NetLosses, OfScoresFarApartAreFinite) {
  for (int loss = static_cast<int>(Loss::kCandidateSoftmax); loss <= static_cast<int>(Loss::kTripletHinge);
       ++loss) {
    const double value =
        loss_of_scores(static_cast<Loss>(loss), {3}, {-1e4F, 1e4F, -1e4F}, make_array({1, 1}, {1}));
    EXPECT_TRUE(std::isfinite(value)) << to_string(static_cast<Loss>(loss));
  }
}

TEST(NetLosses, Gradients) {
  for (const Activation last : {Activation::kLinear, Activation::kSoftmax}) {
    NetSpec spec;
    spec.input({4}).dense(6, last);
    const Batch batch{{random_array({3, 4}, 1)}, make_ids({3, 4}, {1, 6, 2, 0, 0, 0, 0, 0, 3, 3, 0, 0})};
    EXPECT_LT(worst_error(std::move(spec), batch, Loss::kMultinomial), 1e-6);
  }
  for (int loss = static_cast<int>(Loss::kCandidateSoftmax); loss <= static_cast<int>(Loss::kTripletHinge);
       ++loss) {
    SCOPED_TRACE(to_string(static_cast<Loss>(loss)));
    NetSpec spec;
    const Node query = spec.input({2, 3}, "query").dense(4, Activation::kTanh);
    const Node candidates =
        spec.input({2, 5, 3}, "candidates").dense(4, Activation::kLinear, {.bias = false});
    const Node log_q = spec.input({2, 5}, "log_q").dense(5);
    spec.merge(LayerKind::kCandidateDot, std::vector<Node>{query, candidates, log_q});
    const Batch batch{{random_array({3, 2, 3}, 1), random_array({3, 2, 5, 3}, 2), random_array({3, 2, 5}, 3)},
                      make_array({3, 2}, {1, 0, 1, 1, 0, 2})};
    CompileOptions options = compile_as("sgd", static_cast<Loss>(loss));
    options.loss_parameters = {.margin = 0.5, .beta = 0.4, .regularization = 0.3};
    EXPECT_LT(worst_error(std::move(spec), batch, options), 1e-6);
  }
}

TEST(NetLosses, MistakesAreNamed) {
  NetSpec spec("net");
  spec.input({4}).dense(3);
  Net net = make_net(std::move(spec));
  const Array x = random_array({2, 4}, 1);
  net.compile(compile_as("sgd", Loss::kMultinomial));
  EXPECT_EQ(error_text([&] {
              net.evaluate({{x}, make_array({2, 3}, std::vector<float>(6))});
            }),
            "net net: targets of loss multinomial are indices, not numbers");
  EXPECT_EQ(error_text([&] {
              net.evaluate({{x}, make_ids({2, 2}, {0, 3, 4, 0})});
            }),
            "net net: target 2 is 4; multinomial needs it to be 0 for none, or a class from 1 to 3");
  net.compile(compile_as("sgd", Loss::kBpr));
  EXPECT_EQ(error_text([&] {
              net.evaluate({{x}, make_ids({2, 1}, {1, 1})});
            }),
            "net net: targets of loss bpr are numbers, not indices");
  EXPECT_EQ(error_text([&] {
              net.evaluate({{x}, make_array({2, 1}, {1, -1})});
            }),
            "net net: target 1 is -1; bpr needs it to be a weight of at least 0");
  EXPECT_EQ(error_text([&] {
              net.evaluate({{x}, make_array({2, 3}, std::vector<float>(6))});
            }),
            "net net: bpr needs scores of at least 2 candidates, and a weight for each position; targets are "
            "(None, 3), layer dense_1 gives (None, 3)");
  CompileOptions options = compile_as("sgd", Loss::kBpr);
  options.metrics = {Metric::kAccuracy};
  EXPECT_EQ(error_text([&] { net.compile(options); }),
            "net net: with loss bpr there are no metrics; leave accuracy out");
}

}  // namespace
}  // namespace akin::nn
