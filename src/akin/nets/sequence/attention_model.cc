#include "akin/nets/sequence/attention_model.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/data/event_contexts.h"
#include "akin/linalg/kernels.h"
#include "akin/models/sequence/sessions.h"
#include "akin/nets/never.h"

namespace akin::attention {
namespace {

Matrix scoring_vectors(const Matrix& items, const std::vector<std::uint8_t>& known, bool unit) {
  Matrix result(items.rows(), items.cols() + 1);
  for (std::size_t i = 0; i < items.rows(); ++i) {
    const float length = std::sqrt(dot(items.row(i), items.row(i), items.stride()));
    std::ranges::copy(items[i], result.row(i));
    if (unit && length > 0) scale(1 / length, result.row(i), items.cols());
    result.row(i)[items.cols()] = known[i] != 0 ? 0 : nets::kNeverLogit;
  }
  return result;
}

/// In the order of save().
std::vector<std::uint32_t> numbers_of(const NetShape& shape, int session_gap) {
  const auto number = [](std::size_t n) { return static_cast<std::uint32_t>(n); };
  return {static_cast<std::uint32_t>(shape.block),
          number(shape.factors),
          number(shape.layers),
          number(shape.heads),
          number(shape.max_length),
          shape.positions ? 1u : 0u,
          shape.inputs,
          static_cast<std::uint32_t>(session_gap)};
}

/// Strides and sizes in turn.
std::vector<AttributeInput> read_attributes(const TensorReader& reader) {
  std::vector<AttributeInput> attributes;
  if (!reader.has("model.attributes_read")) return attributes;
  const auto numbers = reader.tensor<std::uint32_t>("model.attributes_read");
  for (std::size_t k = 0; k + 1 < numbers.size(); k += 2) attributes.push_back({numbers[k], numbers[k + 1]});
  const auto wrong = [](const AttributeInput& a) {
    return a.stride < 1 || a.size < 1 || std::uint64_t{a.stride} * a.size > kMostContexts;
  };
  if (numbers.size() % 2 != 0 || attributes.size() > 64 || std::ranges::any_of(attributes, wrong))
    reader.inconsistent("the attributes of events that its net reads are out of range");
  return attributes;
}

}  // namespace

AttentionModel::AttentionModel(Net net, std::vector<std::uint8_t> known, const Scoring& scoring,
                               ContentWeights content)
    : net_(std::move(net)), known_(std::move(known)), scoring_(scoring), content_(std::move(content)) {
  for (std::size_t i = 0; i < net_.items.rows(); ++i) {
    if (known_[i] == 0) std::ranges::fill(net_.items[i], 0.0f);
  }
  item_vectors_ = scoring_vectors(net_.items, known_, scoring_.temperature > 0);
}

bool AttentionModel::read(const Query& query, Chunk& chunk) const {
  const std::size_t begin = last_session(query, scoring_.session_gap);
  std::vector<std::size_t> events;
  for (std::size_t h = query.history.size(); h-- > begin && events.size() < net_.shape.max_length;) {
    if (knows(query.history[h])) events.push_back(h);
  }
  std::int64_t time = 0;
  for (std::size_t k = events.size(); k-- > 0;) {
    const std::int64_t at = query.times.empty() ? kNoTime : query.times[events[k]];
    if (at != kNoTime) time = floor_seconds(at);
    if (!chunk.items.empty()) chunk.next_times.push_back(time);
    chunk.items.push_back(query.history[events[k]]);
    chunk.times.push_back(time);
  }
  const bool asked = query.now != kNoTime && !query.times.empty();
  chunk.next_times.push_back(asked ? floor_seconds(query.now) : time);
  chunk.offsets.push_back(chunk.items.size());
  for (std::size_t k = events.size(); k-- > 0 && !net_.shape.attributes.empty();)
    chunk.contexts.push_back(query.contexts.empty() ? std::uint16_t{0} : query.contexts[events[k]]);
  if (net_.shape.inputs != 0) {
    for (std::size_t k = 0; k < chunk.items.size(); ++k) {
      const std::size_t event = events[chunk.items.size() - 1 - k];
      chunk.inputs.push_back(inputs_of(net_.shape.inputs, chunk.times[k], chunk.next_times[k],
                                       query.kinds.empty() ? -1 : static_cast<int>(query.kinds[event])));
    }
  }
  return !chunk.items.empty();
}

bool AttentionModel::user_vector(const Query& query, std::span<float> out) const {
  Chunk chunk;
  if (!read(query, chunk)) return false;
  std::unique_ptr<Pass> pass;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      pass = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!pass) pass = std::make_unique<Pass>(net_.shape);
  const std::size_t d = net_.shape.factors;
  std::copy_n(pass->forward(net_, chunk, Dropout())[chunk.tokens() - 1], d, out.begin());
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(pass));
  }
  if (scoring_.temperature > 0) {
    const float length = std::sqrt(dot(out.data(), out.data(), d));
    scale(1 / (std::max(length, 1e-12f) * scoring_.temperature), out.data(), d);
  }
  out[d] = 1;
  return true;
}

