// The order in which svdpp goes through its ratings.
#pragma once

#include <span>
#include <vector>

#include "akin/base/rng.h"
#include "akin/linalg/csr.h"
#include "akin/models/rating/svdpp_kernels.h"

namespace akin {

/// The ratings of some users by item.
struct SvdppBatch {
  std::vector<idx_t> users;
  std::vector<idx_t> items;            // ascending
  std::vector<std::uint32_t> offsets;  // items + 1, into ratings
  std::vector<BatchRating> ratings;
};

/// Users with ratings in random order, up to `most` at a time. Each item takes its batch's wishes as of the
/// batch's start, so a batch that is a large part of all ratings would overshoot: it has at most a sixteenth
/// of the users and, if it has more than one user, 8,192 ratings.
std::vector<SvdppBatch> svdpp_batches(const Csr& by_user, std::size_t most, Rng rng, int threads);

}  // namespace akin
