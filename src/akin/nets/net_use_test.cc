#include "akin/nets/net_use.h"

#include <gtest/gtest.h>

#include "akin/nets/net_files_for_test.h"

namespace akin::nets {
namespace {

class NetUse : public testing::Test {
 protected:
  NetQuestion trained_xor(int epochs = 150) {
    files_.train("xor.toml", "xor.csv", {.epochs = epochs}).net.save(files_.path("xor"));
    return {files_.path("xor"), files_.path("xor.csv")};
  }
  NetQuestion trained_ratings() {
    TrainedNet trained = files_.train("ratings.toml", "events");
    trained.net.save(files_.path("ratings"));
    held_out_ = trained.test;
    return {files_.path("ratings"), files_.path("events")};
  }
  NetFiles files_;
  nn::Scores held_out_;
};

TEST_F(NetUse, ScoresAPartOfTheData) {
  const NetQuestion question = trained_ratings();
  const NetScores test = evaluate_net(question, "", {});
  EXPECT_EQ(test.part, "test");
  EXPECT_EQ(test.samples, 5u);
  for (const auto& [name, value] : held_out_) EXPECT_NEAR(test.scores.at(name), value, 1e-6) << name;
  const NetScores train = evaluate_net(question, "train", {});
  EXPECT_EQ(train.samples, 23u);
  const NetScores all = evaluate_net(question, "all", {});
  EXPECT_EQ(all.samples, 28u);
  EXPECT_NEAR(28 * all.scores.at("loss"), 5 * test.scores.at("loss") + 23 * train.scores.at("loss"), 1e-4);
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { evaluate_net(question, "tset", {}); }), "'tset'"));
}

TEST_F(NetUse, WithNothingHeldOutAllIsScored) {
  const NetQuestion question = trained_xor();
  const NetScores all = evaluate_net(question, "", {});
  EXPECT_EQ(all.part, "all");
  EXPECT_EQ(all.samples, 4u);
  EXPECT_EQ(all.scores.at("accuracy"), 1);
  EXPECT_EQ(all.scores.at("AUC"), 1);
  EXPECT_NEAR(all.scores.at("calibration"), 1, 0.1);
  EXPECT_EQ(evaluate_net(question, "train", {}).samples, 4u);
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { evaluate_net(question, "test", {}); }),
                       "no samples were held out"));
}

TEST_F(NetUse, PredictsWithAndWithoutTargets) {
  NetQuestion question = trained_xor();
  const NetPredictions known = predict_net(question, "", {});
  ASSERT_EQ(known.values.shape, (nn::Shape{4, 1}));
  ASSERT_EQ(known.targets.shape, (nn::Shape{4, 1}));
  for (std::size_t row = 0; row < 4; ++row) {
    EXPECT_EQ(known.targets.floats()[row], row == 1 || row == 2 ? 1 : 0);
    EXPECT_NEAR(known.values.floats()[row], known.targets.floats()[row], 0.5);
  }
  EXPECT_EQ(predict_net(question, "dense_1", {}).values.shape, (nn::Shape{4, 8}));
  EXPECT_THROW(predict_net(question, "dense_9", {}), Error);
  question.data = files_.path("new.csv");
  files_.write("new.csv", "b,a\n1,0\n0,0\n");
  const NetPredictions unknown = predict_net(question, "", {});
  // BLAS may round a row differently among two rows and among four, on some processors.
  EXPECT_FLOAT_EQ(unknown.values.floats()[0], known.values.floats()[1]) << "columns go by name";
  EXPECT_FLOAT_EQ(unknown.values.floats()[1], known.values.floats()[0]);
  EXPECT_EQ(unknown.targets.samples(), 0);
  message_of(ErrorCode::kBadData, [&] { evaluate_net(question, "", {}); });
}

TEST_F(NetUse, UnknownIdsAreRemarked) {
  NetQuestion question = trained_ratings();
  std::string remarks;
  const NetPredictions known = predict_net(question, "", remarking(remarks));
  EXPECT_EQ(remarks, "");
  question.data = files_.path("more");
  save_dataset(NetFiles::ratings("stranger"), question.data);
  const NetPredictions more = predict_net(question, "", remarking(remarks));
  EXPECT_EQ(remarks, "4 indices that the net does not know became 0\n");
  ASSERT_EQ(more.values.samples(), 32);
  for (std::size_t row = 0; row < 28; ++row)
    EXPECT_FLOAT_EQ(more.values.floats()[row], known.values.floats()[row]) << row;
}

TEST_F(NetUse, EmbeddingsHaveTheIdsOfTheirInput) {
  const NetQuestion question = trained_ratings();
  const nn::Net net = nn::load_net(question.path);
  for (const auto& [layer, prefix, rows] :
       {std::tuple("user_vectors", "u", 7u), std::tuple("item_vectors", "i", 5u)}) {
    const std::string name = fmt::format("{}/embeddings", layer);
    const WeightTable table = weight_table(question.path, name);
    const nn::NamedArray weight = net.weight(name);
    ASSERT_EQ(table.ids.size(), rows);
    ASSERT_EQ(table.vectors.rows(), rows);
    ASSERT_EQ(table.vectors.cols(), 3u);
    ASSERT_EQ(weight.size(), (rows + 1) * 3) << "row 0 is nobody's";
    const Dataset dataset = NetFiles::ratings("");
    for (idx_t row = 0; row < rows; ++row) {
      EXPECT_EQ(table.ids.id(row), (prefix[0] == 'u' ? dataset.users : dataset.items).id(row));
      for (std::size_t col = 0; col < 3; ++col)
        EXPECT_EQ(table.vectors[row][col], weight.at((row + 1) * 3 + col));
    }
  }
}

TEST_F(NetUse, RowsOfOtherTablesHaveNumbers) {
  const NetQuestion question = trained_xor(1);
  const WeightTable table = weight_table(question.path, "dense_1/kernel");
  ASSERT_EQ(table.vectors.rows(), 2u);
  EXPECT_EQ(table.vectors.cols(), 8u);
  EXPECT_EQ(table.ids.id(0), "0");
  EXPECT_EQ(table.ids.id(1), "1");
  const std::string unknown =
      message_of(ErrorCode::kNotFound, [&] { weight_table(question.path, "dense_1/kernal"); });
  EXPECT_TRUE(contains(unknown, "did you mean dense_1/kernel")) << unknown;
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { weight_table(question.path, "dense_1/bias"); }),
                       "not a table of rows and columns: (8)"));
}

TEST_F(NetUse, StopsOnRequest) {
  const NetQuestion question = trained_xor(1);
  std::stop_source stop;
  stop.request_stop();
  Context context;
  context.stop = stop.get_token();
  EXPECT_NE(message_of(ErrorCode::kCancelled, [&] { evaluate_net(question, "", context); }), "no error");
  EXPECT_NE(message_of(ErrorCode::kCancelled, [&] { predict_net(question, "", context); }), "no error");
}

}  // namespace
}  // namespace akin::nets
