#include "akin/text/bert/layers.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"

namespace akin::bert {

Precision parse_precision(std::string_view text) {
  if (text == "float32") return Precision::kFloat32;
  if (text == "bf16") return Precision::kBfloat16;
  fail(ErrorCode::kUsage, "'{}' is no precision; there are float32 and bf16", text);
}

Product::Product(const Matrix& weights, std::span<const float> bias, Precision precision)
    : inner_(weights.cols()), bias_(whole_panels(weights.rows())) {
  std::ranges::copy(bias, bias_.begin());
  if (precision == Precision::kBfloat16 && has_tiles()) {
    tiles_ = make_tiles(weights);
    return;
  }
  panels_.resize(bias_.size() * inner_);
  for (std::size_t c = 0; c < weights.rows(); ++c) {
    for (std::size_t k = 0; k < inner_; ++k) {
      const float value = weights.row(c)[k];
      panels_[(c / kPanel * inner_ + k) * kPanel + c % kPanel] =
          precision == Precision::kFloat32 ? value : from_bfloat16(to_bfloat16(value));
    }
  }
}

void Product::operator()(Rows<const float> a, std::size_t rows, Write write, Rows<float> out,
                         std::vector<std::uint16_t>& scratch) const {
  if (tiles_.steps > 0) return multiply_tiles(a, rows, tiles_, bias_.data(), write, out, scratch);
  const PanelView view{panels_.data(), inner_, bias_.size() / kPanel, kPanel, kPanel * inner_};
  multiply(a, rows, view, bias_.data(), write, out);
}

void attend(const Attended& to, Rows<const float> query, std::size_t queries, Rows<float> out,
            AttentionSpace& space) {
  const std::size_t size = to.size, length = to.length;
  const std::size_t columns = whole_panels(length), head_width = whole_panels(size);
  const bool whole = size == head_width;
  grow(space.keys, columns * size);
  grow(space.scores, queries * columns);
  grow(space.values, length * head_width);
  grow(space.mixed, queries * head_width);
  std::fill_n(space.keys.data(), columns * size, 0.0F);
  std::fill_n(space.values.data(), whole ? 0 : length * head_width, 0.0F);
  const float scale = 1 / std::sqrt(static_cast<float>(size));
  for (std::size_t h = 0; h < to.heads; ++h) {
    const float *const key = to.keys.data + h * size, *const value = to.values.data + h * size;
    for (std::size_t j = 0; j < length; ++j) {
      float* const column = space.keys.data() + j / kPanel * size * kPanel + j % kPanel;
      for (std::size_t d = 0; d < size; ++d) column[d * kPanel] = key[j * to.keys.stride + d];
      if (!whole) std::copy_n(value + j * to.values.stride, size, space.values.data() + j * head_width);
    }
    multiply({query.data + h * size, query.stride}, queries,
             {space.keys.data(), size, columns / kPanel, kPanel, size * kPanel}, nullptr, Write::kStore,
             {space.scores.data(), columns});
    for (std::size_t i = 0; i < queries; ++i)
      softmax(scale, space.scores.data() + i * columns, length, columns);
    const Rows<const float> scores{space.scores.data(), columns};
    if (whole) {
      multiply(scores, queries, {value, length, size / kPanel, to.values.stride, kPanel}, nullptr,
               Write::kStore, {out.data + h * size, out.stride});
      continue;
    }
    multiply(scores, queries, {space.values.data(), length, head_width / kPanel, head_width, kPanel}, nullptr,
             Write::kStore, {space.mixed.data(), head_width});
    for (std::size_t i = 0; i < queries; ++i)
      std::copy_n(space.mixed.data() + i * head_width, size, out.data + h * size + i * out.stride);
  }
}

}  // namespace akin::bert
