#include "akin/nets/image/vit_net.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"

namespace akin::nets {
namespace {

using bert::Rows;
using bert::stride_of;
using bert::Write;

using nlohmann::json;

const std::array<std::string, 3> kKinds = {"clip", "siglip", "dinov2"};
constexpr std::array<std::string_view, 4> kActivations = {"gelu", "tanh-gelu", "quick-gelu", "swiglu"};

/// A block's tensors, or those of SigLIP's head, which has one norm.
void add_block(const VitConfig& config, const std::string& name, std::vector<VitTensor>& tensors) {
  const std::size_t h = config.hidden;
  const std::size_t up = config.activation == VitActivation::kSwiGlu ? 2 * config.inner : config.inner;
  const auto norm = [&](const std::string& part) {
    tensors.push_back({name + part + ".gain", 1, h});
    tensors.push_back({name + part + ".shift", 1, h});
  };
  const auto dense = [&](const std::string& part, std::size_t out, std::size_t in) {
    tensors.push_back({name + part + ".weight", out, in});
    tensors.push_back({name + part + ".bias", 1, out});
  };
  norm(".norm1");
  dense(".attention", 3 * h, h);
  dense(".output", h, h);
  norm(".norm2");
  dense(".up", up, h);
  dense(".down", h, config.inner);
}

/// Numbers of the longest row that a product makes or reads, but for the hidden ones.
std::size_t widest(const VitConfig& config) {
  return std::max({3 * config.hidden, config.inner, 3 * config.patch * config.patch, config.projection});
}

}  // namespace

std::optional<VitKind> parse_vit_kind(std::string_view text) {
  const auto found = std::ranges::find(kKinds, text);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<VitKind>(found - kKinds.begin());
}

const std::string& vit_kind_name(VitKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::vector<VitTensor> vit_tensors(const VitConfig& config) {
  const std::size_t h = config.hidden;
  std::vector<VitTensor> tensors = {{"patches.weight", h, 3 * config.patch * config.patch},
                                    {"patches.bias", 1, h},
                                    {"positions", config.grid * config.grid, h}};
  if (config.class_tokens() > 0) tensors.push_back({"class", 1, h});
  if (config.kind == VitKind::kClip) {
    tensors.push_back({"before.gain", 1, h});
    tensors.push_back({"before.shift", 1, h});
  }
  for (std::size_t b = 0; b < config.blocks; ++b) add_block(config, fmt::format("block{}", b + 1), tensors);
  tensors.push_back({"norm.gain", 1, h});
  tensors.push_back({"norm.shift", 1, h});
  if (config.kind == VitKind::kSiglip) {
    tensors.push_back({"head.query", 1, h});
    add_block(config, "head", tensors);
    std::erase_if(tensors, [](const VitTensor& t) { return t.name.starts_with("head.norm1"); });
  }
  if (config.projection > 0) tensors.push_back({"projection.weight", config.projection, h});
  return tensors;
}

Matrix resized_positions(const Matrix& positions, std::size_t to) {
  const auto from = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(positions.rows()))));
  AKIN_ASSERT(from * from == positions.rows() && from > 0 && to > 0);
  if (from == to) return positions.clone();
  struct Taps {
    std::array<std::size_t, 4> at;
    std::array<float, 4> weight;
  };
  std::vector<Taps> taps(to);
  for (std::size_t o = 0; o < to; ++o) {
    constexpr double kA = -0.75;
    const double place =
        (static_cast<double>(o) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5;
    const double first = std::floor(place);
    for (int t = 0; t < 4; ++t) {
      const double at = first + t - 1, x = std::abs(place - at);
      const double weight =
          x <= 1 ? ((kA + 2) * x - (kA + 3)) * x * x + 1 : ((kA * x - 5 * kA) * x + 8 * kA) * x - 4 * kA;
      const auto k = static_cast<std::size_t>(t);
      taps[o].at[k] = static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(from - 1)));
      taps[o].weight[k] = static_cast<float>(weight);
    }
  }
  Matrix result(to * to, positions.cols());
  for (std::size_t y = 0; y < to; ++y) {
    for (std::size_t x = 0; x < to; ++x) {
      for (std::size_t k = 0; k < 16; ++k) {
        axpy(taps[y].weight[k / 4] * taps[x].weight[k % 4],
             positions.row(taps[y].at[k / 4] * from + taps[x].at[k % 4]), result.row(y * to + x),
             positions.stride());
      }
    }
  }
  return result;
}

