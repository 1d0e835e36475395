#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/nets/sequence/attention_layers.h"

namespace akin::attention {
namespace {

/// The head's columns of a matrix, one row after the other, as the left factor of a product.
StridedMatrix head_of(const Matrix& matrix, const HeadPart& part, std::size_t row, std::size_t size) {
  return {matrix.row(part.begin + row) + part.head * size, matrix.stride(), 1};
}

/// The same padded, as the right factor. Where the matrix has no other columns, that is where they are.
Panels head_rows(const Matrix& matrix, const HeadPart& part, std::size_t size, std::vector<float>& memory) {
  if (matrix.cols() == size) return {matrix.row(part.begin), matrix.stride()};
  const std::size_t width = padded(size);
  make_room(memory, part.length * width);
  for (std::size_t t = 0; t < part.length; ++t) {
    float* const to = memory.data() + t * width;
    std::copy_n(matrix.row(part.begin + t) + part.head * size, size, to);
    std::fill(to + size, to + width, 0.0f);
  }
  return {memory.data(), width};
}

/// The same transposed, (size, padded(length)).
Panels head_columns(const Matrix& matrix, const HeadPart& part, std::size_t size,
                    std::vector<float>& memory) {
  const std::size_t width = part.columns();
  make_room(memory, size * width);
  std::fill_n(memory.data(), size * width, 0.0f);
  for (std::size_t t = 0; t < part.length; ++t) {
    const float* const from = matrix.row(part.begin + t) + part.head * size;
    for (std::size_t d = 0; d < size; ++d) memory[d * width + t] = from[d];
  }
  return {memory.data(), width};
}

/// The head's columns of `out` <- rows (length, size).
void put_head(Rows rows, const HeadPart& part, std::size_t size, Matrix& out) {
  for (std::size_t t = 0; t < part.length; ++t)
    std::copy_n(rows[t], size, out.row(part.begin + t) + part.head * size);
}

/// visit(r0, r1): rows of the attention matrix whose columns end at r1.
template <typename Visit>
void each_block(std::size_t length, const Visit& visit) {
  for (std::size_t r0 = 0; r0 < length; r0 += kHeadRows) visit(r0, std::min(length, r0 + kHeadRows));
}

Panels from_row(const Panels& panels, std::size_t row) {
  return {panels.data + row * panels.row, panels.row, panels.panel};
}

}  // namespace

void Pass::find_buckets() {
  std::size_t size = 0;
  for (std::size_t s = 0; s < chunk_->size(); ++s) {
    const std::size_t length = chunk_->offsets[s + 1] - chunk_->offsets[s];
    size += length * length;
  }
  AKIN_ASSERT(chunk_->times.size() == chunk_->tokens() && chunk_->next_times.size() == chunk_->tokens());
  scratch_->buckets.resize(size);
  std::uint8_t* to = scratch_->buckets.data();
  for (std::size_t s = 0; s < chunk_->size(); ++s) {
    const std::size_t begin = chunk_->offsets[s], length = chunk_->offsets[s + 1] - begin;
    for (std::size_t i = 0; i < length; ++i, to += length) {
      for (std::size_t j = 0; j <= i; ++j)
        to[j] = time_bucket(chunk_->next_times[begin + i] - chunk_->times[begin + j]);
    }
  }
}

float Pass::attention_scale() const {
  if (shape_.block == BlockKind::kHstu) return 1 / static_cast<float>(shape_.max_length);
  return 1 / std::sqrt(static_cast<float>(shape_.head_size()));
}

/// visit(part) for each head of each sequence.
template <typename Visit>
void Pass::each_head(std::size_t l, const Visit& visit) {
  std::size_t weights = 0, buckets = 0;
  for (std::size_t s = 0; s < chunk_->size(); ++s) {
    const std::size_t begin = chunk_->offsets[s], length = chunk_->offsets[s + 1] - begin;
    for (std::size_t h = 0; h < shape_.heads; ++h, weights += length * padded(length))
      visit(HeadPart{begin, length, h, layers_[l].weights.data() + weights,
                     scratch_->buckets.data() + buckets});
    buckets += length * length;
  }
}

/// Fills `mixed` of the layer from q, k and v.
void Pass::attend(const Net& net, std::size_t l) {
  std::size_t weights = 0;
  each_head(l, [&](const HeadPart& part) { weights += part.length * part.columns(); });
  make_room(layers_[l].weights, weights);
  each_head(l, [&](const HeadPart& part) { attend_head(net, l, part); });
}

void Pass::attend_head(const Net& net, std::size_t l, const HeadPart& part) {
  PassLayer& layer = layers_[l];
  PassScratch& work = *scratch_;
  const std::size_t size = shape_.head_size(), width = padded(size), columns = part.columns();
  make_room(work.rows, part.length * columns);
  make_room(work.result, part.length * width);
  const Panels keys = head_columns(layer.k, part, size, work.transposed);
  const Panels values = head_rows(layer.v, part, size, work.values);
  const Rows result{work.result.data(), width};
  each_block(part.length, [&](std::size_t r0, std::size_t r1) {
    multiply({head_of(layer.q, part, r0, size), r1 - r0, size, keys, padded(r1)}, Write::kStore,
             {part.weights + r0 * columns, columns});
    for (std::size_t i = r0; i < r1; ++i) {
      weigh(net, l, part, i);
      std::fill_n(work.rows.data() + i * columns + i + 1, padded(r1) - i - 1, 0.0f);
    }
    multiply({{work.rows.data() + r0 * columns, columns, 1}, r1 - r0, r1, values, width}, Write::kStore,
             {result[r0], width});
  });
  put_head(result, part, size, layer.mixed);
}

/// From the scores of row i to what is kept of them for the way back, and to the weights, in scratch_->rows.
void Pass::weigh(const Net& net, std::size_t l, const HeadPart& part, std::size_t i) {
  float* const row = part.weights + i * part.columns();
  float* const used = scratch_->rows.data() + i * part.columns();
  if (shape_.block == BlockKind::kHstu) {
    const float* const place = net.at(l, kPositionBias).row(0) + shape_.max_length - 1 - i;
    const float* const time = net.at(l, kTimeBias).row(0);
    for (std::size_t j = 0; j <= i; ++j) row[j] += time[part.buckets[i * part.length + j]] + place[j];
    return silu(attention_scale(), row, used, i + 1);
  }
  softmax(attention_scale(), row, i + 1);
  std::copy_n(row, i + 1, used);
  if (dropout_.on())
    drop(dropout_, seed(part.begin + i, place_of(shape_, l, kFirstHead + part.head)), used, i + 1);
}

/// From dmixed to dq, dk and dv. The layer's attention weights are used up.
void Pass::attend_back(const PassWay& way, std::size_t l) {
  each_head(l, [&](const HeadPart& part) { attend_head_back(way, l, part); });
}

void Pass::attend_head_back(const PassWay& way, std::size_t l, const HeadPart& part) {
  PassLayer& layer = layers_[l];
  PassScratch& work = *scratch_;
  const std::size_t size = shape_.head_size(), width = padded(size), columns = part.columns();
  make_room(work.rows, part.length * columns);
  make_room(work.result, part.length * width);
  const Rows slopes{work.rows.data(), columns}, result{work.result.data(), width};
  const Panels values = head_columns(layer.v, part, size, work.transposed);
  const Panels keys = head_rows(layer.k, part, size, work.keys);
  each_block(part.length, [&](std::size_t r0, std::size_t r1) {
    multiply({head_of(work.dmixed, part, r0, size), r1 - r0, size, values, padded(r1)}, Write::kStore,
             {slopes[r0], columns});
    for (std::size_t i = r0; i < r1; ++i) {
      weigh_back(way, l, part, i);
      std::fill_n(slopes[i] + i + 1, padded(r1) - i - 1, 0.0f);
      std::fill_n(part.weights + i * columns + i + 1, padded(r1) - i - 1, 0.0f);
    }
    multiply({{slopes[r0], columns, 1}, r1 - r0, r1, keys, width}, Write::kStore, {result[r0], width});
  });
  put_head(result, part, size, work.dq);
  const auto from_later = [&](const float* weights, const Matrix& rows, Matrix& out) {
    const Panels right = head_rows(rows, part, size, work.queries);
    each_block(part.length, [&](std::size_t r0, std::size_t r1) {
      multiply(
          {{weights + r0 * columns + r0, 1, columns}, r1 - r0, part.length - r0, from_row(right, r0), width},
          Write::kStore, {result[r0], width});
    });
    put_head(result, part, size, out);
  };
  from_later(slopes.data, layer.q, work.dk);
  from_later(part.weights, work.dmixed, work.dv);
}

/// Turns the gradient of the weights of row i, in scratch_->rows, into that of its scores, and what was kept of the
/// scores into the weights.
void Pass::weigh_back(const PassWay& way, std::size_t l, const HeadPart& part, std::size_t i) {
  float* const row = part.weights + i * part.columns();
  float* const slope = scratch_->rows.data() + i * part.columns();
  const float scale = attention_scale();
  if (shape_.block == BlockKind::kHstu) {
    silu_backward(scale, row, slope, i + 1);
    silu(scale, row, row, i + 1);
    float* const place = way.gradients[way.net.index(l, kPositionBias)].row(0) + shape_.max_length - 1 - i;
    float* const time = way.gradients[way.net.index(l, kTimeBias)].row(0);
    for (std::size_t j = 0; j <= i; ++j) {
      time[part.buckets[i * part.length + j]] += slope[j];
      place[j] += slope[j];
    }
    return;
  }
  const std::uint32_t bits = seed(part.begin + i, place_of(shape_, l, kFirstHead + part.head));
  if (dropout_.on()) drop(dropout_, bits, slope, i + 1);
  softmax_backward(scale, row, slope, i + 1);
  if (dropout_.on()) drop(dropout_, bits, row, i + 1);
}

}  // namespace akin::attention
