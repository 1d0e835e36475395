#include "akin/nets/pairs/ncf_ranks.h"

#include <algorithm>

namespace akin {
namespace {

RowBounds user_bounds(const Communicator& ranks, const Csr& pairs) {
  return balanced_bounds(row_sizes(pairs), ranks.size());
}

RowBounds item_bounds(const Communicator& ranks, const Csr& pairs, std::size_t negatives) {
  std::vector<std::uint32_t> counts = column_sizes(pairs);
  const std::size_t drawn =
      pairs.entries() * negatives / std::max<std::size_t>(1, pairs.cols);  // of each item
  for (std::uint32_t& count : counts) count += static_cast<std::uint32_t>(drawn);
  return balanced_bounds(counts, ranks.size());
}

Share share_of(const RowBounds& bounds, int rank) {
  const auto r = static_cast<std::size_t>(rank);
  return {bounds[r], bounds[r + 1]};
}

}  // namespace

NcfRanks::NcfRanks(const Communicator& ranks, const Csr& pairs, std::size_t negatives, const NcfNet& net)
    : ranks_(ranks), own_(OwnRows::all(net)) {
  users_ = {0, net.users.rows()};
  items_ = {0, net.items.rows()};
  if (ranks.alone()) return;
  users_ = user_bounds(ranks, pairs);
  items_ = item_bounds(ranks, pairs, negatives);
  own_ = {share_of(users_, ranks.rank()), share_of(items_, ranks.rank())};
  send_offsets_.resize(users_.size());
  offsets_.resize(users_.size());
}

void NcfRanks::read(const NcfSource& source, std::span<const std::uint32_t> samples, WorkerTeam& team) {
  if (ranks_.alone()) return;
  constexpr std::size_t kHandedOut = 1024;
  samples_ = samples;
  user_of_.resize(samples.size());
  item_of_.resize(samples.size());
  targets_.resize(samples.size());
  const Share own = equal_share(samples.size(), ranks_.rank(), ranks_.size());
  team.run(own.size(), kHandedOut, [&](std::size_t begin, std::size_t end) {
    const std::size_t first = own.begin + begin, count = end - begin;
    source.read(samples.subspan(first, count), std::span(user_of_).subspan(first, count),
                std::span(item_of_).subspan(first, count), std::span(targets_).subspan(first, count));
  });
  static_assert(sizeof(idx_t) == sizeof(float));
  std::vector<std::size_t> offsets = {0};
  for (int r = 0; r < ranks_.size(); ++r)
    offsets.push_back(equal_share(samples.size(), r, ranks_.size()).end * sizeof(idx_t));
  ranks_.all_gather(std::as_writable_bytes(std::span(user_of_)), offsets);
  ranks_.all_gather(std::as_writable_bytes(std::span(item_of_)), offsets);
  ranks_.all_gather(std::as_writable_bytes(std::span(targets_)), offsets);
}

void NcfRanks::read_tile(const NcfSource& source, std::size_t tile, NcfBatch& batch) const {
  if (ranks_.alone()) {
    batch.read(source, tile);
    return;
  }
  const std::size_t at =
      static_cast<std::size_t>(batch.samples().data() - samples_.data()) + batch.first(tile);
  batch.copy(tile, user_of_.data() + at, item_of_.data() + at, targets_.data() + at);
}

/// Calls visit(is_user, s) for each vector that pairs s of `worker` need of `owner`.
template <typename Visit>
void NcfRanks::each_row(const NcfBatch& batch, int worker, int owner, const Visit& visit) const {
  const Share tiles = tiles_of(batch, worker), users = share_of(users_, owner),
              items = share_of(items_, owner);
  const std::size_t end = std::min(batch.first(tiles.end), batch.users().size());
  for (std::size_t s = batch.first(tiles.begin); s < end; ++s) {
    if (contains(users, batch.users()[s])) visit(true, s);
    if (contains(items, batch.items()[s])) visit(false, s);
  }
}

void NcfRanks::fetch(const NcfNet& net, NcfBatch& batch) {
  if (ranks_.alone()) return;
  const std::size_t stride = net.users.stride();
  const int own = ranks_.rank();
  if (fetched_.empty()) fetched_ = Matrix(2 * batch.most_pairs(), net.users.cols());
  sent_.clear();
  std::size_t expected = 0;
  for (int r = 0; r < ranks_.size(); ++r) {
    if (r != own) {
      each_row(batch, r, own, [&](bool is_user, std::size_t s) {
        const float* const row = is_user ? net.users.row(batch.users()[s]) : net.items.row(batch.items()[s]);
        sent_.insert(sent_.end(), row, row + stride);
      });
      each_row(batch, own, r, [&](bool is_user, std::size_t s) {
        (is_user ? batch.user_row(s) : batch.item_row(s)) = fetched_.row(expected++);
      });
    }
    send_offsets_[static_cast<std::size_t>(r) + 1] = sent_.size() * sizeof(float);
    offsets_[static_cast<std::size_t>(r) + 1] = expected * stride * sizeof(float);
  }
  ranks_.all_to_all(std::as_bytes(std::span(sent_)), send_offsets_,
                    std::as_writable_bytes(std::span(fetched_.data(), expected * stride)), offsets_);
}

void NcfRanks::exchange_gradients(NcfBatch& batch) {
  if (ranks_.alone()) return;
  const std::size_t stride = fetched_.stride();
  const int own = ranks_.rank();
  sent_.clear();
  std::size_t expected = 0;
  for (int r = 0; r < ranks_.size(); ++r) {
    if (r != own) {
      each_row(batch, own, r, [&](bool is_user, std::size_t s) {
        const float* const row = batch.gradient(is_user, s);
        sent_.insert(sent_.end(), row, row + stride);
      });
      const Share tiles = tiles_of(batch, own);
      for (std::size_t tile = tiles.begin; tile < tiles.end; ++tile) batch.append_dense(tile, sent_);
      each_row(batch, r, own, [&](bool, std::size_t) { expected += stride; });
      expected += tiles_of(batch, r).size() * batch.dense_size();
    }
    send_offsets_[static_cast<std::size_t>(r) + 1] = sent_.size() * sizeof(float);
    offsets_[static_cast<std::size_t>(r) + 1] = expected * sizeof(float);
  }
  received_.resize(expected);
  ranks_.all_to_all(std::as_bytes(std::span(sent_)), send_offsets_,
                    std::as_writable_bytes(std::span(received_)), offsets_);
  const float* from = received_.data();
  for (int r = 0; r < ranks_.size(); ++r) {
    if (r == own) continue;
    each_row(batch, r, own, [&](bool is_user, std::size_t s) {
      std::copy_n(from, stride, batch.gradient(is_user, s));
      from += stride;
    });
    const Share tiles = tiles_of(batch, r);
    for (std::size_t tile = tiles.begin; tile < tiles.end; ++tile) from = batch.take_dense(tile, from);
  }
}

}  // namespace akin