struct VitNet::Block {
  bert::Norm norm1, norm2;
  bert::Product attention, output, up, gate, down;
};

struct VitNet::Prepared {
  bert::Product patches, projection;
  std::vector<Block> blocks;
  bert::Norm before, norm;
  Block head;
  std::vector<float> query;  // of the head, by its attention
};
/// Made when the first picture comes: most that read a bundle never encode one.
struct VitNet::Lazy {
  std::once_flag once;
  Prepared prepared;
};

struct VitNet::Space final : Workspace {
  std::vector<float> input, states, normed, wide, gates, context;
  bert::AttentionSpace attention;
  std::vector<std::uint16_t> rounded;
};

VitNet::VitNet(const VitConfig& config, VitWeights weights, bert::Precision precision)
    : config_(config), weights_(std::move(weights)), precision_(precision), lazy_(std::make_unique<Lazy>()) {
  for (const VitTensor& tensor : vit_tensors(config)) {
    const auto found = weights_.find(tensor.name);
    AKIN_ASSERT(found != weights_.end() && found->second.rows() == tensor.rows &&
                found->second.cols() == tensor.cols);
  }
  const int side = static_cast<int>(config.side()), grid = static_cast<int>(config.grid);
  const int hidden = static_cast<int>(config.hidden);
  layers_ = {{"picture", side, side, 3}, {"patches", grid, grid, hidden}};
  for (std::size_t b = 0; b < config.blocks; ++b)
    layers_.push_back({fmt::format("block{}", b + 1), grid, grid, hidden});
  if (config.kind != VitKind::kClip) layers_.push_back({"norm", grid, grid, hidden});
  layers_.push_back({config.kind == VitKind::kSiglip ? "head" : "class", 1, 1, hidden});
  if (config.projection > 0) layers_.push_back({"projection", 1, 1, static_cast<int>(config.projection)});
}
VitNet::~VitNet() = default;

std::string VitNet::summary() const {
  return fmt::format("{}, {} blocks of {}, {} patches of {} x {} pixels", name(), config_.blocks,
                     config_.hidden, config_.grid * config_.grid, config_.patch, config_.patch);
}

void VitNet::save(TensorWriter& writer, const std::string& prefix) const {
  const json network = {{"architecture", name()},
                        {"activation", kActivations[static_cast<std::size_t>(config_.activation)]},
                        {"blocks", config_.blocks},
                        {"hidden", config_.hidden},
                        {"heads", config_.heads},
                        {"inner", config_.inner},
                        {"patch", config_.patch},
                        {"grid", config_.grid},
                        {"projection", config_.projection},
                        {"epsilon", config_.epsilon},
                        {"parameters", config_.parameters}};
  writer.meta(prefix + ".network", network.dump());
  for (const auto& [tensor, matrix] : weights_) write_matrix(writer, prefix + "." + tensor, matrix);
}

std::shared_ptr<const VitNet> VitNet::load(const TensorReader& reader, const std::string& prefix,
                                           const JsonFields& network, bert::Precision precision) {
  const auto whole = [&](const char* name, std::int64_t min, std::int64_t max) {
    return static_cast<std::size_t>(network.whole(name, min, max));
  };
  VitConfig config;
  config.kind = parse_vit_kind(network.text("architecture")).value();
  const std::string activation = network.text("activation");
  const auto found = std::ranges::find(kActivations, std::string_view(activation));
  if (found == kActivations.end()) reader.inconsistent("its activation is unknown to this version of akin");
  config.activation = static_cast<VitActivation>(found - kActivations.begin());
  config.blocks = whole("blocks", 1, kMostVitBlocks);
  config.hidden = whole("hidden", 1, kMostVitHidden);
  config.heads = whole("heads", 1, kMostVitHidden);
  config.inner = whole("inner", 1, kMostVitInner);
  config.patch = whole("patch", 1, kMostVitSide);
  config.grid =
      whole("grid", 1,
            std::min<std::int64_t>(kMostVitGrid, kMostVitSide / static_cast<std::int64_t>(config.patch)));
  config.projection = whole("projection", 0, config.kind == VitKind::kClip ? kMostVitHidden : 0);
  config.epsilon = network.number("epsilon");
  config.parameters = whole("parameters", 0, std::int64_t{1} << 48);
  if (!(config.epsilon >= 0 && config.epsilon <= 1)) reader.inconsistent("its epsilon is not from 0 to 1");
  if (config.hidden % config.heads != 0) reader.inconsistent("its heads do not divide its hidden size");
  VitWeights weights;
  for (const VitTensor& tensor : vit_tensors(config))
    weights[tensor.name] = read_matrix(reader, prefix + "." + tensor.name, tensor.rows, tensor.cols);
  return std::make_shared<VitNet>(config, std::move(weights), precision);
}

