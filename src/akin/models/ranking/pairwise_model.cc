#include "akin/models/ranking/pairwise_model.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/sampling.h"

namespace akin {
namespace {

constexpr double kMostPairs = 1e18;  // of users and items, both below 2^32

std::size_t fold_in_steps(double visits) {
  return static_cast<std::size_t>(std::clamp(50 * visits, 2000.0, 50000.0));
}

}  // namespace

PairSample sample_pairs(const StripedMatrix& positives, std::uint64_t seed, const Communicator& ranks) {
  Rng rng(seed);
  std::vector<std::uint64_t> entries(PairSample::kSize);
  for (std::uint64_t& entry : entries) entry = rng.below(positives.entries);
  SampledPairs pairs = pairs_at(ranks, positives, entries);
  return {std::move(pairs.users), std::move(pairs.items), static_cast<double>(positives.entries)};
}

PairwiseModel::PairwiseModel(State state)
    : users_(std::move(state.factors.users)),
      items_(std::move(state.factors.items)),
      sample_(std::move(state.sample)),
      step_(state.step) {}

std::optional<idx_t> PairwiseModel::draw_item(std::span<const idx_t> history, Rng& rng) const {
  for (int attempt = 0; attempt < NegativeSampler::kTries; ++attempt) {
    const auto item = static_cast<idx_t>(rng.below(items_.rows()));
    if (!std::ranges::binary_search(history, item)) return item;
  }
  return std::nullopt;
}

bool PairwiseModel::user_vector(const Query& query, std::span<float> out) const {
  if (copy_stored_row(users_, query, out)) return true;
  const HistoryRow row = positive_history_row(query);
  if (row.items.empty()) return false;
  Matrix user(1, items_.cols());
  float* p = user.row(0);
  const std::size_t f = items_.cols() - 1, n = row.items.size();
  p[f] = 1;
  Rng rng(seed_of(row.items));
  const std::size_t steps = fold_in_steps(static_cast<double>(n));
  for (std::size_t t = 0; t < steps; ++t) {
    const float* positive = items_.row(row.items[t % n]);
    const auto drawn = negative(p, positive, row.items, rng);
    if (!drawn) continue;
    const float rate = step_.learning_rate * (1 - static_cast<float>(t) / static_cast<float>(steps));
    scale(1 - rate * step_.user_regularization, p, f);
    axpy(rate * drawn->weight, positive, p, f);
    axpy(-rate * drawn->weight, items_.row(drawn->item), p, f);
  }
  std::ranges::copy(user[0], out.begin());
  return true;
}

bool PairwiseModel::item_vector(std::span<const idx_t> users, std::span<const float> values,
                                std::span<float> out) const {
  const std::vector<idx_t> known = known_positive_users(users_, users, values).users;
  if (known.empty()) return false;
  // Pairs of users who chose the item cannot have it as a negative.
  std::vector<double> shares(sample_.users.size(), 0.0);
  double total = 0;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    const bool usable = !std::ranges::binary_search(known, sample_.users[k]) &&
                        !stored_row(users_, {.user = sample_.users[k]}).empty();
    if (usable) total += share(k, known.size());
    shares[k] = total;
  }
  const double positive_visits = static_cast<double>(known.size());
  const double negative_visits =
      shares.empty() ? 0 : sample_.pairs * total / static_cast<double>(shares.size());
  Matrix item(1, items_.cols());
  float* q = item.row(0);
  Rng rng(seed_of(known));
  const std::size_t steps = fold_in_steps(positive_visits + negative_visits), d = items_.cols();
  std::size_t positives = 0;
  for (std::size_t t = 0; t < steps; ++t) {
    const float rate = step_.learning_rate * (1 - static_cast<float>(t) / static_cast<float>(steps));
    if (rng.uniform() * (positive_visits + negative_visits) < positive_visits) {
      const float* user = users_.row(known[positives++ % known.size()]);
      const auto drawn = negative(user, q, {}, rng);
      if (!drawn) continue;
      scale(1 - rate * step_.item_regularization, q, d);
      axpy(rate * drawn->weight, user, q, d);
    } else {
      const auto k = std::min<std::size_t>(
          static_cast<std::size_t>(std::ranges::upper_bound(shares, rng.uniform() * total) - shares.begin()),
          shares.size() - 1);
      const float* user = users_.row(sample_.users[k]);
      const float weight = push(user, items_.row(sample_.items[k]), q, rng);
      if (weight == 0) continue;
      scale(1 - rate * step_.negative_regularization, q, d);
      axpy(-rate * weight, user, q, d);
    }
  }
  std::ranges::copy(item[0], out.begin());
  return true;
}

void PairwiseModel::save(TensorWriter& writer) const {
  write_factors(writer, users_, items_);
  writer.tensor("model.sample_users", sample_.users);
  writer.tensor("model.sample_items", sample_.items);
  writer.tensor("model.pairs", std::vector<double>{sample_.pairs});
  writer.tensor("model.step", std::vector<float>{step_.learning_rate, step_.user_regularization,
                                                 step_.item_regularization, step_.negative_regularization});
}

PairwiseModel::State PairwiseModel::load_state(const TensorReader& reader, std::size_t n_users,
                                               std::size_t n_items) {
  Factors factors = read_factors(reader, n_users, n_items, 2);
  PairSample sample;
  sample.users = reader.indices("model.sample_users", PairSample::kSize, n_users);
  sample.items = reader.indices("model.sample_items", PairSample::kSize, n_items);
  sample.pairs = reader.vector_in<double>("model.pairs", 1, 0, kMostPairs)[0];
  const auto step = reader.vector_in<float>("model.step", 4, 0, 1000);
  return {std::move(factors), std::move(sample), {step[0], step[1], step[2], step[3]}};
}

PairwiseModel::State PairwiseModel::select_state(std::span<const idx_t> users) const {
  const RemainingSample remaining = remaining_sample(sample_.users, users);
  PairSample sample{remaining.users, {}, sample_.pairs * remaining.share};
  for (const std::size_t k : remaining.drawn) sample.items.push_back(sample_.items[k]);
  return {{Matrix::gather(users_, users), items_.clone()}, std::move(sample), step_};
}

}  // namespace akin
