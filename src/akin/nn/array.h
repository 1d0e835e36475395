// Numbers with a shape, in memory: what goes into a net and comes out of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "akin/nn/layer.h"

namespace akin {
class TensorReader;
class TensorWriter;
}  // namespace akin

namespace akin::nn {

/// Samples, row-major. shape[0] = how many; the rest is the shape of one.
/// Holds numbers, or indices for an embedding.
struct Array {
  Shape shape = {0};
  std::variant<std::vector<float>, std::vector<std::int32_t>> values = {};

  std::int64_t samples() const { return shape.empty() ? 0 : shape[0]; }
  /// Shape of one sample.
  Shape sample_shape() const { return {shape.begin() + 1, shape.end()}; }
  bool is_ids() const { return values.index() == 1; }
  const std::vector<float>& floats() const& { return std::get<0>(values); }
  const std::vector<std::int32_t>& ids() const& { return std::get<1>(values); }
  // Of an array that is about to go they are moved out: `for (float x : net.predict(inputs).floats())` is safe.
  std::vector<float> floats() && { return std::get<0>(std::move(values)); }
  std::vector<std::int32_t> ids() && { return std::get<1>(std::move(values)); }

  /// The samples listed, in that order.
  Array select(std::span<const std::int64_t> rows) const;
  /// The same into `into`, whose memory is used again.
  void select(std::span<const std::int64_t> rows, Array& into) const;
  /// Samples begin .. end - 1.
  Array slice(std::int64_t begin, std::int64_t end) const;
};

/// Throws Error(kUsage) unless the values fill the shape.
Array make_array(Shape shape, std::vector<float> values);
Array make_ids(Shape shape, std::vector<std::int32_t> values);

/// Samples with their targets; inputs in the order of the net's input layers. Targets are numbers, of loss
/// multinomial indices.
struct Batch {
  std::vector<Array> inputs;
  Array targets;
};

/// One of a net's weights, or of its optimizer's slots, by a name such as "dense_1/kernel". Holds double
/// where the net computes in double.
struct NamedArray {
  std::string name;
  Shape shape;
  std::variant<std::vector<float>, std::vector<double>> values = {};

  std::size_t size() const {
    return std::visit([](const auto& held) { return held.size(); }, values);
  }
  double at(std::size_t i) const {
    return std::visit([i](const auto& held) { return static_cast<double>(held.at(i)); }, values);
  }
  void set(std::size_t i, double value) {
    std::visit([&](auto& held) { held.at(i) = static_cast<std::decay_t<decltype(held[0])>>(value); }, values);
  }
};

/// The tensors of a file whose names begin with `prefix`, named without it, as double if `dtype` is "double",
/// else as float. Throws Error(kBadData) if one is of another type.
std::vector<NamedArray> read_arrays(const TensorReader& reader, std::string_view prefix,
                                    const std::string& dtype);
/// Writes each array as a tensor of that name behind `prefix`. They outlive the writer.
void write_arrays(TensorWriter& writer, std::string_view prefix, const std::vector<NamedArray>& arrays);

}  // namespace akin::nn
