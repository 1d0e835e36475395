// What tests ask of models of content.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "akin/models/model.h"

namespace akin {

/// Of all items.
inline std::vector<float> scores_of(const Model& model, const Query& query) {
  std::vector<float> scores(model.n_items());
  EXPECT_TRUE(model.score_all(query, scores));
  return scores;
}

}  // namespace akin
