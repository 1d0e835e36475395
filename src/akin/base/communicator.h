// Several processes that do one job together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace akin {

/// The processes, called ranks, that work on one job: this one is rank() of size(). A collective function must be
/// called by every rank, in the same order; it returns once this rank's part is done. Messages may be of any length.
/// One thread at a time.
///
/// Numbers travel as the bytes they are: ranks run the same program on processors with the same order of bytes.
/// Nothing here adds: sums whose bits matter are made by the caller, in an order that does not depend on size().
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  bool first() const { return rank() == 0; }
  bool alone() const { return size() == 1; }

  /// Collective. `send` holds what this rank has for each rank, in their order: bytes [send_offsets[r],
  /// send_offsets[r + 1]) go to rank r. What rank r sends here goes to [receive_offsets[r], receive_offsets[r + 1])
  /// of `receive`; the lengths agree. Offsets have size() + 1 elements. The two must not overlap.
  virtual void all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_offsets,
                          std::span<std::byte> receive,
                          std::span<const std::size_t> receive_offsets) const = 0;
  /// Collective. Bytes [offsets[r], offsets[r + 1]) of `data` are rank r's; afterwards every rank has all of them.
  virtual void all_gather(std::span<std::byte> data, std::span<const std::size_t> offsets) const = 0;
  /// Collective. Every rank gets the `data` of rank `root`; the lengths agree.
  virtual void broadcast(std::span<std::byte> data, int root) const = 0;

  /// What one rank sends to another outside of collective functions.
  struct Message {
    int from = 0;
    int tag = 0;  ///< 0 to 32,767, for the receiver to tell messages apart
    std::vector<std::byte> data = {};
  };
  /// Sends to rank `to` without waiting until it asks. Messages between two ranks keep their order. At most 2^31 - 1
  /// bytes.
  virtual void send(std::vector<std::byte> data, int to, int tag) const = 0;
  /// The next message from any rank; waits for one.
  virtual Message receive() const = 0;

  /// Ends this process and all the others with this exit code.
  [[noreturn]] virtual void abort(int exit_code) const = 0;
  /// What this rank has sent so far.
  virtual std::uint64_t bytes_sent() const = 0;
};

/// The Communicator of a process that works alone; outlives every user.
const Communicator& alone();

/// Rank r's share of `n` things that take equally long: [begin, end), about n / size() of them.
struct Share {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
};
Share equal_share(std::size_t n, int rank, int size);

/// Which rows each rank works on: rank r on [bounds[r], bounds[r + 1]).
using RowBounds = std::vector<std::size_t>;

/// Bounds for `ranks` ranks that give each about the same number of entries, `counts` being those of each row. The
/// same counts give the same bounds everywhere.
RowBounds balanced_bounds(std::span<const std::uint32_t> counts, int ranks);

/// Collective. Each rank's `own`, one after the other in the order of ranks, on every rank.
template <typename T>
std::vector<T> gather_all(const Communicator& ranks, std::span<const T> own) {
  static_assert(std::is_trivially_copyable_v<T>);
  const auto size = static_cast<std::size_t>(ranks.size()), rank = static_cast<std::size_t>(ranks.rank());
  std::vector<std::size_t> lengths(size), places(size + 1), offsets(size + 1, 0);
  for (std::size_t r = 0; r <= size; ++r) places[r] = r * sizeof(std::size_t);
  lengths[rank] = own.size();
  ranks.all_gather(std::as_writable_bytes(std::span(lengths)), places);
  for (std::size_t r = 0; r < size; ++r) offsets[r + 1] = offsets[r] + lengths[r];
  std::vector<T> all(offsets.back());
  std::copy(own.begin(), own.end(), all.begin() + static_cast<std::ptrdiff_t>(offsets[rank]));
  for (std::size_t& offset : offsets) offset *= sizeof(T);
  ranks.all_gather(std::as_writable_bytes(std::span(all)), offsets);
  return all;
}

/// Collective. Rank r gets what every rank has in `for_ranks[r]`, one after the other in the order of ranks.
template <typename T>
std::vector<T> exchange_all(const Communicator& ranks, const std::vector<std::vector<T>>& for_ranks) {
  static_assert(std::is_trivially_copyable_v<T>);
  const auto size = static_cast<std::size_t>(ranks.size());
  std::vector<std::size_t> lengths(size), got(size), places(size + 1), send_offsets(size + 1, 0),
      offsets(size + 1, 0);
  std::vector<T> send;
  for (std::size_t r = 0; r < size; ++r) {
    lengths[r] = for_ranks[r].size() * sizeof(T);
    places[r + 1] = (r + 1) * sizeof(std::size_t);
    send.insert(send.end(), for_ranks[r].begin(), for_ranks[r].end());
    send_offsets[r + 1] = send_offsets[r] + lengths[r];
  }
  ranks.all_to_all(std::as_bytes(std::span(lengths)), places, std::as_writable_bytes(std::span(got)), places);
  for (std::size_t r = 0; r < size; ++r) offsets[r + 1] = offsets[r] + got[r];
  std::vector<T> received(offsets.back() / sizeof(T));
  ranks.all_to_all(std::as_bytes(std::span(send)), send_offsets, std::as_writable_bytes(std::span(received)),
                   offsets);
  return received;
}

/// Collective. Element i becomes the sum of all ranks' elements i, added in the order of ranks: exact for whole
/// numbers, and for others where one rank alone has something other than zero.
template <typename T>
void add_over_ranks(const Communicator& ranks, std::span<T> values) {
  if (ranks.alone()) return;
  constexpr std::size_t kPiece = std::size_t{1} << 18;  // so that memory does not grow with the ranks
  for (std::size_t begin = 0; begin < values.size(); begin += kPiece) {
    const std::span<T> piece = values.subspan(begin, std::min(kPiece, values.size() - begin));
    const std::vector<T> all = gather_all(ranks, std::span<const T>(piece));
    for (std::size_t i = 0; i < piece.size(); ++i) {
      T sum = all[i];
      for (std::size_t at = i + piece.size(); at < all.size(); at += piece.size()) sum += all[at];
      piece[i] = sum;
    }
  }
}

/// Collective. The sum of all ranks' whole numbers.
template <typename T>
T sum_over_ranks(const Communicator& ranks, T own) {
  add_over_ranks(ranks, std::span(&own, 1));
  return own;
}

/// Collective. change() on one rank after the other, each going on from the `values` of the one before; all end with
/// those of the last.
template <typename T, typename Change>
void change_in_order(const Communicator& ranks, std::span<T> values, const Change& change) {
  for (int r = 0; r < ranks.size(); ++r) {
    if (r == ranks.rank()) change();
    ranks.broadcast(std::as_writable_bytes(values), r);
  }
}

/// Collective. What rank `from` has in `data` comes to the first rank's `data`; the lengths agree.
void send_to_first(const Communicator& ranks, int from, std::span<std::byte> data);

/// Collective. The texts of all ranks.
std::vector<std::string> gather_texts(const Communicator& ranks, const std::string& own);

}  // namespace akin
