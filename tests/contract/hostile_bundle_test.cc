// What a bundle says is not believed because its checksum is right: every tensor and every number of the metadata of
// every model is replaced, and whatever load_bundle() accepts must answer all questions without undefined behaviour
// (the preset asan looks at that).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/base/tensor_file_for_test.h"
#include "akin/store/bundle_for_test.h"
#include "planted_data.h"

namespace akin::contract {
namespace {

struct RawTensor {
  std::string dtype;
  std::vector<std::size_t> shape;
  std::string bytes;

  template <typename T>
  std::vector<T> values() const {
    std::vector<T> result(bytes.size() / sizeof(T));
    if (!bytes.empty()) std::memcpy(result.data(), bytes.data(), bytes.size());
    return result;
  }
  template <typename T>
  void set(const std::vector<T>& values, std::vector<std::size_t> new_shape) {
    bytes.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
    shape = std::move(new_shape);
  }
};

/// A file of akin taken apart.
struct RawFile {
  std::map<std::string, std::string> metadata;
  std::map<std::string, RawTensor> tensors;
};

RawFile take_apart(const std::string& path) {
  const std::string content = read_file(path);
  std::uint64_t length = 0;
  std::memcpy(&length, content.data(), sizeof length);
  SafetensorsHeader header;
  EXPECT_EQ(parse_safetensors_header(std::string_view(content).substr(sizeof length, length), header), "");
  RawFile file{header.metadata, {}};
  for (const auto& [name, entry] : header.tensors) {
    file.tensors[name] = {entry.dtype, entry.shape,
                          content.substr(sizeof length + length + entry.begin, entry.end - entry.begin)};
  }
  return file;
}

/// Writes the file with a right checksum.
void put_together(const RawFile& file, const std::string& path) {
  TensorWriter writer(file.metadata.at("akin.kind"));
  for (const auto& [key, value] : file.metadata) {
    if (!key.starts_with("akin.")) writer.meta(key, value);
  }
  std::vector<std::vector<std::uint64_t>> aligned;
  aligned.reserve(file.tensors.size());
  for (const auto& entry : file.tensors) {
    const std::string& name = entry.first;
    const RawTensor& tensor = entry.second;
    std::vector<std::uint64_t>& words = aligned.emplace_back((tensor.bytes.size() + 7) / 8);
    const bool floats = tensor.dtype == "F32" || tensor.dtype == "F64";  // the writer takes finite ones only
    if (!words.empty() && !floats) std::memcpy(words.data(), tensor.bytes.data(), tensor.bytes.size());
    const auto add = [&]<typename T>(T) {
      writer.tensor(name,
                    std::span(reinterpret_cast<const T*>(words.data()), tensor.bytes.size() / sizeof(T)),
                    tensor.shape);
    };
    if (tensor.dtype == "F32") add(float());
    if (tensor.dtype == "F64") add(double());
    if (tensor.dtype == "I64") add(std::int64_t());
    if (tensor.dtype == "U64") add(std::uint64_t());
    if (tensor.dtype == "U32") add(std::uint32_t());
    if (tensor.dtype == "U8") add(std::uint8_t());
  }
  writer.write(path);
  std::string bytes = read_file(path);
  for (const auto& [name, tensor] : file.tensors) {
    const bool floats = tensor.dtype == "F32" || tensor.dtype == "F64";
    if (floats && !tensor.bytes.empty())
      std::memcpy(tensor_bytes(bytes, name), tensor.bytes.data(), tensor.bytes.size());
  }
  seal(bytes);
  write_file(path, bytes);
}

/// Copies of the tensor with other values, in other orders and of other sizes.
template <typename T>
std::vector<RawTensor> variants_of(const RawTensor& tensor) {
  using Limits = std::numeric_limits<T>;
  std::vector<T> wrong = {Limits::max(), Limits::lowest(), T(0), T(1)};
  if constexpr (Limits::has_quiet_NaN) {
    for (const double value :
         {double(Limits::quiet_NaN()), double(Limits::infinity()), -1.0, 1e30, -1e30, 1e-40, 0.5})
      wrong.push_back(static_cast<T>(value));
  } else if constexpr (sizeof(T) == 8) {
    wrong.push_back(static_cast<T>(std::numeric_limits<std::int64_t>::max()));
    wrong.push_back(static_cast<T>(-1));
  }
  const std::vector<T> whole = tensor.values<T>();
  std::vector<RawTensor> all;
  const auto add = [&](const std::vector<T>& values, std::vector<std::size_t> shape) {
    all.push_back(tensor);
    all.back().set(values, std::move(shape));
  };
  for (const T value : wrong) {
    add(std::vector<T>(whole.size(), value), tensor.shape);
    for (const std::size_t at : {std::size_t{0}, whole.size() / 2, whole.size() - 1}) {
      if (at >= whole.size()) continue;
      std::vector<T> values = whole;
      values[at] = value;
      add(values, tensor.shape);
    }
  }
  std::vector<T> values(whole.rbegin(), whole.rend());
  add(values, tensor.shape);
  values = whole;
  std::ranges::sort(values);
  add(values, tensor.shape);
  for (std::size_t i = 0; i + 1 < values.size(); i += 2) values[i] = values[i + 1];
  add(values, tensor.shape);
  add({}, {0});
  add({}, {0, tensor.shape.back()});
  add(whole, {whole.size(), 1});
  add(whole, {1, whole.size()});
  add({T(1)}, {1});
  if (tensor.shape.size() == 2) {
    add(whole, {tensor.shape[1], tensor.shape[0]});
    add(std::vector<T>(tensor.shape[0]), {tensor.shape[0], 1});
    add({}, {tensor.shape[0], 0});
  } else {
    values = whole;
    values.push_back(T(0));
    add(values, {values.size()});
    if (!whole.empty()) add({whole.begin(), whole.end() - 1}, {whole.size() - 1});
  }
  return all;
}

std::vector<RawTensor> variants(const RawTensor& tensor) {
  if (tensor.dtype == "F32") return variants_of<float>(tensor);
  if (tensor.dtype == "F64") return variants_of<double>(tensor);
  if (tensor.dtype == "I64") return variants_of<std::int64_t>(tensor);
  if (tensor.dtype == "U64") return variants_of<std::uint64_t>(tensor);
  if (tensor.dtype == "U32") return variants_of<std::uint32_t>(tensor);
  return variants_of<std::uint8_t>(tensor);
}

/// Everything a model can be asked, by known and unknown users. Values may be anything.
void ask(const Bundle& bundle) {
  const Model& model = *bundle.model;
  const std::size_t n = bundle.dataset.n_items();
  if (n == 0) return;
  const auto last = static_cast<idx_t>(n - 1);
  const std::vector<idx_t> history = {last, 0, static_cast<idx_t>(n / 2), 0};
  const std::vector<float> values = {5, 1, 3, 4};
  const std::vector<idx_t> users = {0, static_cast<idx_t>(bundle.dataset.n_users() / 2)};
  std::vector<float> all(n), vector(model.item_vectors().cols()), some(2);
  const std::vector<idx_t> items = {last, 0};
  for (const std::optional<idx_t> user :
       {std::optional<idx_t>(0), std::optional<idx_t>(7), std::optional<idx_t>()}) {
    const Query query{.user = user, .history = history, .values = values};
    model.score_all(query, all);
    model.score(query, items, some);
    model.user_vector(query, vector);
    for (const idx_t item : items) model.explain(query, item);
    for (const Event& event : bundle.test) all[event.item] = 0;
  }
  model.score_all({}, all);
  std::vector<float> item(model.item_vectors().cols());
  model.item_vector(users, {}, item);
  if (model.has_similar()) {
    for (const Scored& similar : model.similar(0, 3)) EXPECT_LT(similar.idx, n);
    model.similar(last, n);
  }
  user_embedding(bundle, {.threads = 1});
}

class HostileFile : public testing::Test {
 protected:
  /// The parts of a bundle of that model, which is also written.
  RawFile trained(const ModelEntry& model, const ParamValues& changes) const {
    Dataset data = clusters(23, 22, 5).data;
    for (idx_t i = 0; i < data.n_items(); ++i)
      data.item_attributes.column("brand").set(i, std::string(1, static_cast<char>('a' + i % 3)));
    ParamValues params = small_parameters(model);
    for (const auto& info : model.params()) {
      if (info.param.name == "epochs") params["epochs"] = "2";
    }
    for (const auto& [name, value] : changes) params[name] = value;
    save_bundle(train_bundle(std::move(data), parse_split("last", 1), {model, params},
                             {{.threads = 1}, nullptr, nullptr, &planted_words()}),
                path_);
    return take_apart(path_);
  }
  /// Counts what is accepted and what is refused; anything but these fails the test.
  void check(const RawFile& file, const std::string& what) {
    put_together(file, path_);
    try {
      ask(load_bundle(path_));
      ++accepted_;
    } catch (const Error& error) {
      ++refused_;
      const bool fits =
          error.code() == ErrorCode::kBadData || (error.code() == ErrorCode::kNotFound && what == "model");
      EXPECT_TRUE(fits) << what << ": " << error.what();
      EXPECT_NE(std::string_view(error.what()).find(path_), std::string_view::npos)
          << what << ": " << error.what();
    } catch (const std::exception& error) {
      ADD_FAILURE() << what << ": " << error.what();
    }
  }
  void replace_tensors(const RawFile& whole, bool of_model) {
    for (const auto& [name, tensor] : whole.tensors) {
      if (name.starts_with("model.") != of_model) continue;
      RawFile file = whole;
      for (const RawTensor& variant : variants(tensor)) {
        file.tensors[name] = variant;
        check(file, name);
      }
      file.tensors.erase(name);
      check(file, name + " left out");
    }
  }
  void replace_metadata(const RawFile& whole, bool of_model) {
    for (const auto& [key, value] : whole.metadata) {
      if (key.starts_with("akin.") || key.starts_with("model.") != of_model) continue;
      RawFile file = whole;
      for (const std::string& text :
           {std::string(), std::string("-1"), std::string("0"), std::string("1"), std::string("7"),
            std::string("-5.0"), std::string("9223372036854775807"), std::string("18446744073709551616"),
            std::string("nan"), std::string("1e308"), std::string("true"), std::string("{}"),
            std::string("{\"factors\": \"-1\"}"), std::string(200, '['), value + "0", value + " "}) {
        file.metadata[key] = text;
        check(file, key);
      }
      file.metadata.erase(key);
      check(file, key + " left out");
    }
  }

