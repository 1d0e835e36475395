#include "akin/eval/candidates.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

constexpr std::uint64_t kStream = 0xCA4D;  // of the seed

/// Draws are given up after this many per candidate: nearly everything is taken.
constexpr std::uint64_t kTries = 64;

bool holds(std::span<const idx_t> sorted, idx_t item) { return std::ranges::binary_search(sorted, item); }

}  // namespace

CandidateSpec parse_candidates(std::string_view text, std::uint64_t seed) {
  CandidateSpec spec{.seed = seed};
  if (text.empty()) return spec;
  using Kind = CandidateSpec::Kind;
  constexpr std::pair<std::string_view, Kind> kWords[] = {{"all", Kind::kAll},
                                                          {"catalogue", Kind::kCatalogue},
                                                          {"catalog", Kind::kCatalogue},
                                                          {"cold", Kind::kCold}};
  for (const auto& [word, kind] : kWords) {
    if (text != word) continue;
    spec.kind = kind;
    return spec;
  }
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (name != "uniform" && name != "popularity") {
    fail(ErrorCode::kUsage, "--candidates: '{}' is none of all, catalogue, cold, uniform:N, popularity:N",
         text);
  }
  spec.kind = name == "uniform" ? CandidateSpec::Kind::kUniform : CandidateSpec::Kind::kPopularity;
  const std::string_view number = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), spec.count);
  if (error != std::errc() || stop != number.data() + number.size() || spec.count == 0) {
    fail(ErrorCode::kUsage, "--candidates: '{}' needs a number of at least 1, such as {}:99", text, name);
  }
  return spec;
}

std::size_t ranked_items(const CandidateSpec& spec, const Dataset& data) {
  const bool all = spec.kind == CandidateSpec::Kind::kCatalogue || spec.kind == CandidateSpec::Kind::kCold;
  return all ? data.n_items() : data.n_event_items();
}

CandidateSampler::CandidateSampler(const CandidateSpec& spec, std::span<const float> popularity)
    : spec_(spec), popularity_(popularity) {
  if (spec.kind == CandidateSpec::Kind::kCold) {
    for (std::size_t item = 0; item < popularity.size(); ++item) {
      if (popularity[item] == 0) cold_.push_back(static_cast<idx_t>(item));
    }
  }
  if (spec.kind != CandidateSpec::Kind::kPopularity) return;
  most_popular_.resize(popularity.size());
  std::iota(most_popular_.begin(), most_popular_.end(), idx_t{0});
  std::ranges::stable_sort(most_popular_, [&](idx_t a, idx_t b) { return popularity[a] > popularity[b]; });
  const std::vector<double> weights(popularity.begin(), popularity.end());
  if (!most_popular_.empty() && popularity[most_popular_[0]] > 0) table_.emplace_back(weights);
}

std::vector<idx_t> CandidateSampler::draw(std::uint64_t list, std::span<const idx_t> known,
                                          std::span<const idx_t> held_out) const {
  const std::size_t n_items = popularity_.size();
  Rng rng(Rng::mix(spec_.seed + kStream), list);
  std::vector<idx_t> drawn;
  const auto take = [&](idx_t item) {
    if (holds(known, item) || holds(held_out, item)) return;
    const auto at = std::ranges::lower_bound(drawn, item);
    if (at == drawn.end() || *at != item) drawn.insert(at, item);
  };
  if (spec_.kind == CandidateSpec::Kind::kCold) {
    for (const idx_t item : cold_) take(item);
    return drawn;
  }
  const bool by_popularity = spec_.kind == CandidateSpec::Kind::kPopularity;
  if (!by_popularity || !table_.empty()) {
    const std::uint64_t wanted = std::min<std::uint64_t>(spec_.count, n_items);
    for (std::uint64_t n = 0; n < kTries * wanted && drawn.size() < wanted; ++n) {
      take(by_popularity ? table_[0].draw(rng) : static_cast<idx_t>(rng.below(n_items)));
    }
  }
  for (std::size_t i = 0; i < n_items && drawn.size() < spec_.count; ++i) {
    take(by_popularity ? most_popular_[i] : static_cast<idx_t>(i));
  }
  return drawn;
}

}  // namespace akin
