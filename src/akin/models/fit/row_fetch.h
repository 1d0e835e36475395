// Vectors of other ranks' users, fetched for some items at a time.
#pragma once

#include <span>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// The rows of a rank's items cut into tiles, so that the vectors of the users of one tile fit memory, and who sends
/// which vectors for them. Memory: 4 bytes for each vector that any tile of a rank needs, on that rank's side and on
/// the sender's.
class RowFetch {
 public:
  /// Collective. The entries of `by_item` (n_items, n_users) are those of this rank's items; users
  /// [users[r], users[r + 1]) are rank r's. A tile needs at most `most` different users, or is one item. Column numbers
  /// in `by_item` become places among the vectors that fetch() gives for the item's tile, in the same order.
  RowFetch(const Communicator& ranks, const RowBounds& users, std::size_t most, Csr& by_item);

  /// The same on all ranks; some may have no rows in the last ones.
  std::size_t tiles() const { return tiles_.size(); }
  /// The tile's rows of `by_item`; those of other ranks' items among them are empty.
  Share rows(std::size_t tile) const { return tiles_[tile].rows; }
  /// Collective. The vectors of the tile's users, ascending, of which each rank has those of its users in `own`.
  /// Bytes sent: those of the vectors that other ranks need. Memory: what is received, and what is sent.
  Matrix fetch(std::size_t tile, const Matrix& own, int threads) const;

 private:
  struct Tile {
    Share rows;
    std::vector<std::size_t> from_ranks = {};  // size() + 1 places among the tile's users
    std::vector<idx_t> wanted = {};            // rows of `own`, by the rank that needs them
    std::vector<std::size_t> for_ranks = {};   // size() + 1 places among `wanted`
  };
  void ask(const RowBounds& users, std::span<const idx_t> needed, Tile& tile) const;

  const Communicator& ranks_;
  std::vector<Tile> tiles_;
};

}  // namespace akin
