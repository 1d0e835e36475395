#include "akin/nets/net_train.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "akin/nets/net_files_for_test.h"
#include "akin/nets/net_use.h"

namespace akin::nets {
namespace {

class NetTrain : public testing::Test {
 protected:
  NetFiles files_;
};

TEST_F(NetTrain, LearnsExclusiveOr) {
  std::vector<std::uint64_t> epochs;
  NetTrainOptions options;
  options.on_epoch = [&](const EpochResult& epoch, std::uint64_t last) {
    epochs.push_back(epoch.epoch);
    EXPECT_EQ(last, 150u);
    EXPECT_TRUE(epoch.scores.contains("loss"));
  };
  std::string remarks;
  const TrainedNet trained = files_.train("xor.toml", "xor.csv", options, remarking(remarks));
  ASSERT_EQ(epochs.size(), 150u);
  EXPECT_EQ(epochs.front(), 1u);
  EXPECT_EQ(epochs.back(), 150u);
  ASSERT_EQ(trained.history.epochs.size(), 150u);
  EXPECT_EQ(trained.history.epochs.back().scores.at("accuracy"), 1);
  EXPECT_LT(trained.history.of("loss").back(), 0.3);
  EXPECT_EQ(remarks, "xor: 33 parameters; 4 samples to train on\n");
  EXPECT_TRUE(trained.test.empty());
  EXPECT_EQ(trained.test_samples, 0u);
  EXPECT_TRUE(trained.norms.empty());
}

TEST_F(NetTrain, OptionsTakeThePlaceOfTheFile) {
  std::string remarks;
  const TrainedNet trained = files_.train(
      "xor.toml", "xor.csv", {.epochs = 2, .batch_size = 1, .learning_rate = 0.25, .validation_split = 0.5},
      remarking(remarks));
  EXPECT_EQ(trained.history.epochs.size(), 2u);
  EXPECT_TRUE(trained.history.epochs[0].scores.contains("val_loss"));
  EXPECT_TRUE(contains(remarks, "; 2 samples to train on, 2 to validate")) << remarks;
  EXPECT_EQ(trained.net.compiled()->optimizer.learning_rate, 0.25);
  const auto weights = [&](const NetTrainOptions& options) {
    return numbers_of(files_.train("xor.toml", "xor.csv", options).net);
  };
  EXPECT_NE(weights({.epochs = 2, .batch_size = 1}), weights({.epochs = 2})) << "the batch";
  const TrainedNet patient =
      files_.train("xor.toml", "xor.csv", {.epochs = 150, .patience = 1, .learning_rate = 30});
  EXPECT_TRUE(patient.history.stopped_early);
  EXPECT_LT(patient.history.epochs.size(), 150u);
}

TEST_F(NetTrain, SameSeedSameBits) {
  const auto weights = [&](std::uint64_t seed) {
    return numbers_of(files_.train("xor.toml", "xor.csv", {.epochs = 2}, {.seed = seed}).net);
  };
  EXPECT_EQ(weights(1), weights(1));
  EXPECT_NE(weights(1), weights(2));
}

TEST_F(NetTrain, ATrainedNetGoesOnWhereItStopped) {
  const TrainedNet whole =
      files_.train("xor.toml", "xor.csv", {.epochs = 6, .batch_size = 2, .validation_split = 0.25});
  NetTrainOptions subset{.epochs = 2, .batch_size = 2, .validation_split = 0.25};
  subset.checkpoint = files_.path("at-{}");
  files_.train("xor.toml", "xor.csv", subset);
  EXPECT_TRUE(std::filesystem::exists(files_.path("at-1")));
  std::vector<std::uint64_t> epochs;
  NetTrainOptions rest{.epochs = 4};  // batch and validation share are those of before
  rest.on_epoch = [&](const EpochResult& epoch, std::uint64_t last) {
    epochs.push_back(epoch.epoch);
    EXPECT_EQ(last, 6u);
  };
  const TrainedNet resumed = files_.train("at-2", "xor.csv", rest);
  EXPECT_EQ(epochs, (std::vector<std::uint64_t>{3, 4, 5, 6}));
  EXPECT_EQ(numbers_of(resumed.net), numbers_of(whole.net));
  EXPECT_EQ(resumed.net.epochs(), 6u);
}

TEST_F(NetTrain, BeginsWithTheWeightsOfAFile) {
  const TrainedNet first = files_.train("xor.toml", "xor.csv", {.epochs = 3});
  first.net.save(files_.path("first"));
  std::string remarks;
  NetTrainOptions options{.epochs = 0};
  options.init = files_.path("first");
  const TrainedNet second = files_.train("xor.toml", "xor.csv", options, remarking(remarks));
  EXPECT_EQ(numbers_of(second.net), numbers_of(first.net));
  EXPECT_EQ(second.net.epochs(), 0u) << "it is another net";
  EXPECT_TRUE(contains(remarks, "first: took 4 weights\n")) << remarks;
  files_.write("wider.toml", NetFiles::xor_toml(9));
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kBadData, [&] { files_.train("wider.toml", "xor.csv", options); }),
               "weight dense_1/bias is (9); got (8)"));
  std::string deeper = NetFiles::xor_toml();
  deeper.insert(deeper.find("[train]"), "[[layers]]\nkind = \"dense\"\nname = \"last\"\nunits = 1\n");
  files_.write("deeper.toml", deeper);
  remarks.clear();
  files_.train("deeper.toml", "xor.csv", options, remarking(remarks));
  EXPECT_TRUE(contains(remarks, "first: took 4 weights; initialized: last/kernel, last/bias\n")) << remarks;
  options.init = files_.path("ratings");
  files_.train("ratings.toml", "events", {.epochs = 0}).net.save(options.init);
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { files_.train("xor.toml", "xor.csv", options); }),
                       "has none of the net's weights"));
}

