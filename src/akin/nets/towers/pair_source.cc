#include "akin/nets/towers/pair_source.h"

#include <algorithm>
#include <cmath>

namespace akin::towers {
namespace {

/// The positions of the window, `position` among them.
std::pair<std::uint64_t, std::uint64_t> around(const Sequences& sequences, std::size_t window,
                                               std::uint64_t position) {
  const std::size_t s = sequences.of(position);
  return {std::max(sequences.offsets[s], position - std::min<std::uint64_t>(position, window)),
          std::min(sequences.offsets[s + 1], position + window + 1)};
}

}  // namespace

std::size_t Sequences::of(std::uint64_t position) const {
  return static_cast<std::size_t>(std::ranges::upper_bound(offsets, position) - offsets.begin()) - 1;
}

Sequences sequences_of(std::span<const Event> events, std::span<const std::uint8_t> placed) {
  Sequences sequences;
  for (std::size_t e = 0; e < events.size(); ++e) {
    if (placed[events[e].item] != 0) sequences.items.push_back(events[e].item);
    if (e + 1 < events.size() && events[e + 1].user == events[e].user) continue;
    sequences.offsets.push_back(sequences.items.size());
    sequences.users.push_back(events[e].user);
  }
  return sequences;
}

bool has_partner(const Sequences& sequences, const Window& window, std::uint64_t position) {
  const auto [begin, end] = around(sequences, window.size, position);
  const idx_t own = sequences.items[position];
  return std::any_of(sequences.items.begin() + static_cast<std::ptrdiff_t>(begin),
                     sequences.items.begin() + static_cast<std::ptrdiff_t>(end),
                     [own](idx_t item) { return item != own; });
}

std::uint64_t partner(const Sequences& sequences, const Window& window, std::uint64_t position, Rng& rng) {
  const auto range = around(sequences, window.size, position);
  const auto weight = [&](std::uint64_t other) {
    if (sequences.items[other] == sequences.items[position]) return 0.0;
    const std::uint64_t distance = other > position ? other - position : position - other;
    return std::pow(static_cast<double>(window.decay), static_cast<double>(distance - 1));
  };
  double sum = 0;
  for (std::uint64_t other = range.first; other < range.second; ++other) sum += weight(other);
  double left = rng.uniform() * sum;
  std::uint64_t chosen = position;
  for (std::uint64_t other = range.first; other < range.second && left >= 0; ++other) {
    if (weight(other) == 0) continue;
    chosen = other;
    left -= weight(other);
  }
  return chosen;
}

PairSource::PairSource(const Sequences& sequences, const Window& window)
    : sequences_(&sequences), window_(window) {
  for (std::uint64_t at = 0; at < sequences.items.size(); ++at) {
    if (has_partner(sequences, window, at)) positions_.push_back(at);
  }
}

PairSource::PairSource(std::vector<std::pair<idx_t, idx_t>> links) : links_(std::move(links)) {}

std::pair<idx_t, idx_t> PairSource::pair(std::size_t number, Rng& rng) const {
  if (!links_.empty()) return links_[number];
  const std::uint64_t at = positions_[number];
  return {sequences_->items[at], sequences_->items[partner(*sequences_, window_, at, rng)]};
}

std::vector<double> PairSource::seconds(std::size_t n_items) const {
  std::vector<double> counts(n_items, 0.0);
  for (const auto& link : links_) counts[link.second] += 1;
  // Who is whose partner is the same both ways but for the ends of sequences.
  for (const std::uint64_t at : positions_) counts[sequences_->items[at]] += 1;
  return counts;
}

}  // namespace akin::towers
