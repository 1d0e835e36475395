#include <algorithm>
#include <array>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/data/dataset.h"

namespace akin {
namespace {

/// The item in the upper half, the place among the user's events in the lower: all different, so that any
/// sort of them is stable.
using Key = std::uint64_t;
constexpr unsigned kItemShift = 32, kDigitBits = 8;

idx_t item_of(Key key) { return static_cast<idx_t>(key >> kItemShift); }

/// Sorts rows of events by item, with memory that is used again.
class RowSorter {
 public:
  explicit RowSorter(std::size_t n_items) {
    while (digits_ * kDigitBits < kItemShift && n_items > (std::size_t{1} << (digits_ * kDigitBits)))
      ++digits_;
  }

  const std::vector<Key>& sort(std::span<const Event> row) {
    keys_.resize(row.size());
    for (std::size_t k = 0; k < row.size(); ++k) keys_[k] = (Key{row[k].item} << kItemShift) | k;
    if (row.size() < kShort) {
      std::ranges::sort(keys_);
    } else {
      for (unsigned digit = 0; digit < digits_; ++digit) sort_by_digit(kItemShift + digit * kDigitBits);
    }
    return keys_;
  }

 private:
  /// Counting by digits pays from here on.
  static constexpr std::size_t kShort = 64;

  void sort_by_digit(unsigned shift) {
    constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
    const auto digit = [shift](Key key) { return (key >> shift) % kDigits; };
    std::array<std::uint32_t, kDigits + 1> next{};
    for (const Key key : keys_) ++next[digit(key) + 1];
    for (std::size_t d = 0; d < kDigits; ++d) next[d + 1] += next[d];
    moved_.resize(keys_.size());
    for (const Key key : keys_) moved_[next[digit(key)]++] = key;
    keys_.swap(moved_);
  }

  unsigned digits_ = 1;
  std::vector<Key> keys_, moved_;
};

/// Users that one thread works through, and their events.
struct Share {
  std::size_t first_user = 0, last_user = 0;    // half open
  std::size_t first_event = 0, last_event = 0;  // half open
  std::size_t kept = 0;                         // entries made of them
};

/// About equally many events each.
std::vector<Share> shares_of(std::span<const Event> events, std::size_t n_users, int threads) {
  constexpr std::size_t kPerThread = 8;
  const std::size_t workers = static_cast<std::size_t>(resolve_threads(threads));
  const std::size_t n = workers == 1 ? 1 : std::clamp<std::size_t>(events.size(), 1, workers * kPerThread);
  std::vector<Share> shares(n);
  for (std::size_t s = 1; s < n; ++s) {
    const idx_t user = events[events.size() * s / n].user;
    const auto first = std::ranges::lower_bound(events, user, {}, &Event::user);
    shares[s].first_user = shares[s - 1].last_user = std::min<std::size_t>(user, n_users);
    shares[s].first_event = shares[s - 1].last_event = static_cast<std::size_t>(first - events.begin());
  }
  shares.back().last_user = n_users;
  shares.back().last_event = events.size();
  return shares;
}

/// Writes the rows one after the other from entry `share.first_event` on, and the length of each to the
/// offset after its own.
void fill_rows(std::span<const Event> events, Repeats repeats, Csr& result, Share& share) {
  RowSorter sorter(result.cols);
  std::size_t next = share.first_event, to = share.first_event;
  for (std::size_t user = share.first_user; user < share.last_user; ++user) {
    const std::size_t begin = next, row = to;
    while (next < share.last_event && events[next].user == user) ++next;
    const std::span<const Event> own = events.subspan(begin, next - begin);
    for (const Key key : sorter.sort(own)) {
      const idx_t item = item_of(key);
      const float value = own[static_cast<idx_t>(key)].value;
      if (to == row || result.indices[to - 1] != item) {
        result.indices[to] = item;
        result.values[to++] = value;
      } else if (repeats == Repeats::kSum) {
        result.values[to - 1] += value;
      } else {
        result.values[to - 1] = value;
      }
    }
    result.offsets[user + 1] = to - row;
  }
  AKIN_ASSERT(next == share.last_event);  // events are sorted by user, users are in range
  share.kept = to - share.first_event;
}

/// Moves together what repeats left apart.
template <typename T>
void close_gaps(const std::vector<Share>& shares, std::vector<T>& entries) {
  std::size_t to = 0;
  for (const Share& share : shares) {
    const auto begin = entries.begin() + static_cast<std::ptrdiff_t>(share.first_event);
    const auto target = entries.begin() + static_cast<std::ptrdiff_t>(to);
    if (target != begin) std::copy_n(begin, share.kept, target);
    to += share.kept;
  }
  entries.resize(to);
}

}  // namespace

Csr to_csr(std::span<const Event> events, std::size_t n_users, std::size_t n_items, Repeats repeats,
           int threads) {
  Csr result;
  result.cols = n_items;
  result.offsets.assign(n_users + 1, 0);
  const auto each = [&](std::size_t n, const auto& body) {
    parallel_for(
        n, threads,
        [&](std::size_t begin, std::size_t end, int) {
          for (std::size_t k = begin; k < end; ++k) body(k);
        },
        1);
  };
  each(2, [&](std::size_t k) {
    if (k == 0) result.indices.resize(events.size());
    if (k == 1) result.values.resize(events.size());
  });
  std::vector<Share> shares = shares_of(events, n_users, threads);
  each(shares.size(), [&](std::size_t s) { fill_rows(events, repeats, result, shares[s]); });
  each(2, [&](std::size_t k) {
    if (k == 0) close_gaps(shares, result.indices);
    if (k == 1) close_gaps(shares, result.values);
  });
  for (std::size_t user = 0; user < n_users; ++user) result.offsets[user + 1] += result.offsets[user];
  return result;
}

}  // namespace akin
