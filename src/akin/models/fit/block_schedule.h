// Stochastic gradient descent over the cells of a matrix, on many threads, with the same bits every run.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "akin/base/context.h"
#include "akin/base/rng.h"
#include "akin/linalg/csr.h"
#include "akin/models/fit/striped_matrix.h"

namespace akin {

/// One entry of a (users, items) matrix.
struct Cell {
  idx_t user = 0;
  idx_t item = 0;
  float value = 0;
};

/// Cuts users and items into S stripes each, so that the matrix falls into S x S blocks. An epoch is S
/// rounds; the S blocks of a round share no user and no item, so threads update them at the same time without
/// locks or races (Gemulla et al., "Large-scale matrix factorization with distributed stochastic gradient
/// descent", KDD 2011). S depends on the matrix alone and each block draws from its own random stream, so the
/// result does not depend on the number of threads; at most S = 16 threads are busy. Ranks keep their stripes of
/// users, and stripes of items go from rank to rank between the rounds, so that it does not depend on them either.
///
/// Users keep their stripe; items are assigned again in every epoch, so that over the epochs each item meets
/// every other one inside a stripe: negatives drawn from a block's items are uniform over all items.
class BlockSchedule {
 public:
  static constexpr std::size_t kMaxStripes = 16;
  /// Items per stripe that keep sampling inside a stripe varied; smaller matrices get fewer stripes.
  static constexpr std::size_t kMinStripeItems = 64;

  /// What a thread works on, alone with these users and items.
  struct Block {
    std::span<const Cell> cells;   ///< in random order
    std::span<const idx_t> items;  ///< all items of the stripe, with and without cells
    Rng rng;
    int worker;  ///< in [0, threads): for scratch memory
  };
  /// Works through a block and returns its share of the loss.
  using Body = std::function<double(Block& block)>;

  /// The stripes that a matrix with so many items is to be divided by.
  static std::size_t stripes_for(std::size_t n_items);
  /// `matrix` is divided by stripes_for() its items.
  BlockSchedule(const StripedMatrix& matrix, std::uint64_t seed);

  /// One epoch over all cells; epochs may be run in any order. Returns the blocks' results, summed in a fixed
  /// order. Throws Error(kCancelled) between rounds, and whatever `body` throws.
  ///
  /// Collective: `items` are the tensors with a row of each item that `body` reads and writes, the same on all ranks
  /// before and after the epoch; a rank's body is called for its users only. Bytes sent by all ranks together: up to
  /// (S + ranks) times those of `items`.
  double run(std::uint64_t epoch, const Context& context, const Body& body, const FitState& items = {});

  std::size_t stripes() const { return stripes_; }
  std::size_t cells() const { return cells_.size(); }

 private:
  void assign_items(Rng& rng);
  std::span<const idx_t> items_of(std::size_t item_stripe) const;
  std::vector<int> item_owners(std::size_t round) const;
  void sort_cells(std::size_t user_stripe);

  std::size_t stripes_;
  std::vector<int> owners_;  // of each user stripe
  std::uint64_t seed_;
  std::vector<Cell> source_;  // by user stripe
  std::vector<Cell> cells_;   // by user stripe, then item stripe of this epoch
  // S x S + 1, into cells_; a user stripe's blocks are always at one place.
  std::vector<std::uint64_t> block_offsets_;
  std::vector<idx_t> item_order_;          // items by stripe
  std::vector<std::size_t> item_offsets_;  // S + 1, into item_order_
  std::vector<std::uint8_t> item_stripe_;  // of each item
};

}  // namespace akin
