// The cells of a rating matrix in an order that keeps vectors in the caches and threads apart.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "akin/base/rng.h"
#include "akin/models/fit/block_schedule.h"
#include "akin/models/fit/worker_team.h"

namespace akin {

/// Like BlockSchedule, S x S blocks of user stripes x item stripes in S rounds whose blocks share no user and
/// no item (Gemulla et al., KDD 2011), so that the result does not depend on the number of threads. Here,
/// where no negatives are drawn, the blocks stay the same in all epochs; only the order of the rounds
/// changes. So the cells of a block are ordered once: users come in groups whose vectors fit into the
/// first-level cache, the cells of a group are in random order, and the items of a stripe fit into the
/// second-level cache. Memory: 12 bytes per cell, 16 with weights.
///
/// Ranks keep their stripes of users, and stripes of items go from rank to rank. Stripes come in up to 16 bundles for
/// that: bundles of items meet those of users in random order, and within a pair of bundles the stripes meet in
/// random order, so that all items are sent up to 16 times an epoch and not S times.
class RatingGrid {
 public:
  /// At least so many stripes, thus threads, where there are users and items enough.
  static constexpr std::size_t kMinStripes = 16;
  static constexpr std::size_t kMaxStripes = 128;

  /// The stripes that a matrix of this size is to be divided by, `row_bytes` being the size of an item's vector,
  /// and how many of them make a bundle.
  struct Layout {
    std::size_t stripes;
    std::size_t together;
  };
  static Layout layout_for(std::size_t n_users, std::size_t n_items, std::size_t row_bytes);
  /// `weights` are those of the matrix's entries; empty = none. `threads` as for parallel_for(); they change nothing.
  RatingGrid(const StripedMatrix& matrix, std::span<const float> weights, std::size_t row_bytes,
             std::uint64_t seed, int threads = 0);

  /// Works through cells, with their weights or none, and returns their share of the loss.
  using Body = std::function<double(std::span<const Cell> cells, std::span<const float> weights)>;
  /// One epoch over all cells by a team, of which at most stripes() are busy; epochs may be run in any order.
  /// Returns the blocks' results, summed in a fixed order. Throws Error(kCancelled) between rounds, and
  /// whatever `body` throws.
  ///
  /// Collective: `items` are the tensors with a row of each item, in order of places, that `body` reads and writes,
  /// the same on all ranks before and after the epoch; a rank's body is called for its users only. Bytes sent by all
  /// ranks together: up to (16 + ranks) times those of `items`.
  double run(std::uint64_t epoch, WorkerTeam& team, const Context& context, const Body& body,
             const FitState& items = {}) const;
  /// Collective. Rows of `users`, in order of places, come from the ranks that have worked on them to all, unless each
  /// holds those of its own users only.
  void gather_users(const Communicator& ranks, const FitState& users) const;

  std::size_t stripes() const { return stripes_; }
  /// Where a rank holds the vectors of its own users only (StripedMatrix), the places that it has a row of; users in
  /// cells are counted from the first of them. Else all places.
  Share own_places() const { return own_places_; }
  /// The place of each user and item: permutations of their numbers; and the number at each place.
  const std::vector<idx_t>& user_positions() const { return users_.positions; }
  const std::vector<idx_t>& item_positions() const { return items_.positions; }
  const std::vector<idx_t>& user_numbers() const { return users_.numbers; }
  const std::vector<idx_t>& item_numbers() const { return items_.numbers; }
  std::span<const Cell> block(std::size_t user_stripe, std::size_t item_stripe) const;

 private:
  /// Users or items in order of stripes.
  struct Side {
    Side(std::vector<std::uint8_t> stripes_of, std::size_t stripes);
    /// The places of each stripe.
    Stripes places(std::span<const idx_t> all) const;
    std::vector<std::uint8_t> stripe_of;
    std::vector<idx_t> positions;
    std::vector<idx_t> numbers;
    std::vector<idx_t> offsets;  // S + 1: the first place of each stripe
  };
  /// The cells of a stripe of users, by block.
  struct Stripe {
    std::vector<Cell> cells;
    std::vector<float> weights;          // as long, or empty
    std::vector<std::uint64_t> offsets;  // S + 1
    std::span<const Cell> block(std::size_t item_stripe) const;
    std::span<const float> block_weights(std::size_t item_stripe) const;
    void shuffle(std::uint64_t begin, std::uint64_t end, Rng& rng);
  };

  std::vector<std::size_t> order_rounds(std::uint64_t epoch) const;
  std::size_t item_stripe(std::size_t round, std::size_t user_stripe) const;
  std::vector<int> item_owners(std::size_t round) const;
  void fill(const Csr& matrix, std::span<const float> weights, std::size_t user_stripe);
  void order(Stripe& stripe, std::size_t item_stripe, Rng rng, std::size_t group) const;

  std::size_t stripes_;
  std::size_t together_;  // stripes of a bundle
  std::vector<int> owners_;
  std::uint64_t seed_;
  Side users_;
  Side items_;
  bool own_only_;
  Share own_places_;
  std::vector<Stripe> cells_;  // by user stripe; other ranks' are empty
  std::vector<idx_t> places_;  // 0, 1, 2 ..., for users or items
};

}  // namespace akin
