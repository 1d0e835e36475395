// What a convolutional net spends its time on. The best instruction set is chosen at run time. Each output depends on
// its own window of the input alone, to the last bit.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace akin::nets {

/// Channels are padded to whole vectors with zeros.
inline constexpr std::size_t kVector = 16;
constexpr std::size_t whole_vectors(std::size_t n) { return (n + kVector - 1) / kVector * kVector; }

/// A matrix (inner, columns) in panels of 32 columns, the last of 16 or 32: row k of a panel stands behind row k - 1.
class Panels {
 public:
  static constexpr std::size_t kWidth = 32;
  Panels() = default;
  /// All zeros.
  Panels(std::size_t inner, std::size_t columns)
      : inner_(inner), columns_(columns), data_(inner * whole_vectors(columns)) {}
  std::size_t inner() const { return inner_; }
  std::size_t columns() const { return columns_; }
  float& at(std::size_t k, std::size_t column) { return data_[place(k, column)]; }
  float at(std::size_t k, std::size_t column) const { return data_[place(k, column)]; }
  /// The panel that begins with this column.
  const float* panel(std::size_t column) const { return data_.data() + column * inner_; }
  std::size_t width(std::size_t column) const {
    return whole_vectors(columns_) - column < kWidth ? kVector : kWidth;
  }

 private:
  std::size_t place(std::size_t k, std::size_t column) const {
    const std::size_t first = column / kWidth * kWidth;
    return first * inner_ + k * width(first) + column - first;
  }
  std::size_t inner_ = 0, columns_ = 0;
  std::vector<float> data_;
};

/// Rows of places of one picture's output, and the input that they look at: steps are in floats.
struct Strip {
  const float* in = nullptr;  ///< the first number of the first place's window
  std::size_t in_row = 0;     ///< from a row of outputs to the next
  std::size_t in_place = 0;
  float* out = nullptr;
  std::size_t out_row = 0, out_place = 0;
  const float* add = nullptr;  ///< added before the bounds; nullptr = nothing
  std::size_t add_row = 0, add_place = 0;
  std::size_t rows = 0, width = 0;
  float low = 0, high = 0;  ///< outputs are kept within these
};

/// Where the numbers of a window lie: runs of `length` numbers that begin at `offsets` behind its first.
struct Runs {
  std::vector<std::size_t> offsets;
  std::size_t length = 0;
};

/// out <- window * weights + bias (+ add), bounded. weights.inner() = all runs' numbers; `bias`, the places of `out` and `add`
/// hold whole vectors of columns.
void convolve(const Strip& strip, const Runs& runs, const Panels& weights, const float* bias);

/// A depthwise convolution of `channels`, a multiple of kVector. `weights` are (kernel, kernel, channels); rows of the input
/// begin `pitch` apart; in_row and in_place say the stride. Kernels of 3 and 5 at stride 1 and 2 are the fast ones.
struct Depthwise {
  std::size_t kernel = 3, stride = 1, channels = 0, pitch = 0;
  const float* weights = nullptr;
  const float* bias = nullptr;
};
void convolve_depthwise(const Strip& strip, const Depthwise& how);

/// The largest or the mean of `rows` x `columns` places, of each of `channels`, a multiple of kVector.
struct Window {
  const float* in = nullptr;
  std::size_t row = 0, place = 0;  ///< floats from one to the next
  std::size_t rows = 0, columns = 0, channels = 0;
};
void pool_window(const Window& window, bool largest, float* out);

}  // namespace akin::nets
