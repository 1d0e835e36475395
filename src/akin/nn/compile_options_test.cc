#include "akin/nn/compile_options.h"

#include <gtest/gtest.h>

#include "akin/nn/net_for_test.h"
#include "akin/nn/samples.h"

namespace akin::nn {
namespace {

TEST(CompileOptions, TextAndBack) {
  const CompileOptions options = parse_compile({{"learning_rate", "0.5"},
                                                {"optimizer", "momentum"},
                                                {"nesterov", "true"},
                                                {"lazy", "true"},
                                                {"clip_norm", "3"},
                                                {"loss", "binary_crossentropy"},
                                                {"metrics", "accuracy, mae"}});
  EXPECT_EQ(options.optimizer.rule, UpdateRule::kMomentum);
  EXPECT_EQ(options.optimizer.momentum, 0.9);  // of the optimizer, which is set first whatever the order
  EXPECT_EQ(options.optimizer.learning_rate, 0.5);
  EXPECT_TRUE(options.optimizer.nesterov);
  EXPECT_TRUE(options.optimizer.lazy);
  EXPECT_FALSE(parse_compile({}).optimizer.lazy);
  EXPECT_EQ(options.metrics, (std::vector<Metric>{Metric::kAccuracy, Metric::kMae}));
  EXPECT_EQ(compile_values(parse_compile(compile_values(options))), compile_values(options));
  EXPECT_EQ(name_of(parse_compile({}).optimizer), "rmsprop");
  for (const char* name : {"sgd", "momentum", "adam", "lbfgs"}) {
    const CompileOptions named = parse_compile({{"optimizer", name}});
    EXPECT_EQ(compile_values(named).at("optimizer"), name);
    EXPECT_EQ(compile_values(parse_compile(compile_values(named))), compile_values(named));
  }
  EXPECT_EQ(parse_compile({{"momentum", "0.5"}, {"optimizer", "sgd"}}).optimizer.rule, UpdateRule::kMomentum);
}

TEST(CompileOptions, MistakesAreNamed) {
  EXPECT_EQ(error_text([] {
              parse_compile({{"beta1", "2"}});
            }),
            "beta1 = '2' is not a number from 0 to 0.999999");
  EXPECT_EQ(error_text([] {
              parse_compile({{"rho", "0.9x"}});
            }),
            "rho = '0.9x' is not a number from 0 to 0.999999");
  EXPECT_EQ(error_text([] {
              parse_compile({{"loss", "msa"}});
            }).substr(0, 36),
            "unknown loss 'msa' (did you mean mse");
  EXPECT_EQ(error_text([] {
              parse_compile({{"learning_rat", "1"}});
            }).substr(0, 62),
            "unknown setting 'learning_rat' (did you mean learning_rate?); ");
  const auto expect = [](const std::string& key, const std::string& value, const std::string& begin) {
    const std::string message = error_text([&] { parse_compile({{key, value}}); });
    EXPECT_TRUE(message.starts_with(begin)) << message;
  };
  expect("lr", "1", "unknown setting 'lr' (did you mean learning_rate?); ");
  expect("clipnorm", "1", "unknown setting 'clipnorm' (did you mean clip_norm? It limits the norm of all ");
  expect("loss", "mean_squared_error", "unknown loss 'mean_squared_error' (did you mean mse?); ");
  expect("loss", "mape", "unknown loss 'mape'; ");
  expect("metrics", "acc", "unknown metric 'acc' (did you mean accuracy?); ");
  EXPECT_NE(error_text([] {
              parse_compile({{"metrics", "recall"}});
            }).find("unknown metric 'recall'"),
            std::string::npos);
}

TEST(CompileOptions, TakesTheBoundsThatItPrints) {
  for (const char* name :
       {"learning_rate", "decay", "momentum", "rho", "beta1", "beta2", "epsilon", "clip_norm"}) {
    const std::string message = error_text([&] { parse_compile({{name, "-1"}}); });
    const std::size_t from = message.find(" from "), to = message.find(" to ");
    ASSERT_NE(from, std::string::npos) << message;
    ASSERT_NE(to, std::string::npos) << message;
    for (const std::string& bound : {message.substr(from + 6, to - from - 6), message.substr(to + 4)}) {
      EXPECT_EQ(error_text([&] { parse_compile({{name, bound}}); }), "none") << name << bound;
      // As a flag holds it.
      const auto single = static_cast<double>(std::stof(bound));
      EXPECT_EQ(error_text([&] {
                  parse_compile({{name, fmt::format("{}", single)}});
                }),
                "none")
          << name << bound;
    }
    for (const char* wrong : {"", "nan", "inf", "-inf", "1e13", "-1e-3", "0x1", " 1", "1 ", "1e999"})
      EXPECT_NE(error_text([&] { parse_compile({{name, wrong}}); }), "none") << name << wrong;
  }
}

TEST(CompileOptions, TargetsMustSuitTheOutput) {
  NetSpec one("one"), three("three");
  one.input({2}).dense(1);
  three.input({2}).dense(3, Activation::kSoftmax);
  const auto problem = [](const NetSpec& spec, Loss loss, const Shape& target) {
    return error_text([&] { check_targets(spec, loss, target); });
  };
  EXPECT_EQ(problem(one, Loss::kMse, {1}), "none");
  EXPECT_EQ(problem(one, Loss::kMse, {}), "none");
  EXPECT_EQ(problem(three, Loss::kSparseCategoricalCrossentropy, {1}), "none");
  EXPECT_EQ(problem(three, Loss::kSparseCategoricalCrossentropy, {}), "none");
  EXPECT_EQ(problem(three, Loss::kMse, {2}),
            "net three: targets are (None, 2), but layer dense_1 gives (None, 3)");
  EXPECT_NE(
      problem(one, Loss::kCategoricalCrossentropy, {1}).find("for one probability take binary_crossentropy"),
      std::string::npos);
  EXPECT_NE(problem(one, Loss::kSparseCategoricalCrossentropy, {1}).find("at least 2 classes"),
            std::string::npos);
}

TEST(Samples, KerasCutsValidationFromTheEnd) {
  EXPECT_EQ(training_samples(158'801, 0.1), 142'920);
  EXPECT_EQ(training_samples(10, 0.3), 7);
  EXPECT_EQ(training_samples(10, 0), 10);
}

TEST(Samples, SelectAndSlice) {
  const Array x = make_array({3, 2}, {1, 2, 3, 4, 5, 6});
  const std::vector<std::int64_t> rows = {2, 0, 2};
  EXPECT_EQ(x.select(rows).floats(), (std::vector<float>{5, 6, 1, 2, 5, 6}));
  EXPECT_EQ(x.slice(1, 3).floats(), (std::vector<float>{3, 4, 5, 6}));
  EXPECT_EQ(x.slice(1, 3).shape, (Shape{2, 2}));
  EXPECT_EQ(error_text([] { make_array({2, 2}, {1}); }), "an array of 1 values has no shape (2, 2)");
}

}  // namespace
}  // namespace akin::nn
