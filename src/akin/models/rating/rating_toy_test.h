// Small rating matrices and questions that the tests of the rating models share.
#pragma once

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/models/fit/start.h"
#include "akin/models/fit/toy_data_test.h"

namespace akin::testing_data {

/// Ratings 3 + a_u + b_i + p_u . q_i of rank 2 without noise; half of the cells go to the training side.
struct PlantedRatings {
  Toy toy;
  std::vector<Event> held_out;
  PlantedRatings(std::size_t n_users, std::size_t n_items) {
    const Matrix p = Matrix::normal(n_users, 3, 0.6, 11), q = Matrix::normal(n_items, 3, 0.6, 12);
    std::vector<Event> train;
    for (idx_t u = 0; u < n_users; ++u) {
      Rng rng(13, u);
      for (idx_t i = 0; i < n_items; ++i) {
        const float rating = 3 + p[u][2] + q[i][2] + p[u][0] * q[i][0] + p[u][1] * q[i][1];
        (rng.uniform() < 0.5 ? train : held_out).push_back({u, i, rating});
      }
    }
    toy = make_toy(n_users, n_items, std::move(train));
  }
};

inline double rmse(const Model& model, std::span<const Event> events) {
  double sum = 0;
  for (const Event& event : events) {
    float score = 0;
    AKIN_ASSERT(model.score({.user = event.user}, {&event.item, 1}, {&score, 1}));
    sum += std::pow(double{score} - event.value, 2);
  }
  return std::sqrt(sum / static_cast<double>(events.size()));
}

/// The query's vector.
inline std::vector<float> row_of(const Model& model, const Query& query) {
  std::vector<float> row(model.item_vectors().cols());
  AKIN_ASSERT(model.user_vector(query, row));
  return row;
}

/// The data of `toy` with its first users, items and events only: those with both below the bounds.
inline Toy part_of(const Toy& toy, idx_t n_users, idx_t n_items) {
  std::vector<Event> events;
  for (const Event& event : toy.events) {
    if (event.user < n_users && event.item < n_items) events.push_back(event);
  }
  return make_toy(n_users, n_items, std::move(events));
}

/// A fit of M to all of `toy` that begins with `old`, fitted to part_of(toy, n_users, n_items).
template <typename M>
std::unique_ptr<Model> update(const Toy& toy, const Model& old, idx_t n_users, idx_t n_items,
                              const typename M::Config& config, int threads = 1) {
  FitStart start;
  start.model = &old;
  const Csr all = to_csr(toy.events, toy.data.n_users(), toy.data.n_items(), Repeats::kLast);
  for (idx_t u = 0; u < toy.data.n_users(); ++u) {
    const bool is_new = u >= n_users || (all.row_size(u) > 0 && all.cols_of(u).back() >= n_items);
    if (is_new && all.row_size(u) > 0) start.fold_users.push_back(u);
  }
  const Csr by_item = transpose(all);
  for (idx_t i = n_items; i < toy.data.n_items(); ++i) {
    if (by_item.row_size(i) > 0) start.fold_items.push_back(i);
  }
  return M::fit(toy.training(), config, {{.threads = threads}, nullptr, &start});
}

}  // namespace akin::testing_data
