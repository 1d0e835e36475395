#include "akin/data/synthetic/world.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "akin/base/parallel.h"
#include "akin/base/rng.h"

namespace akin::synthetic {
namespace {

constexpr std::size_t kAgeBands = 5;
constexpr int kFirstAge = 18, kYearsPerBand = 12;
constexpr std::uint32_t kPatterns = 8, kAccents = 6;
constexpr double kStyleSharpness = 4;  // of the words and colours an item's style shows in

void add_normal(std::span<float> row, double sigma, Rng& rng) {
  for (float& x : row) x += static_cast<float>(sigma * rng.normal());
}

void add(std::span<float> row, float weight, std::span<const float> other) {
  for (std::size_t k = 0; k < row.size(); ++k) row[k] += weight * other[k];
}

std::string numbered(char letter, std::size_t index, std::size_t count) {
  std::size_t digits = 5;
  for (std::size_t limit = 100000; count > limit; limit *= 10) ++digits;
  return fmt::format("{}{:0{}}", letter, index + 1, digits);
}

/// Rows of length 1 in random directions.
Matrix directions(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  Matrix matrix = Matrix::normal(rows, cols, 1, seed);
  for (std::size_t r = 0; r < rows; ++r) normalize(matrix[r]);
  return matrix;
}

template <typename T>
const T& pick(const std::vector<T>& from, Rng& rng) {
  return from[rng.below(from.size())];
}

}  // namespace

World::World(const SyntheticConfig& wanted, const Context& context) : config(wanted), seed(context.seed) {
  config.check();
  truth.rating_mean = 4.1f;
  truth.rating_taste = 0.9f;
  truth.rating_noise = config.rating_noise;
  truth.taste_strength = config.taste_strength;
  truth.sequence = config.sequence;
  build_categories();
  build_brands();
  build_items(context);
  choose_cold_items();
  build_tables();
  build_users(context);
  share_out_events();
  choose_discoverers();
}

void World::build_categories() {
  leaves = make_leaves(config.categories);
  styles = make_styles(config.styles);
  colours = make_colours(config.styles);
  for (const Style& style : styles) truth.style_names.push_back(style.name);
  for (const Colour& colour : colours) truth.colour_names.push_back(colour.name);
  const std::size_t count = leaves.size();
  category_style_ = directions(count, styles.size(), stream_of(seed, Purpose::kCategory, 0).next());
  std::vector<double> sizes(count);
  std::map<std::string, idx_t> departments;
  for (std::size_t c = 0; c < count; ++c) {
    truth.category_names.push_back(leaves[c].path);
    const std::string department = leaves[c].path.substr(0, leaves[c].path.find('|'));
    department_.push_back(
        departments.emplace(department, static_cast<idx_t>(departments.size())).first->second);
    const std::size_t group = c / kLeavesPerGroup * kLeavesPerGroup;
    const std::size_t in_group = std::min(kLeavesPerGroup, count - group);
    truth.complement.push_back(static_cast<idx_t>(group + (c - group + 1) % in_group));
    sizes[c] = 0.5 + stream_of(seed, Purpose::kCategory, c + 1).uniform();
  }
  brands_of_department_.resize(departments.size());
  category_sizes_ = AliasTable(sizes);
}

void World::build_brands() {
  const auto count = static_cast<std::size_t>(config.brands);
  brand_style_ = directions(count, styles.size(), stream_of(seed, Purpose::kBrand, 0).next());
  for (std::size_t b = 0; b < count; ++b) {
    Rng rng = stream_of(seed, Purpose::kBrand, b + 1);
    truth.brand_names.push_back(brand_name(b));
    brands.push_back({static_cast<float>(std::exp(0.4 * rng.normal())),
                      static_cast<std::uint32_t>(rng.below(kPatterns)),
                      static_cast<std::uint32_t>(rng.below(kAccents))});
    brands_of_department_[b % brands_of_department_.size()].push_back(static_cast<idx_t>(b));
  }
  for (auto& list : brands_of_department_) {  // fewer brands than departments: they sell everything
    if (!list.empty()) continue;
    list.resize(count);
    std::iota(list.begin(), list.end(), idx_t{0});
  }
}

void World::build_items(const Context& context) {
  const auto count = static_cast<std::size_t>(config.items);
  truth.item_style = Matrix(count, styles.size());
  truth.item_bias.resize(count);
  truth.popularity.resize(count);
  truth.cold.assign(count, 0);
  for (auto* column : {&truth.category, &truth.brand, &truth.colour}) column->resize(count);
  price.resize(count);
  titles.resize(count);
  noun.resize(count);
  style_mix.resize(count * styles.size());
  for (std::size_t i = 0; i < count; ++i) truth.items.add(numbered('B', i, count));
  std::vector<std::size_t> rank(count);
  std::iota(rank.begin(), rank.end(), std::size_t{0});
  Rng order = stream_of(seed, Purpose::kPopularity, 0);
  order.shuffle(std::span(rank));
  parallel_for(count, context.threads, [&](std::size_t begin, std::size_t end, int) {
    context.check_stop();
    for (std::size_t i = begin; i < end; ++i) {
      Rng rng = stream_of(seed, Purpose::kItem, i);
      truth.popularity[i] =
          static_cast<float>(std::pow(static_cast<double>(rank[i]) + 3, -config.popularity));
      describe_item(i, rng);
    }
  });
}

/// style_i = normalize(0.4 category + 0.7 brand + 1.1 e_k + 0.25 N(0, I)), k uniform; then all that shows it.
void World::describe_item(std::size_t i, Rng& rng) {
  const idx_t category = truth.category[i] = category_sizes_.draw(rng);
  const auto& makers = brands_of_department_[department_[category]];
  const double skewed = rng.uniform() * rng.uniform();  // the first brands of a department are its large ones
  const idx_t brand = truth.brand[i] =
      makers[static_cast<std::size_t>(skewed * static_cast<double>(makers.size()))];
  const std::span<float> style = truth.item_style[i];
  style[rng.below(style.size())] = 1.1f;
  add(style, 0.4f, category_style_[category]);
  add(style, 0.7f, brand_style_[brand]);
  add_normal(style, 0.25, rng);
  normalize(style);
  truth.item_bias[i] = static_cast<float>(0.4 * rng.normal());

  const std::size_t n_styles = style.size();
  double total = 0;
  for (const float x : style) total += std::exp(kStyleSharpness * x);
  double sum = 0;
  for (std::size_t k = 0; k < n_styles; ++k) {
    sum += std::exp(kStyleSharpness * style[k]);
    style_mix[i * n_styles + k] = static_cast<std::uint8_t>(std::lround(255 * sum / total));
  }
  const Leaf& leaf = leaves[category];
  price[i] = static_cast<float>(leaf.price * brands[brand].price_level * std::exp(0.25 * rng.normal()));
  price[i] = std::max(0.99f, std::floor(price[i]) + 0.99f);
  truth.colour[i] = static_cast<idx_t>(draw_style(i, rng) * kColoursPerStyle + rng.below(kColoursPerStyle));
  const std::string& adjective = pick(styles[draw_style(i, rng)].adjectives, rng);
  noun[i] = static_cast<std::uint8_t>(rng.below(leaf.nouns.size()));
  titles[i] = fmt::format("{} {} {} {} {}", truth.brand_names[brand], colours[truth.colour[i]].name,
                          adjective, leaf.nouns[noun[i]], pick(leaf.sizes, rng));
}

void World::choose_cold_items() {
  std::vector<idx_t> order(n_items());
  std::iota(order.begin(), order.end(), idx_t{0});
  Rng rng = stream_of(seed, Purpose::kCold, 0);
  rng.shuffle(std::span(order));
  const auto count = static_cast<std::size_t>(config.cold_items * static_cast<float>(config.items));
  for (std::size_t n = 0; n < count; ++n) truth.cold[order[n]] = 1;
  shelves_.resize(leaves.size());
  for (std::size_t i = 0; i < n_items(); ++i) {
    if (truth.cold[i]) continue;
    warm.push_back(static_cast<idx_t>(i));
    shelves_[truth.category[i]].items.push_back(static_cast<idx_t>(i));
  }
}

void World::build_tables() {
  for (int step = 0; step <= kAcceptanceSteps; ++step) {
    const double match = 2.0 * step / kAcceptanceSteps - 1;
    acceptance_.push_back(static_cast<float>(std::exp(config.taste_strength * (match - 1))));
  }
  std::vector<double> mass(leaves.size(), 0);
  for (std::size_t c = 0; c < leaves.size(); ++c) {
    std::vector<double> weights;
    Shelf& shelf = shelves_[c];
    shelf.stride = (styles.size() + 3) / 4 * 4;
    for (const idx_t item : shelf.items) {
      weights.push_back(truth.popularity[item]);
      const float* const style = truth.item_style.row(item);
      shelf.styles.insert(shelf.styles.end(), style, style + shelf.stride);
    }
    mass[c] = std::accumulate(weights.begin(), weights.end(), 0.0);
    if (!weights.empty()) shelf.by_popularity = AliasTable(weights);
  }
  background_ = AliasTable(mass);
  const double total = std::accumulate(mass.begin(), mass.end(), 0.0);
  for (const double m : mass) truth.background.push_back(static_cast<float>(m / total));
  std::vector<double> shares(std::begin(SyntheticTruth::kFavouriteShare),
                             std::end(SyntheticTruth::kFavouriteShare));
  shares.push_back(SyntheticTruth::kBackgroundShare);
  favourite_shares_ = AliasTable(shares);
}

/// taste_u = normalize(e_k + 0.6 e_l + 0.5 demography + 0.25 N(0, I)), k and l uniform.
void World::build_users(const Context& context) {
  const auto count = static_cast<std::size_t>(config.users);
  truth.user_taste = Matrix(count, styles.size());
  truth.user_bias.resize(count);
  truth.favourites.resize(count * SyntheticTruth::kFavourites);
  facts.resize(count);
  for (std::size_t u = 0; u < count; ++u) truth.users.add(numbered('U', u, count));
  demography_style_ =
      directions(2 * kAgeBands, styles.size(), stream_of(seed, Purpose::kDemography, 0).next());
  const std::size_t n_states = states().size();
  parallel_for(count, context.threads, [&](std::size_t begin, std::size_t end, int) {
    context.check_stop();
    for (std::size_t u = begin; u < end; ++u) {
      Rng rng = stream_of(seed, Purpose::kUser, u);
      const std::size_t group = rng.below(2 * kAgeBands);
      const int band = static_cast<int>(group / 2);
      const int age = kFirstAge + kYearsPerBand * band + static_cast<int>(rng.below(kYearsPerBand));
      facts[u] = {group % 2 == 1, static_cast<std::uint8_t>(age),
                  static_cast<std::uint8_t>(rng.below(n_states))};
      const std::span<float> taste = truth.user_taste[u];
      taste[rng.below(taste.size())] += 1;
      taste[rng.below(taste.size())] += 0.6f;
      add(taste, 0.5f, demography_style_[group]);
      add_normal(taste, 0.25, rng);
      normalize(taste);
      truth.user_bias[u] = static_cast<float>(0.4 * rng.normal());
      for (std::size_t f = 0; f < SyntheticTruth::kFavourites; ++f) {
        truth.favourites[u * SyntheticTruth::kFavourites + f] = background_.draw(rng);
      }
    }
  });
}

/// min_events for everyone; the rest by log-normal activity. Nobody gets over 30 % of the items while
/// that is enough.
void World::share_out_events() {
  const std::size_t count = n_users();
  std::vector<double> cumulative(count + 1, 0);
  for (std::size_t u = 0; u < count; ++u) {
    cumulative[u + 1] = cumulative[u] + std::exp(stream_of(seed, Purpose::kActivity, u).normal());
  }
  const auto least = static_cast<std::uint64_t>(config.min_events);
  const auto total = static_cast<std::uint64_t>(config.events);
  const auto extra = static_cast<double>(total - least * count);
  std::uint64_t cap = std::max<std::uint64_t>(least, warm.size() * 3 / 10);
  if (cap * count < total) cap = warm.size();
  user_events.resize(count);
  std::uint64_t before = 0, given = 0;
  for (std::size_t u = 0; u < count; ++u) {
    const auto upto = static_cast<std::uint64_t>(extra * (cumulative[u + 1] / cumulative[count]));
    user_events[u] = static_cast<std::uint32_t>(std::min(cap, least + upto - before));
    before = upto;
    given += user_events[u];
  }
  for (std::size_t u = 0; given < total; u = (u + 1) % count) {  // what the cap and rounding left over
    const std::uint64_t room = cap - user_events[u];
    const std::uint64_t more =
        std::min({room, total - given, std::max<std::uint64_t>(1, (total - given) / count)});
    user_events[u] += static_cast<std::uint32_t>(more);
    given += more;
  }
}

/// Every warm item, as far as there are events, goes to the one of a few random users whom it suits best.
void World::choose_discoverers() {
  constexpr int kCandidates = 8;
  const std::size_t count = n_users();
  std::vector<std::uint32_t> taken(count, 0);
  std::vector<idx_t> discoverer(warm.size());
  std::size_t next_with_room = 0;
  std::size_t placed = 0;
  for (; placed < warm.size(); ++placed) {
    const idx_t item = warm[placed];
    Rng rng = stream_of(seed, Purpose::kDiscoverer, item);
    std::optional<std::size_t> best;
    double best_score = -1;
    for (int n = 0; n < kCandidates; ++n) {
      const std::size_t user = rng.below(count);
      if (taken[user] >= (user_events[user] + 1) / 2) continue;
      const double score = truth.category_share(user, truth.category[item]) *
                           std::exp(config.taste_strength * truth.affinity(user, item));
      if (score > best_score) best = user, best_score = score;
    }
    while (!best && next_with_room < count && taken[next_with_room] >= user_events[next_with_room])
      ++next_with_room;
    if (!best && next_with_room == count) break;
    discoverer[placed] = static_cast<idx_t>(best.value_or(next_with_room));
    ++taken[discoverer[placed]];
  }
  discovered_begin_.assign(count + 1, 0);
  for (std::size_t n = 0; n < placed; ++n) ++discovered_begin_[discoverer[n] + 1];
  std::partial_sum(discovered_begin_.begin(), discovered_begin_.end(), discovered_begin_.begin());
  std::vector<std::size_t> end(discovered_begin_.begin(), discovered_begin_.end() - 1);
  discovered_.resize(placed);
  for (std::size_t n = 0; n < placed; ++n) discovered_[end[discoverer[n]]++] = warm[n];
}

}  // namespace akin::synthetic
