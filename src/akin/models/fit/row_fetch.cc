#include "akin/models/fit/row_fetch.h"

#include <algorithm>
#include <utility>

namespace akin {
namespace {

/// The columns that rows of a matrix name, found row by row.
class Columns {
 public:
  explicit Columns(std::size_t n) : place_(n, kNone) {}
  /// How many of these are new.
  std::size_t count_new(std::span<const idx_t> columns) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(columns, [&](idx_t column) { return place_[column] == kNone; }));
  }
  void add(std::span<const idx_t> columns) {
    for (const idx_t column : columns) {
      if (place_[column] != kNone) continue;
      place_[column] = 0;
      found_.push_back(column);
    }
  }
  std::size_t size() const { return found_.size(); }
  /// Those that were added, ascending; columns of `indices` become their places among them. Starts over.
  std::vector<idx_t> take(std::span<idx_t> indices) {
    std::ranges::sort(found_);
    for (std::size_t k = 0; k < found_.size(); ++k) place_[found_[k]] = static_cast<idx_t>(k);
    for (idx_t& index : indices) index = place_[index];
    for (const idx_t column : found_) place_[column] = kNone;
    return std::exchange(found_, {});
  }

 private:
  static constexpr idx_t kNone = static_cast<idx_t>(-1);
  std::vector<idx_t> place_;
  std::vector<idx_t> found_;
};

std::vector<std::size_t> times(std::span<const std::size_t> places, std::size_t bytes) {
  std::vector<std::size_t> offsets;
  for (const std::size_t place : places) offsets.push_back(place * bytes);
  return offsets;
}

std::span<std::byte> bytes_of(Matrix& matrix) {
  return std::as_writable_bytes(std::span(matrix.data(), matrix.rows() * matrix.stride()));
}

}  // namespace

RowFetch::RowFetch(const Communicator& ranks, const RowBounds& users, std::size_t most, Csr& by_item)
    : ranks_(ranks) {
  std::vector<std::vector<idx_t>> needed;  // by each tile
  Columns columns(users.back());
  std::size_t begin = 0;
  const auto close = [&](std::size_t end) {
    const std::uint64_t first = by_item.offsets[begin], last = by_item.offsets[end];
    needed.push_back(columns.take(std::span(by_item.indices).subspan(first, last - first)));
    tiles_.push_back({{begin, end}});
    begin = end;
  };
  for (std::size_t item = 0; item < by_item.rows(); ++item) {
    const std::span<const idx_t> row = by_item.cols_of(item);
    if (columns.size() > 0 && columns.size() + columns.count_new(row) > most) close(item);
    columns.add(row);
  }
  close(by_item.rows());
  const std::size_t own = tiles_.size();
  const std::vector<std::size_t> of_all = gather_all(ranks, std::span<const std::size_t>(&own, 1));
  tiles_.resize(*std::ranges::max_element(of_all), Tile{{by_item.rows(), by_item.rows()}});
  needed.resize(tiles_.size());
  for (std::size_t t = 0; t < tiles_.size(); ++t) ask(users, needed[t], tiles_[t]);
}

/// Tells the other ranks which users' vectors the tile needs.
void RowFetch::ask(const RowBounds& users, std::span<const idx_t> needed, Tile& tile) const {
  const auto size = static_cast<std::size_t>(ranks_.size());
  std::vector<std::vector<idx_t>> lists(size);
  tile.from_ranks = {0};
  for (std::size_t r = 0; r < size; ++r) {
    const auto end = std::ranges::lower_bound(needed, users[r + 1]);
    const auto from = static_cast<std::ptrdiff_t>(tile.from_ranks.back());
    for (const idx_t user : std::span(needed.begin() + from, end))
      lists[r].push_back(static_cast<idx_t>(user - users[r]));
    tile.from_ranks.push_back(static_cast<std::size_t>(end - needed.begin()));
  }
  std::vector<std::vector<std::size_t>> lengths(size);
  for (std::size_t r = 0; r < size; ++r) lengths[r] = {lists[r].size()};
  tile.for_ranks = {0};
  for (const std::size_t length : exchange_all(ranks_, lengths))
    tile.for_ranks.push_back(tile.for_ranks.back() + length);
  tile.wanted = exchange_all(ranks_, lists);
}

Matrix RowFetch::fetch(std::size_t tile, const Matrix& own, int threads) const {
  const Tile& which = tiles_[tile];
  Matrix send = Matrix::gather(own, which.wanted, threads), users(which.from_ranks.back(), own.cols());
  const std::size_t bytes = own.stride() * sizeof(float);
  ranks_.all_to_all(bytes_of(send), times(which.for_ranks, bytes), bytes_of(users),
                    times(which.from_ranks, bytes));
  return users;
}

}  // namespace akin
