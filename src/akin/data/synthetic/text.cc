#include "akin/data/synthetic/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin::synthetic {
namespace {

template <typename List>
const auto& pick(const List& from, Rng& rng) {
  return from[rng.below(from.size())];
}

/// "07 9, 2013", as Amazon writes it.
void append_date(std::int64_t time, std::string& out) {
  const std::chrono::sys_days day(std::chrono::floor<std::chrono::days>(std::chrono::seconds(time)));
  const std::chrono::year_month_day date(day);
  const auto month = static_cast<unsigned>(date.month());
  if (month < 10) out += '0';
  append_number(month, out);
  out += ' ';
  append_number(static_cast<unsigned>(date.day()), out);
  out += ", ";
  append_number(static_cast<int>(date.year()), out);
}

void append_links(const World& world, std::string_view name, const std::vector<idx_t>& items,
                  std::string& out) {
  out.append("\"").append(name).append("\": [");
  for (std::size_t n = 0; n < items.size(); ++n) {
    if (n > 0) out += ", ";
    out.append("\"").append(world.truth.items.id(items[n])).append("\"");
  }
  out += ']';
}

/// Up to `count` different items of the category that match the item's style.
std::vector<idx_t> related(const World& world, idx_t item, idx_t category, std::size_t count, Rng& rng) {
  std::vector<idx_t> links;
  for (std::size_t tries = 0; tries < 4 * count && links.size() < count; ++tries) {
    const auto other = world.draw_item(category, world.truth.item_style.row(item), nullptr, rng);
    if (other && *other != item && std::ranges::find(links, *other) == links.end()) links.push_back(*other);
  }
  return links;
}

}  // namespace

void append_number(std::int64_t number, std::string& out) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

ReviewPrinter::ReviewPrinter(const World& world)
    : world_(world),
      neutral_(neutral_phrases()),
      female_names_(first_names("F")),
      male_names_(first_names("M")) {
  for (int rating = 1; rating <= 5; ++rating) {
    const auto r = static_cast<std::size_t>(rating - 1);
    judgements_[r] = judgement_phrases(rating);
    summaries_[r] = synthetic::summaries(rating);
    judgement_words_[r] = synthetic::judgement_words(rating);
  }
}

void ReviewPrinter::append(const Review& review, Rng& rng, std::string& out) const {
  const SyntheticTruth& truth = world_.truth;
  const auto& names = world_.facts[review.user].female ? female_names_ : male_names_;
  const std::uint64_t name = Rng::mix(review.user);
  const std::uint64_t votes = rng.below(4) == 0 ? rng.below(12) : 0;
  out.append("{\"reviewerID\": \"").append(truth.users.id(review.user));
  out.append("\", \"asin\": \"").append(truth.items.id(review.item));
  out.append("\", \"reviewerName\": \"").append(names[name % names.size()]).append(" ");
  out += static_cast<char>('A' + (name >> 32) % 26);
  out += ".\", \"helpful\": [";
  append_number(static_cast<std::int64_t>(rng.below(votes + 1)), out);
  out += ", ";
  append_number(static_cast<std::int64_t>(votes), out);
  out += "], ";
  if (world_.config.review_words > 0) append_text(review, rng, out);
  out += "\"overall\": ";
  out += static_cast<char>('0' + review.rating);
  out += ".0, ";
  if (world_.config.review_words > 0) {
    out += "\"summary\": \"";
    append_phrase(pick(summaries_[static_cast<std::size_t>(review.rating - 1)], rng), review, rng, out);
    out += "\", ";
  }
  out += "\"unixReviewTime\": ";
  append_number(review.time, out);
  out += ", \"reviewTime\": \"";
  append_date(review.time, out);
  out += "\"}\n";
}

/// Every third phrase judges, the others speak of the category, the style and the brand.
void ReviewPrinter::append_text(const Review& review, Rng& rng, std::string& out) const {
  out += "\"reviewText\": \"";
  const auto mean = static_cast<std::size_t>(world_.config.review_words);
  const std::size_t wanted = std::max<std::size_t>(1, mean / 2 + rng.below(mean + 1));
  const auto& judgements = judgements_[static_cast<std::size_t>(review.rating - 1)];
  std::size_t words = append_phrase(pick(judgements, rng), review, rng, out);
  while (words + 3 < wanted) {  // a phrase has about seven words: stop at the nearer side
    out += ". ";
    words += append_phrase(rng.below(3) == 0 ? pick(judgements, rng) : pick(neutral_, rng), review, rng, out);
  }
  out += ".\", ";
}

