// Pretrained nets of pictures: from pictures to the outputs of a layer, and to the probabilities of classes.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/image/picture.h"
#include "akin/image/resize.h"
#include "akin/linalg/matrix.h"

namespace akin {
class TensorReader;  // base/safetensors.h
class TensorWriter;

namespace nets {

struct ImageNetParts;  // image_net_parts.h
class ImageBody;       // image_body.h
class ConvPlan;        // conv_plan.h

/// How the output of a layer, (height, width, channels), becomes rows of numbers. A dense layer has height and width 1.
enum class Pooling {
  kAverage,  ///< the mean of each channel over all places
  kMax,      ///< the largest number of each channel
  kFlatten,  ///< all numbers, row by row from the top, the channels of a place together
  kNone,     ///< a row for each place: height x width rows a picture
};
/// average, max, flatten or none. Throws Error(kUsage).
Pooling parse_pooling(std::string_view text);

/// In what numbers products with weights are computed; sums and all else are float32.
enum class NetPrecision {
  kFloat32,
  kBfloat16,  ///< where the processor multiplies them in tiles (AMX), float32 elsewhere
};
/// float32 or bf16. Throws Error(kUsage).
NetPrecision parse_net_precision(std::string_view text);

/// How a picture becomes numbers: a square, then (value - mean) / deviation of each channel.
struct Preprocessing {
  SquareOptions square = {};              ///< `size` is the side of the net's input
  std::array<float, 3> mean = {0, 0, 0};  ///< of red, green and blue, from 0 to 255
  std::array<float, 3> deviation = {255, 255, 255};
  bool bgr = false;  ///< blue comes first, as in nets of Caffe and Keras
};

/// A layer whose output can be taken, after its activation.
struct NetLayer {
  std::string name;
  int height = 0, width = 0, channels = 0;
  std::size_t places() const { return static_cast<std::size_t>(height) * static_cast<std::size_t>(width); }
};

/// A net that import_image_net() read (import.h) or an encoder file holds: immutable, cheap to copy; const calls are safe
/// from many threads. Rows of a picture have the same bits whatever stands beside it and at any number of threads.
class ImageNet {
 public:
  /// Throws Error(kUsage) for an unknown architecture.
  explicit ImageNet(ImageNetParts parts);
  /// `preprocessing` makes pictures of the size of the body's first layer.
  ImageNet(std::shared_ptr<const ImageBody> body, const Preprocessing& preprocessing, std::string manifest);
  /// Throws Error(kBadData).
  static ImageNet load(const TensorReader& reader, const std::string& prefix,
                       NetPrecision precision = NetPrecision::kFloat32);
  /// Stores what load() needs under names that begin with `prefix` and a dot. It outlives the writer.
  void save(TensorWriter& writer, const std::string& prefix) const;

  /// What it was made of, weights copied; and its operations. Throw Error(kUsage) unless it is a convolutional net.
  ImageNetParts parts() const;
  const ConvPlan& plan() const;
  /// Such as "vgg16" (architectures.h), "clip" (vit_net.h) or "residual".
  const std::string& name() const;
  /// Name, size and library, as a line.
  std::string summary() const;
  /// Side of the square that the net sees, in pixels.
  int input_size() const { return preprocessing().square.size; }
  const Preprocessing& preprocessing() const;
  /// The same net, which takes its squares otherwise: `fit` may change, the size may not.
  ImageNet with_fit(Fit fit) const;
  /// Where the weights come from: a JSON object with `origin`, `license`, `architecture` and `files`, each with its
  /// sha256.
  const std::string& manifest() const;
  /// Numbers that were learned: weights, biases, scale and shift of batch normalization.
  std::size_t parameters() const;

  /// From the picture, which is none, on, in the order in which they run.
  const std::vector<NetLayer>& layers() const;
  /// The index in layers() of a layer by name; by "13", its index where the picture counts as 0, as in Keras'
  /// model.layers; or by "conv:13", the 13th convolution. "" = the last layer before the head (include_top=False of
  /// Keras). Throws Error(kUsage) naming the layers that there are.
  std::size_t find_layer(std::string_view name) const;
  /// Numbers in a row.
  std::size_t dim(std::size_t layer, Pooling pooling) const;
  /// (pictures, dim), of kNone (pictures x height x width, dim); of layer 0 the picture as the net sees it. Pictures of
  /// any size, none empty. Memory of each
  /// thread: batch_bytes(), and the weights. Throws Error(kUsage) for an empty picture; Error(kCancelled).
  Matrix features(std::span<const Picture> pictures, std::size_t layer, Pooling pooling,
                  const Context& context) const;
  /// Bytes that a thread takes for what lies between the layers.
  std::size_t batch_bytes() const;

  /// Number of classes; 0 of a net without a head.
  std::size_t classes() const;
  /// (pictures, classes), rows of sum 1. Throws as features(), and Error(kUsage) without a head.
  Matrix probabilities(std::span<const Picture> pictures, const Context& context) const;

 private:
  const ImageBody& body() const;
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace nets
}  // namespace akin
