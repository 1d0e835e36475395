#include "akin/base/safetensors_header.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace akin {
namespace {

using nlohmann::json;

constexpr std::size_t kMostDimensions = 32;
constexpr std::size_t kLongestText = std::size_t{16} << 20;  // of metadata, which may become a tree of values

/// Takes the events of a JSON parser; false from any of them ends the parsing.
class HeaderReader : public nlohmann::json_sax<json> {
 public:
  explicit HeaderReader(SafetensorsHeader& header) : header_(header) {}
  std::string problem;

  bool null() override { return misplaced(); }
  bool boolean(bool) override { return misplaced(); }
  bool number_integer(number_integer_t) override { return misplaced(); }
  bool number_float(number_float_t, const string_t&) override { return misplaced(); }
  bool binary(binary_t&) override { return misplaced(); }
  bool number_unsigned(number_unsigned_t number) override {
    if (place_ != Place::kShape && place_ != Place::kOffsets) return misplaced();
    std::vector<std::size_t>& list = place_ == Place::kShape ? tensor_->shape : offsets_;
    if (list.size() == kMostDimensions) return wrong(fmt::format("tensor {} has too many sizes", name_));
    list.push_back(number);
    return true;
  }
  bool string(string_t& text) override {
    if (place_ == Place::kMetadata) {
      if (text.size() > kLongestText) return wrong(fmt::format("metadata {} is longer than 16 MiB", key_));
      return header_.metadata.emplace(key_, std::move(text)).second || twice(key_);
    }
    if (place_ != Place::kTensor || key_ != "dtype") return misplaced();
    tensor_->dtype = std::move(text);
    return true;
  }
  bool start_object(std::size_t) override {
    if (place_ == Place::kOutside) return move_to(Place::kRoot);
    if (place_ != Place::kRoot) return misplaced();
    name_ = key_;
    if (name_ == "__metadata__") return move_to(Place::kMetadata);
    const auto [at, added] = header_.tensors.emplace(name_, TensorEntry());
    if (!added) return twice(name_);
    tensor_ = &at->second;
    offsets_.clear();
    return move_to(Place::kTensor);
  }
  bool key(string_t& text) override {
    key_ = std::move(text);
    return true;
  }
  bool end_object() override {
    if (place_ == Place::kRoot) return move_to(Place::kEnd);
    if (place_ == Place::kMetadata) return move_to(Place::kRoot);
    if (offsets_.size() != 2) return wrong(fmt::format("tensor {} has no begin and end", name_));
    if (tensor_->dtype.empty()) return wrong(fmt::format("tensor {} has no type", name_));
    tensor_->begin = offsets_[0];
    tensor_->end = offsets_[1];
    return move_to(Place::kRoot);
  }
  bool start_array(std::size_t) override {
    if (place_ == Place::kTensor && key_ == "shape" && tensor_->shape.empty()) return move_to(Place::kShape);
    if (place_ == Place::kTensor && key_ == "data_offsets" && offsets_.empty())
      return move_to(Place::kOffsets);
    return misplaced();
  }
  bool end_array() override { return move_to(Place::kTensor); }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override {
    return wrong("its header is not JSON");
  }

 private:
  enum class Place { kOutside, kRoot, kMetadata, kTensor, kShape, kOffsets, kEnd };

  bool move_to(Place place) {
    place_ = place;
    return true;
  }
  bool wrong(std::string what) {
    problem = std::move(what);
    return false;
  }
  bool twice(const std::string& name) { return wrong(fmt::format("its header holds {} twice", name)); }
  bool misplaced() {
    switch (place_) {
      case Place::kTensor:
      case Place::kShape:
      case Place::kOffsets:
        return wrong(fmt::format("tensor {} has a wrong {}", name_, key_));
      case Place::kMetadata:
        return wrong(fmt::format("metadata {} is not text", key_));
      default:
        return wrong("its header is not that of a safetensors file");
    }
  }

  SafetensorsHeader& header_;
  Place place_ = Place::kOutside;
  std::string name_;  // of the tensor
  std::string key_;
  TensorEntry* tensor_ = nullptr;
  std::vector<std::size_t> offsets_;
};

}  // namespace

std::string parse_safetensors_header(std::string_view text, SafetensorsHeader& header) {
  HeaderReader reader(header);
  const bool read = json::sax_parse(text.begin(), text.end(), &reader);
  if (read || !reader.problem.empty()) return reader.problem;
  return "its header is not that of a safetensors file";
}

}  // namespace akin
