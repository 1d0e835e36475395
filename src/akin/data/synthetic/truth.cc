#include "akin/data/synthetic/truth.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/data/synthetic/world.h"

namespace akin {
namespace {

constexpr std::string_view kKind = "synthetic-truth";

std::vector<idx_t> read_favourites(const TensorReader& reader, std::size_t n_users,
                                   std::size_t n_categories) {
  if (reader.shape("favourites") != std::vector<std::size_t>{n_users, SyntheticTruth::kFavourites})
    reader.inconsistent("tensor favourites does not have a row for each user");
  const auto values = reader.tensor<idx_t>("favourites");
  if (std::ranges::any_of(values, [&](idx_t category) { return category >= n_categories; }))
    reader.inconsistent("tensor favourites names categories that do not exist");
  return {values.begin(), values.end()};
}

}  // namespace

float SyntheticTruth::affinity(std::size_t user, std::size_t item) const {
  return synthetic::affinity(user_taste.row(user), item_style.row(item), item_style.cols());
}

float SyntheticTruth::mean_rating(std::size_t user, std::size_t item) const {
  return rating_mean + user_bias[user] + item_bias[item] + rating_taste * affinity(user, item);
}

/// E = 1 + sum over k = 1..4 of P(x >= k + 1/2), x ~ N(mean_rating, sigma^2).
double SyntheticTruth::expected_rating(std::size_t user, std::size_t item) const {
  const double mean = mean_rating(user, item);
  if (rating_noise <= 0) return static_cast<double>(std::lround(std::clamp(mean, 1.0, 5.0)));
  double expected = 1;
  for (int k = 1; k <= 4; ++k) {
    expected += 0.5 * std::erfc((k + 0.5 - mean) / (rating_noise * std::numbers::sqrt2));
  }
  return expected;
}

float SyntheticTruth::category_share(std::size_t user, idx_t which) const {
  float share = kBackgroundShare * background[which];
  for (std::size_t f = 0; f < kFavourites; ++f) {
    if (favourites[user * kFavourites + f] == which) share += kFavouriteShare[f];
  }
  return share;
}

std::vector<double> SyntheticTruth::pick_probabilities(std::size_t user, std::optional<idx_t> last) const {
  const std::size_t n_items = item_bias.size(), n_categories = background.size();
  std::vector<double> result(n_items, 0);
  const auto add = [&](const float* target, const std::vector<double>& shares) {
    std::vector<double> weight(n_items), total(n_categories, 0);
    for (std::size_t i = 0; i < n_items; ++i) {
      if (shares[category[i]] == 0) continue;
      const float match = synthetic::affinity(target, item_style.row(i), item_style.cols());
      weight[i] = popularity[i] * std::exp(static_cast<double>(taste_strength) * match);
      if (!cold[i]) total[category[i]] += weight[i];
    }
    for (std::size_t i = 0; i < n_items; ++i) {
      const idx_t c = category[i];
      if (total[c] > 0) result[i] += shares[c] * weight[i] / total[c];
    }
  };
  const bool completes = last && background[complement[category[*last]]] > 0;
  const double own = completes ? 1 - sequence : 1;
  std::vector<double> shares(n_categories);
  for (std::size_t c = 0; c < n_categories; ++c)
    shares[c] = own * category_share(user, static_cast<idx_t>(c));
  add(user_taste.row(user), shares);
  if (completes) {
    Matrix target(1, item_style.cols());
    synthetic::blend(user_taste[user], item_style[*last], target[0]);
    std::ranges::fill(shares, 0.0);
    shares[complement[category[*last]]] = sequence;
    add(target.row(0), shares);
  }
  return result;
}

SyntheticTruth load_synthetic_truth(const std::string& path) {
  const TensorReader reader(path);
  reader.expect_kind(kKind);
  SyntheticTruth truth;
  truth.users = read_ids(reader, "users");
  truth.items = read_ids(reader, "items");
  const std::size_t n_users = truth.users.size(), n_items = truth.items.size();
  truth.user_taste = read_matrix(reader, "user_taste", n_users);
  truth.item_style = read_matrix(reader, "item_style", n_items);
  const std::size_t n_styles = truth.item_style.cols();
  if (truth.user_taste.cols() != n_styles) {
    fail(ErrorCode::kBadData, "{}: user_taste has {} columns, item_style {}", path, truth.user_taste.cols(),
         n_styles);
  }
  truth.user_bias = reader.vector<float>("user_bias", n_users);
  truth.item_bias = reader.vector<float>("item_bias", n_items);
  truth.popularity = reader.vector<float>("popularity", n_items);
  truth.cold = reader.vector<std::uint8_t>("cold", n_items);
  const std::size_t n_categories = reader.tensor<float>("background").size();
  truth.background = reader.vector<float>("background", n_categories);
  truth.category_names = read_strings(reader, "category_names", n_categories);
  const auto n_brands = static_cast<std::size_t>(reader.meta_int("brands", 1, synthetic::kMaxBrands));
  truth.brand_names = read_strings(reader, "brand_names", n_brands);
  truth.style_names = read_strings(reader, "style_names", n_styles);
  const std::size_t n_colours = n_styles * synthetic::kColoursPerStyle;
  truth.colour_names = read_strings(reader, "colour_names", n_colours);
  truth.category = reader.indices("category", n_items, n_categories);
  truth.brand = reader.indices("brand", n_items, n_brands);
  truth.colour = reader.indices("colour", n_items, n_colours);
  truth.complement = reader.indices("complement", n_categories, n_categories);
  truth.favourites = read_favourites(reader, n_users, n_categories);
  const std::vector<float> rating = reader.vector<float>("rating_mean_taste_noise", 3);
  truth.rating_mean = rating[0], truth.rating_taste = rating[1], truth.rating_noise = rating[2];
  const std::vector<float> picking = reader.vector<float>("pick_taste_sequence", 2);
  truth.taste_strength = picking[0], truth.sequence = picking[1];
  return truth;
}

namespace synthetic {

void write_truth(const SyntheticTruth& truth, const ParamValues& params, std::uint64_t seed,
                 const std::string& path) {
  TensorWriter writer(kKind);
  for (const auto& [name, value] : params) writer.meta(name, value);
  writer.meta("seed", fmt::format("{}", seed));
  write_ids(writer, "users", truth.users);
  write_ids(writer, "items", truth.items);
  write_matrix(writer, "user_taste", truth.user_taste);
  write_matrix(writer, "item_style", truth.item_style);
  writer.tensor("user_bias", truth.user_bias);
  writer.tensor("item_bias", truth.item_bias);
  writer.tensor("popularity", truth.popularity);
  writer.tensor("category", truth.category);
  writer.tensor("brand", truth.brand);
  writer.tensor("colour", truth.colour);
  writer.tensor("favourites", truth.favourites.data(), truth.users.size(), SyntheticTruth::kFavourites,
                SyntheticTruth::kFavourites);
  writer.tensor("cold", truth.cold);
  writer.tensor("complement", truth.complement);
  writer.tensor("background", truth.background);
  write_strings(writer, "category_names", truth.category_names);
  write_strings(writer, "brand_names", truth.brand_names);
  write_strings(writer, "colour_names", truth.colour_names);
  write_strings(writer, "style_names", truth.style_names);
  writer.tensor("rating_mean_taste_noise",
                std::vector<float>{truth.rating_mean, truth.rating_taste, truth.rating_noise});
  writer.tensor("pick_taste_sequence", std::vector<float>{truth.taste_strength, truth.sequence});
  writer.write(path);
}

}  // namespace synthetic
}  // namespace akin
