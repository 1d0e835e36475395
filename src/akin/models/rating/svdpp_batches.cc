#include "akin/models/rating/svdpp_batches.h"

#include <algorithm>

#include "akin/base/parallel.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

SvdppBatch make_batch(const Csr& by_user, std::span<const idx_t> users) {
  struct Entry {
    idx_t item;
    BatchRating rating;
  };
  std::vector<Entry> entries;
  for (std::uint32_t slot = 0; slot < users.size(); ++slot) {
    const auto items = by_user.cols_of(users[slot]);
    const auto values = by_user.values_of(users[slot]);
    for (std::size_t k = 0; k < items.size(); ++k)
      entries.push_back({items[k], {users[slot], slot, values[k]}});
  }
  std::ranges::stable_sort(entries, {}, &Entry::item);
  SvdppBatch batch_size;
  batch_size.users.assign(users.begin(), users.end());
  for (const Entry& entry : entries) {
    if (batch_size.items.empty() || batch_size.items.back() != entry.item) {
      batch_size.offsets.push_back(static_cast<std::uint32_t>(batch_size.ratings.size()));
      batch_size.items.push_back(entry.item);
    }
    batch_size.ratings.push_back(entry.rating);
  }
  batch_size.offsets.push_back(static_cast<std::uint32_t>(batch_size.ratings.size()));
  return batch_size;
}

}  // namespace

std::vector<SvdppBatch> svdpp_batches(const Csr& by_user, std::size_t most, Rng rng, int threads) {
  constexpr std::size_t kMostRatings = 8192;
  std::vector<idx_t> users;
  for (std::size_t u = 0; u < by_user.rows(); ++u) {
    if (by_user.row_size(u) > 0) users.push_back(static_cast<idx_t>(u));
  }
  rng.shuffle(std::span(users));
  most = std::clamp<std::size_t>(users.size() / 16, 1, most);
  std::vector<std::span<const idx_t>> state;
  for (std::size_t first = 0, next = 0; first < users.size(); first = next) {
    std::size_t ratings = 0;
    for (; next < users.size() && next - first < most; ++next) {
      ratings += by_user.row_size(users[next]);
      if (ratings > kMostRatings && next > first) break;
    }
    state.push_back(std::span(users).subspan(first, next - first));
  }
  std::vector<SvdppBatch> batches(state.size());
  parallel_for(
      state.size(), threads,
      [&](std::size_t begin, std::size_t end, int) {
        for (std::size_t b = begin; b < end; ++b) batches[b] = make_batch(by_user, state[b]);
      },
      1);
  return batches;
}

}  // namespace akin
