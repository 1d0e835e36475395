#include "akin/nn/part_gradient.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "akin/base/parallel.h"

namespace akin::nn {
namespace {

void add(std::vector<float>& sum, const std::vector<float>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) sum[i] += values[i];
}

/// Rows keep the order in which the parts bring them.
void add(RowsGradient& sum, const RowsGradient& part) {
  if (part.rows.empty()) return;
  const std::size_t cols = part.values.size() / part.rows.size();
  std::unordered_map<std::int32_t, std::size_t> places;
  for (std::size_t r = 0; r < sum.rows.size(); ++r) places.emplace(sum.rows[r], r);
  const float* from = part.values.data();
  for (const std::int32_t row : part.rows) {
    const auto [found, fresh] = places.try_emplace(row, sum.rows.size());
    if (fresh) {
      sum.rows.push_back(row);
      sum.values.insert(sum.values.end(), from, from + cols);
    } else {
      float* const to = sum.values.data() + found->second * cols;
      for (std::size_t c = 0; c < cols; ++c) to[c] += from[c];
    }
    from += cols;
  }
}

template <typename T>
void append(std::vector<std::byte>& bytes, const std::vector<T>& values) {
  const std::size_t n = values.size(), length = n * sizeof(T), at = bytes.size();
  bytes.resize(at + sizeof n + length);
  std::memcpy(bytes.data() + at, &n, sizeof n);
  if (n > 0) std::memcpy(bytes.data() + at + sizeof n, values.data(), length);
}

/// What append() wrote; `from` moves behind it.
template <typename T>
std::vector<T> take(const std::byte*& from) {
  std::size_t n = 0;
  std::memcpy(&n, from, sizeof n);
  std::vector<T> values(n);
  if (n > 0) std::memcpy(values.data(), from + sizeof n, n * sizeof(T));
  from += sizeof n + n * sizeof(T);
  return values;
}

/// Collective. All but PartGradient::dense of all parts goes to every rank; `length` = floats of `dense`.
std::vector<PartGradient> gather_small(const Communicator& ranks, const std::vector<PartGradient>& own,
                                       std::size_t parts, std::size_t& length) {
  std::vector<std::byte> bytes;
  for (const PartGradient& part : own) {
    std::vector<double> numbers = {static_cast<double>(part.dense.size()), part.result.loss};
    numbers.insert(numbers.end(), part.result.metrics.begin(), part.result.metrics.end());
    append(bytes, numbers);
    append(bytes, std::vector<std::size_t>{part.tables.size()});
    for (const RowsGradient& table : part.tables) {
      append(bytes, table.rows);
      append(bytes, table.values);
    }
  }
  const std::vector<std::byte> all = gather_all(ranks, std::span<const std::byte>(bytes));
  std::vector<PartGradient> gathered(parts);
  const std::byte* from = all.data();
  for (PartGradient& part : gathered) {
    const auto numbers = take<double>(from);
    length = static_cast<std::size_t>(numbers[0]);
    part.result = {numbers[1], {numbers.begin() + 2, numbers.end()}};
    part.tables.resize(take<std::size_t>(from)[0]);
    for (RowsGradient& table : part.tables) {
      table.rows = take<std::int32_t>(from);
      table.values = take<float>(from);
    }
  }
  return gathered;
}

/// Collective. The sum of PartGradient::dense, of which each rank adds up a piece for all.
std::vector<float> sum_of_dense(const Communicator& ranks, const std::vector<PartGradient>& own,
                                std::size_t parts, std::size_t length) {
  const int size = ranks.size();
  std::vector<float> send;
  std::vector<std::size_t> send_offsets = {0}, receive_offsets = {0}, pieces = {0};
  send.reserve(own.size() * length);
  const Share mine = equal_share(length, ranks.rank(), size);
  for (int r = 0; r < size; ++r) {
    const Share piece = equal_share(length, r, size);
    for (const PartGradient& part : own)
      send.insert(send.end(), part.dense.data() + piece.begin, part.dense.data() + piece.end);
    send_offsets.push_back(send.size() * sizeof(float));
    receive_offsets.push_back(receive_offsets.back() +
                              equal_share(parts, r, size).size() * mine.size() * sizeof(float));
    pieces.push_back(piece.end * sizeof(float));
  }
  std::vector<float> received(parts * mine.size());
  ranks.all_to_all(std::as_bytes(std::span(send)), send_offsets, std::as_writable_bytes(std::span(received)),
                   receive_offsets);
  std::vector<float> sum(length);
  for (std::size_t part = 0; part < parts; ++part) {
    for (std::size_t i = 0; i < mine.size(); ++i) {
      float& to = sum[mine.begin + i];
      const float value = received[part * mine.size() + i];
      to = part == 0 ? value : to + value;
    }
  }
  ranks.all_gather(std::as_writable_bytes(std::span(sum)), pieces);
  return sum;
}

/// Those of a share, in order.
std::vector<PartGradient> compute_parts(Share share,
                                        const std::function<PartGradient(std::size_t part)>& compute,
                                        int at_once) {
  std::vector<PartGradient> computed(share.size());
  parallel_for(
      computed.size(), at_once,
      [&](std::size_t begin, std::size_t end, int) {
        for (std::size_t p = begin; p < end; ++p) computed[p] = compute(share.begin + p);
      },
      1);
  return computed;
}

}  // namespace

void add_part(PartGradient& sum, const PartGradient& part) {
  sum.result.loss += part.result.loss;
  for (std::size_t m = 0; m < part.result.metrics.size(); ++m)
    sum.result.metrics[m] += part.result.metrics[m];
  add(sum.dense, part.dense);
  for (std::size_t t = 0; t < part.tables.size(); ++t) add(sum.tables[t], part.tables[t]);
}

PartGradient sum_of_parts(const Communicator& ranks, std::size_t parts,
                          const std::function<PartGradient(std::size_t part)>& compute, int at_once) {
  if (ranks.alone()) {
    PartGradient sum;
    for (std::size_t part = 0; part < parts; part += static_cast<std::size_t>(at_once)) {
      const std::size_t end = std::min(parts, part + static_cast<std::size_t>(at_once));
      std::vector<PartGradient> computed = compute_parts({part, end}, compute, at_once);
      for (std::size_t p = 0; p < computed.size(); ++p)
        part + p == 0 ? static_cast<void>(sum = std::move(computed[0])) : add_part(sum, computed[p]);
    }
    return sum;
  }
  const Share own = equal_share(parts, ranks.rank(), ranks.size());
  const std::vector<PartGradient> computed = compute_parts(own, compute, at_once);
  std::size_t length = 0;
  std::vector<PartGradient> gathered = gather_small(ranks, computed, parts, length);
  PartGradient sum = std::move(gathered[0]);
  for (std::size_t part = 1; part < parts; ++part) add_part(sum, gathered[part]);
  sum.dense = sum_of_dense(ranks, computed, parts, length);
  return sum;
}

}  // namespace akin::nn
