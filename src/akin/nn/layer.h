// One layer of a net, as plain data: what a TOML file, a saved net and the C++ builder all say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace akin::nn {

/// Sizes of an array's dimensions. Of a layer's output it leaves the batch dimension out.
using Shape = std::vector<std::int64_t>;

enum class LayerKind {
  kInput,
  kDense,
  kEmbedding,
  kMultiHot,
  kEmbeddingBag,
  kPositionalEmbedding,
  kFlatten,
  kReshape,
  kDropout,
  kActivation,
  kConv1d,
  kConv2d,
  kDepthwiseConv1d,
  kDepthwiseConv2d,
  kMaxPool1d,
  kMaxPool2d,
  kAveragePool1d,
  kAveragePool2d,
  kGlobalMaxPool1d,
  kGlobalMaxPool2d,
  kGlobalAveragePool1d,
  kGlobalAveragePool2d,
  kKMaxPool1d,
  kDynamicKMaxPool1d,
  kFolding,
  kRnn,
  kGru,
  kLstm,
  kAttention,
  kConcatenate,
  kAdd,
  kMultiply,
  kDot,
  kCandidateDot,
  kGaussian,
  kGlu,
  kBatchNorm,
  kLayerNorm,
  kLocalResponseNorm,
};

/// kDefault = the default of the kind of layer: tanh where it is recurrent, sigmoid of a glu, else linear.
enum class Activation {
  kDefault,
  kLinear,
  kSigmoid,
  kHardSigmoid,
  kTanh,
  kRelu,
  kLeakyRelu,
  kSoftmax,
  kGelu,
  kSilu,
  kRelu6,
};

/// Where the rows of an embedding come from: trained from random ones, row i = unit vector i (no weights), or
/// read from a file.
enum class VectorSource { kLearned, kOneHot, kPretrained };

/// What an embedding_bag makes of the rows of its indices; kSqrt = their sum / sqrt(how many).
enum class BagMode { kSum, kMean, kSqrt };

/// kValid = none; kSame = zeros so that the output has ceil(input / stride) positions; kFull = kernel - 1 on
/// each side, of convolutions; kAmount = `pad` on each side, positions floor((n + 2 pad - kernel) / stride) + 1.
enum class Padding { kValid, kSame, kFull, kAmount };

/// What one layer is. Each kind uses the fields that KindInfo lists; the others keep their defaults.
struct LayerSpec {
  LayerKind kind = LayerKind::kDense;
  std::string name = {};                 ///< unique in its net; empty = the kind's stem and a number: dense_1
  std::vector<std::string> inputs = {};  ///< names of earlier layers; empty = the layer before
  Shape shape = {};                      ///< input, reshape; one -1 in a reshape is worked out
  std::int64_t units = 0;                ///< width of the output; filters of a convolution
  std::int64_t rows = 0;                 ///< embedding: its inputs are 0 .. rows - 1
  std::int64_t padding_index = -1;       ///< embedding: an index whose vector stays zero; -1 = none
  double max_norm =
      0;  ///< dense: after each step the weights of a unit are shortened to this length; 0 = never
  VectorSource vectors = VectorSource::kLearned;
  std::string file = {};    ///< pretrained: a safetensors file
  std::string tensor = {};  ///< pretrained: name of the (rows, units) tensor in it; empty = its only one
  Activation activation = Activation::kDefault;
  Activation recurrent_activation = Activation::kSigmoid;  ///< of the gates of gru and lstm
  Shape kernel = {};                                       ///< convolution: (width) or (height, width)
  Shape pool = {};                                         ///< pooling: likewise
  Shape strides = {};  ///< empty = 1 for convolutions, the window for pooling
  Padding padding = Padding::kValid;
  std::int64_t pad = 0;  ///< of Padding::kAmount
  double rate = 0;   ///< share of values (dropout), indices (embedding_bag) or weights (attention) dropped
  bool bias = true;  ///< dense, embedding_bag, convolutions, recurrent layers, attention
  bool return_sequences = false;  ///< recurrent: the states of all steps, not only of the last
  std::int64_t axis = -1;         ///< concatenate: counted with the batch as 0; negative from the end
  double momentum = 0.99;         ///< batch_norm: of the moving mean and variance
  double epsilon = 1e-3;          ///< batch_norm, layer_norm
  bool trainable = true;          ///< false = fit() leaves its weights as they are
  BagMode mode = BagMode::kSum;   ///< embedding_bag
  std::int64_t heads = 1;         ///< attention
  std::int64_t key_size = 0;      ///< attention: width of a head
  bool causal = false;            ///< attention: step i of the query sees steps 0 .. i of the value
  std::string mask = {};  ///< an input layer of indices, one a step: steps whose index is 0 do not count
  std::string weights_of = {};  ///< an earlier layer whose weights it computes with, beside a bias of its own
  double kl_weight = 1;         ///< gaussian: of the divergence in the loss
  std::int64_t anneal_steps = 0;      ///< gaussian: over which kl_weight grows from 0 in training
  std::int64_t depth_multiplier = 1;  ///< depthwise convolutions: outputs of each channel
  double k = 1;                       ///< k-max pools: how many, at least; local_response_norm: constant
  std::int64_t layer = 1;   ///< dynamic_k_max_pool1d: which of `layers` convolutions it stands behind
  std::int64_t layers = 1;  ///< dynamic_k_max_pool1d
  std::int64_t size = 5;    ///< local_response_norm: channels summed over
  double alpha = 1e-4;      ///< local_response_norm: factor of their mean square
  double beta = 0.75;       ///< local_response_norm: exponent
};

/// What there is to know about a kind. `name` stands in TOML files, `type` in summaries,
/// `stem` in default names.
struct KindInfo {
  LayerKind kind;
  std::string_view name;
  std::string_view type;
  std::string_view stem;
  int least_inputs;
  int most_inputs;
  std::vector<std::string_view> fields;  ///< that it uses, beside kind, name and inputs
};
const KindInfo& kind_info(LayerKind kind);
/// Throws Error(kUsage) with the nearest names.
LayerKind parse_kind(std::string_view name);

std::string_view to_string(Activation activation);
/// Throws Error(kUsage) with the nearest names.
Activation parse_activation(std::string_view name);

/// A field's value as files hold it.
using FieldValue = std::variant<std::int64_t, double, bool, std::string, std::vector<std::int64_t>,
                                std::vector<std::string>>;

/// Sets the field `name` of a layer whose kind is set. Throws Error(kUsage) if its kind has no such field
/// (with the nearest names) or the value is of another type.
void set_field(LayerSpec& layer, std::string_view name, const FieldValue& value);
/// The fields that differ from their defaults, in the order of KindInfo.
std::vector<std::pair<std::string, FieldValue>> changed_fields(const LayerSpec& layer);

}  // namespace akin::nn
