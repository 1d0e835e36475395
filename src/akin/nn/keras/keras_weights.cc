// Groups and attributes of Keras's weight files.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <ranges>
#include <set>

#include "akin/base/error.h"
#include "akin/base/isolated.h"
#include "akin/base/zip_archive.h"
#include "akin/nn/engine_library.h"
#include "akin/nn/keras/h5.h"

namespace akin::nn {
namespace {

constexpr const char* kKerasVersion = "2.0.8";  // whose layout is written

/// "dense_1/kernel:0" -> "kernel"; Keras puts names of scopes before it, such as those of a cell.
std::string plain_name(const std::string& weight) {
  std::string name = weight.substr(weight.rfind('/') + 1);
  if (const std::size_t colon = name.find(':'); colon != std::string::npos) name.resize(colon);
  return name;
}

// Keras keeps the heads of an attention apart; here they stand side by side in one matrix.

struct Projection {
  std::string_view here;
  std::string_view keras;
};
constexpr std::array<Projection, 4> kProjections = {
    {{"query", "query"}, {"key", "key"}, {"value", "value"}, {"output", "attention_output"}}};

/// Name and shape in Keras of a weight of an attention, such as query_kernel.
std::pair<std::string, Shape> apart(const LayerSpec& layer, const WeightSpec& weight) {
  const std::size_t bar = weight.name.find('_');
  const std::string what = weight.name.substr(bar + 1);
  const auto projection = std::ranges::find(kProjections, weight.name.substr(0, bar), &Projection::here);
  AKIN_ASSERT(projection != kProjections.end());
  const std::string name = fmt::format("{}/{}/{}", layer.name, projection->keras, what);
  const Shape heads = {layer.heads, layer.key_size};
  Shape shape = weight.shape;
  if (projection->here == "output" && what == "kernel")
    shape = {layer.heads, layer.key_size, shape.back()};
  else if (projection->here != "output")
    shape = what == "bias" ? heads : Shape{shape.front(), layer.heads, layer.key_size};
  return {name, shape};
}

/// The reverse, of a weight read as "scope/query/kernel:0"; others stay as they are.
void join(const std::string& layer, const std::string& name, NamedArray& weight) {
  const std::string what = plain_name(name);
  for (const Projection& projection : kProjections) {
    if (name.find(fmt::format("/{}/{}", projection.keras, what)) == std::string::npos) continue;
    const bool output = projection.here == "output";
    Shape& shape = weight.shape;
    if (what == "kernel" && shape.size() == 3)
      shape = output ? Shape{shape[0] * shape[1], shape[2]} : Shape{shape[0], shape[1] * shape[2]};
    else if (what == "bias" && !output && shape.size() == 2)
      shape = {shape[0] * shape[1]};
    else if (what != "bias" || !output)
      continue;
    weight.name = fmt::format("{}/{}_{}", layer, projection.here, what);
  }
}

const NamedArray& find_weight(const std::vector<NamedArray>& weights, const std::string& name) {
  const auto found = std::ranges::find(weights, name, &NamedArray::name);
  if (found == weights.end()) fail(ErrorCode::kBadData, "weight {} is missing", name);
  return *found;
}

/// How many steps each layer is from the output on the longest way; -1 if the output does not come from it.
std::vector<std::int64_t> steps_to_output(const NetSpec& spec) {
  std::vector<std::int64_t> steps(spec.layers().size(), -1);
  steps[spec.output()] = 0;
  for (std::size_t layer = spec.output() + 1; layer-- > 0;) {  // sources stand before the layers they feed
    if (steps[layer] < 0) continue;
    for (const std::size_t source : spec.sources(layer))
      steps[source] = std::max(steps[source], steps[layer] + 1);
  }
  return steps;
}

/// When a walk from the output, down the first input first, comes to each layer.
std::vector<std::size_t> times_met(const NetSpec& spec) {
  std::vector<std::size_t> times(spec.layers().size(), spec.layers().size());
  std::vector<std::size_t> open = {spec.output()};
  for (std::size_t time = 0; !open.empty();) {
    const std::size_t layer = open.back();
    open.pop_back();
    if (times[layer] < times.size()) continue;
    times[layer] = time++;
    open.insert(open.end(), spec.sources(layer).rbegin(), spec.sources(layer).rend());
  }
  return times;
}

/// The layers as a model of Keras has them: those farthest from its output first, and of such as are equally
/// far the one that a walk from the output meets first.
std::vector<std::size_t> order_of_keras(const NetSpec& spec) {
  const std::vector<std::int64_t> steps = steps_to_output(spec);
  const std::vector<std::size_t> times = times_met(spec);
  std::vector<std::size_t> order(spec.layers().size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return std::pair(-steps[i], times[i]); });
  return order;
}

/// Keras takes layers and their weights by their order unless they are loaded by the names of layers.
void write_layers(const h5::Handle& root, const NetSpec& spec, const std::vector<NamedArray>& weights) {
  std::vector<std::size_t> order = order_of_keras(spec);
  std::vector<std::string> layers;
  std::erase_if(order, [&](std::size_t i) {  // in Keras one layer, called twice
    return !spec.layers()[i].weights_of.empty() && spec.shape(i).weights.empty();
  });
  for (const std::size_t layer : order) layers.push_back(spec.layers()[layer].name);
  h5::write_names(root, "layer_names", layers);
  h5::write_text(root, "backend", "tensorflow");
  h5::write_text(root, "keras_version", kKerasVersion);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const h5::Handle group = h5::create_group(root, layers[i]);
    std::vector<std::string> names;
    for (const WeightSpec& own : spec.shape(order[i]).weights) {
      const NamedArray& weight = find_weight(weights, layers[i] + "/" + own.name);
      const LayerSpec& layer = spec.layers()[order[i]];
      const auto placed =
          layer.kind == LayerKind::kAttention ? apart(layer, own) : std::pair(weight.name, weight.shape);
      names.push_back(placed.first + ":0");
      std::vector<float> values(weight.size());
      for (std::size_t v = 0; v < values.size(); ++v) values[v] = static_cast<float>(weight.at(v));
      h5::write_floats(group, names.back(), placed.second, values);
    }
    h5::write_names(group, "weight_names", names);
  }
}