VitNet::Block VitNet::prepare_block(const std::string& name) const {
  const auto norm = [&](const std::string& part) -> bert::Norm {
    return {weight(name + part + ".gain").row(0), weight(name + part + ".shift").row(0),
            static_cast<float>(config_.epsilon)};
  };
  const auto dense = [&](const std::string& part) -> bert::Product {
    return {weight(name + part + ".weight"), weight(name + part + ".bias")[0], precision_};
  };
  Block block{.norm1 = {},
              .norm2 = norm(".norm2"),
              .attention = dense(".attention"),
              .output = dense(".output"),
              .up = {},
              .gate = {},
              .down = dense(".down")};
  if (weights_.contains(name + ".norm1.gain")) block.norm1 = norm(".norm1");
  if (config_.activation != VitActivation::kSwiGlu) {
    block.up = dense(".up");
    return block;
  }
  const Matrix& both = weight(name + ".up.weight");
  const auto bias = weight(name + ".up.bias")[0];
  block.gate = {both.slice(0, config_.inner), bias.first(config_.inner), precision_};
  block.up = {both.slice(config_.inner, config_.inner), bias.last(config_.inner), precision_};
  return block;
}

const VitNet::Prepared& VitNet::prepared() const {
  std::call_once(lazy_->once, [&] {
    Prepared& all = lazy_->prepared;
    const auto norm = [&](const std::string& name) -> bert::Norm {
      return {weight(name + ".gain").row(0), weight(name + ".shift").row(0),
              static_cast<float>(config_.epsilon)};
    };
    all.patches = {weight("patches.weight"), weight("patches.bias")[0], precision_};
    if (config_.kind == VitKind::kClip) all.before = norm("before");
    for (std::size_t b = 0; b < config_.blocks; ++b)
      all.blocks.push_back(prepare_block(fmt::format("block{}", b + 1)));
    all.norm = norm("norm");
    if (config_.kind == VitKind::kSiglip) {
      all.head = prepare_block("head");
      std::vector<std::uint16_t> rounded;
      all.query.resize(stride_of(3 * config_.hidden));
      all.head.attention({weight("head.query").row(0), 0}, 1, Write::kStore, {all.query.data(), 0}, rounded);
    }
    if (config_.projection > 0) {
      const std::vector<float> none(config_.projection);
      all.projection = {weight("projection.weight"), none, precision_};
    }
  });
  return lazy_->prepared;
}

std::size_t VitNet::most_pictures() const {
  constexpr std::size_t kMostTokens = 384;  // that a thread takes at once, or one larger picture
  return std::max<std::size_t>(1, kMostTokens / config_.tokens());
}

std::unique_ptr<ImageBody::Workspace> VitNet::workspace() const { return std::make_unique<Space>(); }

std::size_t VitNet::workspace_bytes() const {
  const std::size_t tokens = config_.tokens(), all = most_pictures() * tokens;
  const std::size_t wide = widest(config_);
  const std::size_t gates = config_.activation == VitActivation::kSwiGlu ? config_.inner : 0;
  return sizeof(float) * (3 * config_.side() * config_.side() + all * (3 * config_.hidden + wide + gates) +
                          tokens * (tokens + 3 * config_.hidden / config_.heads));
}

