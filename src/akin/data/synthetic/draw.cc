// Drawing from the planted distributions in near constant time.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/data/synthetic/world.h"

namespace akin::synthetic {
namespace {

constexpr int kTries = 64;

}  // namespace

Rng stream_of(std::uint64_t seed, Purpose purpose, std::uint64_t index) {
  return Rng(Rng::mix(seed ^ (static_cast<std::uint64_t>(purpose) << 56)), index);
}

void normalize(std::span<float> row) {
  double squares = 0;
  for (const float x : row) squares += static_cast<double>(x) * x;
  if (squares < 1e-12) {
    std::ranges::fill(row, 0.0f);
    row[0] = 1;
    return;
  }
  const double scale = 1 / std::sqrt(squares);
  for (float& x : row) x = static_cast<float>(x * scale);
}

void blend(std::span<const float> a, std::span<const float> b, std::span<float> out) {
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = a[k] + b[k];
  normalize(out);
}

AliasTable::AliasTable(std::span<const double> weights) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  AKIN_ASSERT(total > 0);
  const std::size_t n = weights.size();
  std::vector<double> scaled(n);
  std::vector<idx_t> small, large;
  cells_.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    scaled[i] = weights[i] * static_cast<double>(n) / total;
    cells_[i] = {1, static_cast<idx_t>(i), static_cast<idx_t>(i)};
    (scaled[i] < 1 ? small : large).push_back(static_cast<idx_t>(i));
  }
  while (!small.empty() && !large.empty()) {
    const idx_t poor = small.back();
    const idx_t rich = large.back();
    small.pop_back();
    cells_[poor].keep = static_cast<float>(scaled[poor]);
    cells_[poor].alias = rich;
    scaled[rich] -= 1 - scaled[poor];
    if (scaled[rich] < 1) {
      large.pop_back();
      small.push_back(rich);
    }
  }
  for (const idx_t rest : small) {  // rounding left these a hair below 1; a weight of 0 must stay impossible
    if (weights[rest] > 0) continue;
    cells_[rest].keep = 0;
    cells_[rest].alias = static_cast<idx_t>(std::ranges::max_element(weights) - weights.begin());
  }
}

idx_t World::draw_category(std::size_t user, Rng& rng) const {
  const idx_t slot = favourite_shares_.draw(rng);
  if (slot == SyntheticTruth::kFavourites) return background_.draw(rng);
  return truth.favourites[user * SyntheticTruth::kFavourites + slot];
}

/// Rejection: propose by popularity, accept with exp(beta (<target, style> - 1)), which is at most 1 because
/// both have length 1. When kTries proposals were refused, the best-matching one is taken.
std::optional<idx_t> World::draw_item(idx_t category, const float* target, const SeenItems* seen,
                                      Rng& rng) const {
  const Shelf& shelf = shelves_[category];
  const std::vector<idx_t>& members = shelf.items;
  if (members.empty()) return std::nullopt;
  const std::size_t cols = truth.item_style.cols(), stride = shelf.stride;
  std::optional<idx_t> best;
  float best_match = 0;
  for (int n = 0; n < kTries; ++n) {
    const std::size_t place = shelf.by_popularity.draw(rng);
    const float match = affinity(target, shelf.styles.data() + place * stride, cols);
    const bool accepted = rng.uniform_float() < acceptance(match);
    if (!accepted && best && match <= best_match) continue;
    const idx_t item = members[place];
    if (seen != nullptr && seen->has(item)) continue;
    if (accepted) return item;
    best = item, best_match = match;
  }
  if (best) return best;
  const std::size_t start = rng.below(members.size());  // only unpopular ones can be left
  for (std::size_t n = 0; n < members.size(); ++n) {
    const idx_t item = members[(start + n) % members.size()];
    if (!seen->has(item)) return item;
  }
  return std::nullopt;
}

idx_t World::draw_next(std::size_t user, std::optional<idx_t> last, const SeenItems& seen, Rng& rng) const {
  constexpr int kCategoryTries = 8;
  const std::span<const float> taste = truth.user_taste[user];
  if (last && rng.uniform_float() < config.sequence) {
    const idx_t category = truth.complement[truth.category[*last]];
    alignas(64) float target[padded(kMaxStyles)] = {};
    blend(taste, truth.item_style[*last], {target, taste.size()});
    if (const auto item = draw_item(category, target, &seen, rng)) return *item;
  }
  for (int n = 0; n < kCategoryTries; ++n) {
    if (const auto item = draw_item(draw_category(user, rng), taste.data(), &seen, rng)) return *item;
  }
  const std::size_t start = rng.below(warm.size());
  for (std::size_t n = 0; n < warm.size(); ++n) {
    const idx_t item = warm[(start + n) % warm.size()];
    if (!seen.has(item)) return item;
  }
  fail(ErrorCode::kInternal, "user {} already has every item", user);
}

std::size_t World::draw_style(std::size_t item, Rng& rng) const {
  const std::size_t n_styles = styles.size();
  const std::uint8_t* const cumulative = style_mix.data() + item * n_styles;
  const std::uint64_t at = rng.below(255);
  std::size_t k = 0;
  while (k + 1 < n_styles && at >= cumulative[k]) ++k;
  return k;
}

}  // namespace akin::synthetic
