#include "akin/models/fit/stripe_exchange.h"

#include <algorithm>

namespace akin {
namespace {

void pack(std::span<const idx_t> stripe, const FitState& rows, std::vector<float>& out) {
  for (const FitState::Tensor& tensor : rows.tensors()) {
    for (const idx_t row : stripe) {
      const float* from = tensor.data + row * tensor.stride;
      out.insert(out.end(), from, from + tensor.cols);
    }
  }
}

/// Returns the end of what it has read.
const float* unpack(std::span<const idx_t> stripe, const float* from, const FitState& rows) {
  for (const FitState::Tensor& tensor : rows.tensors()) {
    for (const idx_t row : stripe) {
      std::copy_n(from, tensor.cols, tensor.data + row * tensor.stride);
      from += tensor.cols;
    }
  }
  return from;
}

}  // namespace

std::vector<int> stripe_owners(std::size_t stripes, int ranks, std::size_t together) {
  std::vector<int> owners(stripes);
  for (int r = 0; r < ranks; ++r) {
    const Share share = equal_share(stripes / together, r, ranks);
    std::fill(owners.begin() + static_cast<std::ptrdiff_t>(share.begin * together),
              owners.begin() + static_cast<std::ptrdiff_t>(share.end * together), r);
  }
  return owners;
}

void move_stripes(const Communicator& ranks, const Stripes& stripes, std::span<const int> from,
                  std::span<const int> to, const FitState& rows) {
  if (ranks.alone()) return;
  std::vector<std::vector<float>> send(static_cast<std::size_t>(ranks.size()));
  for (std::size_t s = 0; s < stripes.size(); ++s) {
    if (from[s] == ranks.rank() && to[s] != from[s])
      pack(stripes[s], rows, send[static_cast<std::size_t>(to[s])]);
  }
  const std::vector<float> received = exchange_all(ranks, send);
  const float* at = received.data();
  for (int r = 0; r < ranks.size(); ++r) {
    for (std::size_t s = 0; s < stripes.size(); ++s) {
      if (from[s] == r && to[s] == ranks.rank() && to[s] != r) at = unpack(stripes[s], at, rows);
    }
  }
}

void spread_stripes(const Communicator& ranks, const Stripes& stripes, std::span<const int> owners,
                    const FitState& rows) {
  if (ranks.alone()) return;
  std::vector<float> own;
  for (std::size_t s = 0; s < stripes.size(); ++s) {
    if (owners[s] == ranks.rank()) pack(stripes[s], rows, own);
  }
  const std::vector<float> all = gather_all(ranks, std::span<const float>(own));
  const float* at = all.data();
  for (int r = 0; r < ranks.size(); ++r) {
    for (std::size_t s = 0; s < stripes.size(); ++s) {
      if (owners[s] == r) at = unpack(stripes[s], at, rows);
    }
  }
}

}  // namespace akin
