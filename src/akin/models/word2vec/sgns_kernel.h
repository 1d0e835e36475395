// The update of skip-gram with negative sampling, for several inputs that share their outputs.
#pragma once

#include <cstddef>

namespace akin {

/// Inputs and outputs of one batch at most. 8 x 6 dot products are where AVX2 stops gaining.
inline constexpr std::size_t kSgnsInputs = 8;
inline constexpr std::size_t kSgnsOutputs = 8;

/// Rows that meet in one step, of `cols` floats, 64-byte aligned and padded with zeros to a multiple of 16.
/// The rows of a batch are all different, as writes to one would be lost otherwise:
/// what occurs twice weighs twice.
struct SgnsBatch {
  std::size_t n_inputs = 0;   ///< 1 .. kSgnsInputs
  std::size_t n_outputs = 0;  ///< 1 .. kSgnsOutputs
  float* inputs[kSgnsInputs];
  float* outputs[kSgnsOutputs];
  float input_weights[kSgnsInputs] = {};
  float output_weights[kSgnsOutputs];
  float labels[kSgnsOutputs];  ///< 1: the inputs should predict this output; 0: it is a negative

  /// Adds a row, or its weight if the batch has it; of a full batch only that.
  void add_input(float* row, float weight) {
    std::size_t at = 0;
    while (at < n_inputs && inputs[at] != row) ++at;
    if (at == n_inputs) inputs[n_inputs++] = row;
    input_weights[at] += weight;
  }
  void add_output(float* row, float label) {
    for (std::size_t k = 0; k < n_outputs; ++k) {
      if (outputs[k] == row) {
        ++output_weights[k];
        return;
      }
    }
    outputs[n_outputs] = row;
    labels[n_outputs] = label;
    output_weights[n_outputs++] = 1;
  }
};

/// Asks for a row that will be read and written soon.
inline void prefetch_row(const float* row, std::size_t cols) {
  for (std::size_t c = 0; c < cols; c += 64 / sizeof(float)) __builtin_prefetch(row + c, 1);
}

/// One step of stochastic gradient descent on the loss
///   sum_i w_i sum_o v_o (-y_o log sigma(h_i . c_o) - (1 - y_o) log sigma(-h_i . c_o)),
/// h_i = inputs, c_o = outputs, w and v their weights, y labels (Mikolov et al., "Distributed representations
/// of words and phrases and their compositionality", 2013, eq. 4; sharing negatives between the inputs of a
/// word: Ji et al. 2016). With g_io = alpha w_i v_o (y_o - sigma(h_i . c_o)), all from the rows before the
/// step:
///   h_i <- h_i + sum_o g_io c_o,   c_o <- c_o + sum_i g_io h_i
void sgns_step(const SgnsBatch& batch, std::size_t cols, float learning_rate);

/// The loss of the batch as it stands, each term of it at most 30 or so.
double sgns_loss(const SgnsBatch& batch, std::size_t cols);

namespace reference {
void sgns_step(const SgnsBatch& batch, std::size_t cols, float learning_rate);
}

}  // namespace akin