constexpr std::size_t kMostWeights = 100'000;

NamedArray named(std::string name, h5::FloatData data) {
  NamedArray weight{std::move(name), std::move(data.shape)};
  weight.values = std::move(data.values);
  return weight;
}

std::vector<NamedArray> read_layers(const h5::Handle& root) {
  std::vector<NamedArray> weights;
  if (!h5::has_attribute(root, "layer_names"))
    fail(ErrorCode::kBadData, "holds no weights of Keras: there is no attribute layer_names");
  std::uint64_t unclaimed = h5::file_size(root);
  std::set<std::string> seen;
  for (const std::string& layer : h5::read_names(root, "layer_names")) {
    if (!seen.insert(layer).second) fail(ErrorCode::kBadData, "two layers are called {}", layer);
    const h5::Handle group = h5::open_group(root, layer);
    if (!group.valid()) fail(ErrorCode::kBadData, "layer {} is missing", layer);
    if (!h5::has_attribute(group, "weight_names")) continue;
    for (const std::string& name : h5::read_names(group, "weight_names")) {
      if (weights.size() == kMostWeights) fail(ErrorCode::kBadData, "has over {} weights", kMostWeights);
      NamedArray weight = named(layer + "/" + plain_name(name), h5::read_floats(group, name, unclaimed));
      join(layer, name, weight);
      weights.push_back(std::move(weight));
    }
  }
  return weights;
}

/// What save_weights() and the .keras files of Keras 3 hold: a group for each layer, in it a group vars with the layer's
/// name and its weights 0, 1, ..., and groups of what is inside the layer, such as the cell of an lstm.
class NumberedLayers {
 public:
  explicit NumberedLayers(const h5::Handle& root) : unclaimed_(h5::file_size(root)) {
    read_layers(h5::open_group(root, "layers"), 0);
  }
  std::vector<NamedArray> weights() && { return std::move(weights_); }

 private:
  static constexpr int kDeepest = 20;

  void read_layers(const h5::Handle& layers, int depth) {
    for (const std::string& child : h5::children(layers)) {
      const h5::Handle layer = h5::open_group(layers, child);
      if (!layer.valid()) continue;
      const h5::Handle vars = h5::open_group(layer, "vars");
      if (!vars.valid() || !h5::has_attribute(vars, "name")) {
        fail(ErrorCode::kBadData,
             "layer {} has no name here, as some versions of Keras 3 write it: save the model as FILE.h5 "
             "instead",
             child);
      }
      const std::vector<std::string> names = h5::read_names(vars, "name");
      const std::string name = names.empty() ? child : names[0];
      if (!seen_.insert(name).second) fail(ErrorCode::kBadData, "two layers are called {}", name);
      read_layer(layer, name, "", depth);
    }
  }

  /// `part`: of the layer, where `group` is.
  void read_layer(const h5::Handle& group, const std::string& layer, const std::string& part, int depth) {
    if (depth > kDeepest || ++groups_ > kMostWeights)
      fail(ErrorCode::kBadData, "layer {}: has too many groups in it", layer);
    read_vars(h5::open_group(group, "vars"), layer, part);
    for (const std::string& child : h5::children(group)) {
      if (child == "vars" || child == "seed_generator") continue;  // random numbers of a dropout
      const h5::Handle inner = h5::open_group(group, child);
      if (!inner.valid()) continue;
      if (child == "layers")
        read_layers(inner, depth + 1);
      else
        read_layer(inner, layer, child == "cell" ? part : part + "/" + child, depth + 1);
    }
  }

