#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "akin/base/rng.h"
#include "akin/data/dataset.h"

namespace akin {
namespace {

/// Users with no, few and many events, repeats among them; some at the ends have none.
std::vector<Event> random_events(std::size_t n_users, std::size_t n_items) {
  std::vector<Event> events;
  Rng rng(n_items);
  for (std::size_t u = 1; u + 2 < n_users; ++u) {
    const std::uint64_t n = u % 3 == 0 ? 0 : rng.below(u % 5 == 0 ? 401 : 31);
    for (std::uint64_t k = 0; k < n; ++k) {
      const std::uint64_t item = rng.below(k % 2 == 0 ? n_items : std::min<std::size_t>(n_items, 97));
      events.push_back({.user = static_cast<idx_t>(u),
                        .item = static_cast<idx_t>(item),
                        .value = static_cast<float>(rng.normal())});
    }
  }
  return events;
}

Csr plain(std::span<const Event> events, std::size_t n_users, std::size_t n_items, Repeats repeats) {
  std::vector<std::map<idx_t, float>> rows(n_users);
  for (const Event& event : events) {
    const auto [entry, added] = rows[event.user].emplace(event.item, event.value);
    if (added) continue;
    entry->second = repeats == Repeats::kSum ? entry->second + event.value : event.value;
  }
  Csr result;
  result.cols = n_items;
  for (const auto& row : rows) {
    for (const auto& [item, value] : row) {
      result.indices.push_back(item);
      result.values.push_back(value);
    }
    result.offsets.push_back(result.indices.size());
  }
  return result;
}

TEST(ToCsr, IsThatOfMapsAtAnyThreadCount) {
  for (const std::size_t n_items : {1, 7, 256, 257, 65536, 65537, 20'000'003}) {
    const std::vector<Event> events = random_events(89, n_items);
    for (const Repeats repeats : {Repeats::kSum, Repeats::kLast}) {
      const Csr expected = plain(events, 89, n_items, repeats);
      ASSERT_LT(expected.entries(), events.size());
      for (const int threads : {1, 2, 3, 7, 61}) {
        SCOPED_TRACE(::testing::Message() << n_items << " items, " << threads << " threads");
        const Csr result = to_csr(events, 89, n_items, repeats, threads);
        EXPECT_EQ(result.cols, n_items);
        EXPECT_EQ(result.offsets, expected.offsets);
        EXPECT_EQ(result.indices, expected.indices);
        EXPECT_EQ(result.values, expected.values);
      }
    }
  }
}

TEST(ToCsr, OfNoEvents) {
  for (const int threads : {1, 3}) {
    const Csr result = to_csr({}, 5, 3, Repeats::kSum, threads);
    EXPECT_EQ(result.offsets, (std::vector<std::uint64_t>(6, 0)));
    EXPECT_EQ(result.entries(), 0u);
    EXPECT_EQ(to_csr({}, 0, 0, Repeats::kLast, threads).rows(), 0u);
  }
}

}  // namespace
}  // namespace akin
