// A NcfNet under training by several ranks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/linalg/csr.h"
#include "akin/models/fit/rank_rows.h"
#include "akin/models/fit/worker_team.h"
#include "akin/nets/pairs/ncf_batch.h"
#include "akin/nets/pairs/ncf_net.h"
#include "akin/nets/pairs/ncf_source.h"

namespace akin {

/// Who works on what: a rank owns consecutive users and items, whose vectors only it steps, and computes some
/// tiles of each minibatch. All know the minibatch's pairs, so that messages need no headers. Of a process alone,
/// all is its own and nothing is sent.
///
/// Bytes sent in a minibatch of B pairs by one of N ranks, about: 4 B (N - 1) / N^2 rows of Matrix::stride() floats, half
/// of them vectors and half gradients, and what is dense (NcfNet::dense()) for each of its tiles and other ranks; 12 B / N
/// for each other rank when samples are read.
class NcfRanks {
 public:
  /// Owners get about equal shares of the work; `pairs` is the whole matrix, `net` gives the shapes.
  NcfRanks(const Communicator& ranks, const Csr& pairs, std::size_t negatives, const NcfNet& net);

  const OwnRows& own() const { return own_; }
  /// The tiles of a minibatch that this rank computes.
  Share tiles(const NcfBatch& batch) const { return tiles_of(batch, ranks_.rank()); }
  /// Collective. Reads the samples of the next minibatches, consecutive ones of NcfSource::order(): each rank a share,
  /// of which 12 bytes a sample go to each other rank.
  void read(const NcfSource& source, std::span<const std::uint32_t> samples, WorkerTeam& team);
  /// The tile's pairs, of samples that were read. Different tiles may be handled at once.
  void read_tile(const NcfSource& source, std::size_t tile, NcfBatch& batch) const;
  /// Collective. Puts vectors that others own in the way of this rank's pairs: valid until the next fetch().
  void fetch(const NcfNet& net, NcfBatch& batch);
  /// Collective. When own tiles have passed: gradients of vectors go to their owners, all others to everyone.
  void exchange_gradients(NcfBatch& batch);
  /// Collective. The rows of all owners come to all ranks.
  void gather_users(Matrix& table) const { gather_rows(ranks_, users_, table); }
  void gather_items(Matrix& table) const { gather_rows(ranks_, items_, table); }

 private:
  Share tiles_of(const NcfBatch& batch, int rank) const {
    return equal_share(batch.tiles(), rank, ranks_.size());
  }
  template <typename Visit>
  void each_row(const NcfBatch& batch, int worker, int owner, const Visit& visit) const;

  const Communicator& ranks_;
  RowBounds users_, items_;
  OwnRows own_;
  Matrix fetched_;
  std::vector<float> sent_, received_;
  std::span<const std::uint32_t> samples_;  // that were read:
  std::vector<idx_t> user_of_, item_of_;
  std::vector<float> targets_;
  std::vector<std::size_t> send_offsets_, offsets_;  // bytes
};

}  // namespace akin
