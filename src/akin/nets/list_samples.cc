#include "akin/nets/list_samples.h"

#include <algorithm>

namespace akin::nets {

void fill_lists(const std::vector<std::span<const std::int32_t>>& lists, std::int64_t length,
                nn::Array& array) {
  std::size_t width = 1;
  for (const auto& list : lists) width = std::max(width, list.size());
  if (length > 0) width = static_cast<std::size_t>(length);
  array.shape = {static_cast<std::int64_t>(lists.size()), static_cast<std::int64_t>(width)};
  if (!array.is_ids()) array.values = std::vector<std::int32_t>();
  auto& indices = std::get<std::vector<std::int32_t>>(array.values);
  indices.assign(lists.size() * width, 0);
  for (std::size_t l = 0; l < lists.size(); ++l)
    std::copy_n(lists[l].begin(), std::min(width, lists[l].size()),
                indices.begin() + static_cast<std::ptrdiff_t>(l * width));
}

void ListSamples::add(std::span<const std::int32_t> list, int target) {
  if (list.empty()) return;
  indices_.insert(indices_.end(), list.begin(), list.end());
  offsets_.push_back(indices_.size());
  targets_.push_back(target);
}

void ListSamples::read(std::span<const std::int64_t> samples, nn::Batch& batch) const {
  std::vector<std::span<const std::int32_t>> lists;
  std::vector<float> targets;
  for (const std::int64_t sample : samples) {
    const auto s = static_cast<std::size_t>(sample);
    lists.emplace_back(indices_.data() + offsets_[s], offsets_[s + 1] - offsets_[s]);
    targets.push_back(static_cast<float>(targets_[s]));
  }
  batch.inputs.resize(1);
  fill_lists(lists, length_, batch.inputs[0]);
  if (targets_[0] < 0)
    fill_lists(lists, 0, batch.targets);
  else
    batch.targets = nn::make_array({static_cast<std::int64_t>(samples.size()), 1}, std::move(targets));
}

ListSamples user_histories(const Csr& matrix) {
  ListSamples samples(0, /*checked=*/true);
  std::vector<std::int32_t> list;
  for (std::size_t user = 0; user < matrix.rows(); ++user) {
    list.clear();
    for (std::size_t e = matrix.offsets[user]; e < matrix.offsets[user + 1]; ++e)
      list.push_back(static_cast<std::int32_t>(matrix.indices[e]) + 1);
    samples.add(list);
  }
  return samples;
}

}  // namespace akin::nets