/// One call of run().
class VitNet::Pass {
 public:
  Pass(const VitNet& net, Space& work, std::size_t count)
      : config_(net.config_), net_(net), all_(net.prepared()), work_(work), count_(count) {
    const std::size_t rows = count * config_.tokens();
    const std::size_t wide = widest(config_);
    bert::grow(work.input, 3 * config_.side() * config_.side());
    for (auto* const memory : {&work.states, &work.normed, &work.context})
      bert::grow(*memory, rows * stride_);
    bert::grow(work.wide, rows * stride_of(wide));
    if (config_.activation == VitActivation::kSwiGlu) bert::grow(work.gates, rows * stride_of(config_.inner));
  }

  void patches(const Fill& fill) {
    const std::size_t grid = config_.grid, side = config_.side(), patch = config_.patch;
    const std::size_t numbers = 3 * patch * patch, stride = stride_of(numbers);
    const int pixels = static_cast<int>(side);
    for (std::size_t p = 0; p < count_; ++p) {
      fill(p, {work_.input.data(), 3 * side, 3, {pixels, pixels, 3}});
      for (std::size_t t = 0; t < grid * grid; ++t) {
        const float* const corner = work_.input.data() + (t / grid * side + t % grid) * patch * 3;
        float* const row = work_.wide.data() + t * stride;
        for (std::size_t k = 0; k < numbers; ++k)
          row[k] = corner[k / patch % patch * side * 3 + k % patch * 3 + k / (patch * patch)];
      }
      float* const states = state(p, 0);
      float* const first = state(p, config_.class_tokens());
      all_.patches({work_.wide.data(), stride}, grid * grid, Write::kStore, {first, stride_}, work_.rounded);
      const Matrix& positions = net_.weight("positions");
      for (std::size_t t = 0; t < grid * grid; ++t)
        axpy(1, positions.row(t), first + t * stride_, positions.stride());
      if (config_.class_tokens() > 0) {
        std::fill_n(states, stride_, 0.0F);
        std::ranges::copy(net_.weight("class")[0], states);
      }
    }
    if (config_.kind == VitKind::kClip) normalize(all_.before, work_.states.data(), rows());
  }

  void block(const Block& block) {
    const std::size_t projected = stride_of(3 * config_.hidden);
    copy_normalized(block.norm1);
    block.attention(normed(), rows(), Write::kStore, {work_.wide.data(), projected}, work_.rounded);
    for (std::size_t p = 0; p < count_; ++p) {
      const std::size_t begin = p * config_.tokens();
      const float* const query = work_.wide.data() + begin * projected;
      bert::attend(attended(query, projected), {query, projected}, config_.tokens(),
                   {work_.context.data() + begin * stride_, stride_}, work_.attention);
    }
    block.output(context(), rows(), Write::kAdd, states(), work_.rounded);
    copy_normalized(block.norm2);
    perceptron(block, normed(), rows(), states());
  }

  /// The final layer norm, of all tokens.
  void norm() { copy_normalized(all_.norm); }

  /// From the blocks, of SigLIP from norm(), to a vector of each picture, in `states`.
  void pool() {
    if (config_.kind == VitKind::kSiglip) return head();
    for (std::size_t p = 0; p < count_; ++p) {
      std::copy_n(state(p, 0), stride_,
                  work_.states.data() + p * stride_);  // to where no other class token is
      normalize(all_.norm, work_.states.data() + p * stride_, 1);
    }
  }

  void project() {
    all_.projection({work_.states.data(), stride_}, count_, Write::kStore, {work_.wide.data(), projection_},
                    work_.rounded);
  }

  /// The patches of a picture in `states` or `normed`.
  MapView map(std::size_t picture, bool normalized) {
    float* const data = normalized ? work_.normed.data() : work_.states.data();
    const int grid = static_cast<int>(config_.grid);
    return {data + (picture * config_.tokens() + config_.class_tokens()) * stride_,
            config_.grid * stride_,
            stride_,
            {grid, grid, static_cast<int>(config_.hidden)}};
  }
  MapView vector(std::size_t picture, bool projected) {
    if (projected)
      return {work_.wide.data() + picture * projection_, 0, 0, {1, 1, static_cast<int>(config_.projection)}};
    return {work_.states.data() + picture * stride_, 0, 0, {1, 1, static_cast<int>(config_.hidden)}};
  }

