#include "akin/eval/block_ranker.h"

#include "akin/linalg/kernels.h"

namespace akin {
namespace {

// A tile of item vectors stays in the second-level cache together with the block's scores of it.
constexpr std::size_t kTileFloats = 16384;  // of item vectors
constexpr std::size_t kMinTileItems = 64;
constexpr std::size_t kMaxTileItems = 1024;

}  // namespace

void BlockRanker::rank(std::span<const RankedUser> users, BlockResult& result) {
  full_.clear();
  for (const RankedUser& user : users) {
    if (task_.candidates_of(user.user).empty()) {
      full_.push_back(&user);
    } else {
      rank_candidates(user, result);
    }
  }
  if (full_.empty()) return;
  seen_.clear();
  while (scans_.size() < full_.size()) scans_.emplace_back(scorer_.depth(), task_.ties);
  for (std::size_t u = 0; u < full_.size(); ++u) {
    seen_.add(task_.histories.of(full_[u]->user));
    scans_[u].start(task_.held_out_of(*full_[u]));
  }
  if (task_.model.item_vectors().empty()) {
    score_each(result);
  } else {
    score_by_product(result);
  }
  for (std::size_t u = 0; u < full_.size(); ++u) {
    scorer_.score(scans_[u].ranks(), task_.held_out_of(*full_[u]).size(), result.sums);
  }
}

void BlockRanker::score_by_product(BlockResult& result) {
  const Matrix& items = task_.model.item_vectors();
  if (queries_.rows() != full_.size()) queries_ = Matrix(full_.size(), items.cols());
  fallback_.assign(full_.size(), 0);
  for (std::size_t u = 0; u < full_.size(); ++u) {
    fallback_[u] = !task_.model.user_vector(query_of(full_[u]->user), queries_[u]);
    result.fallback_users += static_cast<std::uint64_t>(fallback_[u]);
  }
  const std::size_t tile = std::clamp(kTileFloats / items.stride(), kMinTileItems, kMaxTileItems);
  scores_.resize(full_.size() * tile);
  for (std::size_t begin = 0; begin < items.rows(); begin += tile) {
    const std::size_t size = std::min(tile, items.rows() - begin);
    multiply(items, begin, begin + size, queries_, scores_.data(), tile);
    for (std::size_t u = 0; u < full_.size(); ++u) {
      const std::span<float> scores = std::span(scores_).subspan(u * tile, size);
      if (fallback_[u] != 0)
        std::copy_n(task_.popularity.begin() + static_cast<std::ptrdiff_t>(begin), size, scores.begin());
      seen_.mask(u, begin, scores);
      scans_[u].offer(static_cast<idx_t>(begin), scores);
    }
  }
}

void BlockRanker::score_each(BlockResult& result) {
  scores_.resize(task_.data.n_items());
  for (std::size_t u = 0; u < full_.size(); ++u) {
    if (!task_.model.score_all(query_of(full_[u]->user), scores_)) {
      scores_.assign(task_.popularity.begin(), task_.popularity.end());
      ++result.fallback_users;
    }
    seen_.mask(u, 0, scores_);
    scans_[u].offer(0, scores_);
  }
}

void BlockRanker::rank_candidates(const RankedUser& user, BlockResult& result) {
  const std::span<const idx_t> held_out = task_.held_out_of(user);
  const std::span<const idx_t> given = task_.candidates_of(user.user);
  candidates_.assign(given.begin(), given.end());
  candidates_.insert(candidates_.end(), held_out.begin(), held_out.end());
  std::ranges::sort(candidates_);
  candidates_.erase(std::unique(candidates_.begin(), candidates_.end()), candidates_.end());
  scores_.resize(candidates_.size());
  if (!task_.model.score(query_of(user.user), candidates_, scores_)) {
    std::ranges::transform(candidates_, scores_.begin(), [&](idx_t item) { return task_.popularity[item]; });
    ++result.fallback_users;
  }
  if (scans_.empty()) scans_.emplace_back(scorer_.depth(), task_.ties);
  scans_[0].start(held_out);
  scans_[0].offer(candidates_, scores_);
  scorer_.score(scans_[0].ranks(), held_out.size(), result.sums);
}

}  // namespace akin
