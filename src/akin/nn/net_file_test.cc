// Nets on disk, and weights in the files of Keras.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/base/tensor_file_for_test.h"
#include "akin/nn/keras_file.h"
#include "akin/nn/net_for_test.h"

namespace akin::nn {
namespace {

NetSpec every_kind() {
  NetSpec spec("mixed");
  const Node words = spec.input({6}, "words").embedding(9, 4, {.name = "vectors"});
  const Node conv =
      words.conv1d(3, 2, {.name = "conv", .padding = Padding::kSame}).then(LayerKind::kBatchNorm);
  const Node memory = conv.lstm(3, {.return_sequences = true}).gru(3);
  const Node plain = words.rnn(2);
  spec.concatenate({memory, plain}).dropout(0.5).dense(1, Activation::kSigmoid);
  return spec;
}

std::string read_file_of_any_kind(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

Batch samples() { return {{random_ids({8, 6}, 9, 3)}, make_array({8, 1}, {0, 1, 1, 0, 1, 0, 0, 1})}; }

TEST(NetFile, SavedAndLoadedPredictsTheSameBits) {
  const TempDir dir;
  for (const char* dtype : {"float", "double"}) {
    NetOptions options;
    options.engine.dtype = dtype;
    Net net = make_net(every_kind(), options);
    net.compile(compile_as("adam", Loss::kBinaryCrossentropy));
    train(net, samples(), {.epochs = 3, .batch_size = 4});
    net.save(dir / "net");
    Net loaded = load_net(dir / "net");
    EXPECT_EQ(loaded.predict(samples().inputs).values, net.predict(samples().inputs).values);
    EXPECT_EQ(loaded.spec().summary(), net.spec().summary());
    EXPECT_EQ(loaded.epochs(), 3U);
    EXPECT_EQ(load_spec(dir / "net").parameters(), net.spec().parameters());
  }
}

TEST(NetFile, ResumesToTheSameBits) {
  for (const char* optimizer : {"sgd", "momentum", "adagrad", "rmsprop", "adadelta", "adam"}) {
    const TempDir dir;
    Net whole = make_net(every_kind());
    Net part = make_net(every_kind());
    for (Net* net : {&whole, &part}) net->compile(compile_as(optimizer, Loss::kBinaryCrossentropy));
    train(whole, samples(), {.epochs = 5, .batch_size = 3});
    train(part, samples(), {.epochs = 2, .batch_size = 3});
    part.save(dir / "part");
    Net resumed = load_net(dir / "part");
    train(resumed, samples(), {.epochs = 3, .batch_size = 3});
    EXPECT_EQ(numbers_of(resumed.weights()), numbers_of(whole.weights())) << optimizer;
  }
}

TEST(NetFile, DamagedFilesAreRefused) {
  const TempDir dir;
  Net net = make_net(every_kind());
  net.save(dir / "net");
  const std::string content = read_file(dir / "net");
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, content.size() / 2, content.size() - 1}) {
    write_file(dir / "cut", content.substr(0, size));
    EXPECT_THROW(load_net(dir / "cut"), Error) << size;
  }
  TensorWriter("dataset").write(dir / "other");
  EXPECT_NE(error_text([&] { load_net(dir / "other"); }).find("is a dataset file; expected a net file"),
            std::string::npos);
}

/// The file with a metadata value replaced, its checksum taken off: another program may write such a file.
void replace_meta(const std::string& from, const std::string& to, const std::string& key,
                  const std::string& text) {
  const TensorReader reader(from);
  TensorWriter writer("net");
  for (const auto& [name, value] : reader.metadata()) {
    if (name != "akin.checksum") writer.meta(name, name == key ? text : value);
  }
  for (const std::string& name : reader.names())
    writer.tensor(name, reader.tensor<float>(name), reader.shape(name));
  writer.write(to);
}

TEST(NetFile, MetadataOfAnotherTypeIsNamed) {
  const TempDir dir;
  Net net = make_net(every_kind());
  net.compile(compile_as("sgd", Loss::kBinaryCrossentropy));
  net.save(dir / "net");
  const auto refusal = [&](const std::string& key, const std::string& text) {
    replace_meta(dir / "net", dir / "bad", key, text);
    const std::string message = error_text([&] { load_net(dir / "bad"); });
    EXPECT_TRUE(message.starts_with((dir / "bad") + ": ")) << message;
    return message.substr(std::min(message.size(), (dir / "bad").size() + 2));
  };
  EXPECT_EQ(refusal("net.compile", "{\"loss\": 1}"), "metadata net.compile: loss is not a text");
  EXPECT_EQ(refusal("net.compile", "[]"), "metadata net.compile: is not a JSON object");
  EXPECT_EQ(refusal("net.compile", std::string(100'000, '[')),
            "metadata net.compile: the JSON text is nested deeper than 100 levels");
  EXPECT_EQ(refusal("net.compile", "{\"rho\": \"2\"}"),
            "metadata net.compile: rho = '2' is not a number from 0 to 0.999999");
  EXPECT_EQ(refusal("net.seed", "one"), "metadata net.seed is not a seed");
  EXPECT_EQ(refusal("net.layers", "{\"name\": []}"), "its description of the net: name is not a text");
}

TEST(NetFile, WithoutLazyIsLazyAsItWasAtFirst) {
  const TempDir dir;
  Net net = make_net(every_kind());
  net.compile(compile_as("adam", Loss::kBinaryCrossentropy));
  net.save(dir / "net");
  EXPECT_FALSE(load_net(dir / "net").compiled()->optimizer.lazy);
  replace_meta(dir / "net", dir / "old", "net.compile", "{\"optimizer\": \"adam\"}");
  EXPECT_TRUE(load_net(dir / "old").compiled()->optimizer.lazy);
}

TEST(NetFile, UnknownDevicesAndTypesAreRefused) {
  NetOptions options;
  options.engine.device = "gpu";
  EXPECT_EQ(error_text([&] { make_net(every_kind(), options); }),
            "unknown device 'gpu'; there are cpu, cuda and cuda:N");
  options.engine = {"cpu", "half"};
  EXPECT_EQ(error_text([&] { make_net(every_kind(), options); }),
            "unknown dtype 'half'; there are float and double");
}

TEST(NetFile, KerasFilesRoundTrip) {
  const TempDir dir;
  Net net = make_net(every_kind());
  std::vector<NamedArray> sorted = net.weights();  // Keras goes by the order in the file, whatever is given
  std::ranges::sort(sorted, {}, &NamedArray::name);
  write_keras_weights(dir / "w.h5", net.spec(), sorted);
  NetOptions other;
  other.seed = 99;
  Net fresh = make_net(every_kind(), other);
  EXPECT_NE(numbers_of(fresh.weights()), numbers_of(net.weights()));
  const std::vector<NamedArray> read = read_weights(dir / "w.h5");
  const WeightMatch match = match_weights(fresh.weights(), read);
  EXPECT_EQ(match.matched, net.weights().size());
  EXPECT_TRUE(match.missing.empty() && match.unknown.empty());
  fresh.set_weights(read);
  EXPECT_EQ(numbers_of(fresh.weights()), numbers_of(net.weights()));
  EXPECT_EQ(fresh.predict(samples().inputs).values, net.predict(samples().inputs).values);
  net.save(dir / "net");
  EXPECT_EQ(numbers_of(read_weights(dir / "net")).size(), numbers_of(read).size());
}

TEST(NetFile, KerasFilesHaveTheLayersInTheOrderOfKeras) {
  const TempDir dir;
  NetSpec spec("branches");
  const Node x = spec.input({3});
  const Node near = x.dense(3, Activation::kLinear, {.name = "near"});
  const Node far =
      x.dense(3, Activation::kLinear, {.name = "far"}).dense(3, Activation::kLinear, {.name = "b"});
  const Node sum = spec.merge(LayerKind::kAdd, std::vector<Node>{far, near});
  sum.dense(1, Activation::kLinear, {.name = "beside"});
  spec.set_output(sum.name());
  const Net net = make_net(std::move(spec));
  write_keras_weights(dir / "w.h5", net.spec(), net.weights());
  std::vector<std::string> kernels;
  for (const NamedArray& weight : read_weights(dir / "w.h5")) {
    if (weight.name.ends_with("/kernel")) kernels.push_back(weight.name);
  }
  EXPECT_EQ(kernels, (std::vector<std::string>{"far/kernel", "b/kernel", "near/kernel", "beside/kernel"}));
}

TEST(NetFile, WrongWeightsAreNamed) {
  const TempDir dir;
  EXPECT_THROW(read_keras_weights(dir / "none.h5"), Error);
  write_file(dir / "text.h5", "not HDF5");
  EXPECT_NE(error_text([&] { read_keras_weights(dir / "text.h5"); }).find("not an HDF5 file"),
            std::string::npos);
  Net net = make_net(every_kind());
  NamedArray weight{"conv/kernel", {1, 1}};
  weight.values = std::vector<float>{1};
  EXPECT_EQ(error_text([&] { net.set_weights({weight}); }),
            "net mixed: weight conv/kernel is (2, 4, 3); got (1, 1)");
  weight.name = "conv/kernal";
  EXPECT_EQ(error_text([&] { net.set_weights({weight}); }),
            "net mixed has no weight conv/kernal (did you mean conv/kernel?)");
}

/// `text` with the sizes of one data set in place of those of another, as HDF5 writes them.
std::string with_sizes(std::string text, const std::vector<std::uint64_t>& sizes,
                       const std::vector<std::uint64_t>& others) {
  const auto bytes = [](const std::vector<std::uint64_t>& numbers) {
    return std::string(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(std::uint64_t));
  };
  const std::size_t at = text.find(bytes(sizes));
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, bytes(sizes).size(), bytes(others));
}

TEST(NetFile, KerasFilesPromiseNoMoreThanTheyHold) {
  const TempDir dir;
  const Net net = make_net(every_kind());
  write_keras_weights(dir / "w.h5", net.spec(), net.weights());
  const std::string whole = read_file_of_any_kind(dir / "w.h5");
  const std::vector<std::vector<std::uint64_t>> lies = {{1u << 15, 1u << 15, 1},
                                                        {std::uint64_t{1} << 33, std::uint64_t{1} << 30, 1},
                                                        {2, 4, 4},
                                                        {std::uint64_t{1} << 63, 2, 1}};
  for (const std::vector<std::uint64_t>& sizes : lies) {
    write_file(dir / "lie.h5", with_sizes(whole, {2, 4, 3}, sizes));
    const std::string message = error_text([&] { read_keras_weights(dir / "lie.h5"); });
    EXPECT_TRUE(message.starts_with(dir / "lie.h5: HDF5: ")) << message;
    EXPECT_NE(message.find("conv/kernel:0"), std::string::npos) << message;
  }
}

TEST(NetFile, KerasFilesHoldFiniteNumbers) {
  const TempDir dir;
  const Net net = make_net(every_kind());
  std::vector<NamedArray> weights = net.weights();
  const auto kernel = std::ranges::find(weights, "conv/kernel", &NamedArray::name);
  kernel->set(13, std::numeric_limits<double>::quiet_NaN());
  write_keras_weights(dir / "w.h5", net.spec(), weights);
  EXPECT_EQ(error_text([&] { read_keras_weights(dir / "w.h5"); }),
            dir / "w.h5: HDF5: data set conv/kernel:0: row 2 holds NaN or an infinite number");
}

TEST(NetFile, OtherFilesAreNamedForWhatTheyAre) {
  const TempDir dir;
  write_file(dir / "w.h5", std::string("PK\x03\x04\x14\0", 6));
  EXPECT_EQ(error_text([&] { read_weights(dir / "w.h5"); }),
            dir / "w.h5: is a zip archive (as xlsx, docx and npz files are); unpack it first");
}

/// The layers are JSON in the metadata: what they promise must be there before memory is asked for.
TEST(NetFile, LayersPromiseNoMoreThanTheTensorsHold) {
  const TempDir dir;
  NetSpec large("large");
  large.input({1000}).dense(200'000, Activation::kLinear, {.name = "d"});
  TensorWriter writer("net");
  writer.meta("net.layers", spec_json(large));
  writer.meta("net.dtype", "float");
  writer.meta("net.seed", "1");
  writer.meta("net.epochs", "0");
  writer.meta("net.steps", "0");
  writer.tensor("weights/d/kernel", std::vector<float>{1, 2});
  writer.write(dir / "net");
  EXPECT_EQ(error_text([&] { load_net(dir / "net"); }),
            dir / "net: weight weights/d/kernel is missing or has another shape");
}

TEST(NetFile, OutputsHaveALimit) {
  NetSpec spec("wide");
  EXPECT_NE(error_text([&] {
              spec.input({1}).embedding(std::int64_t{1} << 30, 0, {.vectors = VectorSource::kOneHot});
            }).find("more than 268435456 numbers for each sample"),
            std::string::npos);
}

TEST(NetFile, WeightsAreFinite) {
  const TempDir dir;
  Net net = make_net(every_kind());
  net.save(dir / "net");
  put_number(dir / "net", "weights/conv/kernel", 3, std::numeric_limits<double>::infinity());
  EXPECT_EQ(error_text([&] { load_net(dir / "net"); }),
            dir / "net: tensor weights/conv/kernel: row 1 holds NaN or an infinite number");
  NamedArray weight = net.weight("conv/kernel");
  weight.set(3, std::numeric_limits<double>::infinity());
  net.set_weights({weight});
  EXPECT_EQ(error_text([&] { net.save(dir / "new"); }),
            dir / "new: not written: row 1 of tensor weights/conv/kernel holds NaN or an infinite number");
}

TEST(NetFile, NumbersOfTheOptimizerAreFiniteWhoeverReadsTheNet) {
  const TempDir dir;
  Net net = make_net(every_kind());
  net.compile(compile_as("adam", Loss::kBinaryCrossentropy));
  net.save(dir / "net");
  EXPECT_FALSE(read_weights(dir / "net").empty());
  put_number(dir / "net", "optimizer/conv/kernel/squares", 3, std::numeric_limits<double>::quiet_NaN());
  const std::string refusal =
      dir / "net: tensor optimizer/conv/kernel/squares: row 1 holds NaN or an infinite number";
  EXPECT_EQ(error_text([&] { load_net(dir / "net"); }), refusal);
  EXPECT_EQ(error_text([&] { read_weights(dir / "net"); }), refusal);
}

/// A file that Keras wrote, where the research data are at hand.
TEST(NetFile, ReadsAFileOfKeras) {
  const char* data = std::getenv("AKIN_DATA");
  const std::string folder = data != nullptr ? data : std::string(AKIN_SOURCE_DIR) + "/../shared/data";
  const std::string path = folder + "/weights/squeezenet_v1.1_notop.h5";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here";
  const std::vector<NamedArray> weights = read_keras_weights(path);
  EXPECT_EQ(numbers_of(weights).size(), 722'496U);
  EXPECT_EQ(weights.at(0).shape, (Shape{3, 3, 3, 64}));
}

}  // namespace
}  // namespace akin::nn
