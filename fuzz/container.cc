#include "container.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace akin::fuzz {
namespace {

using nlohmann::json;

constexpr std::size_t kDigits = 16;
constexpr std::string_view kKey = "\"akin.checksum\":\"";

/// The header's text; empty if the file is too short for it.
std::string_view header_of(std::string_view file) {
  std::uint64_t length = 0;
  if (file.size() < sizeof length) return {};
  std::memcpy(&length, file.data(), sizeof length);
  return length <= file.size() - sizeof length ? file.substr(sizeof length, length) : std::string_view();
}

}  // namespace

std::string sealed(std::string_view file) {
  std::string result(file);
  const std::size_t at = header_of(file).find(kKey);
  if (at == std::string_view::npos || at + kKey.size() + kDigits > header_of(file).size()) return result;
  char* const digits = result.data() + sizeof(std::uint64_t) + at + kKey.size();
  std::fill_n(digits, kDigits, '0');
  // Of the whole file without the length: how the hash is fed does not change it.
  const std::uint64_t hash =
      XXH3_64bits(result.data() + sizeof(std::uint64_t), result.size() - sizeof(std::uint64_t));
  std::ranges::copy(fmt::format("{:016x}", hash), digits);
  return result;
}

std::optional<Container> parse_container(std::string_view file) {
  const std::string_view header = header_of(file);
  if (header.empty()) return std::nullopt;
  const std::string_view data = file.substr(sizeof(std::uint64_t) + header.size());
  const json root = json::parse(header, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return std::nullopt;
  Container container;
  try {
    for (const auto& [name, value] : root.items()) {
      if (name == "__metadata__") {
        if (!value.is_object()) return std::nullopt;
        container.metadata = value;
        continue;
      }
      const json &first = value.at("data_offsets").at(0), &last = value.at("data_offsets").at(1);
      if (!first.is_number_unsigned() || !last.is_number_unsigned()) return std::nullopt;
      const auto begin = first.get<std::size_t>(), end = last.get<std::size_t>();
      if (begin > end || end > data.size()) return std::nullopt;
      container.tensors.push_back({name, value.at("dtype").get<std::string>(), value.at("shape"),
                                   std::string(data.substr(begin, end - begin))});
    }
  } catch (const json::exception&) {
    return std::nullopt;
  }
  return container;
}

std::string to_bytes(const Container& container) {
  json root = json::object();
  if (!container.metadata.is_null()) root["__metadata__"] = container.metadata;
  // Widest elements first, as akin writes them: its reader wants every tensor aligned.
  std::vector<const Container::Tensor*> order;
  for (const Container::Tensor& tensor : container.tensors) order.push_back(&tensor);
  const auto width = [](const Container::Tensor* tensor) {
    return tensor->dtype.ends_with("64") ? 8 : tensor->dtype.ends_with("32") ? 4 : 1;
  };
  std::ranges::stable_sort(order, std::ranges::greater{}, width);
  std::string data;
  for (const Container::Tensor* tensor : order) {
    const std::size_t begin = data.size();
    data += tensor->bytes;
    root[tensor->name] = {
        {"dtype", tensor->dtype}, {"shape", tensor->shape}, {"data_offsets", {begin, data.size()}}};
  }
  std::string header = root.dump(-1, ' ', false, json::error_handler_t::replace);
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  return file + header + data;
}

}  // namespace akin::fuzz
