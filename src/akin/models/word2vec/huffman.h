// Huffman codes for hierarchical softmax.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "akin/linalg/csr.h"

namespace akin {

/// The binary tree over tokens whose expected code length is least (Huffman 1952). Inner nodes are numbered
/// 0 .. n - 2, the root last. With one token there is no inner node.
class HuffmanTree {
 public:
  struct Step {
    idx_t node;
    std::uint8_t right;  ///< which child the path takes
  };
  /// `counts`, falling and none zero, one per token. O(n).
  explicit HuffmanTree(std::span<const std::uint64_t> counts);
  /// From the root to the token.
  std::span<const Step> path(idx_t token) const {
    return {steps_.data() + offsets_[token], steps_.data() + offsets_[token + 1]};
  }

 private:
  std::vector<std::uint64_t> offsets_;
  std::vector<Step> steps_;
};

}  // namespace akin
