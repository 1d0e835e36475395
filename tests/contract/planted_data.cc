#include "planted_data.h"

#include <algorithm>
#include <map>

#include "akin/base/rng.h"

namespace akin::contract {
namespace {

Dataset empty_shop(idx_t n_users, idx_t n_items) {
  Dataset data;
  data.name = "planted";
  for (idx_t u = 0; u < n_users; ++u) data.users.add("u" + std::to_string(u));
  for (idx_t i = 0; i < n_items; ++i) data.items.add("i" + std::to_string(i));
  return data;
}

struct Settings {
  ParamValues parameters = {};
  bool random = true;
};

/// One line per model that needs other than its defaults.
const Settings& settings(const ModelEntry& model) {
  static const std::map<std::string_view, Settings> kSettings = {
      {"popularity", {{}, false}},
      {"bias", {{}, false}},
      {"item-knn", {{}, false}},
      {"user-knn", {{{"neighbors", "50"}}, false}},
      {"co-occurrence", {{}, false}},
      {"item-knn-rating", {{}, false}},
      {"user-knn-rating", {{}, false}},
      {"slope-one", {{{"scheme", "bipolar"}}, false}},
      {"als", {{{"factors", "8"}, {"regularization", "2"}}}},
      {"mf-sgd", {{{"factors", "8"}, {"epochs", "60"}}}},
      {"svdpp", {{{"factors", "8"}, {"epochs", "100"}, {"learning_rate", "0.03"}}}},
      {"als-wr", {{{"factors", "8"}}}},
      {"bpr", {{{"factors", "8"}, {"epochs", "100"}}}},
      {"warp",
       {{{"factors", "4"},
         {"epochs", "100"},
         {"regularization", "0.1"},
         {"max_trials", "10"},
         {"init_sigma", "0.01"}}}},
      {"logistic-mf", {{{"factors", "8"}, {"epochs", "100"}}}},
      {"ease", {{{"regularization", "20"}}, false}},
      {"slim", {{{"l1", "0.5"}, {"l2", "5"}}, false}},
      {"svd", {{{"factors", "8"}}}},
      {"nmf", {{{"factors", "8"}, {"iterations", "60"}}}},
      {"nmf-rating", {{{"factors", "8"}}}},
      {"gmf", {{{"factors", "4"}, {"epochs", "40"}, {"batch", "64"}, {"learning_rate", "0.01"}}}},
      {"mlp",
       {{{"embedding", "8"},
         {"layers", "16,8"},
         {"epochs", "30"},
         {"batch", "64"},
         {"regularization", "0"},
         {"learning_rate", "0.01"}}}},
      {"neumf",
       {{{"factors", "4"},
         {"embedding", "4"},
         {"layers", "8"},
         {"epochs", "30"},
         {"batch", "64"},
         {"regularization", "0"},
         {"layers_regularization", "0"},
         {"learning_rate", "0.01"}}}},
      {"rating-dot", {{{"size", "8"}, {"epochs", "60"}, {"learning_rate", "0.01"}}}},
      {"rating-mlp",
       {{{"size", "8"}, {"epochs", "60"}, {"dropout", "0"}, {"loss", "mse"}, {"learning_rate", "0.003"}}}},
      {"prod2vec", {{{"size", "16"}, {"epochs", "100"}, {"sample", "0"}}}},
      {"item2vec", {{{"size", "8"}, {"epochs", "20"}, {"sample", "0"}, {"set", "user"}}}},
      {"word2vec", {{{"size", "16"}, {"epochs", "100"}, {"sample", "0"}, {"min_count", "1"}}}},
      {"doc2vec", {{{"size", "16"}, {"epochs", "60"}, {"sample", "0"}}}},
      {"bagged-prod2vec", {{{"size", "16"}, {"epochs", "100"}, {"sample", "0"}}}},
      {"meta-prod2vec", {{{"size", "16"}, {"epochs", "100"}, {"sample", "0"}}}},
      {"prod2vec-cluster", {{{"size", "16"}, {"epochs", "100"}, {"sample", "0"}}}},
  };
  static const Settings kDefault;
  const auto found = kSettings.find(model.name);
  return found == kSettings.end() ? kDefault : found->second;
}

}  // namespace

Planted::History Planted::history(idx_t user) const {
  History result;
  for (const Event& event : data.events) {
    if (event.user != user) continue;
    result.items.push_back(event.item);
    result.values.push_back(event.value);
  }
  return result;
}

Planted checkerboard(idx_t n, const ModelEntry& model) {
  Planted planted;
  planted.data = empty_shop(n, n);
  Rng rng(3);
  for (idx_t u = 0; u < n; ++u) {
    planted.held.push_back(u);
    const idx_t other_parity_unseen = (u + 1) % n % 2 != u % 2 ? (u + 1) % n : u - 1;
    std::vector<Event> events;
    for (idx_t i = 0; i < n; ++i) {
      const bool same = i % 2 == u % 2;
      if (i == u || (!same && (!model.traits.predicts_ratings || i == other_parity_unseen))) continue;
      events.push_back({.user = u, .item = i, .value = same ? 5.0f : 1.0f});
    }
    rng.shuffle(std::span(events));
    for (std::size_t e = 0; e < events.size(); ++e) events[e].time = static_cast<std::int64_t>(e);
    planted.data.events.insert(planted.data.events.end(), events.begin(), events.end());
  }
  return planted;
}

Planted clusters(idx_t n_users, idx_t n_items, std::size_t events_per_user) {
  constexpr idx_t kClusters = 7;
  Planted planted;
  planted.data = empty_shop(n_users, n_items);
  Rng rng(5);
  const idx_t per_cluster = (n_items - 1) / kClusters;
  for (idx_t u = 0; u + 1 < n_users; ++u) {
    std::vector<Event> events;
    while (events.size() <= events_per_user) {
      const bool own = rng.uniform() < 0.85;
      const auto cluster = own ? u % kClusters : static_cast<idx_t>(rng.below(kClusters));
      const double popular = rng.uniform();
      const auto item = static_cast<idx_t>(popular * popular * per_cluster) * kClusters + cluster;
      const bool seen = std::ranges::any_of(events, [&](const Event& event) { return event.item == item; });
      const float value = cluster == u % kClusters ? 5.0f : static_cast<float>(1 + rng.below(3));
      const auto time = static_cast<std::int64_t>(events.size()) * 86400;
      if (!seen) events.push_back({.user = u, .item = item, .value = value, .time = time});
    }
    planted.held.push_back(events.back().item);
    planted.data.events.insert(planted.data.events.end(), events.begin(), events.end() - 1);
  }
  return planted;
}

ParamValues small_parameters(const ModelEntry& model) { return settings(model).parameters; }

bool is_random(const ModelEntry& model) { return settings(model).random; }

std::string test_name(const ModelEntry& model) {
  std::string name(model.name);
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace akin::contract
