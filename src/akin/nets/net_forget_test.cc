#include "akin/nets/net_forget.h"

#include <gtest/gtest.h>

#include "akin/nets/net_files_for_test.h"
#include "akin/nets/net_use.h"

namespace akin::nets {
namespace {

TEST(NetForget, RemovesIdsAndRows) {
  const NetFiles files;
  files.train("ratings.toml", "events").net.save(files.path("net"));
  const Matrix old_rows = weight_table(files.path("net"), "user_vectors/embeddings").vectors.clone();
  const Matrix old_items = weight_table(files.path("net"), "item_vectors/embeddings").vectors.clone();
  const auto before =
      predict_net({files.path("net"), files.path("events")}, "", {.threads = 1}).values.floats();

  UserIds ids({"u2", "u5", "stranger"});
  const NetWithoutUsers net(files.path("net"), ids);
  EXPECT_EQ(net.removed(), 2u);
  EXPECT_EQ(ids.unmet(), std::vector<std::string>{"stranger"});
  net.save(files.path("net2"));

  const WeightTable users = weight_table(files.path("net2"), "user_vectors/embeddings");
  EXPECT_EQ(users.ids.size(), 5u);
  EXPECT_FALSE(users.ids.find("u2"));
  const idx_t old_number = 6, now = users.ids.at("u6", "user");
  EXPECT_TRUE(std::ranges::equal(users.vectors[now], old_rows[old_number]));
  const WeightTable items = weight_table(files.path("net2"), "item_vectors/embeddings");
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(std::ranges::equal(items.vectors[i], old_items[i]));

  // The others' predictions stay, and the net can be trained further.
  Dataset data = NetFiles::ratings("");
  const std::vector<Event> events = data.events;
  select_users(data, users_without(data, ids));
  save_dataset(data, files.path("rest"));
  const auto after =
      predict_net({files.path("net2"), files.path("rest")}, "", {.threads = 1}).values.floats();
  std::size_t next = 0;
  for (std::size_t e = 0; e < events.size(); ++e) {
    if (events[e].user != 2 && events[e].user != 5) {
      EXPECT_EQ(after.at(next++), before[e]);
    }
  }
  EXPECT_EQ(next, after.size());
  EXPECT_EQ(files.train("net2", "rest", {.epochs = 1}).net.epochs(), 5u);
}

TEST(NetForget, NetsOfTablesHoldNoUsers) {
  const NetFiles files;
  files.train("xor.toml", "xor.csv", {.epochs = 1}).net.save(files.path("net"));
  UserIds ids({"u1"});
  EXPECT_EQ(NetWithoutUsers(files.path("net"), ids).removed(), 0u);
}

TEST(NetForget, RefusesLayersWithoutARowForEachUser) {
  const NetFiles files;
  files.write("hot.toml", R"(
name = "hot"
layers = [
  {kind = "input", name = "user", shape = [1]},
  {kind = "multi_hot", input = "user", units = 8},
  {kind = "dense", units = 1},
]
[train]
optimizer = "sgd"
loss = "mse"
[data]
kind = "ratings"
inputs.user = "users"
)");
  files.train("hot.toml", "events").net.save(files.path("net"));
  UserIds ids({"u1"}), others({"x"});
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { NetWithoutUsers(files.path("net"), ids); }),
                       "train the net again"));
  EXPECT_EQ(NetWithoutUsers(files.path("net"), others).removed(), 0u);
}

/// A table that two layers read, and a bag with a bias of its own.
TEST(NetForget, RemovesRowsOfSharedTablesAndBags) {
  const NetFiles files;
  files.write("shared.toml", R"(
name = "shared"
layers = [
  {kind = "input", name = "user", shape = [1]},
  {kind = "embedding", name = "first", rows = "users+1", units = 3},
  {kind = "flatten", name = "a"},
  {kind = "embedding", name = "again", input = "user", rows = "users+1", units = 3, weights_of = "first"},
  {kind = "flatten", name = "b"},
  {kind = "embedding_bag", name = "bag", input = "user", rows = "users+1", units = 3},
  {kind = "concatenate", inputs = ["a", "b", "bag"]},
  {kind = "dense", units = 1},
]
[train]
optimizer = "adam"
loss = "mse"
[data]
kind = "ratings"
inputs.user = "users"
)");
  files.train("shared.toml", "events", {.epochs = 1}).net.save(files.path("net"));
  UserIds ids({"u2"});
  NetWithoutUsers(files.path("net"), ids).save(files.path("net2"));
  for (const char* const table : {"first/embeddings", "bag/embeddings"}) {
    const WeightTable before = weight_table(files.path("net"), table),
                      after = weight_table(files.path("net2"), table);
    ASSERT_EQ(after.ids.size(), 6u) << table;
    for (idx_t id = 0; id < 6; ++id)
      EXPECT_TRUE(
          std::ranges::equal(after.vectors[id], before.vectors[before.ids.at(after.ids.id(id), "user")]));
  }
  Dataset data = NetFiles::ratings("");
  select_users(data, users_without(data, ids));
  save_dataset(data, files.path("rest"));
  EXPECT_EQ(files.train("net2", "rest", {.epochs = 1}).net.epochs(), 2u) << "trained further";
}

/// The net's file with another tensor in place of one.
void replace_tensor(const std::string& path, const std::string& name, std::vector<std::size_t> shape) {
  const TensorReader reader(path);
  TensorWriter writer("net");
  for (const auto& [key, value] : reader.metadata()) {
    if (!key.starts_with("akin.")) writer.meta(key, value);
  }
  const std::vector<float> values(shape[0] * shape[1], 1.0f);
  for (const std::string& tensor : reader.names()) {
    if (tensor.starts_with("ids/")) {
      if (tensor.ends_with(".bytes")) writer.tensor(tensor, reader.tensor<std::uint8_t>(tensor));
      if (tensor.ends_with(".offsets")) writer.tensor(tensor, reader.tensor<std::uint64_t>(tensor));
    } else if (tensor == name) {
      writer.tensor(tensor, std::span<const float>(values), shape);
    } else {
      writer.tensor(tensor, reader.tensor<float>(tensor), reader.shape(tensor));
    }
  }
  writer.write(path + ".other");
}

TEST(NetForget, TrustsNoSizeThatTheFileClaims) {
  const NetFiles files;
  files.train("ratings.toml", "events", {.epochs = 1}).net.save(files.path("net"));
  const std::vector<std::string> names = TensorReader(files.path("net")).names();
  std::size_t tried = 0;
  for (const std::string& name : names) {
    if (name.find("user_vectors/") == std::string::npos) continue;
    for (const std::vector<std::size_t>& shape :
         std::vector<std::vector<std::size_t>>{{2, 3}, {1, 24}, {std::size_t{1} << 50, 0}, {0, 3}}) {
      replace_tensor(files.path("net"), name, shape);
      UserIds ids({"u1"});
      EXPECT_NE(message_of(ErrorCode::kBadData,
                           [&] { NetWithoutUsers(files.path("net.other"), ids).save(files.path("out")); }),
                "no error")
          << name << " with " << shape[0] << " rows";
      ++tried;
    }
  }
  EXPECT_EQ(tried, 3u * 4u) << "weights, and two slots of adam";
}

TEST(NetForget, SomebodyHasToStay) {
  const NetFiles files;
  files.train("ratings.toml", "events", {.epochs = 1}).net.save(files.path("net"));
  UserIds ids({"u0", "u1", "u2", "u3", "u4", "u5", "u6"});
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { NetWithoutUsers(files.path("net"), ids); }),
                       "delete the file"));
}

}  // namespace
}  // namespace akin::nets
