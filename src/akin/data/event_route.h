// Events on their way from the ranks that read them to those that own their users.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "akin/base/communicator.h"

namespace akin {

/// Where each row of this rank goes, and where each that comes here is from. Rows arrive part by part (parts are those of
/// a file, say, and every rank has the same number of them), within a part in the order of ranks, and those of one rank
/// in their order there: in the order of the input, where the ranks read each part in their order.
class EventRoute {
 public:
  using Rank = std::uint16_t;
  static constexpr Rank kNowhere = std::numeric_limits<Rank>::max();

  /// Collective. `to`: by row of this rank; part p has the rows [parts[p], parts[p + 1]).
  EventRoute(const Communicator& ranks, std::vector<Rank> to, std::vector<std::size_t> parts);
  /// Rows that come here.
  std::size_t rows() const { return offsets_.back(); }
  /// Rows that this rank has before.
  std::size_t sent() const { return to_.size(); }
  /// Collective. What the ranks say of their rows comes to where these go. In pieces: memory is that of both ends.
  template <typename T>
  std::vector<T> send(const std::vector<T>& rows) const {
    std::vector<T> result(offsets_.back());
    std::vector<Place> places(size());
    std::vector<std::vector<T>> pieces(size());
    for (std::size_t begin = 0, n = 0; n < rounds_; ++n) {
      for (auto& piece : pieces) piece.clear();
      for (const std::size_t end = std::min(begin + kPiece, to_.size()); begin < end; ++begin) {
        if (to_[begin] != kNowhere) pieces[to_[begin]].push_back(rows[begin]);
      }
      const std::vector<std::size_t> counts = counts_of(pieces);
      const std::vector<T> got = exchange_all(ranks_, pieces);
      std::size_t at = 0;
      for (std::size_t from = 0; from < size(); ++from) {
        for (std::size_t i = 0; i < counts[from]; ++i) result[next(places[from], from)] = got[at++];
      }
    }
    return result;
  }
  /// Collective. The way back: what is said here of the rows that came, by the rows of this rank; `none` of those that
  /// went nowhere.
  template <typename T>
  std::vector<T> send_back(const std::vector<T>& rows, T none) const {
    std::vector<std::vector<T>> back(size());
    std::vector<Place> places(size());
    for (std::size_t from = 0; from < size(); ++from) {
      for (std::size_t i = rows_from(from); i > 0; --i) back[from].push_back(rows[next(places[from], from)]);
    }
    const std::vector<std::size_t> counts = counts_of(back);
    const std::vector<T> got = exchange_all(ranks_, back);
    std::vector<std::size_t> at(size(), 0);
    for (std::size_t r = 1; r < size(); ++r) at[r] = at[r - 1] + counts[r - 1];
    std::vector<T> result(to_.size(), none);
    for (std::size_t i = 0; i < to_.size(); ++i) {
      if (to_[i] != kNowhere) result[i] = got[at[to_[i]]++];
    }
    return result;
  }

 private:
  static constexpr std::size_t kPiece = std::size_t{1} << 18;
  /// The next of the rows from one rank.
  struct Place {
    std::size_t part = 0, row = 0;
  };
  std::size_t size() const { return static_cast<std::size_t>(ranks_.size()); }
  std::size_t next(Place& place, std::size_t from) const {
    for (;; ++place.part, place.row = 0) {
      const std::size_t block = place.part * size() + from;
      if (offsets_[block] + place.row < offsets_[block + 1]) return offsets_[block] + place.row++;
    }
  }
  std::size_t rows_from(std::size_t rank) const;
  template <typename T>
  std::vector<std::size_t> counts_of(const std::vector<std::vector<T>>& for_ranks) const {
    std::vector<std::vector<std::size_t>> counts;
    for (const auto& rows : for_ranks) counts.push_back({rows.size()});
    return exchange_all(ranks_, counts);
  }

  const Communicator& ranks_;
  std::vector<Rank> to_;
  std::vector<std::size_t> offsets_;  // of the rows that come: those of part p from rank r at [p * size + r]
  std::size_t rounds_ = 0;
};

}  // namespace akin
