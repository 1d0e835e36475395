#include "akin/nets/net_embedding.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/nets/net_files_for_test.h"

namespace akin::nets {
namespace {

using nn::VectorSource;

TEST(EmbeddingChoice, ReadsWhatIsTyped) {
  EXPECT_EQ(parse_embedding_choice("one-hot").vectors, VectorSource::kOneHot);
  EXPECT_EQ(parse_embedding_choice("learned").vectors, VectorSource::kLearned);
  const EmbeddingChoice frozen = parse_embedding_choice("item_vectors:pretrained=a:b=c.npy,freeze");
  EXPECT_EQ(frozen.layer, "item_vectors");
  EXPECT_EQ(frozen.file, "a:b=c.npy");
  EXPECT_TRUE(frozen.freeze);
  EXPECT_FALSE(parse_embedding_choice("pretrained=v.csv").freeze);
  for (const char* const wrong : {"", "onehot", "pretrained", "pretrained=", "pretrained=,freeze", "x:"})
    EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { parse_embedding_choice(wrong); }), "one-hot"))
        << wrong;
}

EmbeddingChoice pretrained_items(PretrainedRows rows) {
  EmbeddingChoice choice{.layer = "item_vectors", .vectors = VectorSource::kPretrained, .file = "v"};
  choice.rows = std::make_shared<const PretrainedRows>(std::move(rows));
  return choice;
}

TEST(WithEmbeddings, OtherLayersKeepTheirInputsAndMasks) {
  nn::NetSpec spec;
  spec.input({3}, "words").embedding(5, 2, {.name = "e"}).lstm(2, {.name = "l", .mask = "words"}).dense(1);
  const nn::NetSpec hot = with_embeddings(spec, {{.layer = "e", .vectors = VectorSource::kOneHot}});
  const nn::LayerSpec& lstm = hot.layers()[hot.index("l")];
  EXPECT_EQ(lstm.inputs, std::vector<std::string>{"e"});
  EXPECT_EQ(lstm.mask, "words");
}

class NetEmbedding : public testing::Test {
 protected:
  NetTrainOptions choices(std::vector<EmbeddingChoice> embeddings, int epochs = 0) const {
    NetTrainOptions options;
    options.epochs = epochs;
    options.embeddings = std::move(embeddings);
    return options;
  }
  nn::Net train(const NetTrainOptions& options) {
    return files_.train("ratings.toml", "events", options).net;
  }

  NetFiles files_;
};

TEST_F(NetEmbedding, TheThreeGiveTheSameWhereTheTablesAgree) {
  nn::Net learned = train(choices({}));
  const std::vector<nn::NamedArray> weights = learned.weights();
  const auto table = std::ranges::find(weights, "item_vectors/embeddings", &nn::NamedArray::name);
  ASSERT_NE(table, weights.end());
  const std::vector<float> values = std::get<std::vector<float>>(table->values);

  nn::Net hot = train(choices({{.layer = "item_vectors", .vectors = VectorSource::kOneHot}}));
  nn::NamedArray kernel = *table;
  kernel.name = "item_vectors/kernel";
  nn::NamedArray users = *std::ranges::find(weights, "user_vectors/embeddings", &nn::NamedArray::name);
  hot.set_weights({kernel, users});

  PretrainedRows rows{{}, Matrix(5, 3)};
  const Dataset data = load_dataset(files_.path("events"));
  for (idx_t i = 0; i < 5; ++i) {
    rows.ids.add(data.items.id(4 - i));  // in another order
    for (std::size_t c = 0; c < 3; ++c) rows.vectors[i][c] = values[(5 - i) * 3 + c];
  }
  nn::Net pretrained = train(choices({pretrained_items(std::move(rows))}));
  pretrained.set_weights({users});

  const std::vector<nn::Array> inputs = {nn::make_ids({5, 1}, {1, 2, 3, 4, 5}),
                                         nn::make_ids({5, 1}, {5, 1, 2, 3, 4})};
  const std::vector<float> expected = learned.predict(inputs).floats();
  EXPECT_EQ(pretrained.predict(inputs).floats(), expected);
  const std::vector<float> by_product = hot.predict(inputs).floats();
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(by_product[i], expected[i], 1e-6);
}

TEST_F(NetEmbedding, FrozenVectorsStayAndOthersMove) {
  const auto row = [&](bool freeze) {
    PretrainedRows rows{{}, Matrix(1, 3)};
    rows.vectors[0][0] = 7;
    rows.ids.add(load_dataset(files_.path("events")).items.id(2));
    EmbeddingChoice choice = pretrained_items(std::move(rows));
    choice.freeze = freeze;
    const std::vector<nn::NamedArray> weights = train(choices({choice}, 3)).weights();
    const auto table = std::ranges::find(weights, "item_vectors/embeddings", &nn::NamedArray::name);
    const auto& values = std::get<std::vector<float>>(table->values);
    return std::vector<float>(values.begin() + 9, values.begin() + 12);
  };
  EXPECT_EQ(row(true), (std::vector<float>{7, 0, 0}));
  EXPECT_NE(row(false), (std::vector<float>{7, 0, 0}));
}

TEST_F(NetEmbedding, WrongChoicesSaySo) {
  const auto error = [&](ErrorCode code, const EmbeddingChoice& choice) {
    return message_of(code, [&] { train(choices({choice})); });
  };
  EmbeddingChoice hot;
  hot.vectors = VectorSource::kOneHot;
  EXPECT_TRUE(contains(error(ErrorCode::kUsage, hot), "name one before a colon"));
  hot.layer = "item_vector";
  EXPECT_TRUE(contains(error(ErrorCode::kUsage, hot), "item_vectors"));
  PretrainedRows longer{{}, Matrix(1, 4)};
  longer.ids.add("x");
  EXPECT_TRUE(contains(error(ErrorCode::kUsage, pretrained_items(std::move(longer))), "set units = 4"));
  PretrainedRows strange{{}, Matrix(1, 3)};
  strange.ids.add("no such item");
  EXPECT_TRUE(
      contains(error(ErrorCode::kBadData, pretrained_items(std::move(strange))), "none of its 1 ids"));
}

}  // namespace
}  // namespace akin::nets