  const TempDir folder_;
  const std::string path_ = folder_ / "hostile.akin";
  int accepted_ = 0;
  int refused_ = 0;
};

class HostileBundle : public HostileFile, public testing::WithParamInterface<ModelEntry> {};

std::vector<ParamValues> configurations(std::string_view model) {
  if (model == "bpr") return {{}, {{"sampler", "popularity"}}, {{"sampler", "hard"}}};
  if (model == "item-knn") return {{}, {{"neighbors_of", "target"}}};
  if (model == "slope-one") return {{}, {{"scheme", "weighted"}}};
  if (model == "meta-prod2vec") return {{}, {{"fields", "brand"}}};
  return {{}};
}

TEST_P(HostileBundle, EveryPartOfTheModelIsChecked) {
  for (const ParamValues& changes : configurations(GetParam().name)) {
    const RawFile whole = trained(GetParam(), changes);
    ask(load_bundle(path_));
    replace_tensors(whole, true);
    replace_metadata(whole, true);
  }
  EXPECT_GT(refused_, 10);
}

INSTANTIATE_TEST_SUITE_P(Models, HostileBundle, testing::ValuesIn(tested_models()),
                         [](const auto& tested) { return test_name(tested.param); });

/// The data are the same beside every model.
TEST_F(HostileFile, EveryPartOfTheDataIsChecked) {
  const RawFile whole = trained(find_model("popularity"), {});
  replace_tensors(whole, false);
  replace_metadata(whole, false);
  EXPECT_GT(refused_, 200);
}

}  // namespace
}  // namespace akin::contract