TEST_F(NetTrain, ScoresWhatWasHeldOut) {
  std::string remarks;
  const TrainedNet trained = files_.train("ratings.toml", "events", {}, remarking(remarks));
  EXPECT_EQ(trained.test_samples, 5u) << "a fifth of 28";
  EXPECT_TRUE(trained.test.contains("loss"));
  EXPECT_TRUE(trained.test.contains("mae"));
  EXPECT_TRUE(contains(remarks, "; 23 samples to train on, 5 held out")) << remarks;
  EXPECT_EQ(trained.history.epochs.size(), 4u);
  Dataset given = NetFiles::ratings("");
  for (const std::size_t e : {3, 9, 20}) given.events[e].subset = Subset::kTest;
  save_dataset(given, files_.path("given"));
  EXPECT_EQ(files_.train("ratings.toml", "given").test_samples, 3u) << "the files' own test set";
}

/// An autoencoder of lists of indices 0 to 3, which learns them by heart.
TEST_F(NetTrain, LearnsListsOfIndices) {
  const std::string net = R"(
layers = [
  {kind = "input", shape = [2]},
  {kind = "embedding_bag", rows = 4, units = 8, activation = "tanh"},
  {kind = "dense", units = 3},
]
train = {optimizer = "adam", learning_rate = 0.1, loss = "multinomial", epochs = 60, batch_size = 3}
)";
  files_.write("lists.csv", "a,b\n1,0\n2,3\n3,0\n");
  files_.write("lists.toml", net + "data = {inputs = [\"a\", \"b\"], target = [\"a\", \"b\"]}\n");
  const TrainedNet trained = files_.train("lists.toml", "lists.csv");
  EXPECT_TRUE(trained.constant.empty());
  const double least = 2 * std::log(2.0) / 3;  // of the list of two
  EXPECT_NEAR(trained.history.of("loss").back(), least, 0.05);
  trained.net.save(files_.path("lists"));
  EXPECT_NEAR(evaluate_net({.path = files_.path("lists"), .data = files_.path("lists.csv")}, "", {})
                  .scores.at("loss"),
              least, 0.05);
  EXPECT_EQ(files_.train("lists", "lists.csv").history.epochs.at(0).epoch, 61U);

  files_.write("half.csv", "a,b\n1,0\n2,1.5\n");
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { files_.train("lists.toml", "half.csv"); }),
                       "half.csv: input input_1 takes whole numbers from 0, not 1.5"));
  files_.write("values.toml", net + "data = {kind = \"ratings\", inputs = \"items\"}\n");
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { files_.train("values.toml", "events"); }),
                       "loss multinomial learns lists of indices: take kind csv or text"));
}

