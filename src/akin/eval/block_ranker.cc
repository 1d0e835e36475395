#include "akin/eval/block_ranker.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "akin/linalg/kernels.h"

namespace akin {
namespace {

// A tile of item vectors stays in the second-level cache together with the block's scores of it.
constexpr std::size_t kTileFloats = 16384;  // of item vectors
constexpr std::size_t kMinTileItems = 64;
constexpr std::size_t kMaxTileItems = 1024;

// Diversity walks through whole audiences: a mean over so many lists, evenly spaced, is precise enough.
constexpr std::size_t kDiversityLists = 1000;

// What the computed length of a query may be short of.
constexpr float kLengthSlack = 1.001F;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

BlockRanker::BlockRanker(const RankingTask& task, const RankingScorer& scorer)
    : task_(task),
      scorer_(scorer),
      columns_(task.options),
      list_scorer_(task.audiences, task.popularity, task.options.cutoffs),
      row_(columns_.count) {}

void BlockRanker::rank(std::size_t first, std::size_t size, std::span<float> rows, BlockResult& result) {
  rows_ = rows;
  full_.clear();
  seen_.start(size, task_.n_items());
  for (const RankedList& list : std::span(task_.lists).subspan(first, size)) {
    if (const std::span<const idx_t> given = task_.given_candidates_of(list.user); !given.empty()) {
      rank_candidates(list, given, result);
      continue;
    }
    if (task_.options.exclude_seen) seen_.add(full_.size(), task_.histories.of(list.user));
    full_.push_back(&list);
  }
  if (task_.sampler.samples()) {
    for (std::size_t u = 0; u < full_.size(); ++u) {
      rank_candidates(*full_[u],
                      task_.sampler.draw(number_of(*full_[u]), seen_.list(u), task_.held_out_of(*full_[u])),
                      result);
    }
    return;
  }
  if (full_.empty()) return;
  while (scans_.size() < full_.size())
    scans_.emplace_back(scorer_.depth(), task_.options.ties, task_.options.seed);
  for (std::size_t u = 0; u < full_.size(); ++u)
    scans_[u].start(task_.held_out_of(*full_[u]), seen_.of(u), number_of(*full_[u]));
  areas_.assign(full_.size(), kNaN);
  if (task_.model.item_vectors().empty() || !task_.placed.empty()) {
    score_each(result);
  } else {
    score_by_product(result);
  }
  for (std::size_t u = 0; u < full_.size(); ++u) {
    if (task_.options.auc) row_[columns_.auc] = areas_[u];
    finish(*full_[u], scans_[u], result);
  }
}

void BlockRanker::score_by_product(BlockResult& result) {
  const Matrix& items = task_.order.vectors.empty() ? task_.model.item_vectors() : task_.order.vectors;
  if (queries_.rows() != full_.size()) queries_ = Matrix(full_.size(), items.cols());
  waiting_.clear();
  for (std::size_t u = 0; u < full_.size(); ++u) {
    const bool known = task_.model.user_vector(query_of(*full_[u]), queries_[u]);
    result.fallback_lists += known ? 0 : 1;
    const float length = std::sqrt(dot(queries_.row(u), queries_.row(u), queries_.stride()));
    waiting_.push_back({u, known ? length * kLengthSlack : std::numeric_limits<float>::infinity(), known});
  }
  const std::size_t n = task_.order.items.size();
  const std::size_t tile = std::clamp(kTileFloats / items.stride(), kMinTileItems, kMaxTileItems);
  scores_.resize(full_.size() * tile);
  if (task_.options.auc) all_scores_.resize(full_.size() * n);
  for (std::size_t begin = 0; begin < n && !waiting_.empty(); begin += tile) {
    const std::size_t size = std::min(tile, n - begin);
    multiply(items, begin, begin + size, {queries_, waiting_.size()}, scores_.data(), tile);
    for (std::size_t row = 0; row < waiting_.size(); ++row)
      offer_tile(waiting_[row], begin, std::span(scores_).subspan(row * tile, size));
    if (begin + size < n) dismiss_finished(begin + size);
  }
  if (!task_.options.auc) return;
  for (std::size_t u = 0; u < full_.size(); ++u) {
    score_area(u, std::span(all_scores_).subspan(u * n, n));
  }
}

void BlockRanker::offer_tile(const Waiting& list, std::size_t begin, std::span<float> scores) {
  const std::span<const idx_t> items = std::span(task_.order.items).subspan(begin, scores.size());
  if (!list.known)
    std::ranges::transform(items, scores.begin(), [&](idx_t item) { return task_.popularity[item]; });
  if (task_.options.auc)
    std::ranges::copy(scores, all_scores_.data() + list.u * task_.order.items.size() + begin);
  scans_[list.u].offer(items, scores);
}

void BlockRanker::dismiss_finished(std::size_t next) {
  if (task_.order.lengths.empty()) return;
  const float longest = task_.order.lengths[next];
  for (std::size_t row = 0; row < waiting_.size();) {
    if (waiting_[row].length * longest < scans_[waiting_[row].u].bar()) {
      std::ranges::copy(queries_[waiting_.size() - 1], queries_[row].begin());
      waiting_[row] = waiting_.back();
      waiting_.pop_back();
    } else {
      ++row;
    }
  }
}

void BlockRanker::score_each(BlockResult& result) {
  // A model may know the whole catalogue while only items with events are ranked, or the other way round.
  const std::size_t known = task_.model.n_items();
  scores_.resize(std::max(known, task_.n_items()));
  const std::span<float> ranked = std::span(scores_).first(task_.n_items());
  for (std::size_t u = 0; u < full_.size(); ++u) {
    if (!task_.model.score_all(query_of(*full_[u]), std::span(scores_).first(known))) {
      std::ranges::copy(task_.popularity, ranked.begin());
      ++result.fallback_lists;
    }
    for (std::size_t i = 0; i < task_.placed.size(); ++i) ranked[i] = task_.placed_score(i, ranked[i]);
    if (task_.options.auc) score_area(u, ranked);
    scans_[u].offer(task_.order.items, ranked);
  }
}

void BlockRanker::score_area(std::size_t u, std::span<const float> scores) {
  const std::span<const idx_t> held_out = task_.held_out_of(*full_[u]);
  std::vector<idx_t> others;
  std::ranges::set_difference(seen_.list(u), held_out, std::back_inserter(others));
  areas_[u] = roc_area(scores, held_out, others);
}

void BlockRanker::rank_candidates(const RankedList& list, std::span<const idx_t> candidates,
                                  BlockResult& result) {
  const std::span<const idx_t> held_out = task_.held_out_of(list);
  candidates_.assign(candidates.begin(), candidates.end());
  candidates_.insert(candidates_.end(), held_out.begin(), held_out.end());
  std::ranges::sort(candidates_);
  candidates_.erase(std::unique(candidates_.begin(), candidates_.end()), candidates_.end());
  scores_.resize(candidates_.size());
  const auto known = static_cast<std::size_t>(std::ranges::lower_bound(candidates_, task_.model.n_items()) -
                                              candidates_.begin());
  if (!task_.model.score(query_of(list), std::span(candidates_).first(known),
                         std::span(scores_).first(known))) {
    std::ranges::transform(candidates_, scores_.begin(), [&](idx_t item) { return task_.popularity[item]; });
    ++result.fallback_lists;
  }
  for (std::size_t c = 0; c < candidates_.size() && !task_.placed.empty(); ++c)
    scores_[c] = task_.placed_score(candidates_[c], scores_[c]);
  if (scans_.empty()) scans_.emplace_back(scorer_.depth(), task_.options.ties, task_.options.seed);
  scans_[0].start(held_out, nullptr, number_of(list));
  scans_[0].offer(candidates_, scores_);
  if (task_.options.auc) {
    std::vector<idx_t> positions;  // of the held-out items among the candidates
    for (const idx_t item : held_out) {
      const auto at = std::ranges::lower_bound(candidates_, item);
      positions.push_back(static_cast<idx_t>(at - candidates_.begin()));
    }
    row_[columns_.auc] = roc_area(scores_, positions, {});
  }
  finish(list, scans_[0], result);
}

bool BlockRanker::measures_diversity(std::size_t list) const {
  const std::size_t n = task_.lists.size(), wanted = std::min(n, kDiversityLists);
  return (list + 1) * wanted / n > list * wanted / n;
}

void BlockRanker::finish(const RankedList& list, RankScan& scan, BlockResult& result) {
  scan.finish();
  const std::span<const idx_t> held_out = task_.held_out_of(list);
  scorer_.score(scan.ranks(), held_out.size(), row_);
  const std::uint64_t number = number_of(list);
  if (task_.options.beyond) {
    list_.clear();
    for (std::size_t rank = 0; rank < scan.size(); ++rank) list_.push_back(scan.item(rank));
    const bool diversity = measures_diversity(number);
    list_scorer_.score(list_, diversity ? ListScorer::Diversity::kMeasure : ListScorer::Diversity::kSkip,
                       std::span(row_).subspan(columns_.beyond));
  }
  for (std::size_t c = 0; c < row_.size(); ++c) {
    rows_[number * row_.size() + c] = static_cast<float>(row_[c]);
    if (std::isnan(row_[c])) continue;
    result.sums[c] += row_[c];
    ++result.counts[c];
  }
  const auto bin = [&](idx_t item) {
    return static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(task_.popularity[item])));
  };
  for (const idx_t item : held_out) ++bins_.held_out[bin(item)];
  const auto cutoff = static_cast<std::uint32_t>(task_.options.cutoffs[task_.options.cutoffs.size() / 2]);
  for (const std::uint32_t rank : scan.ranks()) {
    if (rank < cutoff) ++bins_.hits[bin(scan.item(rank))];
  }
}

}  // namespace akin
