// The words, colours and shapes the synthetic data set is made of.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace akin::synthetic {

inline constexpr int kMaxCategories = 48;
inline constexpr int kMaxStyles = 12;
inline constexpr int kMaxBrands = 2000;
inline constexpr std::size_t kColoursPerStyle = 3;
inline constexpr std::size_t kLeavesPerGroup = 3;  ///< consecutive categories that complete each other

/// A leaf of the category tree.
struct Leaf {
  std::string path;  ///< "Home|Kitchen|Kettles"
  std::vector<std::string> nouns, sizes, words;
  float price;  ///< typical, in dollars
};

/// A direction of taste and how it shows in words and colours.
struct Style {
  std::string name;
  std::vector<std::string> adjectives;  ///< of titles
  std::vector<std::string> words;       ///< of reviews
};

struct Colour {
  std::string_view name;
  std::array<std::uint8_t, 3> rgb;
};

/// The first `count` leaves; groups of kLeavesPerGroup belong together.
std::vector<Leaf> make_leaves(int count);
std::vector<Style> make_styles(int count);
/// kColoursPerStyle colours for each style, in the order of styles.
std::vector<Colour> make_colours(int styles);
/// Different for every index below kMaxBrands.
std::string brand_name(std::size_t index);

/// Review phrases. Slots: %n product noun, %c category word, %s style word, %k colour, %b brand,
/// %p judgement word.
std::vector<std::string_view> neutral_phrases();
/// Phrases that follow the rating 1..5.
std::vector<std::string_view> judgement_phrases(int rating);
std::vector<std::string_view> summaries(int rating);
/// Words for the slot %p.
std::vector<std::string_view> judgement_words(int rating);

std::vector<std::string_view> first_names(std::string_view gender);
std::vector<std::string_view> states();

/// "a,b,c" -> {"a", "b", "c"}.
std::vector<std::string> split_list(std::string_view text);

}  // namespace akin::synthetic
