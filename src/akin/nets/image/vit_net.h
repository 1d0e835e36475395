// Runs a vision transformer: Dosovitskiy et al., "An image is worth 16x16 words" (2021).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/json_text.h"
#include "akin/linalg/matrix.h"
#include "akin/nets/image/image_body.h"
#include "akin/text/bert/layers.h"

namespace akin::nets {

/// How the tokens of patches become one vector.
enum class VitKind {
  kClip,  ///< Radford et al. 2021: layer norm also before the blocks; the class token, normalized and perhaps projected
  kSiglip,  ///< Zhai et al. 2023: no class token; a learned query that attends to all patches, and one more perceptron
  kDinov2,  ///< Oquab et al. 2024: the class token, normalized
};
/// clip, siglip or dinov2; nothing for other words.
std::optional<VitKind> parse_vit_kind(std::string_view text);
const std::string& vit_kind_name(VitKind kind);

/// Between the two layers of a block's perceptron.
enum class VitActivation {
  kGelu,
  kTanhGelu,   ///< GELU by its form with the hyperbolic tangent
  kQuickGelu,  ///< x sigmoid(1.702 x)
  kSwiGlu,     ///< x sigmoid(x) of one half of the outputs, times the other (Shazeer 2020)
};

/// Limits of what is read.
inline constexpr std::int64_t kMostVitBlocks = 1000, kMostVitHidden = 1 << 16, kMostVitInner = 1 << 20,
                              kMostVitSide = 1 << 14;  ///< pixels
inline constexpr std::size_t kMostVitGrid = 128;       ///< memory grows with its fourth power

struct VitConfig {
  VitKind kind = VitKind::kClip;
  VitActivation activation = VitActivation::kGelu;
  std::size_t blocks = 0, hidden = 0, heads = 0;
  std::size_t inner = 0;       ///< numbers between the two layers of a perceptron
  std::size_t patch = 0;       ///< its side in pixels
  std::size_t grid = 0;        ///< patches on a side of the picture
  std::size_t projection = 0;  ///< of CLIP: numbers of the projected vector; 0 = it is not projected
  double epsilon = 1e-6;       ///< of layer norms
  std::size_t parameters = 0;  ///< that were learned, before a scale and a position were folded into others

  std::size_t class_tokens() const { return kind == VitKind::kSiglip ? 0 : 1; }
  std::size_t tokens() const { return class_tokens() + grid * grid; }
  std::size_t side() const { return grid * patch; }
};

/// Weights of products are (outputs, inputs), vectors one row.
struct VitTensor {
  std::string name;
  std::size_t rows, cols;
};
/// All that a net has:
///   patches.weight (hidden, 3 patch patch; channel by channel, row by row from the top), .bias
///   class (1, hidden): the class token with its position        positions (grid grid, hidden)
///   before.gain, .shift                                         the layer norm before the blocks
///   blockN.norm1, .attention, .output, .norm2, .up, .down       .attention: queries, keys and values one below the other;
///                                                               .up of SwiGLU: the half that is gated, and the other
///   norm                                                        behind the blocks
///   head.query, .attention, .output, .norm, .up, .down          the pooling of SigLIP
///   projection.weight
std::vector<VitTensor> vit_tensors(const VitConfig& config);
using VitWeights = std::map<std::string, Matrix>;

/// Positions of a square of patches on a larger or smaller one: (to to, n) of (from from, n), by bicubic interpolation with
/// a = -3/4 between the centres of patches (Keys 1981), its edges repeated: interpolate(mode="bicubic") of torch.
Matrix resized_positions(const Matrix& positions, std::size_t to);

/// Immutable; const calls are safe from many threads. Cost: 2 flops for each weight of a block and token, and 4 `hidden` for
/// each pair of tokens and block.
class VitNet final : public ImageBody {
 public:
  /// `weights` as vit_tensors() says.
  VitNet(const VitConfig& config, VitWeights weights, bert::Precision precision);
  ~VitNet() override;
  /// Reads what save() stored; `network` is the metadata PREFIX.network. Throws Error(kBadData).
  static std::shared_ptr<const VitNet> load(const TensorReader& reader, const std::string& prefix,
                                            const JsonFields& network, bert::Precision precision);
  void save(TensorWriter& writer, const std::string& prefix) const override;

  /// That of the kind.
  const std::string& name() const override { return vit_kind_name(config_.kind); }
  std::string summary() const override;
  /// The picture; the tokens of patches with their positions, and behind each block; behind all of them, normalized (not of
  /// CLIP); the vector of the picture: `class` or `head`, and `projection` of it.
  const std::vector<NetLayer>& layers() const override { return layers_; }
  std::size_t features() const override { return layers_.size() - 1; }
  std::vector<std::size_t> convolutions() const override { return {1}; }
  std::size_t classes() const override { return 0; }
  std::size_t parameters() const override { return config_.parameters; }

  std::size_t most_pictures() const override;
  std::unique_ptr<Workspace> workspace() const override;
  std::size_t workspace_bytes() const override;
  void run(std::size_t count, std::size_t last, Workspace& workspace, const Fill& fill,
           const Take& take) const override;

 private:
  struct Space;
  struct Prepared;
  struct Block;
  struct Lazy;
  class Pass;
  const Prepared& prepared() const;
  const Matrix& weight(const std::string& name) const { return weights_.at(name); }
  Block prepare_block(const std::string& name) const;

  VitConfig config_;
  VitWeights weights_;
  bert::Precision precision_;
  std::vector<NetLayer> layers_;
  std::unique_ptr<Lazy> lazy_;
};

}  // namespace akin::nets
