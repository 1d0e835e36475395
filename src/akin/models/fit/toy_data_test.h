// Small data and questions that the tests of the factor models share.
#pragma once

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/models/fit/context.h"
#include "akin/models/model.h"

namespace akin::testing_data {

/// A data set with ids "0", "1", ... and its training events.
struct Toy {
  Dataset data;
  std::vector<Event> events;
  TrainingData training() const { return {data, events}; }
};

inline Toy make_toy(std::size_t n_users, std::size_t n_items, std::vector<Event> events) {
  Toy toy;
  for (std::size_t u = 0; u < n_users; ++u) toy.data.users.add(std::to_string(u));
  for (std::size_t i = 0; i < n_items; ++i) toy.data.items.add(std::to_string(i));
  toy.events = std::move(events);
  return toy;
}

/// Every user has `per_user` random items with values 1..5; enough items for several stripes. The last user
/// and the last item have no events.
inline Toy random_toy(std::size_t n_users = 97, std::size_t n_items = 331, std::size_t per_user = 23) {
  std::vector<Event> events;
  for (idx_t u = 0; u + 1 < n_users; ++u) {
    Rng rng(7, u);
    std::set<idx_t> chosen;
    while (chosen.size() < per_user) chosen.insert(static_cast<idx_t>(rng.below(n_items - 1)));
    for (const idx_t i : chosen) events.push_back({u, i, static_cast<float>(1 + rng.below(5))});
  }
  return make_toy(n_users, n_items, std::move(events));
}

/// User u has the items of u's parity, all but item u: exactly what they should be shown.
inline Toy checkerboard(idx_t n) {
  std::vector<Event> events;
  for (idx_t u = 0; u < n; ++u) {
    for (idx_t i = u % 2; i < n; i += 2) {
      if (i != u) events.push_back({u, i, 1});
    }
  }
  return make_toy(n, n, std::move(events));
}

inline std::vector<idx_t> items_of(const Toy& toy, idx_t user) {
  std::vector<idx_t> items;
  for (const Event& event : toy.events) {
    if (event.user == user) items.push_back(event.item);
  }
  return items;
}

inline std::vector<float> values_of(const Toy& toy, idx_t user) {
  std::vector<float> values;
  for (const Event& event : toy.events) {
    if (event.user == user) values.push_back(event.value);
  }
  return values;
}

/// The best item the user does not have yet.
inline idx_t best_new_item(const Model& model, const Query& query, const std::vector<idx_t>& have) {
  std::vector<float> scores(model.n_items());
  AKIN_ASSERT(model.score_all(query, scores));
  for (const idx_t item : have) scores[item] = -INFINITY;
  return top_k(scores, 1).at(0).idx;
}

/// All users' scores of all items; users the model does not know give zeros.
inline std::vector<float> all_scores(const Model& model, std::size_t n_users) {
  std::vector<float> scores(n_users * model.n_items());
  for (std::size_t u = 0; u < n_users; ++u) {
    const Query query{.user = static_cast<idx_t>(u)};
    model.score_all(query, std::span(scores).subspan(u * model.n_items(), model.n_items()));
  }
  return scores;
}

/// Fits M with one thread and one seed after another and returns all scores.
template <typename M>
std::vector<float> fit_scores(const Toy& toy, const typename M::Config& config, std::uint64_t seed,
                              int threads) {
  FitContext context;
  context.seed = seed;
  context.threads = threads;
  return all_scores(*M::fit(toy.training(), config, context), toy.data.n_users());
}

/// The model after a trip through a file.
template <typename M>
std::unique_ptr<Model> reload(const Model& model, std::size_t n_users, std::size_t n_items) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("akin_" + std::string(M::kName) + "_test.safetensors"))
          .string();
  TensorWriter writer("model");
  model.save(writer);
  writer.write(path);
  const TensorReader reader(path);
  std::filesystem::remove(path);
  return M::load(reader, n_users, n_items);
}

/// Pearson correlation.
inline double correlation(std::span<const float> a, std::span<const float> b) {
  double sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
  const auto n = static_cast<double>(a.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    sum_a += a[k];
    sum_b += b[k];
    aa += static_cast<double>(a[k]) * a[k];
    bb += static_cast<double>(b[k]) * b[k];
    ab += static_cast<double>(a[k]) * b[k];
  }
  return (ab - sum_a * sum_b / n) / std::sqrt((aa - sum_a * sum_a / n) * (bb - sum_b * sum_b / n));
}

/// The code of the Error that `action` throws, or nullopt.
template <typename Action>
std::optional<ErrorCode> error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return std::nullopt;
}

/// Fits M and asks it to stop after its first progress report.
template <typename M>
std::optional<ErrorCode> error_when_stopped(const Toy& toy, const typename M::Config& config, int threads) {
  std::stop_source source;
  FitContext context;
  context.threads = threads;
  context.stop = source.get_token();
  context.on_progress = [&](const Progress&) { source.request_stop(); };
  return error_of([&] { M::fit(toy.training(), config, context); });
}

}  // namespace akin::testing_data
