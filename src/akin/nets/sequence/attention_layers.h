// What a Pass keeps of each layer, and its working memory. Private to attention_pass.cc and attention_heads.cc.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "akin/nets/sequence/attention_pass.h"

namespace akin::attention {

/// Makes room for `rows` rows; what was there is lost if there is not enough.
inline void make_room(Matrix& matrix, std::size_t rows, std::size_t cols) {
  if (matrix.rows() < rows || matrix.cols() != cols) matrix = Matrix(rows + rows / 4, cols);
}
inline void make_room(std::vector<float>& memory, std::size_t size) {
  if (memory.size() < size) memory.resize(size);
}
/// The first n rows <- 0.
inline void clear_rows(Matrix& matrix, std::size_t n) {
  std::fill_n(matrix.data(), n * matrix.stride(), 0.0f);
}

/// Rows are tokens.
struct PassLayer {
  Matrix x;                           // what the layer reads
  Matrix a;                           // LN x
  Matrix q, k, v, u;                  // projections
  Matrix raw_q, raw_k, raw_v, raw_u;  // of kHstu, before silu
  Matrix mixed, out;                  // what attention gives, and its projection
  Matrix gate1, gate2;                // of kLigr
  Matrix x1, y;                       // before and after the second norm
  Matrix up, linear, hidden, out2;    // of the inner net
  std::vector<NormStats> norm1, norm2;
  std::optional<RecurrentPass> recurrent;  // of kRnn and kLstm
  /// Of each sequence and head, (length, padded(length)): probabilities, for kHstu what goes into silu.
  std::vector<float> weights;
};

struct PassScratch {
  Matrix states, dx1, da, dq, dk, dv, du, dmixed, dout, dgate, dwide1, dwide2, wide;
  std::vector<float> transposed, rows, queries, keys, values, result;  // of one head of one sequence
  std::vector<std::uint8_t> buckets;                                   // of each sequence, (length, length)
};

/// Where gradients come from and go to.
struct PassWay {
  const Net& net;
  const std::vector<Matrix>& transposed;
  std::vector<Matrix>& gradients;
};

/// One head of one sequence.
struct HeadPart {
  std::size_t begin, length, head;
  float* weights;               // (length, padded(length)), of PassLayer::weights
  const std::uint8_t* buckets;  // (length, length)
  std::size_t columns() const { return padded(length); }
};

/// Rows of the attention matrix at a time, so that its upper half is skipped.
inline constexpr std::size_t kHeadRows = 48;

/// Numbers of the dropouts of a layer.
enum Place : std::size_t { kInnerPlace, kInnerOutPlace, kAttentionOut, kFirstHead };
inline std::size_t place_of(const NetShape& shape, std::size_t layer, std::size_t place) {
  return 1 + layer * (kFirstHead + shape.heads) + place;
}

/// Seeds of the dropout of a sequence's token, and of a place in the net there.
inline std::uint32_t token_seed(std::uint32_t sequence, std::size_t token) {
  return mix32(sequence ^ static_cast<std::uint32_t>(token) * 0xC2B2AE35U);
}
inline std::uint32_t place_seed(std::uint32_t token, std::size_t place) {
  return mix32(token ^ static_cast<std::uint32_t>(place) * 0x85EBCA6BU);
}

}  // namespace akin::attention
