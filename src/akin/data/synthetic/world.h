// The data set's planted structure in memory, and drawing from it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "akin/base/rng.h"
#include "akin/data/synthetic.h"
#include "akin/data/synthetic/words.h"

namespace akin::synthetic {

/// What a stream of random numbers is for; each (purpose, index) pair owns its stream.
enum class Purpose : std::uint64_t {
  kBrand = 1,
  kCategory,
  kItem,
  kPopularity,
  kCold,
  kDemography,
  kUser,
  kActivity,
  kDiscoverer,
  kEvents,
  kText,
  kSessions,
  kLinks,
  kImage
};
Rng stream_of(std::uint64_t seed, Purpose purpose, std::uint64_t index);

/// Draws an index with probability proportional to its weight in constant time (Walker 1977, Vose 1991).
class AliasTable {
 public:
  AliasTable() = default;
  /// At least one weight must be positive; none negative.
  explicit AliasTable(std::span<const double> weights);
  std::size_t size() const { return cells_.size(); }
  idx_t draw(Rng& rng) const {
    const Cell& cell = cells_[rng.below(cells_.size())];
    return rng.uniform_float() < cell.keep ? cell.own : cell.alias;
  }

 private:
  struct Cell {
    float keep;
    idx_t own, alias;
  };
  std::vector<Cell> cells_;
};

/// Marks the items the current user already has, without clearing between users.
class SeenItems {
 public:
  explicit SeenItems(std::size_t items) : stamps_(items, 0) {}
  void next_user() { ++stamp_; }
  bool has(idx_t item) const { return stamps_[item] == stamp_; }
  void add(idx_t item) { stamps_[item] = stamp_; }

 private:
  std::vector<std::uint32_t> stamps_;
  std::uint32_t stamp_ = 1;
};

struct Brand {
  float price_level;
  std::uint32_t pattern;  ///< of the pictures
  std::uint32_t accent;   ///< second colour of the pictures
};

/// The items of a category that have events, side by side in memory.
struct Shelf {
  std::vector<idx_t> items;
  AliasTable by_popularity;   ///< over positions in items
  std::size_t stride = 0;     ///< floats from one style to the next: S rounded up to 4
  std::vector<float> styles;  ///< (items, stride)
};

struct UserFacts {
  bool female;
  std::uint8_t age;
  std::uint8_t state;
};

/// Everything the files are written from. Immutable once built; drawing is safe from many threads.
class World {
 public:
  /// Throws Error(kUsage) as SyntheticConfig::check does, Error(kCancelled).
  World(const SyntheticConfig& config, const Context& context);

  SyntheticConfig config;
  std::uint64_t seed;
  SyntheticTruth truth;
  std::vector<Leaf> leaves;
  std::vector<Style> styles;
  std::vector<Colour> colours;
  std::vector<Brand> brands;            ///< (B)
  std::vector<float> price;             ///< (I) dollars
  std::vector<std::string> titles;      ///< (I)
  std::vector<std::uint8_t> noun;       ///< (I) which of the category's nouns
  std::vector<std::uint8_t> style_mix;  ///< (I, S) cumulative chances of the item's styles in words, of 255
  std::vector<UserFacts> facts;         ///< (U)
  std::vector<std::uint32_t> user_events;  ///< (U) number of reviews
  std::vector<idx_t> warm;                 ///< items with events

  std::size_t n_users() const { return truth.user_bias.size(); }
  std::size_t n_items() const { return truth.item_bias.size(); }

  /// A category of the user's own mixture.
  idx_t draw_category(std::size_t user, Rng& rng) const;
  /// An item of the category with chance ~ popularity x exp(beta <target, style>); target is a padded row of
  /// length 1. Skips items of `seen` where given; nullopt if the user has all of the category.
  std::optional<idx_t> draw_item(idx_t category, const float* target, const SeenItems* seen, Rng& rng) const;
  /// The user's next review: completes `last` with chance rho, else is the user's own idea. Never one of
  /// `seen`, which must not hold all warm items.
  idx_t draw_next(std::size_t user, std::optional<idx_t> last, const SeenItems& seen, Rng& rng) const;
  /// A style of the item as its words tell it.
  std::size_t draw_style(std::size_t item, Rng& rng) const;
  /// Items this user must review, so that every warm item has an event.
  std::span<const idx_t> discoveries(std::size_t user) const {
    return {discovered_.data() + discovered_begin_[user],
            discovered_begin_[user + 1] - discovered_begin_[user]};
  }

 private:
  void build_categories();
  void build_brands();
  void build_items(const Context& context);
  void describe_item(std::size_t item, Rng& rng);
  void choose_cold_items();
  void build_tables();
  void build_users(const Context& context);
  void share_out_events();
  void choose_discoverers();

  /// exp(beta (match - 1)) by linear interpolation: unlike the C library's exp the same on every machine.
  float acceptance(float match) const {
    const float at = std::clamp((match + 1) * (kAcceptanceSteps / 2), 0.0f, kAcceptanceSteps - 1.0f);
    const auto step = static_cast<std::size_t>(at);
    const float weight = at - static_cast<float>(step);
    return acceptance_[step] * (1 - weight) + acceptance_[step + 1] * weight;
  }

  static constexpr int kAcceptanceSteps = 4096;
  std::vector<float> acceptance_;  ///< (kAcceptanceSteps + 1) over match = -1 .. 1
  Matrix category_style_, brand_style_, demography_style_;
  std::vector<std::vector<idx_t>> brands_of_department_;
  std::vector<idx_t> department_;  ///< (C)
  AliasTable category_sizes_;      ///< how many different items a category has
  AliasTable background_;          ///< by popularity of their warm items
  AliasTable favourite_shares_;
  std::vector<Shelf> shelves_;  ///< (C)
  std::vector<std::size_t> discovered_begin_;
  std::vector<idx_t> discovered_;
};

/// <a, b> of two padded rows, summed in the same order on every machine.
inline float affinity(const float* a, const float* b, std::size_t cols) {
  float sums[4] = {};
  for (std::size_t k = 0; k < cols; k += 4) {  // rows are padded with zeros
    for (std::size_t lane = 0; lane < 4; ++lane) sums[lane] += a[k + lane] * b[k + lane];
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}
/// Scales to length 1; a zero vector becomes the first axis.
void normalize(std::span<float> row);
/// normalize(a + b), written to `out`.
void blend(std::span<const float> a, std::span<const float> b, std::span<float> out);

}  // namespace akin::synthetic
