// Lists of indices as samples of a net, such as the items of a user or the words of a text.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/nn/sample_source.h"

namespace akin::nets {

/// Makes `array` (n, length) of lists, cut or filled with 0 at the end; `length` 0 = the longest, at least 1. Its memory is
/// used again.
void fill_lists(const std::vector<std::span<const std::int32_t>>& lists, std::int64_t length,
                nn::Array& array);

/// Lists whose targets are classes, or the lists themselves. Memory: 4 bytes an index.
class ListSamples final : public nn::SampleSource {
 public:
  /// `length`: what inputs are cut or filled to, as in fill_lists(); targets are whole. `checked`: the indices are
  /// known to suit the net.
  explicit ListSamples(std::int64_t length = 0, bool checked = false) : length_(length), checked_(checked) {}
  /// `target`: a class, or -1 in all samples: the list itself. An empty list is left out.
  void add(std::span<const std::int32_t> list, int target = -1);
  std::int64_t size() const override { return static_cast<std::int64_t>(targets_.size()); }
  void read(std::span<const std::int64_t> samples, nn::Batch& batch) const override;
  bool checked() const override { return checked_; }

 private:
  std::int64_t length_;
  bool checked_;
  std::vector<std::uint64_t> offsets_ = {0};
  std::vector<std::int32_t> indices_;
  std::vector<int> targets_;
};

/// A sample for each user with entries: the indices, item + 1, of their items, for a net
/// of as many items. `matrix` is (users, items).
ListSamples user_histories(const Csr& matrix);

}  // namespace akin::nets
