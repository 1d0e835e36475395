#include "akin/text/bert/network.h"

#include <algorithm>
#include <mutex>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"

namespace akin::bert {
namespace {

// Places in tensor_shapes().
constexpr std::size_t kWords = 0, kPositions = 1, kEmbeddingGain = 2, kEmbeddingShift = 3, kFirstLayer = 4;
enum LayerTensor : std::size_t {
  kQuery,
  kQueryBias,
  kKey,
  kKeyBias,
  kValue,
  kValueBias,
  kOutput,
  kOutputBias,
  kAttentionGain,
  kAttentionShift,
  kUp,
  kUpBias,
  kDown,
  kDownBias,
  kGain,
  kShift,
  kLayerTensors
};

struct LayerProducts {
  Product project, output, up, down;
};

/// Three matrices of equal shape, one below the other.
Matrix stack(const Matrix& a, const Matrix& b, const Matrix& c) {
  Matrix all(a.rows() + b.rows() + c.rows(), a.cols());
  std::size_t row = 0;
  for (const Matrix* part : {&a, &b, &c}) {
    for (std::size_t r = 0; r < part->rows(); ++r, ++row) std::ranges::copy((*part)[r], all[row].begin());
  }
  return all;
}

LayerProducts prepare_layer(std::span<const Matrix> t, Precision precision) {
  std::vector<float> biases;
  for (const LayerTensor bias : {kQueryBias, kKeyBias, kValueBias})
    biases.insert(biases.end(), t[bias][0].begin(), t[bias][0].end());
  return {{stack(t[kQuery], t[kKey], t[kValue]), biases, precision},
          {t[kOutput], t[kOutputBias][0], precision},
          {t[kUp], t[kUpBias][0], precision},
          {t[kDown], t[kDownBias][0], precision}};
}

}  // namespace

std::vector<TensorShape> tensor_shapes(const NetworkConfig& config) {
  const std::size_t h = config.hidden;
  std::vector<TensorShape> shapes = {{"embeddings.word_embeddings.weight", config.tokens, h},
                                     {"embeddings.position_embeddings.weight", config.positions, h},
                                     {"embeddings.LayerNorm.weight", 1, h},
                                     {"embeddings.LayerNorm.bias", 1, h}};
  const auto dense = [&](const std::string& name, std::size_t out, std::size_t in) {
    shapes.push_back({name + ".weight", out, in});
    shapes.push_back({name + ".bias", 1, out});
  };
  for (std::size_t l = 0; l < config.layers; ++l) {
    const std::string layer = fmt::format("encoder.layer.{}.", l);
    for (const char* part : {"query", "key", "value"}) dense(layer + "attention.self." + part, h, h);
    dense(layer + "attention.output.dense", h, h);
    dense(layer + "attention.output.LayerNorm", 1, h);
    shapes.back().cols = h;
    dense(layer + "intermediate.dense", config.inner, h);
    dense(layer + "output.dense", h, config.inner);
    dense(layer + "output.LayerNorm", 1, h);
    shapes.back().cols = h;
  }
  if (config.types > 0) shapes.push_back({"embeddings.token_type_embeddings.weight", config.types, h});
  return shapes;
}

struct Network::Prepared {
  std::vector<LayerProducts> layers;
};
/// Made when the first text comes: most that read a bundle never encode one.
struct Network::Lazy {
  std::once_flag once;
  Prepared prepared;
};

struct Network::Workspace::State {
  std::vector<float> states, wide, context;  // by token
  AttentionSpace attention;
  std::vector<std::uint16_t> rounded;
};

Network::Workspace::Workspace() : state_(std::make_unique<State>()) {}
Network::Workspace::~Workspace() = default;
Network::Workspace::Workspace(Workspace&&) noexcept = default;

Network::Network(const NetworkConfig& config, std::vector<Matrix> tensors, Precision precision)
    : config_(config), tensors_(std::move(tensors)), precision_(precision), lazy_(std::make_unique<Lazy>()) {
  const std::vector<TensorShape> shapes = tensor_shapes(config);
  AKIN_ASSERT(tensors_.size() == shapes.size() && config.hidden % config.heads == 0);
  for (std::size_t t = 0; t < shapes.size(); ++t)
    AKIN_ASSERT(tensors_[t].rows() == shapes[t].rows && tensors_[t].cols() == shapes[t].cols);
}
Network::~Network() = default;
Network::Network(Network&&) noexcept = default;

const Network::Prepared& Network::prepared() const {
  std::call_once(lazy_->once, [&] {
    for (std::size_t l = 0; l < config_.layers; ++l) {
      const std::span<const Matrix> all(tensors_);
      lazy_->prepared.layers.push_back(
          prepare_layer(all.subspan(kFirstLayer + l * kLayerTensors, kLayerTensors), precision_));
    }
  });
  return lazy_->prepared;
}

void Network::embed(std::span<const std::span<const std::uint32_t>> texts, Workspace::State& work) const {
  const std::size_t stride = stride_of(config_.hidden), width = padded(config_.hidden);
  const Norm norm{vector(kEmbeddingGain), vector(kEmbeddingShift), static_cast<float>(config_.epsilon)};
  float* row = work.states.data();
  for (const std::span<const std::uint32_t> ids : texts) {
    std::size_t next = config_.first_position;
    for (std::size_t p = 0; p < ids.size(); ++p, row += stride) {
      const bool padding = config_.first_position > 0 && ids[p] + 1 == config_.first_position;
      std::copy_n(tensors_[kWords].row(ids[p]), width, row);
      std::fill(row + width, row + stride, 0.0F);
      axpy(1, tensors_[kPositions].row(padding ? ids[p] : next++), row, width);
      if (config_.types > 0) axpy(1, tensors_.back().row(0), row, width);
      layer_norm(norm, row, config_.hidden);
    }
  }
}

Rows<const float> Network::run(std::span<const std::span<const std::uint32_t>> texts,
                               Workspace& workspace) const {
  Workspace::State& work = *workspace.state_;
  std::size_t tokens = 0;
  for (const auto& ids : texts) tokens += ids.size();
  const std::size_t stride = stride_of(config_.hidden);
  const std::size_t projected = stride_of(3 * config_.hidden), inner = stride_of(config_.inner);
  grow(work.states, tokens * stride);
  grow(work.context, tokens * stride);
  grow(work.wide, tokens * std::max(projected, inner));
  embed(texts, work);
  const Rows<float> states{work.states.data(), stride};
  const Rows<const float> read_states{work.states.data(), stride}, context{work.context.data(), stride};
  const std::vector<LayerProducts>& layers = prepared().layers;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const LayerProducts& layer = layers[l];
    const std::size_t first = kFirstLayer + l * kLayerTensors;
    const auto normalize = [&](std::size_t gain, std::size_t shift) {
      const Norm norm{vector(first + gain), vector(first + shift), static_cast<float>(config_.epsilon)};
      for (std::size_t t = 0; t < tokens; ++t) layer_norm(norm, states.data + t * stride, config_.hidden);
    };
    layer.project(read_states, tokens, Write::kStore, {work.wide.data(), projected}, work.rounded);
    std::size_t begin = 0;
    for (const auto& ids : texts) {
      const float* const query = work.wide.data() + begin * projected;
      const float *const key = query + config_.hidden, *const value = key + config_.hidden;
      attend(
          {config_.heads, config_.hidden / config_.heads, {key, projected}, {value, projected}, ids.size()},
          {query, projected}, ids.size(), {work.context.data() + begin * stride, stride}, work.attention);
      begin += ids.size();
    }
    layer.output(context, tokens, Write::kAdd, states, work.rounded);
    normalize(kAttentionGain, kAttentionShift);
    layer.up(read_states, tokens, Write::kStore, {work.wide.data(), inner}, work.rounded);
    for (std::size_t t = 0; t < tokens; ++t) gelu(work.wide.data() + t * inner, whole_panels(config_.inner));
    layer.down({work.wide.data(), inner}, tokens, Write::kAdd, states, work.rounded);
    normalize(kGain, kShift);
  }
  return read_states;
}

}  // namespace akin::bert