void AttentionModel::save(TensorWriter& writer) const {
  write_matrix(writer, "model.items", net_.items);
  writer.tensor("model.known", known_);
  writer.tensor("model.shape", numbers_of(net_.shape, scoring_.session_gap));
  writer.tensor("model.temperature", std::vector<float>{scoring_.temperature});
  std::vector<std::uint32_t> attributes;
  for (const AttributeInput& attribute : net_.shape.attributes)
    attributes.insert(attributes.end(), {attribute.stride, attribute.size});
  if (!attributes.empty()) writer.tensor("model.attributes_read", std::move(attributes));
  const std::vector<TensorSpec> specs = tensor_specs(net_.shape);
  for (std::size_t t = 0; t < specs.size(); ++t)
    write_matrix(writer, "model." + specs[t].name, net_.tensors[t]);
  if (content_.map.empty()) return;
  write_matrix(writer, "model.map", content_.map);
  write_matrix(writer, "model.deltas", content_.deltas);
}

std::unique_ptr<Model> AttentionModel::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  return read(reader, n_items, {});
}

std::unique_ptr<AttentionModel> AttentionModel::read(const TensorReader& reader, std::size_t n_items,
                                                     const ContentSizes& sizes) {
  const auto numbers = reader.vector<std::uint32_t>("model.shape", 8);
  const NetShape shape{static_cast<BlockKind>(numbers[0]),
                       numbers[1],
                       numbers[2],
                       numbers[3],
                       numbers[4],
                       numbers[5] != 0,
                       numbers[6],
                       read_attributes(reader)};
  const bool sound = numbers[0] <= static_cast<std::uint32_t>(BlockKind::kLstm) && shape.factors > 0 &&
                     shape.factors <= 4096 && shape.layers > 0 && shape.layers <= 64 && shape.heads > 0 &&
                     shape.factors % shape.heads == 0 && shape.max_length > 0 &&
                     shape.max_length <= 100'000 && numbers[5] <= 1 && numbers[6] < 16 &&
                     numbers[7] <= 1'000'000'000;
  const auto temperature = reader.vector<float>("model.temperature", 1);
  if (!sound || !(temperature[0] >= 0 && temperature[0] <= 100))
    reader.inconsistent("the sizes of its net are out of range");
  Net net{shape, read_matrix(reader, "model.items", n_items, shape.factors), {}};
  for (const TensorSpec& spec : tensor_specs(shape))
    net.tensors.push_back(read_matrix(reader, "model." + spec.name, spec.rows, spec.cols));
  ContentWeights content;
  if (sizes.dim > 0) {
    content.map = read_matrix(reader, "model.map", sizes.dim, shape.factors);
    content.deltas = read_matrix(reader, "model.deltas", sizes.deltas, shape.factors);
  }
  return std::make_unique<AttentionModel>(
      std::move(net), reader.vector_in<std::uint8_t>("model.known", n_items, 0, 1),
      Scoring{static_cast<int>(numbers[7]), temperature[0]}, std::move(content));
}

}  // namespace akin::attention
