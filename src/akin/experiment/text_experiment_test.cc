#include "akin/experiment/text_experiment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "akin/base/error_for_test.h"
#include "akin/base/temp_dir.h"

namespace akin {
namespace {

LabelledTexts texts() {
  LabelledTexts made;
  for (int i = 0; i < 60; ++i) {
    made.texts.push_back(i % 3 == 0   ? "bad strings break"
                         : i % 7 == 0 ? "bad but good"
                                      : "good strings last");
    made.labels.push_back(made.classes.add(i % 3 == 0 ? "no" : "yes"));
  }
  return made;
}

TEST(TextExperiment, CountsEachTextOnceAndScoresAddUp) {
  const TextEvaluation result = cross_validate({.model = "text-linear"}, texts(), {.folds = 5}, {});
  EXPECT_EQ(result.texts, 60u);
  EXPECT_EQ(result.folds.size(), 5u);
  EXPECT_NEAR(result.constant, 2.0 / 3, 1e-12);
  std::uint64_t all = 0, right = 0;
  for (std::size_t c = 0; c < 2; ++c) {
    for (std::size_t p = 0; p < 2; ++p) all += result.confusion[c][p];
    right += result.confusion[c][c];
    const ClassScores& scores = result.classes[c];
    EXPECT_DOUBLE_EQ(scores.recall, static_cast<double>(scores.correct) / static_cast<double>(scores.texts));
    EXPECT_DOUBLE_EQ(scores.precision,
                     static_cast<double>(scores.correct) / static_cast<double>(scores.predicted));
    EXPECT_NEAR(scores.f1, 2 * scores.precision * scores.recall / (scores.precision + scores.recall), 1e-12);
  }
  EXPECT_EQ(all, 60u);
  const Metric& accuracy = result.metrics[0];
  EXPECT_NEAR(accuracy.value, static_cast<double>(right) / 60, 1e-9);
  EXPECT_GT(accuracy.value, 0.9);
  EXPECT_LE(accuracy.low, accuracy.value);
  EXPECT_GE(accuracy.high, accuracy.value);
}

TEST(TextExperiment, RandomSplitsTestAsManyAsAskedAndKeepPairsTogether) {
  const LabelledTexts made = texts();
  const TextPairs pairs = {{0, 59}, {3, 17}, {17, 40}};
  std::set<std::vector<idx_t>> different;
  for (const auto& [learned, tested] : resample(made, {.splits = 30, .test_size = 7}, pairs, 1)) {
    EXPECT_EQ(learned.size() + tested.size(), 60u);
    EXPECT_GE(tested.size(), 7u);
    EXPECT_LE(tested.size(), 9u);  // two more at most: the triple came last
    const auto is_tested = [&rows = tested](idx_t row) { return std::ranges::binary_search(rows, row); };
    EXPECT_EQ(is_tested(0), is_tested(59));
    EXPECT_EQ(is_tested(3), is_tested(40));
    EXPECT_EQ(is_tested(17), is_tested(40));
    for (const idx_t row : learned) EXPECT_FALSE(is_tested(row));
    different.insert(tested);
  }
  EXPECT_EQ(different.size(), 30u);
  EXPECT_EQ(resample(made, {.splits = 1, .test_size = 7}, {}, 1)[0].second.size(), 7u);
  const auto refused = [&](std::uint64_t size) {
    return message_of(ErrorCode::kUsage, [&] { resample(made, {.splits = 1, .test_size = size}, {}, 1); });
  };
  EXPECT_TRUE(contains(refused(60), "from 1 to 59"));
  EXPECT_TRUE(contains(refused(0), "from 1 to 59"));
}

TEST(TextExperiment, ChoosesParametersWithoutWhatIsTested) {
  LabelledTexts made;  // the order of the words tells the class, which single words cannot
  for (int i = 0; i < 300; ++i) {
    made.texts.push_back(i % 2 == 0 ? "first second" : "second first");
    made.labels.push_back(made.classes.add(i % 2 == 0 ? "no" : "yes"));
  }
  Resampling how{.splits = 3, .test_size = 20, .choices = {"ngrams=1,2"}};
  const TextEvaluation chosen = cross_validate({.model = "text-linear"}, made, how, {});
  EXPECT_EQ(chosen.texts, 60u);
  EXPECT_TRUE(chosen.random_splits);
  EXPECT_EQ(chosen.tested.size(), 60u);
  EXPECT_EQ(chosen.chosen, (std::vector<std::string>(3, "ngrams=2")));
  how.choices = {};
  const TextTrainOptions given{.model = "text-linear", .params = {{"ngrams", "2"}}};
  EXPECT_EQ(chosen.predicted, cross_validate(given, made, how, {}).predicted);
  EXPECT_EQ(combinations({"a=1,2", "b=x,y"}).size(), 4u);
  EXPECT_EQ(combinations({}).size(), 1u);
  for (const char* wrong : {"a", "=1", "a="})
    EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { combinations({wrong}); }), "NAME=A,B"));
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [] { combinations({"a=1", "a=2"}); }), "twice"));
}