  void read_vars(const h5::Handle& vars, const std::string& layer, const std::string& part) {
    if (!vars.valid()) return;
    const auto projection = std::ranges::find_if(
        kProjections, [&](const Projection& it) { return part == fmt::format("/{}_dense", it.here); });
    const std::size_t count = h5::children(vars).size();
    for (std::size_t n = 0; n < count; ++n) {
      if (weights_.size() == kMostWeights) fail(ErrorCode::kBadData, "has over {} weights", kMostWeights);
      NamedArray weight = named(fmt::format("{}{}/{}", layer, part, n),
                                h5::read_floats(vars, fmt::format("{}", n), unclaimed_));
      if (projection != kProjections.end())
        join(layer, fmt::format("/{}/{}", projection->keras, n == 0 ? "kernel" : "bias"), weight);
      weights_.push_back(std::move(weight));
    }
  }

  std::uint64_t unclaimed_;
  std::size_t groups_ = 0;
  std::set<std::string> seen_;
  std::vector<NamedArray> weights_;
};

std::vector<NamedArray> read_any_layers(const h5::Handle& file) {
  const h5::Handle inner = h5::open_group(file, "model_weights");
  if (inner.valid() || h5::has_attribute(file, "layer_names"))
    return read_layers(inner.valid() ? inner : file);
  if (h5::open_group(file, "layers").valid()) return NumberedLayers(file).weights();
  return read_layers(file);  // which says what is missing
}

/// The weights inside a .keras file.
std::string unzipped(const std::string& path) {
  const ZipArchive archive(path);
  const std::unique_ptr<InputStream> stream = archive.open("model.weights.h5");
  std::string bytes;
  std::vector<char> buffer(std::size_t{1} << 20);
  while (const std::size_t size = stream->read(buffer)) bytes.append(buffer.data(), size);
  return bytes;
}

// From one process to another: numbers and texts, one after the other.

void append(std::string& bytes, const void* data, std::size_t size) {
  bytes.append(static_cast<const char*>(data), size);
}
void append(std::string& bytes, std::uint64_t number) { append(bytes, &number, sizeof number); }

std::string packed(const std::vector<NamedArray>& weights) {
  std::string bytes;
  append(bytes, weights.size());
  for (const NamedArray& weight : weights) {
    const auto& values = std::get<std::vector<float>>(weight.values);
    append(bytes, weight.name.size());
    bytes += weight.name;
    append(bytes, weight.shape.size());
    append(bytes, weight.shape.data(), weight.shape.size() * sizeof(std::int64_t));
    append(bytes, values.size());
    append(bytes, values.data(), values.size() * sizeof(float));
  }
  return bytes;
}

/// The reverse of packed(); the bytes are our own.
void unpack(std::string_view bytes, std::vector<NamedArray>& weights) {
  const auto take = [&](void* to, std::size_t size) {
    if (size > 0) std::memcpy(to, bytes.data(), size);
    bytes.remove_prefix(size);
  };
  const auto number = [&] {
    std::uint64_t value = 0;
    take(&value, sizeof value);
    return static_cast<std::size_t>(value);
  };
  weights.resize(number());
  for (NamedArray& weight : weights) {
    weight.name.resize(number());
    take(weight.name.data(), weight.name.size());
    weight.shape.resize(number());
    take(weight.shape.data(), weight.shape.size() * sizeof(std::int64_t));
    std::vector<float> values(number());
    take(values.data(), values.size() * sizeof(float));
    weight.values = std::move(values);
  }
}

}  // namespace
}  // namespace akin::nn

void akin_nn_write_keras(std::string* content, const akin::nn::NetSpec* spec,
                         const std::vector<akin::nn::NamedArray>* weights) {
  namespace h5 = akin::nn::h5;
  const h5::Handle file = h5::create_in_memory();
  {
    const h5::Handle root = h5::create_group(file, "model_weights");
    akin::nn::write_layers(root, *spec, *weights);
  }
  *content = h5::content_of(file);
}

void akin_nn_read_keras(const std::string* path, std::vector<akin::nn::NamedArray>* weights) {
  namespace h5 = akin::nn::h5;
  // libhdf5 1.10 reads beyond its buffers on some damaged files.
  const std::optional<std::string> bytes = akin::run_isolated([&] {
    std::string image = path->ends_with(".keras") ? akin::nn::unzipped(*path) : "";
    const h5::Handle file = image.empty() ? h5::open_file(*path) : h5::open_image(image, *path);
    try {
      return akin::nn::packed(akin::nn::read_any_layers(file));
    } catch (const akin::Error& error) {
      akin::fail(error.code(), "{}: {}", *path, error.what());
    }
  });
  if (!bytes) akin::fail(akin::ErrorCode::kBadData, "{}: libhdf5 failed on it: the file is damaged", *path);
  akin::nn::unpack(*bytes, *weights);
}
