// Texts and records of the synthetic data set: reviews, metadata, demography.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/rng.h"
#include "akin/data/synthetic/world.h"

namespace akin::synthetic {

/// Appends decimal digits.
void append_number(std::int64_t number, std::string& out);

struct Review {
  idx_t user, item;
  int rating;
  std::int64_t time;  ///< seconds since 1970 UTC
};

/// Writes reviews as JSON lines of the Amazon release of 2014. Const calls are safe from many threads.
class ReviewPrinter {
 public:
  explicit ReviewPrinter(const World& world);
  /// Appends one line. Words are drawn from `rng`: category words, words of the item's styles, words that
  /// tell the rating.
  void append(const Review& review, Rng& rng, std::string& out) const;

 private:
  using Phrases = std::vector<std::string_view>;
  void append_text(const Review& review, Rng& rng, std::string& out) const;
  /// One phrase with its slots filled, first letter in upper case; returns its number of words.
  std::size_t append_phrase(std::string_view phrase, const Review& review, Rng& rng, std::string& out) const;
  void append_slot(char slot, const Review& review, Rng& rng, std::string& out) const;

  const World& world_;
  Phrases neutral_;
  std::array<Phrases, 5> judgements_, summaries_, judgement_words_;
  Phrases female_names_, male_names_;
};

/// The item as one JSON line with the keys of the Amazon metadata; `related` only for items with events.
void append_metadata(const World& world, idx_t item, std::string& out);

/// A line of users.csv.
void append_user(const World& world, idx_t user, std::string& out);
inline constexpr std::string_view kUserHeader = "user,gender,age,state\n";

}  // namespace akin::synthetic
