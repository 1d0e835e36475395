#include "akin/models/word2vec/huffman.h"

#include <algorithm>

namespace akin {

HuffmanTree::HuffmanTree(std::span<const std::uint64_t> counts) {
  // Nodes 0 .. n - 1 are tokens, n + k is inner node k. Inner nodes come out by rising count, so that the two
  // lightest nodes are always at the end of the tokens left or at the head of the inner nodes left.
  const std::size_t n = counts.size();
  std::vector<std::uint64_t> weight(counts.begin(), counts.end());
  std::vector<std::size_t> parent(2 * n, 0);
  std::vector<std::uint8_t> right(2 * n, 0);
  std::size_t tokens = n, inner = n;
  const auto lightest = [&] {
    if (tokens > 0 && (inner == weight.size() || weight[tokens - 1] < weight[inner])) return --tokens;
    return inner++;
  };
  for (std::size_t k = 0; k + 1 < n; ++k) {
    const std::size_t a = lightest(), b = lightest();
    parent[a] = parent[b] = n + k;
    right[b] = 1;
    weight.push_back(weight[a] + weight[b]);
  }
  offsets_ = {0};
  for (std::size_t token = 0; token < n; ++token) {
    for (std::size_t node = token; n > 1 && node != 2 * n - 2; node = parent[node])
      steps_.push_back({static_cast<idx_t>(parent[node] - n), right[node]});
    std::reverse(steps_.begin() + static_cast<std::ptrdiff_t>(offsets_.back()), steps_.end());
    offsets_.push_back(steps_.size());
  }
}

}  // namespace akin
