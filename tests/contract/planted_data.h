// Small data sets with a known answer, and what the contract tests know of each model.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "akin/catalog/registry.h"
#include "akin/text/word_weighting.h"

namespace akin {
/// How gtest prints the parameter.
inline void PrintTo(const ModelEntry& model, std::ostream* out) { *out << model.name; }
}  // namespace akin

namespace akin::contract {

/// A data set with one event per user held back.
struct Planted {
  Dataset data;             ///< events = the training side
  std::vector<idx_t> held;  ///< the item each user should be recommended
  TrainingData training() const { return {data, data.events}; }
  /// The query of user u: their training items in order, with values.
  struct History {
    std::vector<idx_t> items;
    std::vector<float> values;
    Query known(idx_t user) const { return {user, items, values}; }
    Query unknown() const { return {std::nullopt, items, values}; }
  };
  History history(idx_t user) const;
};

/// User u has the items of u's own parity except item u, which is held back. For rating models each also
/// gives value 1 to the items of the other parity, but for one, so that two are unseen; the others have
/// value 5.
Planted checkerboard(idx_t n, const ModelEntry& model);

/// Users and items in 7 clusters: 85 % of a user's events are on items of their own cluster (value 5), the
/// others anywhere (value 1 to 3). Within a cluster early items are more popular. The last item and the last
/// user have no events.
Planted clusters(idx_t n_users, idx_t n_items, std::size_t events_per_user);

/// Share of the users whose item held back is among the ten best of those that they do not have.
double hit_rate(const Model& model, const Planted& planted);

/// Vectors of the words in the titles of these items.
const WordVectors& planted_words();

/// The catalogue, without what this build cannot compute.
std::vector<ModelEntry> tested_models();

// The columns of the model's row in quality_floors.tsv; without one the test that asks fails.

/// The least share of users of clusters() whose last event is among the ten best.
double quality_floor(const ModelEntry& model);
/// Parameters with which the model learns these small data sets in well under a second.
ParamValues small_parameters(const ModelEntry& model);
/// Whether training draws random numbers.
bool is_random(const ModelEntry& model);

/// Parameterized test names: letters, digits and _.
std::string test_name(const ModelEntry& model);

}  // namespace akin::contract
