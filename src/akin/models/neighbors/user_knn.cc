#include "akin/models/neighbors/user_knn.h"

#include <algorithm>
#include <string>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/models/fit/stored_params.h"
#include "akin/models/neighbors/sparse_product.h"

namespace akin {

/// A query as a row of the matrix.
struct UserKnn::Asker {
  std::optional<idx_t> user;
  std::vector<idx_t> items;
  std::vector<float> weights;
  SimilarityMeasure::Row stats;
};

UserKnn::UserKnn(Csr taken, const Config& config)
    : config_(config), taken_(std::move(taken)), users_(weigh_rows(taken_, config.spec(), kName)) {
  users_.rows = {};
}

std::unique_ptr<Model> UserKnn::fit(const TrainingData& data, const Config& config, const Context& context) {
  context.check_stop();
  if (data.events.empty())
    fail(ErrorCode::kBadData, "user-knn: no events to train on; check the filters and the split");
  Csr taken = to_csr(data.events, data.n_users(), data.n_items(), Repeats::kSum);
  if (!config.use_values) std::ranges::fill(taken.values, 1.0f);
  return std::unique_ptr<Model>(new UserKnn(std::move(taken), config));
}

UserKnn::Asker UserKnn::asker(const Query& query) const {
  Asker asker{.user = query.user, .items = {}, .weights = {}, .stats = {}};
  for (const WeightedItem& item : weighted_history(query, config_.use_values)) {
    asker.items.push_back(item.item);
    asker.weights.push_back(item.weight);
  }
  users_.measure.weigh(asker.items, asker.weights);
  asker.stats = users_.measure.row(asker.items, asker.weights);
  return asker;
}

std::vector<Scored> UserKnn::neighbors(const Asker& asker) const {
  SparseProduct<SimilarityMeasure::Sum> product(users_.columns);
  TopK best(std::min(static_cast<std::size_t>(config_.neighbors), taken_.rows()));
  product.row(asker.items, asker.weights, [&](idx_t other, const SimilarityMeasure::Sum& sum) {
    if (other == asker.user) return;
    const float s = users_.measure.similarity(asker.stats, users_.stats[other], sum);
    if (s > 0 && s >= best.threshold()) best.push(other, s);
  });
  std::vector<Scored> found = best.take();
  std::ranges::sort(found, {}, &Scored::idx);  // sums in order of users
  return found;
}

bool UserKnn::score_all(const Query& query, std::span<float> out) const {
  AKIN_ASSERT(out.size() == n_items());
  const std::vector<Scored> found = neighbors(asker(query));
  std::ranges::fill(out, 0.0f);
  for (const Scored& user : found) {
    const auto items = taken_.cols_of(user.idx);
    const auto values = taken_.values_of(user.idx);
    for (std::size_t e = 0; e < items.size(); ++e) out[items[e]] += user.score * values[e];
  }
  return !found.empty();
}

/// Product of the weights of the two users for the asker's item number `position`; 1 if both have it and
/// `products` are not asked for.
float UserKnn::share(const Asker& asker, idx_t user, std::size_t position, bool products) const {
  const auto owners = users_.columns.cols_of(asker.items[position]);
  const auto found = std::ranges::lower_bound(owners, user);
  if (found == owners.end() || *found != user) return 0;
  const auto weights = users_.columns.values_of(asker.items[position]);
  const float product = asker.weights[position] * weights[static_cast<std::size_t>(found - owners.begin())];
  return products ? product : 1.0f;
}

std::optional<Explanation> UserKnn::explain(const Query& query, idx_t item) const {
  const Asker asker = this->asker(query);
  const std::vector<Scored> found = neighbors(asker);
  if (found.empty()) return std::nullopt;
  const bool products = users_.measure.is_product();
  const auto owners_of_item = users_.columns.cols_of(item);
  std::vector<double> added(asker.items.size(), 0.0);
  std::vector<float> shares(asker.items.size());
  for (const Scored& user : found) {
    if (!std::ranges::binary_search(owners_of_item, user.idx)) continue;
    const auto items = taken_.cols_of(user.idx);
    const auto at = std::ranges::lower_bound(items, item) - items.begin();
    double all = 0;
    for (std::size_t k = 0; k < shares.size(); ++k) all += shares[k] = share(asker, user.idx, k, products);
    const double part =
        static_cast<double>(user.score) * taken_.values_of(user.idx)[static_cast<std::size_t>(at)] / all;
    for (std::size_t k = 0; k < shares.size(); ++k) added[k] += part * shares[k];
  }
  Explanation explanation;
  for (std::size_t k = 0; k < added.size(); ++k) {
    if (added[k] != 0) explanation.causes.push_back({asker.items[k], static_cast<float>(added[k])});
  }
  sort_causes(explanation);
  return explanation;
}

void UserKnn::save(TensorWriter& writer) const {
  write_csr(writer, "model.users", taken_);
  writer.meta("model.n_items", std::to_string(n_items()));
  Config config = config_;
  write_params(writer, config.params());
}

std::unique_ptr<Model> UserKnn::select_users(std::span<const idx_t> users) const {
  return std::unique_ptr<Model>(new UserKnn(select_rows(taken_, users), config_));
}

std::unique_ptr<Model> UserKnn::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  Config config;
  read_params(reader, config.params(), kName);
  const auto items = static_cast<std::int64_t>(n_items);
  reader.meta_int("model.n_items", items, items);
  return std::unique_ptr<Model>(
      new UserKnn(read_csr(reader, "model.users", n_users, n_items, ColumnOrder::kAscending), config));
}

}  // namespace akin
