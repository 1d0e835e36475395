#include "akin/linalg/kmeans.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

constexpr std::size_t kBlock = 64;  // rows that meet all centres at once

class KMeans {
 public:
  KMeans(const Matrix& rows, const Context& context)
      : rows_(rows), context_(context), cluster_(rows.rows(), 0), cosine_(rows.rows(), -2.0f) {}

  /// k-means++. Leaves every row with the nearest centre.
  void seed(std::size_t clusters) {
    Rng rng(context_.seed, 0x6B6D65616E73);
    centers_ = Matrix(clusters, rows_.cols());
    std::size_t next = rng.below(rows_.rows());
    for (std::size_t made = 0; made < clusters; ++made) {
      context_.check_stop();
      std::ranges::copy(rows_[next], centers_.row(made));
      take_center(made);
      if (made + 1 < clusters && !draw_far_row(rng, next)) {
        centers_ = centers_.resized(made + 1, rows_.cols());
        return;
      }
    }
  }

  void move_centers() {
    std::vector<std::size_t> members = sum_members();
    for (std::size_t c = 0; c < members.size(); ++c) {
      if (members[c] > 0) continue;
      const auto worst = static_cast<std::size_t>(std::ranges::min_element(cosine_) - cosine_.begin());
      const idx_t from = cluster_[worst];
      if (members[from] < 2) continue;  // as its only row it is its centre
      axpy(-1, rows_.row(worst), centers_.row(from), rows_.cols());
      --members[from];
      std::ranges::copy(rows_[worst], centers_.row(c));
      members[c] = 1;
      cluster_[worst] = static_cast<idx_t>(c);
      cosine_[worst] = 1;
    }
    normalize_rows(centers_);
  }

  /// Returns whether a row moved.
  bool assign() {
    std::vector<char> moved((rows_.rows() + kBlock - 1) / kBlock, 0);
    parallel_for(
        moved.size(), context_.threads,
        [&](std::size_t first, std::size_t last, int) {
          std::vector<float> cosines(kBlock * centers_.rows());
          for (std::size_t b = first; b < last; ++b) moved[b] = static_cast<char>(assign_block(b, cosines));
        },
        4);
    return std::ranges::find(moved, 1) != moved.end();
  }

  Clustering take() && { return {std::move(centers_), std::move(cluster_)}; }

 private:
  /// Rows nearer to centre `made` than to all before become its own.
  void take_center(std::size_t made) {
    parallel_for(
        rows_.rows(), context_.threads,
        [&](std::size_t begin, std::size_t end, int) {
          std::vector<float> cosines(end - begin);
          multiply(rows_, begin, end, centers_.row(made), cosines.data());
          for (std::size_t r = begin; r < end; ++r) {
            if (!(cosines[r - begin] > cosine_[r])) continue;
            cosine_[r] = cosines[r - begin];
            cluster_[r] = static_cast<idx_t>(made);
          }
        },
        1024);
  }

  /// False if every row lies on a centre.
  bool draw_far_row(Rng& rng, std::size_t& row) const {
    const auto distance = [&](std::size_t r) { return cosine_[r] > 1 - 1e-6f ? 0.0 : 1.0 - cosine_[r]; };
    double total = 0;
    for (std::size_t r = 0; r < cosine_.size(); ++r) total += distance(r);
    if (!(total > 0)) return false;
    double left = rng.uniform() * total;
    for (std::size_t r = 0; r < cosine_.size(); ++r) {
      if (distance(r) == 0) continue;
      row = r;  // the last one with a distance, should rounding leave a rest
      left -= distance(r);
      if (left < 0) break;
    }
    return true;
  }

  /// Centres become the sums of their rows, in the order of the rows whatever the threads; returns how many
  /// there are.
  std::vector<std::size_t> sum_members() {
    centers_ = Matrix(centers_.rows(), centers_.cols());
    std::vector<std::size_t> members(centers_.rows(), 0);
    for (std::size_t r = 0; r < rows_.rows(); ++r) {
      axpy(1, rows_.row(r), centers_.row(cluster_[r]), rows_.cols());
      ++members[cluster_[r]];
    }
    return members;
  }

  bool assign_block(std::size_t block, std::vector<float>& cosines) {
    const std::size_t begin = block * kBlock, end = std::min(rows_.rows(), begin + kBlock);
    multiply(rows_, begin, end, centers_, cosines.data(), kBlock);
    bool moved = false;
    for (std::size_t r = begin; r < end; ++r) {
      std::size_t best = 0;
      for (std::size_t c = 1; c < centers_.rows(); ++c) {
        if (cosines[c * kBlock + r - begin] > cosines[best * kBlock + r - begin]) best = c;
      }
      moved = moved || cluster_[r] != best;
      cluster_[r] = static_cast<idx_t>(best);
      cosine_[r] = cosines[best * kBlock + r - begin];
    }
    return moved;
  }

  const Matrix& rows_;
  const Context& context_;
  Matrix centers_;
  std::vector<idx_t> cluster_;
  std::vector<float> cosine_;  // of each row with the centre of its cluster
};

}  // namespace

Clustering spherical_kmeans(const Matrix& rows, std::size_t clusters, int iterations,
                            const Context& context) {
  AKIN_ASSERT(rows.rows() > 0 && clusters > 0);
  KMeans kmeans(rows, context);
  kmeans.seed(std::min(clusters, rows.rows()));
  for (int iteration = 0; iteration < iterations; ++iteration) {
    context.check_stop();
    kmeans.move_centers();
    if (!kmeans.assign()) break;
  }
  return std::move(kmeans).take();
}

}  // namespace akin
