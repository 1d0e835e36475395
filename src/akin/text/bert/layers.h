// Layers of transformers, of texts and of pictures: products with weights that stay, and attention.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "akin/linalg/matrix.h"
#include "akin/text/bert/kernels.h"

namespace akin::bert {

/// In what numbers the products with weights are computed; all else is float32.
enum class Precision { kFloat32, kBfloat16 };
/// Throws Error(kUsage) for other words than "float32" and "bf16".
Precision parse_precision(std::string_view text);

/// Floats from row to row: rows of a power of two would all fall on the same lines of the cache.
constexpr std::size_t stride_of(std::size_t columns) { return whole_panels(columns) + 16; }

/// Makes memory that is reused as large as is needed.
inline void grow(std::vector<float>& memory, std::size_t size) {
  if (memory.size() < size) memory.resize(size);
}

/// A layer of weights, ready to be multiplied with.
class Product {
 public:
  Product() = default;
  /// `weights` (outputs, inputs); `bias` of each output.
  Product(const Matrix& weights, std::span<const float> bias, Precision precision);
  /// As multiply(); `scratch` is reused from call to call.
  void operator()(Rows<const float> a, std::size_t rows, Write write, Rows<float> out,
                  std::vector<std::uint16_t>& scratch) const;

 private:
  std::size_t inner_ = 0;
  std::vector<float> bias_, panels_;
  TileWeights tiles_;
};

/// Memory of attend(), reused from call to call.
struct AttentionSpace {
  std::vector<float> keys, values, scores, mixed;
};

/// Rows that can be attended to. Heads of `size` numbers stand side by side in all rows.
struct Attended {
  std::size_t heads, size;
  Rows<const float> keys, values;
  std::size_t length;
};
/// out <- softmax(q k' / sqrt(size)) v of each head, for `queries` rows q. Vaswani et al., "Attention is all you need" (2017).
void attend(const Attended& to, Rows<const float> query, std::size_t queries, Rows<float> out,
            AttentionSpace& space);

}  // namespace akin::bert
