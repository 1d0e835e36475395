#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/nets/sequence/attention_layers.h"

namespace akin::attention {
namespace {

/// Columns [first, first + size) of some rows, padded: where the matrix has no others, that is where they are.
Rows head_rows(const Matrix& matrix, std::size_t begin, std::size_t length, std::size_t head,
               std::size_t heads, std::vector<float>& memory) {
  const std::size_t size = matrix.cols() / heads, width = padded(size);
  if (heads == 1) return {const_cast<float*>(matrix.row(begin)), matrix.stride()};  // only read
  make_room(memory, length * width);
  for (std::size_t t = 0; t < length; ++t) {
    float* const to = memory.data() + t * width;
    std::copy_n(matrix.row(begin + t) + head * size, size, to);
    std::fill(to + size, to + width, 0.0f);
  }
  return {memory.data(), width};
}

/// The same columns transposed, (size, padded(length)).
Panels transposed_head(const Matrix& matrix, std::size_t begin, std::size_t length, std::size_t head,
                       std::size_t heads, std::vector<float>& memory) {
  const std::size_t size = matrix.cols() / heads, width = padded(length);
  make_room(memory, size * width);
  std::fill_n(memory.data(), size * width, 0.0f);
  for (std::size_t t = 0; t < length; ++t) {
    const float* const from = matrix.row(begin + t) + head * size;
    for (std::size_t d = 0; d < size; ++d) memory[d * width + t] = from[d];
  }
  return {memory.data(), width};
}

/// out's columns of the head <- rows (length, size).
void put_head(Rows rows, std::size_t begin, std::size_t length, std::size_t head, std::size_t size,
              Matrix& out) {
  for (std::size_t t = 0; t < length; ++t) std::copy_n(rows[t], size, out.row(begin + t) + head * size);
}

StridedMatrix head_of(const Matrix& matrix, std::size_t row, std::size_t head, std::size_t size) {
  return {matrix.row(row) + head * size, matrix.stride(), 1};
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

/// Fills `mixed` of the layer from q, k and v.
void Pass::attend(const Net& net, std::size_t l) {
  Layer& layer = layers_[l];
  Scratch& work = *scratch_;
  const bool pointwise = shape_.block == BlockKind::kHstu;
  const std::size_t size = shape_.head_size(), heads = shape_.heads;
  const float scale =
      pointwise ? 1 / static_cast<float>(shape_.max_length) : 1 / std::sqrt(static_cast<float>(size));
  std::size_t total = 0;
  for (std::size_t s = 0; s < chunk_->size(); ++s) {
    const std::size_t length = chunk_->offsets[s + 1] - chunk_->offsets[s];
    total += heads * length * padded(length);
  }
  make_room(layer.weights, total);
  float* weights = layer.weights.data();
  const std::uint8_t* buckets = work.buckets.data();
  for (std::size_t s = 0; s < chunk_->size(); ++s) {
    const std::size_t begin = chunk_->offsets[s], length = chunk_->offsets[s + 1] - begin;
    const std::size_t columns = padded(length);
    make_room(work.rows, kHeadRows * columns);
    make_room(work.result, length * padded(size));
    for (std::size_t h = 0; h < heads; ++h, weights += length * columns) {
      const Panels keys = transposed_head(layer.k, begin, length, h, heads, work.transposed);
      const Rows values = head_rows(layer.v, begin, length, h, heads, work.values);
      const Rows result{work.result.data(), padded(size)};
      for (std::size_t r0 = 0; r0 < length; r0 += kHeadRows) {
        const std::size_t r1 = std::min(length, r0 + kHeadRows), filled = padded(r1);
        const Rows scores{weights + r0 * columns, columns};
        multiply({head_of(layer.q, begin + r0, h, size), r1 - r0, size, keys, filled}, Write::kStore, scores);
        for (std::size_t i = r0; i < r1; ++i) {
          float* const row = scores[i - r0];
          float* const used = work.rows.data() + (i - r0) * columns;
          if (pointwise) {
            const float* const place = net.at(l, kPositionBias).row(0) + shape_.max_length - 1 - i;
            const float* const time = net.at(l, kTimeBias).row(0);
            for (std::size_t j = 0; j <= i; ++j) row[j] += time[buckets[i * length + j]] + place[j];
            silu(scale, row, used, i + 1);
            std::fill(used + i + 1, used + filled, 0.0f);
            continue;
          }
          softmax(scale, row, i + 1, filled);
          std::copy_n(row, filled, used);
          if (dropout_.on())
            drop(dropout_, seed(begin + i, place_of(shape_, l, kFirstHead + h)), used, i + 1);
        }
        multiply({{work.rows.data(), columns, 1}, r1 - r0, r1, {values.data, values.stride}, padded(size)},
                 Write::kStore, {result[r0], result.stride});
      }
      put_head(result, begin, length, h, size, layer.mixed);
    }
    buckets += length * length;
  }
}

/// From dmixed to dq, dk and dv. The layer's attention weights are used up.
void Pass::attend_back(const Way& way, std::size_t l) {
  Layer& layer = layers_[l];
  Scratch& work = *scratch_;
  const bool pointwise = shape_.block == BlockKind::kHstu;
  const std::size_t size = shape_.head_size(), heads = shape_.heads, width = padded(size);
  const float scale =
      pointwise ? 1 / static_cast<float>(shape_.max_length) : 1 / std::sqrt(static_cast<float>(size));
  float* weights = layer.weights.data();
  const std::uint8_t* buckets = work.buckets.data();
  for (std::size_t s = 0; s < chunk_->size(); ++s) {
    const std::size_t begin = chunk_->offsets[s], length = chunk_->offsets[s + 1] - begin;
    const std::size_t columns = padded(length);
    make_room(work.rows, length * columns);
    make_room(work.result, length * width);
    const Rows slopes{work.rows.data(), columns};
    const Rows result{work.result.data(), width};
    for (std::size_t h = 0; h < heads; ++h, weights += length * columns) {
      const Panels values = transposed_head(layer.v, begin, length, h, heads, work.transposed);
      const Rows keys = head_rows(layer.k, begin, length, h, heads, work.keys);
      for (std::size_t r0 = 0; r0 < length; r0 += kHeadRows) {
        const std::size_t r1 = std::min(length, r0 + kHeadRows), filled = padded(r1);
        multiply({head_of(work.dmixed, begin + r0, h, size), r1 - r0, size, values, filled}, Write::kStore,
                 {slopes[r0], columns});
        for (std::size_t i = r0; i < r1; ++i) {
          float *const slope = slopes[i], *const row = weights + i * columns;
          if (pointwise) {
            silu_backward(scale, row, slope, i + 1);
            silu(scale, row, row, i + 1);
            std::fill(row + i + 1, row + filled, 0.0f);
            float* const place =
                way.gradients[way.net.index(l, kPositionBias)].row(0) + shape_.max_length - 1 - i;
            float* const time = way.gradients[way.net.index(l, kTimeBias)].row(0);
            for (std::size_t j = 0; j <= i; ++j) {
              time[buckets[i * length + j]] += slope[j];
              place[j] += slope[j];
            }
          } else {
            const std::uint32_t bits = seed(begin + i, place_of(shape_, l, kFirstHead + h));
            if (dropout_.on()) drop(dropout_, bits, slope, i + 1);
            softmax_backward(scale, row, slope, i + 1);
            if (dropout_.on()) drop(dropout_, bits, row, i + 1);
          }
          std::fill(slope + i + 1, slope + filled, 0.0f);
        }
        multiply({{slopes[r0], columns, 1}, r1 - r0, r1, {keys.data, keys.stride}, width}, Write::kStore,
                 {result[r0], width});
      }
      put_head(result, begin, length, h, size, work.dq);
      const auto from_later = [&](const float* matrix, const Matrix& of, Matrix& out) {
        const Rows rows = head_rows(of, begin, length, h, heads, work.queries);
        for (std::size_t r0 = 0; r0 < length; r0 += kHeadRows) {
          const std::size_t count = std::min(length - r0, kHeadRows);
          multiply(
              {{matrix + r0 * columns + r0, 1, columns}, count, length - r0, {rows[r0], rows.stride}, width},
              Write::kStore, {result[r0], width});
        }
        put_head(result, begin, length, h, size, out);
      };
      from_later(slopes.data, layer.q, work.dk);
      from_later(weights, work.dmixed, work.dv);
    }
    buckets += length * length;
  }
}

}  // namespace akin::attention