TEST_F(NetTrain, LearnsTheWordsOfTexts) {
  DatasetBuilder builder;
  for (int d = 0; d < 4; ++d) {
    for (int w = 0; w < 2; ++w)
      builder.add_event("d" + std::to_string(d), "w" + std::to_string(2 * (d % 2) + w), 1, w);
  }
  ImportReport report;
  save_dataset(builder.build("texts", {}, report, {}), files_.path("texts"));
  const auto net = [&](const std::string& target) {
    files_.write("words.toml", R"(
layers = [
  {kind = "input", shape = [3]},
  {kind = "embedding_bag", rows = "words+1", units = 8, activation = "tanh"},
  {kind = "dense", units = "words"},
]
train = {optimizer = "adam", learning_rate = 0.1, loss = "multinomial", epochs = 60}
data = {kind = "text", inputs = "words", target = ")" +
                                   target + "\"}\n");
  };
  net("words");
  EXPECT_NEAR(files_.train("words.toml", "texts").history.of("loss").back(), 2 * std::log(2.0), 0.1);
  net("first-word");
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { files_.train("words.toml", "texts"); }),
                       "write target = \"words\", not \"first-word\""));
}

TEST_F(NetTrain, MeasuresGradientsIfAsked) {
  const TrainedNet trained = files_.train("xor.toml", "xor.csv", {.epochs = 1, .gradient_norms = true});
  ASSERT_EQ(trained.norms.size(), 2u);
  EXPECT_EQ(trained.norms[0].layer, "dense_1");
  EXPECT_GT(trained.norms[0].norm, 0);
}

TEST_F(NetTrain, DtypeIsOfNewNetsOnly) {
  NetTrainOptions options{.epochs = 1};
  options.dtype = "double";
  const TrainedNet trained = files_.train("xor.toml", "xor.csv", options);
  trained.net.save(files_.path("net"));
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { files_.train("net", "xor.csv", options); }),
                       "keeps the dtype it was trained with"));
  options.dtype = "half";
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { files_.train("xor.toml", "xor.csv", options); }),
                       "unknown dtype 'half'"));
}

TEST_F(NetTrain, WrongNetsOptionsAndDataAreRefused) {
  const auto usage = [&](const NetTrainOptions& options) {
    return message_of(ErrorCode::kUsage, [&] { files_.train("xor.toml", "xor.csv", options); });
  };
  EXPECT_TRUE(contains(usage({.learning_rate = 0}), "learning_rate must be above 0"));
  EXPECT_TRUE(contains(usage({.epochs = -1}), "epochs"));
  EXPECT_TRUE(contains(usage({.batch_size = 0}), "batch"));
  EXPECT_TRUE(contains(usage({.validation_split = 1}), "validation_split"));
  EXPECT_TRUE(contains(usage({.device = "gpu"}), "unknown device 'gpu'"));
  const auto of_net = [&](const std::string& toml) {
    files_.write("n.toml", toml);
    return message_of(ErrorCode::kUsage, [&] { files_.train("n.toml", "xor.csv"); });
  };
  EXPECT_TRUE(
      contains(of_net("[[layers]]\nkind = \"input\"\nshape = [2]\n[[layers]]\nkind = \"dense\"\nunit = 3\n"),
               "n.toml:6: a layer of kind dense has no 'unit'"));
  EXPECT_TRUE(contains(of_net(NetFiles::xor_toml().substr(0, NetFiles::xor_toml().find("[data]"))),
                       "has no table [data]"));
  files_.write("short.csv", "a,b\n0,1\n");
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { files_.train("xor.toml", "short.csv"); }),
                       "has no column 'a_xor_b'"));
  files_.write("text.csv", "a,b,a_xor_b\n0,0,0\n0,x,1\n");
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { files_.train("xor.toml", "text.csv"); }),
                       "text.csv:3: column b"));
}

TEST_F(NetTrain, StopsOnRequest) {
  std::stop_source stop;
  NetTrainOptions options;
  std::uint64_t seen = 0;
  options.on_epoch = [&](const EpochResult& epoch, std::uint64_t) {
    seen = epoch.epoch;
    if (seen == 3) stop.request_stop();
  };
  Context context;
  context.stop = stop.get_token();
  EXPECT_NE(message_of(ErrorCode::kCancelled, [&] { files_.train("xor.toml", "xor.csv", options, context); }),
            "no error");
  EXPECT_EQ(seen, 3u);
}

}  // namespace
}  // namespace akin::nets
