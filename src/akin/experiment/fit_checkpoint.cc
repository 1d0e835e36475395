#include "akin/experiment/fit_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/json_text.h"
#include "akin/base/safetensors.h"
#include "akin/models/fit/divided_rows.h"
#include "akin/models/fit/old_names.h"

namespace akin {
namespace {

using nlohmann::json;
using Identity = std::map<std::string, std::string>;

Identity parse_identity(const TensorReader& reader) {
  const std::string where = reader.path() + ": its identity";
  const Identity identity = json_texts(parse_json(reader.meta("identity"), where), where);
  return identity_with_current_names(identity);
}

/// Of all ranks' rows, as it is in the file.
std::vector<std::size_t> shape_of(const FitState::Tensor& tensor) {
  if (tensor.total == 0) return {tensor.rows, tensor.cols};
  return tensor.line ? std::vector<std::size_t>{1, tensor.total}
                     : std::vector<std::size_t>{tensor.total, tensor.cols};
}

/// Throws at the first difference, the model's name before all others.
void check_identity(const std::string& path, const Identity& stored, const Identity& wanted) {
  const auto compare = [&](const std::string& name) {
    const auto there = stored.find(name), here = wanted.find(name);
    const std::string was = there == stored.end() ? "absent" : there->second;
    const std::string is = here == wanted.end() ? "absent" : here->second;
    if (was != is) {
      fail(ErrorCode::kBadData,
           "{}: is a checkpoint of another fit: it has {} = {}, not {}; use the same, or another file", path,
           name, was, is);
    }
  };
  compare("model");
  for (const auto& [name, value] : wanted) compare(name);
  for (const auto& [name, value] : stored) compare(name);
}

/// The best epoch is one that was evaluated, and there is one if any was.
void check_best(const std::string& path, const FitCheckpoint& checkpoint) {
  const auto evaluated = [&](const CurvePoint& point) {
    return point.evaluated() && (checkpoint.best_epoch == 0 || point.epoch == checkpoint.best_epoch);
  };
  if (std::ranges::any_of(checkpoint.curve, evaluated) != (checkpoint.best_epoch != 0))
    fail(ErrorCode::kBadData, "{}: its best epoch, {}, does not suit its learning curve; start the fit again",
         path, checkpoint.best_epoch);
}

}  // namespace

void StateCopy::take(const FitState& state, const Communicator& ranks) {
  tensors_.resize(state.tensors().size());
  for (std::size_t t = 0; t < tensors_.size(); ++t) {
    const FitState::Tensor& from = state.tensors()[t];
    const DividedRows rows{from.data, from.rows, from.cols, from.stride, from.numbers, from.total};
    Tensor& to = tensors_[t];
    to.name = from.name;
    to.rows = ordered_share(rows, ranks).size();
    to.cols = from.cols;
    to.values.resize(to.rows * to.cols);
    to.shape = from.total == 0 ? std::vector<std::size_t>() : shape_of(from);
    rows_in_order(ranks, rows, to.values.data(), to.cols);
  }
}

void StateCopy::put(FitState& state) const {
  AKIN_ASSERT(state.tensors().size() == tensors_.size());
  for (std::size_t t = 0; t < tensors_.size(); ++t) {
    const FitState::Tensor& tensor = state.tensors()[t];
    AKIN_ASSERT(tensor.rows == tensors_[t].rows && tensor.cols == tensors_[t].cols);
    for (std::size_t r = 0; r < tensor.rows; ++r)
      std::copy_n(tensors_[t].values.data() + r * tensor.cols, tensor.cols, tensor.data + r * tensor.stride);
  }
}

void StateCopy::write(TensorWriter& writer, const std::string& prefix, const Communicator& ranks) const {
  for (const Tensor& tensor : tensors_) {
    const std::string name = fmt::format("{}.{}", prefix, tensor.name);
    writer.tensor(name, tensor.values.data(), tensor.rows, tensor.cols, tensor.cols);
    if (!tensor.shape.empty()) writer.divide(name, tensor.shape, ranks);
  }
}

void StateCopy::read(const TensorReader& reader, const std::string& prefix, const FitState& shape) {
  tensors_.clear();
  for (const FitState::Tensor& tensor : shape.tensors()) {
    const std::string name = fmt::format("{}.{}", prefix, tensor.name);
    const std::vector<std::size_t>& stored = reader.shape(name);
    const std::vector<std::size_t> expected = shape_of(tensor);
    if (stored != expected) {
      fail(ErrorCode::kBadData, "{}: tensor {} is ({}); expected ({}, {})", reader.path(), name,
           fmt::join(stored, ", "), expected[0], expected[1]);
    }
    const std::span<const float> values = reader.tensor<float>(name);
    tensors_.push_back({tensor.name, tensor.rows, tensor.cols, {}});
    std::vector<float>& own = tensors_.back().values;
    if (tensor.total == 0) own.assign(values.begin(), values.end());
    for (const idx_t number : tensor.numbers) {
      const auto row = values.subspan(number * tensor.cols, tensor.cols);
      own.insert(own.end(), row.begin(), row.end());
    }
  }
}

void save_checkpoint(const FitCheckpoint& checkpoint, const std::string& path, const Communicator& ranks) {
  TensorWriter writer("checkpoint");
  writer.meta("identity", json(checkpoint.identity).dump(-1, ' ', false, json::error_handler_t::replace));
  writer.meta("epoch", std::to_string(checkpoint.epoch));
  writer.meta("curve", curve_text(checkpoint.curve));
  writer.meta("best_epoch", std::to_string(checkpoint.best_epoch));
  checkpoint.last.write(writer, "state", ranks);
  checkpoint.best.write(writer, "best", ranks);
  writer.write(path, "", ranks);
}

FitCheckpoint load_checkpoint(const std::string& path, const Identity& identity, const FitState& shape) {
  const bool divided =
      std::ranges::any_of(shape.tensors(), [](const auto& tensor) { return tensor.total > 0; });
  const TensorReader reader(path, divided ? TensorReader::Access::kMap : TensorReader::Access::kRead);
  reader.expect_kind("checkpoint");
  FitCheckpoint checkpoint;
  checkpoint.identity = parse_identity(reader);
  check_identity(path, checkpoint.identity, identity);
  constexpr int kMost = std::numeric_limits<int>::max();
  const bool old = reader.has_meta("pass");  // of akin 0.1
  checkpoint.epoch = static_cast<int>(reader.meta_int(old ? "pass" : "epoch", 1, kMost));
  checkpoint.best_epoch =
      static_cast<int>(reader.meta_int(old ? "best_pass" : "best_epoch", 0, checkpoint.epoch));
  checkpoint.curve = parse_curve(reader.meta("curve"), path);
  if (checkpoint.curve.empty() || checkpoint.curve.back().epoch != checkpoint.epoch)
    fail(ErrorCode::kBadData, "{}: its learning curve does not end at its epoch", path);
  check_best(path, checkpoint);
  checkpoint.last.read(reader, "state", shape);
  if (checkpoint.best_epoch != 0 && checkpoint.best_epoch != checkpoint.epoch)
    checkpoint.best.read(reader, "best", shape);
  return checkpoint;
}

}  // namespace akin
