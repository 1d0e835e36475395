// A made-up data set, and what tests of experiments ask of models, errors and remarks.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "akin/base/error_for_test.h"
#include "akin/data/builder.h"
#include "akin/store/bundle.h"

namespace akin {

/// 47 users, each with six to eight of 28 items, at moments; odd users choose odd items.
inline Dataset made_dataset() {
  DatasetBuilder builder;
  for (int u = 0; u < 47; ++u) {
    for (int step = 0; step < 6 + u % 3; ++step) {
      const int item = u % 2 + 2 * ((u / 2 + step * (1 + u % 3)) % 14);
      builder.add_event("u" + std::to_string(u), "i" + std::to_string(item),
                        static_cast<float>(1 + (u + item) % 5), 1'400'000'000 + 100 * step + u);
    }
  }
  ImportReport report;
  return builder.build("made", {}, report, {});
}

/// Every user's scores of all items.
inline std::vector<float> scores_of(const Bundle& bundle) {
  const std::size_t items = bundle.dataset.n_items();
  std::vector<float> scores(bundle.dataset.n_users() * items);
  const std::vector<std::uint64_t> offsets = user_offsets(bundle.dataset.events, bundle.dataset.n_users());
  for (std::size_t u = 0; u < bundle.dataset.n_users(); ++u) {
    std::vector<idx_t> history;
    for (std::size_t e = offsets[u]; e < offsets[u + 1]; ++e)
      history.push_back(bundle.dataset.events[e].item);
    const Query query{.user = static_cast<idx_t>(u), .history = history};
    EXPECT_TRUE(bundle.model->score_all(query, std::span(scores).subspan(u * items, items))) << "user " << u;
  }
  return scores;
}

/// The lines that a call remarks.
struct Remarks {
  std::vector<std::string> lines = {};

  Context context() {
    return {.threads = 1, .on_remark = [this](std::string_view text) { lines.emplace_back(text); }};
  }
  bool has(std::string_view part) const {
    return std::ranges::any_of(lines, [&](const std::string& line) { return contains(line, part); });
  }
};

}  // namespace akin