 private:
  std::size_t rows() const { return count_ * config_.tokens(); }
  float* state(std::size_t picture, std::size_t token) {
    return work_.states.data() + (picture * config_.tokens() + token) * stride_;
  }
  Rows<float> states() { return {work_.states.data(), stride_}; }
  Rows<const float> normed() const { return {work_.normed.data(), stride_}; }
  Rows<const float> context() const { return {work_.context.data(), stride_}; }
  /// Of one picture, whose queries, keys and values stand side by side.
  bert::Attended attended(const float* projected, std::size_t stride) const {
    return {config_.heads,
            config_.hidden / config_.heads,
            {projected + config_.hidden, stride},
            {projected + 2 * config_.hidden, stride},
            config_.tokens()};
  }

  void normalize(const bert::Norm& norm, float* data, std::size_t rows) const {
    for (std::size_t r = 0; r < rows; ++r) bert::layer_norm(norm, data + r * stride_, config_.hidden);
  }
  void copy_normalized(const bert::Norm& norm) {
    std::copy_n(work_.states.data(), rows() * stride_, work_.normed.data());
    normalize(norm, work_.normed.data(), rows());
  }

  void perceptron(const Block& block, Rows<const float> in, std::size_t count, Rows<float> out) {
    const std::size_t inner = stride_of(config_.inner), width = bert::whole_panels(config_.inner);
    const bool gated = config_.activation == VitActivation::kSwiGlu;
    block.up(in, count, Write::kStore, {work_.wide.data(), inner}, work_.rounded);
    if (gated) block.gate(in, count, Write::kStore, {work_.gates.data(), inner}, work_.rounded);
    for (std::size_t r = 0; r < count; ++r) {
      float* const row = work_.wide.data() + r * inner;
      if (config_.activation == VitActivation::kGelu) bert::gelu(row, width);
      if (config_.activation == VitActivation::kTanhGelu) bert::swish(bert::kTanhGelu, row, width);
      if (config_.activation == VitActivation::kQuickGelu) bert::swish(bert::kQuickGelu, row, width);
      if (!gated) continue;
      float* const gate = work_.gates.data() + r * inner;
      bert::swish({}, gate, width);
      for (std::size_t i = 0; i < width; ++i) row[i] *= gate[i];
    }
    block.down({work_.wide.data(), inner}, count, Write::kAdd, out, work_.rounded);
  }

  void head() {
    const std::size_t projected = stride_of(3 * config_.hidden);
    all_.head.attention(normed(), rows(), Write::kStore, {work_.wide.data(), projected}, work_.rounded);
    for (std::size_t p = 0; p < count_; ++p) {
      bert::attend(attended(work_.wide.data() + p * config_.tokens() * projected, projected),
                   {all_.query.data(), projected}, 1, {work_.context.data() + p * stride_, stride_},
                   work_.attention);
    }
    all_.head.output(context(), count_, Write::kStore, states(), work_.rounded);
    for (std::size_t p = 0; p < count_; ++p) {
      std::copy_n(work_.states.data() + p * stride_, stride_, work_.normed.data() + p * stride_);
      normalize(all_.head.norm2, work_.normed.data() + p * stride_, 1);
    }
    perceptron(all_.head, normed(), count_, states());
  }

  const VitConfig& config_;
  const VitNet& net_;
  const Prepared& all_;
  Space& work_;
  std::size_t count_;
  std::size_t stride_ = stride_of(config_.hidden), projection_ = stride_of(config_.projection);
};

void VitNet::run(std::size_t count, std::size_t last, Workspace& workspace, const Fill& fill,
                 const Take& take) const {
  AKIN_ASSERT(last > 0 && last < layers_.size());
  Pass pass(*this, static_cast<Space&>(workspace), count);
  pass.patches(fill);
  const std::size_t run = std::min(last - 1, config_.blocks);
  for (std::size_t b = 0; b < run; ++b) pass.block(prepared().blocks[b]);
  const std::string& name = layers_[last].name;
  const bool behind = last > config_.blocks + 1, pooled = behind && name != "norm";
  if (name == "norm" || name == "head") pass.norm();
  if (pooled) pass.pool();
  if (name == "projection") pass.project();
  for (std::size_t p = 0; p < count; ++p)
    take(p, pooled ? pass.vector(p, name == "projection") : pass.map(p, name == "norm"));
}

}  // namespace akin::nets
