// Sequences on their way through a recurrent layer, and back through time.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "akin/linalg/matrix.h"
#include "akin/nets/sequence/attention_kernels.h"

namespace akin {

/// What a unit makes of what its input and the state before give it.
enum class RecurrentCell {
  kRnn,   ///< h <- tanh(a) (Elman 1990)
  kLstm,  ///< LstmGates: input, forget, candidate, output
};
/// Blocks of padded(units) columns that the weights of a layer have.
inline std::size_t gates_of(RecurrentCell cell) { return cell == RecurrentCell::kLstm ? 4 : 1; }

/// a_t = x_t input + h_(t-1) recurrent + bias; h_0 = 0. With g gates and p = padded(units), matrices have g p columns; those
/// of the padding are zero.
struct RecurrentWeights {
  const Matrix& input;      ///< (inputs, g p)
  const Matrix& recurrent;  ///< (units, g p)
  const Matrix& bias;       ///< (1, g p)
};
struct RecurrentGradients {
  Matrix& input;
  Matrix& recurrent;
  Matrix& bias;
};

/// Holds what backward() needs of forward(). Not for two threads at once. State t depends on the inputs up to t of its own
/// sequence alone, to the last bit, whatever other sequences pass with it.
class RecurrentPass {
 public:
  RecurrentPass(RecurrentCell cell, std::size_t units) : cell_(cell), units_(units) {}

  /// Sequence s is the rows [offsets[s], offsets[s + 1]) of x. Returns a state of `units` for each row, valid until the
  /// next call. Cost: 2 gates units (inputs + units) flops a row.
  attention::Rows forward(const RecurrentWeights& weights, attention::Rows x,
                          std::span<const std::size_t> offsets);
  /// Adds the gradients of the weights, given that of each state, which is overwritten, and sets that of each row of x. With
  /// `bptt` > 0, steps of a sequence are taken in blocks of so many, and nothing goes back from a block to the one before
  /// (truncated back-propagation through time). `transposed`: of both matrices.
  void backward(const RecurrentWeights& weights, const RecurrentWeights& transposed, std::size_t bptt,
                attention::Rows states, const RecurrentGradients& gradients, attention::Rows dx);

 private:
  float* gate(std::size_t row, std::size_t number) { return gates_.row(row) + number * padded(units_); }
  void step(std::size_t row, bool first);
  void step_back(std::size_t row, bool first, const float* gradient, float* cell_gradient);

  RecurrentCell cell_;
  std::size_t units_;
  std::vector<std::size_t> offsets_, by_length_;  // sequences, longest first
  attention::Rows x_{nullptr, 0};
  Matrix gates_, states_, cells_, before_;         // a row each; `before_` the state before
  Matrix carried_, cell_gradients_, some_, zero_;  // a row for each sequence under way
};

}  // namespace akin