std::size_t ReviewPrinter::append_phrase(std::string_view phrase, const Review& review, Rng& rng,
                                         std::string& out) const {
  const std::size_t start = out.size();
  for (;;) {
    const std::size_t slot = phrase.find('%');
    out.append(phrase.substr(0, slot));
    if (slot == std::string_view::npos) break;
    append_slot(phrase[slot + 1], review, rng, out);
    phrase.remove_prefix(slot + 2);
  }
  out[start] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[start])));
  return 1 + static_cast<std::size_t>(
                 std::count(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), ' '));
}

void ReviewPrinter::append_slot(char slot, const Review& review, Rng& rng, std::string& out) const {
  const SyntheticTruth& truth = world_.truth;
  const Leaf& leaf = world_.leaves[truth.category[review.item]];
  switch (slot) {
    case 'n':
      out.append(leaf.nouns[world_.noun[review.item]]);
      return;
    case 'c':
      out.append(pick(leaf.words, rng));
      return;
    case 's':
      out.append(pick(world_.styles[world_.draw_style(review.item, rng)].words, rng));
      return;
    case 'k':
      out.append(world_.colours[truth.colour[review.item]].name);
      return;
    case 'b':
      out.append(truth.brand_names[truth.brand[review.item]]);
      return;
    case 'p':
      out.append(pick(judgement_words_[static_cast<std::size_t>(review.rating - 1)], rng));
      return;
    default:
      fail(ErrorCode::kInternal, "unknown slot %{} in a phrase", slot);
  }
}

void append_metadata(const World& world, idx_t item, std::string& out) {
  const SyntheticTruth& truth = world.truth;
  const idx_t category = truth.category[item];
  const Leaf& leaf = world.leaves[category];
  const std::string_view brand = truth.brand_names[truth.brand[item]];
  Rng rng = stream_of(world.seed, Purpose::kLinks, item);
  out.append("{\"asin\": \"").append(truth.items.id(item));
  out.append("\", \"title\": \"").append(world.titles[item]);
  fmt::format_to(std::back_inserter(out), "\", \"price\": {:.2f}, \"brand\": \"{}\", \"categories\": [[\"",
                 world.price[item], brand);
  for (const char c : leaf.path) c == '|' ? out.append("\", \"") : out.append(1, c);
  out += "\"]], ";
  if (world.config.images) out.append("\"imUrl\": \"images/").append(truth.items.id(item)).append(".jpg\", ");
  if (!truth.cold[item]) {
    out += "\"related\": {";
    append_links(world, "also_bought", related(world, item, truth.complement[category], 5, rng), out);
    out += ", ";
    append_links(world, "also_viewed", related(world, item, category, 5, rng), out);
    out += ", ";
    append_links(world, "bought_together", related(world, item, truth.complement[category], 2, rng), out);
    out += "}, ";
  }
  const auto style_word = [&] { return pick(world.styles[world.draw_style(item, rng)].words, rng); };
  const std::string first = style_word(), second = style_word(), third = style_word();
  fmt::format_to(std::back_inserter(out),
                 "\"description\": \"This {} in {} by {} is {}, {} and {}. Mind the {} and the {}.\"}}\n",
                 leaf.nouns[world.noun[item]], world.colours[truth.colour[item]].name, brand, first, second,
                 third, pick(leaf.words, rng), pick(leaf.words, rng));
}

void append_user(const World& world, idx_t user, std::string& out) {
  static const std::vector<std::string_view> all_states = states();
  const UserFacts& facts = world.facts[user];
  fmt::format_to(std::back_inserter(out), "{},{},{},{}\n", world.truth.users.id(user),
                 facts.female ? 'F' : 'M', facts.age, all_states[facts.state]);
}

}  // namespace akin::synthetic
