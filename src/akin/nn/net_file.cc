// Nets on disk: a safetensors file of kind "net" with the layers as JSON in the metadata.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "akin/base/checked_math.h"
#include "akin/base/error.h"
#include "akin/base/json_text.h"
#include "akin/base/safetensors.h"
#include "akin/nn/engine.h"
#include "akin/nn/net.h"

namespace akin::nn {
namespace {

using nlohmann::json;

constexpr std::string_view kWeights = "weights/";
constexpr std::string_view kSlots = "optimizer/";

std::uint64_t read_counter(const TensorReader& reader, const std::string& key) {
  return static_cast<std::uint64_t>(reader.meta_int(key, 0, std::numeric_limits<std::int64_t>::max()));
}

void check_weights(const std::vector<NamedArray>& wanted, const std::vector<NamedArray>& found,
                   const std::string& path) {
  for (const NamedArray& weight : wanted) {
    const auto at = std::ranges::find(found, weight.name, &NamedArray::name);
    if (at == found.end() || at->shape != weight.shape)
      fail(ErrorCode::kBadData, "{}: weight {} is missing or has another shape", path, weight.name);
  }
}

/// What no flag may say no file may either, but there it is the file that is wrong.
CompileOptions read_compile(std::map<std::string, std::string> values, const std::string& where) {
  try {
    values.try_emplace("lazy", "true");  // files of the first versions, where it was the default
    return parse_compile(values);
  } catch (const Error& error) {
    fail(ErrorCode::kBadData, "{}: {}", where, error.what());
  }
}

}  // namespace

std::vector<NamedArray> read_weights(const TensorReader& reader, std::string_view prefix, const NetSpec& spec,
                                     const std::string& dtype) {
  // Before any memory is asked for by what the layers say.
  for (std::size_t i = 0; i < spec.layers().size(); ++i) {
    for (const WeightSpec& weight : spec.shape(i).weights) {
      const std::string name = fmt::format("{}{}/{}", prefix, spec.layers()[i].name, weight.name);
      if (!reader.has(name) ||
          !std::ranges::equal(reader.shape(name), weight.shape, std::equal_to<>(),
                              [](std::size_t size) { return static_cast<std::int64_t>(size); }))
        fail(ErrorCode::kBadData, "{}: weight {} is missing or has another shape", reader.path(), name);
    }
  }
  // In the order of the layers, in which they were written: a file that is written again has the same hash.
  std::vector<NamedArray> arrays = read_arrays(reader, prefix, dtype);
  std::vector<std::string> order;
  for (std::size_t i = 0; i < spec.layers().size(); ++i) {
    for (const WeightSpec& weight : spec.shape(i).weights)
      order.push_back(spec.layers()[i].name + "/" + weight.name);
  }
  std::ranges::stable_sort(arrays, {}, [&](const NamedArray& array) {
    return std::ranges::find(order, array.name) - order.begin();
  });
  return arrays;
}

void Net::save(const std::string& path) const {
  TensorWriter writer("net");
  writer.meta("net.layers", spec_json(spec_));
  writer.meta("net.dtype", options_.engine.dtype);
  writer.meta("net.seed", fmt::format("{}", options_.seed));
  writer.meta("net.epochs", fmt::format("{}", epochs_));
  writer.meta("net.steps", fmt::format("{}", steps_));
  if (attached_) attached_(writer);
  const std::vector<NamedArray> weights = engine_->weights();
  write_arrays(writer, kWeights, weights);
  std::vector<NamedArray> slots;
  if (compiled_) {
    writer.meta("net.compile", json(compile_values(*compiled_)).dump());
    slots = engine_->optimizer_slots();
    write_arrays(writer, kSlots, slots);
  }
  writer.write(path);
}

NetSpec load_spec(const std::string& path) {
  const TensorReader reader(path);
  reader.expect_kind("net");
  return parse_spec(reader.meta("net.layers"), path);
}

Net load_net(const std::string& path, const std::string& device) {
  const TensorReader reader(path);
  reader.expect_kind("net");
  NetSpec spec = parse_spec(reader.meta("net.layers"), path);
  NetOptions options;
  options.engine.device = device;
  options.engine.dtype = reader.meta("net.dtype");
  const auto seed = parse_all<std::uint64_t>(reader.meta("net.seed"));
  if (!seed) fail(ErrorCode::kBadData, "{}: metadata net.seed is not a seed", path);
  options.seed = *seed;
  const std::vector<NamedArray> weights = read_weights(reader, kWeights, spec, options.engine.dtype);
  std::unique_ptr<Engine> engine = make_engine(spec, options.engine);
  check_weights(engine->weights(), weights, path);
  Net net(std::move(spec), std::move(engine), options);
  net.set_weights(weights);
  if (reader.has_meta("net.compile")) {
    const std::string where = path + ": metadata net.compile";
    net.compile(read_compile(json_texts(parse_json(reader.meta("net.compile"), where), where), where));
    const std::vector<NamedArray> slots = read_arrays(reader, kSlots, options.engine.dtype);
    check_weights(net.engine_->optimizer_slots(), slots, path);
    net.engine_->set_optimizer_slots(slots);
  }
  net.epochs_ = read_counter(reader, "net.epochs");
  net.steps_ = read_counter(reader, "net.steps");
  return net;
}

}  // namespace akin::nn
