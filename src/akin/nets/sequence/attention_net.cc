#include "akin/nets/sequence/attention_net.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/text.h"

namespace akin::attention {
namespace {

constexpr std::uint64_t kItemStream = 1ULL << 40, kTensorStream = 1ULL << 41, kMapStream = 1ULL << 42;

std::size_t tensors_of(BlockKind block) {
  switch (block) {
    case BlockKind::kSasrec:
      return kSasrecTensors;
    case BlockKind::kLigr:
      return kLigrTensors;
    case BlockKind::kHstu:
      return kHstuTensors;
    default:
      return kCellTensors;
  }
}

void draw_row(double bound, Rng rng, std::span<float> row) {
  for (float& x : row) x = static_cast<float>(bound * (2 * rng.uniform() - 1));
}

void add_layer(const NetShape& shape, std::size_t layer, std::vector<TensorSpec>& specs) {
  const std::size_t d = shape.factors;
  const auto add = [&](const char* name, std::size_t rows, std::size_t cols, TensorSpec::Start start) {
    specs.push_back({fmt::format("layer{}.{}", layer, name), rows, cols, start});
  };
  const auto dense = [&](const char* name, std::size_t in, std::size_t out) {
    add(name, in, out, TensorSpec::kXavier);
    specs.push_back({fmt::format("layer{}.{}_bias", layer, name), 1, out, TensorSpec::kZero});
  };
  if (is_recurrent(shape.block)) {
    const std::size_t gates = gates_of(cell_of(shape.block)) * padded(d);
    add("input", d, gates, TensorSpec::kGates);
    add("recurrent", d, gates, TensorSpec::kGates);
    return add("bias", 1, gates, shape.block == BlockKind::kLstm ? TensorSpec::kForget : TensorSpec::kZero);
  }
  add("gain1", 1, d, TensorSpec::kOne);
  add("shift1", 1, d, TensorSpec::kZero);
  for (const char* name : {"query", "key", "value", "out"}) dense(name, d, d);
  add("gain2", 1, d, TensorSpec::kOne);
  add("shift2", 1, d, TensorSpec::kZero);
  switch (shape.block) {
    case BlockKind::kSasrec:
      dense("up", d, d);
      return dense("down", d, d);
    case BlockKind::kLigr:
      dense("gate1", d, d);
      add("silu", d, 4 * d, TensorSpec::kXavier);
      add("linear", d, 4 * d, TensorSpec::kXavier);
      add("inner_out", 4 * d, d, TensorSpec::kXavier);
      return dense("gate2", d, d);
    case BlockKind::kHstu:
      dense("u", d, d);
      add("time_bias", 1, kTimeBuckets, TensorSpec::kZero);
      return add("position_bias", 1, shape.max_length, TensorSpec::kZero);
    default:
      return;
  }
}

}  // namespace

RecurrentCell cell_of(BlockKind block) {
  return block == BlockKind::kLstm ? RecurrentCell::kLstm : RecurrentCell::kRnn;
}

BlockKind parse_block(std::string_view name) {
  if (name == "sasrec") return BlockKind::kSasrec;
  if (name == "ligr") return BlockKind::kLigr;
  if (name == "hstu") return BlockKind::kHstu;
  if (name == "rnn") return BlockKind::kRnn;
  if (name == "lstm") return BlockKind::kLstm;
  fail(ErrorCode::kUsage, "'{}' is no block; there are sasrec, ligr, hstu, rnn and lstm", name);
}

std::uint8_t time_bucket(std::int64_t seconds) {
  return static_cast<std::uint8_t>(
      std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(1, seconds))) - 1);
}

InputChoice parse_inputs(std::string_view text) {
  constexpr std::string_view kNames[] = {"gap", "hour", "weekday", "kind"};
  InputChoice choice;
  if (trimmed(text).empty()) return choice;
  std::vector<std::string_view> names = split(text, ',');
  for (std::string_view& name : names) name = trimmed(name);
  const auto commas = static_cast<std::size_t>(std::ranges::count(text, ','));
  if (std::ranges::count(names, "") > 0 || names.size() != commas + 1)
    fail(ErrorCode::kUsage, "inputs '{}': a name is missing beside a comma", text);
  for (std::size_t k = 0; k < names.size(); ++k) {
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(k);
    if (std::find(names.begin(), end, names[k]) != end)
      fail(ErrorCode::kUsage, "inputs '{}': '{}' is there twice", text, names[k]);
    const auto* const found = std::ranges::find(kNames, names[k]);
    if (found == std::end(kNames)) {
      choice.attributes.emplace_back(names[k]);
    } else {
      choice.bits |= 1U << (found - kNames);
    }
  }
  return choice;
}

EventInputs inputs_of(std::uint32_t inputs, std::int64_t time, std::int64_t next_time, int kind) {
  constexpr std::int64_t kHour = 3600, kDay = 24 * kHour;
  const auto modulo = [](std::int64_t a, std::int64_t n) {
    return static_cast<std::size_t>((a % n + n) % n);
  };
  const std::int64_t day = next_time / kDay - (next_time % kDay < 0 ? 1 : 0);
  const std::size_t rows[] = {
      time_bucket(next_time - time), kTimeBuckets + modulo(next_time, kDay) / kHour,
      kTimeBuckets + 24 + modulo(day + 3, 7),  // 1970 began on a Thursday; Monday is 0
      kTimeBuckets + 24 + 7 + static_cast<std::size_t>(std::max(0, kind))};
  EventInputs result;
  for (std::size_t k = 0; k < result.size(); ++k) {
    const bool known = (inputs >> k & 1) != 0 && (k != 3 || kind >= 0);
    result[k] = known ? static_cast<std::uint8_t>(rows[k]) : kNoInput;
  }
  return result;
}

