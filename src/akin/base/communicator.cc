#include "akin/base/communicator.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "akin/base/error.h"

namespace akin {
namespace {

class Alone : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_offsets,
                  std::span<std::byte> receive, std::span<const std::size_t> receive_offsets) const override {
    std::ranges::copy(send.subspan(send_offsets[0], send_offsets[1] - send_offsets[0]),
                      receive.begin() + static_cast<std::ptrdiff_t>(receive_offsets[0]));
  }
  void all_gather(std::span<std::byte>, std::span<const std::size_t>) const override {}
  void broadcast(std::span<std::byte>, int) const override {}
  void send(std::vector<std::byte>, int, int) const override {
    fail(ErrorCode::kInternal, "a process alone has nobody to send to");
  }
  Message receive() const override { fail(ErrorCode::kInternal, "a process alone gets no messages"); }
  void abort(int exit_code) const override { std::_Exit(exit_code); }
  std::uint64_t bytes_sent() const override { return 0; }
};

}  // namespace

const Communicator& alone() {
  static const Alone kAlone;
  return kAlone;
}

Share equal_share(std::size_t n, int rank, int size) {
  const auto r = static_cast<std::size_t>(rank), of = static_cast<std::size_t>(size);
  return {n / of * r + n % of * r / of, n / of * (r + 1) + n % of * (r + 1) / of};
}

RowBounds balanced_bounds(std::span<const std::uint32_t> counts, int ranks) {
  // A row costs something even where it is empty.
  const std::uint64_t total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{counts.size()});
  RowBounds bounds = {0};
  std::uint64_t sum = 0;
  std::size_t row = 0;
  for (int r = 1; r < ranks; ++r) {
    const std::uint64_t until = equal_share(total, r, ranks).begin;
    while (row < counts.size() && sum + (counts[row] + 1) / 2 < until)
      sum += counts[row++] + std::uint64_t{1};
    bounds.push_back(row);
  }
  bounds.push_back(counts.size());
  return bounds;
}

void send_to_first(const Communicator& ranks, int from, std::span<std::byte> data) {
  if (from == 0) return;
  const auto size = static_cast<std::size_t>(ranks.size()), sender = static_cast<std::size_t>(from);
  std::vector<std::size_t> send(size + 1, 0), receive(size + 1, 0);
  if (ranks.rank() == from) std::fill(send.begin() + 1, send.end(), data.size());  // all of it to rank 0
  if (ranks.first())
    std::fill(receive.begin() + static_cast<std::ptrdiff_t>(sender) + 1, receive.end(), data.size());
  const std::span<std::byte> none;
  ranks.all_to_all(ranks.rank() == from ? data : none, send, ranks.first() ? data : none, receive);
}

std::vector<std::string> gather_texts(const Communicator& ranks, const std::string& own) {
  const std::size_t length = own.size();
  const std::vector<std::size_t> lengths = gather_all(ranks, std::span(&length, 1));
  const std::vector<char> all = gather_all(ranks, std::span<const char>(own));
  std::vector<std::string> texts;
  std::size_t at = 0;
  for (const std::size_t n : lengths) {
    texts.emplace_back(all.data() + at, n);
    at += n;
  }
  return texts;
}

}  // namespace akin
