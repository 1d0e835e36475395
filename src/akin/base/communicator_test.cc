#include "akin/base/communicator.h"

#include <gtest/gtest.h>

#include <numeric>

#include "akin/base/rank_threads_for_test.h"

namespace akin {
namespace {

TEST(Communicator, AloneSendsToItself) {
  const std::vector<int> own = {3, 4};
  EXPECT_EQ(gather_all(alone(), std::span<const int>(own)), own);
  EXPECT_EQ(exchange_all(alone(), std::vector<std::vector<int>>{own}), own);
  std::vector<int> values = own;
  add_over_ranks(alone(), std::span(values));
  EXPECT_EQ(values, own);
}

TEST(Communicator, EqualSharesCoverEverythingOnce) {
  for (const std::size_t n : {0u, 1u, 5u, 64u, 1000003u}) {
    for (const int size : {1, 2, 3, 7}) {
      std::size_t at = 0;
      for (int r = 0; r < size; ++r) {
        const Share share = equal_share(n, r, size);
        EXPECT_EQ(share.begin, at);
        EXPECT_LE(share.size(), n / static_cast<std::size_t>(size) + 1);
        at = share.end;
      }
      EXPECT_EQ(at, n);
    }
  }
}

TEST(Communicator, GatherExchangeAndSumKeepTheOrderOfRanks) {
  for (const int size : {1, 2, 3, 5}) {
    on_ranks(size, [&](const Communicator& ranks) {
      const int rank = ranks.rank();
      const std::vector<int> own(static_cast<std::size_t>(rank), rank);  // rank 0 has nothing
      std::vector<int> expected;
      for (int r = 0; r < size; ++r) expected.insert(expected.end(), static_cast<std::size_t>(r), r);
      EXPECT_EQ(gather_all(ranks, std::span<const int>(own)), expected);

      std::vector<std::vector<int>> send(static_cast<std::size_t>(size));
      for (int to = 0; to < size; ++to) send[static_cast<std::size_t>(to)] = {100 * rank + to};
      std::vector<int> got;
      for (int from = 0; from < size; ++from) got.push_back(100 * from + rank);
      EXPECT_EQ(exchange_all(ranks, send), got);

      std::vector<std::uint32_t> counts = {1, static_cast<std::uint32_t>(rank)};
      add_over_ranks(ranks, std::span(counts));
      const auto n = static_cast<std::uint32_t>(size);
      EXPECT_EQ(counts, (std::vector<std::uint32_t>{n, n * (n - 1) / 2}));

      const std::vector<std::string> texts =
          gather_texts(ranks, std::string(static_cast<std::size_t>(rank), 'x'));
      ASSERT_EQ(texts.size(), static_cast<std::size_t>(size));
      EXPECT_EQ(texts.back(), std::string(static_cast<std::size_t>(size - 1), 'x'));

      int word = rank;
      ranks.broadcast(std::as_writable_bytes(std::span(&word, 1)), size - 1);
      EXPECT_EQ(word, size - 1);
    });
  }
}

TEST(Communicator, MessagesKeepTheirOrder) {
  on_ranks(3, [](const Communicator& ranks) {
    constexpr int kMessages = 100;
    if (ranks.first()) {
      std::vector<int> next(3, 0);
      for (int m = 0; m < 2 * kMessages; ++m) {
        const Communicator::Message message = ranks.receive();
        int& expected = next[static_cast<std::size_t>(message.from)];
        EXPECT_EQ(message.tag, expected);
        EXPECT_EQ(message.data.size(), static_cast<std::size_t>(expected));
        ++expected;
      }
      EXPECT_EQ(next, (std::vector<int>{0, kMessages, kMessages}));
      ranks.send({}, 2, 7);
      return;
    }
    for (int m = 0; m < kMessages; ++m) ranks.send(std::vector<std::byte>(static_cast<std::size_t>(m)), 0, m);
    if (ranks.rank() == 2) {
      EXPECT_EQ(ranks.receive().tag, 7);
    }
  });
}

TEST(Communicator, AFailureEndsWhoWaitsForMessages) {
  EXPECT_THROW(on_ranks(2,
                        [](const Communicator& ranks) {
                          if (ranks.first()) ranks.receive();
                          fail(ErrorCode::kBadData, "worker");
                        }),
               Error);
}

}  // namespace
}  // namespace akin
