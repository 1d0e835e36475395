#include "mutate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "container.h"

namespace akin::fuzz {
namespace {

using nlohmann::json;

class Mutator {
 public:
  Mutator(Container& container, unsigned seed, MutateBytes mutate_bytes)
      : container_(container), random_(seed), mutate_bytes_(mutate_bytes) {}

  /// False if there was nothing to change.
  bool change() {
    switch (pick(8)) {
      case 0:
        return change_metadata();
      case 1:
        return change_json();
      case 2:
        return with_tensor([&](auto& tensor) { return change_element(tensor); });
      case 3:
        return with_tensor([&](auto& tensor) { return change_bytes(tensor); });
      case 4:
        return with_tensor([&](auto& tensor) { return resize(tensor); });
      case 5:
        return with_tensor([&](auto& tensor) { return change_shape(tensor); });
      case 6:
        return with_tensor([&](auto& tensor) { return swap_elements(tensor); });
      default:
        return drop();
    }
  }

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }

  template <typename Change>
  bool with_tensor(Change change) {
    return !container_.tensors.empty() && change(container_.tensors[pick(container_.tensors.size())]);
  }

  json* any_metadata() {
    if (!container_.metadata.is_object() || container_.metadata.empty()) return nullptr;
    auto entry = container_.metadata.begin();
    std::advance(entry, static_cast<std::ptrdiff_t>(pick(container_.metadata.size())));
    if (entry.key() == "akin.checksum" || entry.key() == "akin.kind" || !entry->is_string()) return nullptr;
    return &*entry;
  }

  std::string mutated(std::string text, std::size_t room) {
    const std::size_t size = text.size();
    text.resize(size + room);
    text.resize(mutate_bytes_(reinterpret_cast<std::uint8_t*>(text.data()), size, text.size()));
    return text;
  }

  bool change_metadata() {
    json* const value = any_metadata();
    if (value != nullptr) *value = mutated(value->get<std::string>(), 16);
    return value != nullptr;
  }

  /// Puts another value for one of those inside a metadata entry that is JSON, such as settings.
  bool change_json() {
    json* const value = any_metadata();
    if (value == nullptr) return false;
    json inner = json::parse(value->get<std::string>(), nullptr, /*allow_exceptions=*/false);
    if (inner.is_discarded()) return false;
    json* at = &inner;
    while (at->is_structured() && !at->empty() && pick(8) != 0) {
      auto child = at->begin();
      std::advance(child, static_cast<std::ptrdiff_t>(pick(at->size())));
      at = &*child;
    }
    const std::vector<json> others = {0,
                                      1,
                                      -1,
                                      2,
                                      -5.0,
                                      0.5,
                                      4294967296,
                                      1e300,
                                      1e308,
                                      nullptr,
                                      true,
                                      json::array(),
                                      json::object(),
                                      "",
                                      "\n",
                                      "x",
                                      "99999999",
                                      "-1",
                                      "nan",
                                      "1e999",
                                      INT64_MAX,
                                      INT64_MIN,
                                      UINT64_MAX,
                                      2147483647,
                                      2147483648};
    if (at->is_string() && pick(2) == 0)
      *at = mutated(at->get<std::string>(), 8);
    else
      *at = others[pick(others.size())];
    *value = inner.dump(-1, ' ', false, json::error_handler_t::replace);
    return true;
  }

  static std::size_t width(const Container::Tensor& tensor) {
    return tensor.dtype.ends_with("64") ? 8 : tensor.dtype.ends_with("32") ? 4 : 1;
  }

  template <typename T>
  void put(Container::Tensor& tensor, T value) {
    if (tensor.bytes.size() < sizeof value) return;  // half precision: counted as bytes
    const std::size_t at = pick(tensor.bytes.size() / sizeof value) * sizeof value;
    std::memcpy(tensor.bytes.data() + at, &value, sizeof value);
  }

