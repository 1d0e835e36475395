#include "akin/experiment/fit_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"

namespace akin {
namespace {

using nlohmann::json;
using Identity = std::map<std::string, std::string>;

Identity parse_identity(const TensorReader& reader) {
  const json object = json::parse(reader.meta("identity"), nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) fail(ErrorCode::kBadData, "{}: its identity is not a JSON object", reader.path());
  Identity identity;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_string()) fail(ErrorCode::kBadData, "{}: its {} is not text", reader.path(), name);
    identity[name] = value.get<std::string>();
  }
  return identity;
}

/// Throws at the first difference, the model's name before all others.
void check_identity(const std::string& path, const Identity& stored, const Identity& wanted) {
  const auto compare = [&](const std::string& name) {
    const auto there = stored.find(name), here = wanted.find(name);
    const std::string was = there == stored.end() ? "absent" : there->second;
    const std::string is = here == wanted.end() ? "absent" : here->second;
    if (was != is) {
      fail(ErrorCode::kBadData,
           "{}: is a checkpoint of another fit: its {} is {}, not {}; use the same, or another file", path,
           name, was, is);
    }
  };
  compare("model");
  for (const auto& [name, value] : wanted) compare(name);
  for (const auto& [name, value] : stored) compare(name);
}

}  // namespace

void StateCopy::take(const FitState& state) {
  tensors_.resize(state.parts().size());
  for (std::size_t t = 0; t < tensors_.size(); ++t) {
    const FitState::Part& part = state.parts()[t];
    Tensor& tensor = tensors_[t];
    tensor.name = part.name;
    tensor.rows = part.rows;
    tensor.cols = part.cols;
    tensor.values.resize(part.rows * part.cols);
    for (std::size_t r = 0; r < part.rows; ++r)
      std::copy_n(part.data + r * part.stride, part.cols, tensor.values.data() + r * part.cols);
  }
}

void StateCopy::put(FitState& state) const {
  AKIN_ASSERT(state.parts().size() == tensors_.size());
  for (std::size_t t = 0; t < tensors_.size(); ++t) {
    const FitState::Part& part = state.parts()[t];
    AKIN_ASSERT(part.rows == tensors_[t].rows && part.cols == tensors_[t].cols);
    for (std::size_t r = 0; r < part.rows; ++r)
      std::copy_n(tensors_[t].values.data() + r * part.cols, part.cols, part.data + r * part.stride);
  }
}

void StateCopy::write(TensorWriter& writer, const std::string& prefix) const {
  for (const Tensor& tensor : tensors_) {
    writer.tensor(fmt::format("{}.{}", prefix, tensor.name), tensor.values.data(), tensor.rows, tensor.cols,
                  tensor.cols);
  }
}

void StateCopy::read(const TensorReader& reader, const std::string& prefix, const FitState& shape) {
  tensors_.clear();
  for (const FitState::Part& part : shape.parts()) {
    const std::string name = fmt::format("{}.{}", prefix, part.name);
    const std::vector<std::size_t>& stored = reader.shape(name);
    if (stored != std::vector<std::size_t>{part.rows, part.cols}) {
      fail(ErrorCode::kBadData, "{}: tensor {} is ({}); expected ({}, {})", reader.path(), name,
           fmt::join(stored, ", "), part.rows, part.cols);
    }
    const std::span<const float> values = reader.tensor<float>(name);
    tensors_.push_back({part.name, part.rows, part.cols, {values.begin(), values.end()}});
  }
}

void save_checkpoint(const FitCheckpoint& checkpoint, const std::string& path) {
  TensorWriter writer("checkpoint");
  writer.meta("identity", json(checkpoint.identity).dump(-1, ' ', false, json::error_handler_t::replace));
  writer.meta("pass", std::to_string(checkpoint.pass));
  writer.meta("curve", curve_text(checkpoint.curve));
  writer.meta("best_pass", std::to_string(checkpoint.best_pass));
  checkpoint.last.write(writer, "state");
  checkpoint.best.write(writer, "best");
  writer.write(path);
}

FitCheckpoint load_checkpoint(const std::string& path, const Identity& identity, const FitState& shape) {
  const TensorReader reader(path);
  reader.expect_kind("checkpoint");
  FitCheckpoint checkpoint;
  checkpoint.identity = parse_identity(reader);
  check_identity(path, checkpoint.identity, identity);
  constexpr int kMost = std::numeric_limits<int>::max();
  checkpoint.pass = static_cast<int>(reader.meta_int("pass", 1, kMost));
  checkpoint.best_pass = static_cast<int>(reader.meta_int("best_pass", 0, checkpoint.pass));
  checkpoint.curve = parse_curve(reader.meta("curve"), path);
  if (checkpoint.curve.empty() || checkpoint.curve.back().pass != checkpoint.pass)
    fail(ErrorCode::kBadData, "{}: its learning curve does not end at its pass", path);
  checkpoint.last.read(reader, "state", shape);
  if (checkpoint.best_pass != 0 && checkpoint.best_pass != checkpoint.pass)
    checkpoint.best.read(reader, "best", shape);
  return checkpoint;
}

}  // namespace akin
