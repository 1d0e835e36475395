// Files of nets and data that the tests of training and of asking share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "akin/base/error_for_test.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/data/builder.h"
#include "akin/nets/net_train.h"

namespace akin::nets {

/// A folder with xor.toml, xor.csv, ratings.toml, and data set, a data set of 7 users and 5 items.
class NetFiles {
 public:
  NetFiles() {
    write("xor.csv", "a,b,a_xor_b\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n");
    write("xor.toml", xor_toml());
    write("ratings.toml", R"(
name = "ratings"
layers = [
  {kind = "input", name = "user", shape = [1]},
  {kind = "input", name = "item", shape = [1]},
  {kind = "embedding", name = "user_vectors", input = "user", rows = "users+1", units = 3},
  {kind = "embedding", name = "item_vectors", input = "item", rows = "items+1", units = 3},
  {kind = "flatten", input = "user_vectors"},
  {kind = "flatten", input = "item_vectors"},
  {kind = "dot", inputs = ["flatten_1", "flatten_2"]},
]
[train]
optimizer = "adam"
learning_rate = 0.05
loss = "mse"
metrics = ["mae"]
epochs = 4
batch_size = 8
[data]
kind = "ratings"
inputs.user = "users"
inputs.item = "items"
test = 0.2
)");
    save_dataset(ratings(""), path("events"));
  }

  static std::string xor_toml(int units = 8, const std::string& data = "") {
    return R"(name = "xor"
[[layers]]
kind = "input"
shape = [2]
[[layers]]
kind = "dense"
units = )" +
           std::to_string(units) +
           R"(
activation = "tanh"
[[layers]]
kind = "dense"
units = 1
activation = "sigmoid"
[train]
optimizer = "adam"
learning_rate = 0.05
loss = "binary_crossentropy"
metrics = ["accuracy"]
epochs = 150
batch_size = 4
[data]
inputs = ["a", "b"]
target = "a_xor_b"
)" + data;
  }

  /// Each of 7 users has rated all of 5 items but one; so has another user, if one is named.
  static Dataset ratings(const std::string& other_user) {
    DatasetBuilder builder;
    const auto add = [&](const std::string& name, int u) {
      for (int i = 0; i < 5; ++i) {
        if (i != u % 5)
          builder.add_event(name, "i" + std::to_string(i), static_cast<float>(1 + (u + 2 * i) % 5), 100 + i);
      }
    };
    for (int u = 0; u < 7; ++u) add("u" + std::to_string(u), u);
    if (!other_user.empty()) add(other_user, 7);
    ImportReport report;
    return builder.build("ratings", {}, report, {});
  }

  std::string path(const std::string& name) const { return dir_ / name; }
  void write(const std::string& name, const std::string& text) const { write_file(path(name), text); }

  TrainedNet train(const std::string& net, const std::string& data, const NetTrainOptions& options = {},
                   Context context = {}) const {
    context.threads = 1;
    return train_net(path(net), path(data), options, context);
  }

 private:
  TempDir dir_;
};

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A context that puts remarks there, a line each.
inline Context remarking(std::string& text) {
  return {.threads = 1, .on_remark = [&text](std::string_view line) { text += std::string(line) + "\n"; }};
}

/// All numbers of all weights.
inline std::vector<double> numbers_of(const nn::Net& net) {
  std::vector<double> numbers;
  for (const nn::NamedArray& array : net.weights()) {
    for (std::size_t i = 0; i < array.size(); ++i) numbers.push_back(array.at(i));
  }
  return numbers;
}

}  // namespace akin::nets