TEST(TextExperiment, AFileGivesBackTheModel) {
  const TempDir dir;
  StoredTextModel stored = train_text_model({.model = "text-linear", .params = {{"ngrams", "1"}}}, texts(),
                                            nullptr, {.seed = 18446744073709551615ULL});
  save_text_model(stored, dir / "m");
  const StoredTextModel loaded = load_text_model(dir / "m");
  EXPECT_EQ(loaded.hash, stored.hash);
  EXPECT_EQ(loaded.params, stored.params);
  EXPECT_EQ(loaded.seed, stored.seed);
  EXPECT_EQ(loaded.texts, 60u);
  EXPECT_EQ(evaluate_text_model(*loaded.model, texts(), {}).metrics[0].value,
            evaluate_text_model(*stored.model, texts(), {}).metrics[0].value);
}

TEST(TextExperiment, RefusesWhatTheModelDoesNotLookAt) {
  const LabelledTexts made = texts();
  const auto error = [&](const TextTrainOptions& options) {
    return message_of(ErrorCode::kUsage, [&] { train_text_model(options, made, nullptr, {}); });
  };
  EXPECT_TRUE(contains(error({.model = "text-liner"}), "did you mean text-linear"));
  EXPECT_TRUE(contains(error({.model = "text-linear", .validation_share = 0.1}), "no use for validation"));
  EXPECT_TRUE(contains(error({.model = "text-linear", .word_vectors = "x"}), "word vectors"));
  EXPECT_TRUE(contains(error({.model = "text-linear", .checkpoint = "c"}), "not trained in epochs"));
  EXPECT_TRUE(contains(error({.model = "text-cnn", .resume = true}), "name the file of the checkpoint"));
  EXPECT_TRUE(contains(error({.model = "text-linear", .params = {{"ngram", "2"}}}), "did you mean ngrams"));
}

#ifndef AKIN_WITHOUT_NETS

/// Remarks, and a wish to stop once an epoch has begun.
struct Watch {
  explicit Watch(std::string phase = "none") : stop_in(std::move(phase)) {
    context.threads = 1;
    context.on_remark = [this](std::string_view line) { remarks.emplace_back(line); };
    context.on_progress = [this](const Progress& progress) {
      if (progress.phase == stop_in) source.request_stop();
    };
    context.stop = source.get_token();
  }
  std::string stop_in;
  std::stop_source source;
  std::vector<std::string> remarks;
  Context context;
};

TEST(TextExperiment, ACancelledFitOfANetKeepsItsLastEpochAndGoesOn) {
  const TempDir dir;
  TextTrainOptions options{
      .model = "text-cnn",
      .params = {
          {"epochs", "6"}, {"patience", "3"}, {"factors", "4"}, {"filters", "3"}, {"batch_size", "7"}}};
  const auto whole = train_text_model(options, texts(), nullptr, Watch().context);
  options.checkpoint = dir / "c";
  Watch stopped("epoch 4/6");
  EXPECT_TRUE(contains(message_of(ErrorCode::kCancelled,
                                  [&] { train_text_model(options, texts(), nullptr, stopped.context); }),
                       ""));
  ASSERT_EQ(stopped.remarks.size(), 1u);
  EXPECT_TRUE(contains(stopped.remarks[0], "text-cnn: 54 texts, 6 words, ")) << stopped.remarks[0];
  EXPECT_TRUE(contains(stopped.remarks[0], "of memory"));
  options.resume = true;
  Watch resumed;
  StoredTextModel model = train_text_model(options, texts(), nullptr, resumed.context);
  EXPECT_TRUE(contains(resumed.remarks.back(), "resumed after epoch 3"));
  const std::vector<std::string_view> asked = {"bad strings", "good"};
  for (std::size_t t = 0; t < 2; ++t) {
    EXPECT_TRUE(std::ranges::equal(model.model->predict(asked, {})[t], whole.model->predict(asked, {})[t]));
  }
  // Once more: nothing is left to learn.
  model = train_text_model(options, texts(), nullptr, resumed.context);
  EXPECT_TRUE(std::ranges::equal(model.model->predict(asked, {})[0], whole.model->predict(asked, {})[0]));

  const auto refused = [&](const TextTrainOptions& other) {
    return message_of(ErrorCode::kBadData,
                      [&] { train_text_model(other, texts(), nullptr, resumed.context); });
  };
  TextTrainOptions other = options;
  other.params["dropout"] = "0.3";
  EXPECT_TRUE(contains(refused(other), "has parameter dropout = 0.5, not 0.3"));
  LabelledTexts fewer = texts();
  fewer.texts[0] += " x";
  EXPECT_TRUE(contains(
      message_of(ErrorCode::kBadData, [&] { train_text_model(options, fewer, nullptr, resumed.context); }),
      "hash of the"));
  EXPECT_TRUE(contains(
      message_of(ErrorCode::kUsage, [&] { cross_validate(options, texts(), {.folds = 2}, resumed.context); }),
      "one fit"));
}

#endif

}  // namespace
}  // namespace akin
