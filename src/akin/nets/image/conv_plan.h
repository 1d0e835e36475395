// A convolutional net as data: operations one behind the other, and the shapes of what they put out.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "akin/nets/image/map_view.h"

namespace akin::nets {

enum class OpKind {
  kPicture,  ///< the input: the first operation, and no other
  kConv,     ///< convolution, or with `groups` = its channels in and out a depthwise one
  kMaxPool,
  kAveragePool,         ///< of places within the picture
  kGlobalAverage,       ///< over all places
  kConcat,              ///< of channels
  kLocalNormalization,  ///< x / (1 + 1e-4 / 5 sum of squares of 5 neighbouring channels)^0.75 (Krizhevsky 2012)
  kFlatten,             ///< row by row from the top, the channels of a place together
  kDense,               ///< of an output of one place
};
enum class Activation { kNone, kRelu, kRelu6, kSoftmax };

struct ConvOp {
  OpKind kind = OpKind::kConv;
  std::string name;
  std::vector<int> inputs = {};  ///< indices of earlier operations: one, of kConcat several
  int kernel = 1, stride = 1;
  int pad = 0;         ///< zeros around the input on each side
  bool same = false;   ///< as many zeros as TensorFlow's "same" adds: an odd one at the bottom and right
  bool ceil = false;   ///< of pools: the last window may reach beyond the input
  int channels = 0;    ///< out, of kConv and kDense
  int groups = 1;      ///< of kConv
  int add = -1;        ///< of kConv: the operation whose output is added before the activation
  double epsilon = 0;  ///< above 0: batch normalization follows, in place of a bias
  Activation activation = Activation::kNone;  ///< kSoftmax only of an output of one place
  /// Names of the tensors in files: those of weights and of batch normalization, by the names of the architecture's
  /// libraries. Not part of the net.
  std::vector<std::pair<std::string, std::string>> files = {};

  bool depthwise() const { return kind == OpKind::kConv && groups > 1 && groups == channels; }
  bool has_weights() const { return kind == OpKind::kConv || kind == OpKind::kDense; }
};

/// Zeros before and behind the input in one direction.
struct Padding {
  int before = 0, behind = 0;
};
Padding padding_of(const ConvOp& op, int input);

/// Operations in the order in which they run, with the shapes of their outputs.
class ConvPlan {
 public:
  explicit ConvPlan(int input_size);
  /// Returns its index; its input is the last one where it names none. Throws Error(kInternal) if it cannot be.
  int add(ConvOp op);

  const std::vector<ConvOp>& ops() const { return ops_; }
  const std::vector<MapShape>& shapes() const { return shapes_; }
  int last() const { return static_cast<int>(ops_.size()) - 1; }
  const MapShape& shape(int op) const { return shapes_[static_cast<std::size_t>(op)]; }
  const ConvOp& op(int op) const { return ops_[static_cast<std::size_t>(op)]; }
  /// What a convolution or dense layer multiplies an output with: numbers of a window of a group.
  std::size_t inner(int op) const;
  /// Learned numbers of an operation: weights, and biases or batch normalization's scale and shift.
  std::size_t parameters(int op) const;

  int features = 0;  ///< the last operation before the head

 private:
  MapShape shape_of(const ConvOp& op) const;
  std::vector<ConvOp> ops_;
  std::vector<MapShape> shapes_;
};

}  // namespace akin::nets