std::vector<TensorSpec> tensor_specs(const NetShape& shape) {
  std::vector<TensorSpec> specs;
  for (std::size_t l = 0; l < shape.layers; ++l) add_layer(shape, l, specs);
  if (shape.block == BlockKind::kSasrec) {
    specs.push_back({"final_gain", 1, shape.factors, TensorSpec::kOne});
    specs.push_back({"final_shift", 1, shape.factors, TensorSpec::kZero});
  }
  // Items are far smaller at first. Where scores are cosines, places would be all that is heard of for long.
  const auto added = shape.block == BlockKind::kHstu ? TensorSpec::kZero : TensorSpec::kXavier;
  if (shape.positions) specs.push_back({"positions", shape.max_length, shape.factors, added});
  if (shape.inputs != 0) specs.push_back({"inputs", kInputRows, shape.factors, added});
  std::size_t values = 0;
  for (const AttributeInput& attribute : shape.attributes) values += attribute.size;
  if (values > 0) specs.push_back({"attributes", values, shape.factors, TensorSpec::kZero});
  return specs;
}

std::size_t Net::index(std::size_t layer, std::size_t tensor) const {
  return layer * tensors_of(shape.block) + tensor;
}

std::size_t Net::positions() const { return index(shape.layers, shape.block == BlockKind::kSasrec ? 2 : 0); }

Net Net::clone() const {
  Net copy{shape, items.clone(), {}};
  for (const Matrix& tensor : tensors) copy.tensors.push_back(tensor.clone());
  return copy;
}

Net initial_net(const NetShape& shape, std::size_t n_items, std::uint64_t seed) {
  Net net{shape, Matrix(n_items, shape.factors), {}};
  const double bound = std::sqrt(6.0 / static_cast<double>(n_items + shape.factors));
  for (std::size_t i = 0; i < n_items; ++i) draw_row(bound, Rng(seed, kItemStream + i), net.items[i]);
  for (const TensorSpec& spec : tensor_specs(shape)) {
    Matrix tensor(spec.rows, spec.cols);
    Rng rng(seed, kTensorStream + net.tensors.size());
    const double width = std::sqrt(6.0 / static_cast<double>(spec.rows + spec.cols));
    for (std::size_t r = 0; r < spec.rows; ++r) {
      if (spec.start == TensorSpec::kOne) std::ranges::fill(tensor[r], 1.0f);
      if (spec.start == TensorSpec::kXavier) draw_row(width, Rng(rng.next()), tensor[r]);
      if (spec.start == TensorSpec::kGates) {
        const double gate = std::sqrt(6.0 / static_cast<double>(spec.rows + shape.factors));
        for (std::size_t begin = 0; begin < spec.cols; begin += padded(shape.factors))
          draw_row(gate, Rng(rng.next()), tensor[r].subspan(begin, shape.factors));
      }
    }
    if (spec.start == TensorSpec::kForget)
      std::ranges::fill(tensor[0].subspan(padded(shape.factors), shape.factors), 1.0f);
    net.tensors.push_back(std::move(tensor));
  }
  return net;
}

Matrix initial_map(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  Matrix map(rows, cols);
  const double bound = std::sqrt(6.0 / static_cast<double>(rows + cols));
  for (std::size_t r = 0; r < rows; ++r) draw_row(bound, Rng(seed, kMapStream + r), map[r]);
  return map;
}

void take_tensors(const Net& from, Net& to) {
  for (std::size_t t = 0; t < to.tensors.size(); ++t) {
    if (to.shape.attributes.empty() || t != to.attributes()) {
      to.tensors[t] = from.tensors[t].clone();
      continue;
    }
    std::size_t old_first = 0, first = 0;
    for (std::size_t k = 0; k < to.shape.attributes.size(); ++k) {
      const std::size_t old_size = from.shape.attributes[k].size;
      for (std::size_t v = 0; v < old_size; ++v)
        std::ranges::copy(from.tensors[t][old_first + v], to.tensors[t].row(first + v));
      old_first += old_size;
      first += to.shape.attributes[k].size;
    }
  }
}

std::vector<Matrix> zeros_like(const std::vector<Matrix>& tensors) {
  std::vector<Matrix> zeros;
  for (const Matrix& tensor : tensors) zeros.emplace_back(tensor.rows(), tensor.cols());
  return zeros;
}

void transpose_weights(const Net& net, std::vector<Matrix>& transposed) {
  transposed.resize(net.tensors.size());
  const std::size_t end = net.index(net.shape.layers, 0);
  for (std::size_t t = 0; t < end; ++t) {
    const Matrix& from = net.tensors[t];
    if (from.rows() == 1 && net.shape.factors > 1) continue;
    if (transposed[t].empty()) transposed[t] = Matrix(from.cols(), from.rows());
    for (std::size_t r = 0; r < from.rows(); ++r) {
      for (std::size_t c = 0; c < from.cols(); ++c) transposed[t].row(c)[r] = from.row(r)[c];
    }
  }
}

}  // namespace akin::attention
