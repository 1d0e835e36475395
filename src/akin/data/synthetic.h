// A made-up data set of any size whose truth is known: raw files as a real data set has them, and what they were
// drawn from.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/base/param.h"
#include "akin/data/id_map.h"
#include "akin/data/string_column.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// The size of the data set and how strongly its structure shows. docs/synthetic.md has the equations.
struct SyntheticConfig {
  int users = 2000;
  int items = 800;
  int events = 60000;   ///< reviews; each (user, item) pair at most once
  int categories = 24;  ///< leaves of the category tree
  int brands = 40;
  int styles = 8;               ///< S, the dimension of tastes and item styles
  int min_events = 5;           ///< least reviews of every user
  float cold_items = 0.05f;     ///< share of items that nobody has touched yet
  float taste_strength = 4;     ///< beta: how much taste decides within a category; 0 = not at all
  float sequence = 0.35f;       ///< rho: chance that the next item completes the last one
  float popularity = 0.8f;      ///< exponent of the Zipf law of item popularity
  float rating_noise = 0.8f;    ///< sigma of the rating before it is rounded, in stars
  float session_share = 0.25f;  ///< click sessions per review; 0 = no session file
  int review_words = 22;        ///< mean words of a review; 0 = ratings without text
  bool images = true;
  int image_size = 64;  ///< pixels of a side

  std::vector<Param> params();
  /// Throws Error(kUsage) if no data set can be made from these numbers; the message says what is possible.
  void check() const;
};

/// What was written. A path is empty where the file was not asked for.
struct SyntheticFiles {
  std::string reviews;   ///< reviews.json: Amazon review JSON lines
  std::string metadata;  ///< meta.json: one JSON object per item, cold ones included
  std::string sessions;  ///< sessions.tsv: session_id, item_id, time, kind
  std::string users;     ///< users.csv: user, gender, age, state
  std::string images;    ///< images/: <asin>.jpg for every item
  std::string truth;     ///< truth.safetensors, read by load_synthetic_truth
  std::string readme;    ///< README.txt: what the files are
  std::uint64_t events = 0;
  std::uint64_t sessions_written = 0;
  std::uint64_t session_lines = 0;
  std::uint64_t cold_items = 0;
  std::uint64_t bytes = 0;  ///< of reviews.json, meta.json, sessions.tsv and users.csv
};

/// Writes a data set into `directory`, which must be new, empty, or hold an earlier synthetic data set, which is
/// replaced; its file `.akin-made` lists what was written, and other files stay. The bytes depend on the config and context.seed only, not on the threads. Nothing appears under
/// its final name until all is made: a cancelled or failed run leaves the directory as it was. Memory: about
/// 150 bytes per user and item and 8 MB per thread, whatever the number of events. Throws Error(kUsage),
/// Error(kIo), Error(kCancelled).
SyntheticFiles write_synthetic(const SyntheticConfig& config, const std::string& directory,
                               const Context& context);

/// The planted structure. Index u is the user with id users.id(u), i the item with id items.id(i); both count
/// cold ones.
struct SyntheticTruth {
  /// Every user's favourite categories and the chance that an unprompted pick comes from each; what is
  /// missing to 1 goes to the background.
  static constexpr std::size_t kFavourites = 4;
  static constexpr float kFavouriteShare[kFavourites] = {0.4f, 0.2f, 0.12f, 0.08f};
  static constexpr float kBackgroundShare = 0.2f;

  IdMap users;
  IdMap items;
  Matrix user_taste;               ///< (U, S), rows of length 1
  Matrix item_style;               ///< (I, S), rows of length 1
  std::vector<float> user_bias;    ///< (U) in stars
  std::vector<float> item_bias;    ///< (I) in stars: quality
  std::vector<float> popularity;   ///< (I) weight; a cold item has the weight it would have
  std::vector<idx_t> category;     ///< (I)
  std::vector<idx_t> brand;        ///< (I)
  std::vector<idx_t> colour;       ///< (I)
  std::vector<idx_t> favourites;   ///< (U, kFavourites) categories
  std::vector<std::uint8_t> cold;  ///< (I) 1 = no event
  std::vector<idx_t> complement;   ///< (C) the category that completes a category
  std::vector<float> background;   ///< (C) share of picks that belong to nobody's favourites; sums to 1
  StringColumn category_names;     ///< (C) "Home|Kitchen|Kettles"
  StringColumn brand_names;
  StringColumn colour_names;
  StringColumn style_names;  ///< (S)
  float rating_mean = 0;     ///< mu
  float rating_taste = 0;    ///< gamma
  float rating_noise = 0;    ///< sigma
  float taste_strength = 0;  ///< beta
  float sequence = 0;        ///< rho

  /// <taste_u, style_i>, in [-1, 1].
  float affinity(std::size_t user, std::size_t item) const;
  /// mu + b_u + b_i + gamma <taste_u, style_i>: the rating before noise and rounding.
  float mean_rating(std::size_t user, std::size_t item) const;
  /// Expectation of the rating as written (noise added, rounded, clamped to 1..5):
  /// the best possible prediction.
  double expected_rating(std::size_t user, std::size_t item) const;
  /// Chance that an unprompted pick of the user comes from the category.
  float category_share(std::size_t user, idx_t category) const;
  /// For every item the chance that the user picks it next, after `last` (nothing = first pick), not knowing
  /// what the user has already: the best possible ranking. Sums to 1 over the warm items; a cold item gets
  /// the chance it would have beside them. Cost: O(I S).
  std::vector<double> pick_probabilities(std::size_t user, std::optional<idx_t> last = std::nullopt) const;
};

/// Reads truth.safetensors. Throws Error(kNotFound), Error(kBadData).
SyntheticTruth load_synthetic_truth(const std::string& path);

}  // namespace akin