  bool change_element(Container::Tensor& tensor) {
    if (tensor.bytes.size() < width(tensor)) return false;
    constexpr std::array<std::int64_t, 14> kNumbers = {
        0, 1, 2, 3, -1, 255, 256, INT32_MAX, INT32_MIN, UINT32_MAX, INT64_MAX, INT64_MIN, 7, 1000};
    const std::int64_t number = kNumbers[pick(kNumbers.size())];
    if (tensor.dtype.starts_with('F')) {
      constexpr std::array<double, 8> kFloats = {
          0, -1, std::numeric_limits<double>::quiet_NaN(), INFINITY, -INFINITY, 3e38, 1e-45, 1e10};
      const double value = kFloats[pick(kFloats.size())];
      width(tensor) == 8 ? put(tensor, value) : put(tensor, static_cast<float>(value));
    } else if (width(tensor) == 8) {
      put(tensor, number);
    } else if (width(tensor) == 4) {
      put(tensor, static_cast<std::int32_t>(number));
    } else {
      put(tensor, static_cast<std::int8_t>(number));
    }
    return true;
  }

  bool change_bytes(Container::Tensor& tensor) {
    const std::size_t size = tensor.bytes.size();
    if (size == 0) return false;
    tensor.bytes = mutated(tensor.bytes, 0);
    tensor.bytes.resize(size);
    return true;
  }

  bool swap_elements(Container::Tensor& tensor) {
    const std::size_t wide = width(tensor), count = tensor.bytes.size() / wide;
    if (count < 2) return false;
    const std::size_t a = pick(count) * wide, b = pick(count) * wide;
    std::swap_ranges(tensor.bytes.begin() + static_cast<std::ptrdiff_t>(a),
                     tensor.bytes.begin() + static_cast<std::ptrdiff_t>(a + wide),
                     tensor.bytes.begin() + static_cast<std::ptrdiff_t>(b));
    return a != b;
  }

  /// One row less or more; the shape says so.
  bool resize(Container::Tensor& tensor) {
    if (!tensor.shape.is_array() || tensor.shape.empty() || !tensor.shape[0].is_number_unsigned())
      return false;
    const auto rows = tensor.shape[0].get<std::size_t>();
    if (rows == 0) return false;
    const std::size_t row = tensor.bytes.size() / rows;
    if (pick(2) == 0)
      tensor.bytes.resize(row * (rows - 1));
    else
      tensor.bytes += tensor.bytes.substr(0, row);
    tensor.shape[0] = tensor.bytes.size() < row * rows ? rows - 1 : rows + 1;
    return true;
  }

  bool change_shape(Container::Tensor& tensor) {
    const std::size_t count = tensor.bytes.size() / width(tensor);
    switch (pick(5)) {
      case 0:
        tensor.shape = {count};
        break;
      case 1:
        tensor.shape = {count, 1};
        break;
      case 2:
        tensor.shape = {1, count};
        break;
      case 3:
        tensor.bytes.clear();
        tensor.shape = {0, std::size_t{1} << pick(63)};
        break;
      default:
        tensor.bytes.clear();
        tensor.shape = {std::size_t{1} << pick(63), 0};
    }
    return true;
  }

  bool drop() {
    if (pick(2) == 0 && !container_.tensors.empty()) {
      container_.tensors.erase(container_.tensors.begin() +
                               static_cast<std::ptrdiff_t>(pick(container_.tensors.size())));
      return true;
    }
    if (!container_.metadata.is_object() || container_.metadata.empty()) return false;
    auto entry = container_.metadata.begin();
    std::advance(entry, static_cast<std::ptrdiff_t>(pick(container_.metadata.size())));
    if (entry.key() == "akin.checksum") return false;
    container_.metadata.erase(entry);
    return true;
  }

  Container& container_;
  std::minstd_rand random_;
  MutateBytes mutate_bytes_;
};

}  // namespace

std::optional<std::string> mutate_container(std::string_view file, unsigned seed, MutateBytes mutate_bytes) {
  std::optional<Container> container = parse_container(file);
  if (!container || !Mutator(*container, seed, mutate_bytes).change()) return std::nullopt;
  return to_bytes(*container);
}

}  // namespace akin::fuzz
