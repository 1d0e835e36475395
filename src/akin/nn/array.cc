#include "akin/nn/array.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/nn/layer_shape.h"

namespace akin::nn {
namespace {

template <typename T>
Array checked(Shape shape, std::vector<T> values) {
  const bool fits = !shape.empty() && std::ranges::min(shape) >= 0 &&
                    static_cast<std::size_t>(count_of(shape)) == values.size();
  if (!fits)
    fail(ErrorCode::kUsage, "an array of {} values has no shape ({})", values.size(), fmt::join(shape, ", "));
  Array array;
  array.shape = std::move(shape);
  array.values = std::move(values);
  return array;
}

}  // namespace

Array make_array(Shape shape, std::vector<float> values) {
  return checked(std::move(shape), std::move(values));
}
Array make_ids(Shape shape, std::vector<std::int32_t> values) {
  return checked(std::move(shape), std::move(values));
}

void Array::select(std::span<const std::int64_t> rows, Array& into) const {
  into.shape = shape;
  into.shape[0] = static_cast<std::int64_t>(rows.size());
  const std::int64_t width = count_of(sample_shape());
  std::visit(
      [&](const auto& from) {
        using Values = std::decay_t<decltype(from)>;
        if (!std::holds_alternative<Values>(into.values)) into.values = Values();
        auto& to = std::get<Values>(into.values);
        to.resize(rows.size() * static_cast<std::size_t>(width));
        auto at = to.begin();
        for (const std::int64_t row : rows) at = std::copy_n(from.begin() + row * width, width, at);
      },
      values);
}

Array Array::select(std::span<const std::int64_t> rows) const {
  Array result;
  select(rows, result);
  return result;
}

Array Array::slice(std::int64_t begin, std::int64_t end) const {
  Array result;
  result.shape = shape;
  result.shape[0] = end - begin;
  const std::int64_t width = count_of(sample_shape());
  std::visit(
      [&](const auto& from) {
        result.values =
            std::decay_t<decltype(from)>(from.begin() + begin * width, from.begin() + end * width);
      },
      values);
  return result;
}

std::vector<NamedArray> read_arrays(const TensorReader& reader, std::string_view prefix,
                                    const std::string& dtype) {
  std::vector<NamedArray> arrays;
  for (const std::string& name : reader.names()) {
    if (!name.starts_with(prefix)) continue;
    NamedArray array;
    array.name = name.substr(prefix.size());
    for (const std::size_t size : reader.shape(name)) array.shape.push_back(static_cast<std::int64_t>(size));
    if (dtype == "double") {
      const auto values = reader.tensor<double>(name);
      array.values = std::vector<double>(values.begin(), values.end());
    } else {
      const auto values = reader.tensor<float>(name);
      array.values = std::vector<float>(values.begin(), values.end());
    }
    arrays.push_back(std::move(array));
  }
  return arrays;
}

void write_arrays(TensorWriter& writer, std::string_view prefix, const std::vector<NamedArray>& arrays) {
  for (const NamedArray& array : arrays) {
    const std::vector<std::size_t> shape(array.shape.begin(), array.shape.end());
    std::visit(
        [&]<typename T>(const std::vector<T>& values) {
          writer.tensor(std::string(prefix) + array.name, std::span<const T>(values), shape);
        },
        array.values);
  }
}

}  // namespace akin::nn
