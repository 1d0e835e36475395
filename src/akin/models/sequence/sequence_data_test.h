// Small sequences for the tests of sequence models.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "akin/base/rng.h"
#include "akin/models/model.h"

namespace akin::testing_sequences {

/// A data set of these sequences of items, one a user, without times.
inline Dataset dataset_of(const std::vector<std::vector<idx_t>>& sequences, idx_t n_items) {
  Dataset data;
  for (idx_t i = 0; i < n_items; ++i) data.items.add("i" + std::to_string(i));
  for (idx_t u = 0; u < sequences.size(); ++u) {
    data.users.add("u" + std::to_string(u));
    for (const idx_t item : sequences[u]) data.events.push_back({.user = u, .item = item});
  }
  return data;
}

/// Sequences of 1 to 12 events over few items, so that they repeat.
inline std::vector<std::vector<idx_t>> random_sequences(std::size_t n, idx_t n_items, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::vector<idx_t>> sequences(n);
  for (auto& sequence : sequences) {
    for (std::uint64_t e = 1 + rng.below(12); e > 0; --e)
      sequence.push_back(static_cast<idx_t>(rng.below(n_items)));
  }
  return sequences;
}

inline std::vector<float> scores_after(const Model& model, std::vector<idx_t> history) {
  std::vector<float> out(model.n_items(), -1.0f);
  if (!model.score_all({.history = history}, out)) out.clear();
  return out;
}

}  // namespace akin::testing_sequences
