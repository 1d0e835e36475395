#include "akin/linalg/kmeans.h"

#include <algorithm>
#include <limits>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

constexpr std::size_t kBlock = 64;  // rows that meet all centres at once

/// A row goes to the centre m of greatest fit: the cosine x . m of unit vectors, or x . m - |m|^2 / 2, whose order is that of falling
/// distance, as |x - m|^2 = |x|^2 - 2 (x . m - |m|^2 / 2).
class KMeans {
 public:
  KMeans(const Matrix& rows, bool spherical, const Context& context)
      : rows_(rows),
        spherical_(spherical),
        context_(context),
        cluster_(rows.rows(), 0),
        fit_(rows.rows(), spherical ? -2.0F : -std::numeric_limits<float>::infinity()) {
    if (spherical_) return;
    for (std::size_t r = 0; r < rows.rows(); ++r)
      squares_.push_back(dot(rows.row(r), rows.row(r), rows.stride()));
  }

  /// k-means++. Leaves every row with the nearest centre.
  void seed(std::size_t clusters) {
    Rng rng(context_.seed, 0x6B6D65616E73);
    centers_ = Matrix(clusters, rows_.cols());
    std::size_t next = rng.below(rows_.rows());
    for (std::size_t made = 0; made < clusters; ++made) {
      context_.check_stop();
      std::ranges::copy(rows_[next], centers_.row(made));
      take_center(made, spherical_ ? 0 : squares_[next] / 2);
      if (made + 1 < clusters && !draw_far_row(rng, next)) {
        centers_ = centers_.resized(made + 1, rows_.cols());
        break;
      }
    }
    if (!spherical_) half_squares_ = half_squares(centers_);
  }

  void move_centers() {
    std::vector<std::size_t> members = sum_members();
    for (std::size_t c = 0; c < members.size(); ++c) {
      if (members[c] > 0) continue;
      const std::size_t worst = worst_row();
      const idx_t from = cluster_[worst];
      if (members[from] < 2) continue;  // as its only row it is its centre
      axpy(-1, rows_.row(worst), centers_.row(from), rows_.cols());
      --members[from];
      std::ranges::copy(rows_[worst], centers_.row(c));
      members[c] = 1;
      cluster_[worst] = static_cast<idx_t>(c);
      fit_[worst] = spherical_ ? 1 : squares_[worst] / 2;
    }
    if (spherical_) {
      normalize_rows(centers_);
      return;
    }
    for (std::size_t c = 0; c < members.size(); ++c) {
      if (members[c] > 0) scale(1 / static_cast<float>(members[c]), centers_.row(c), centers_.cols());
    }
    half_squares_ = half_squares(centers_);
  }

  /// Returns whether a row moved.
  bool assign() {
    std::vector<char> moved((rows_.rows() + kBlock - 1) / kBlock, 0);
    parallel_for(
        moved.size(), context_.threads,
        [&](std::size_t first, std::size_t last, int) {
          std::vector<float> fits(kBlock * centers_.rows());
          for (std::size_t b = first; b < last; ++b) moved[b] = static_cast<char>(assign_block(b, fits));
        },
        4);
    return std::ranges::find(moved, 1) != moved.end();
  }

  Clustering take() && { return {std::move(centers_), std::move(cluster_)}; }

 private:
  /// Rows nearer to centre `made` than to all before become its own.
  void take_center(std::size_t made, float half_square) {
    parallel_for(
        rows_.rows(), context_.threads,
        [&](std::size_t begin, std::size_t end, int) {
          std::vector<float> fits(end - begin);
          multiply(rows_, begin, end, centers_.row(made), fits.data());
          for (std::size_t r = begin; r < end; ++r) {
            const float fit = fits[r - begin] - half_square;
            if (!(fit > fit_[r])) continue;
            fit_[r] = fit;
            cluster_[r] = static_cast<idx_t>(made);
          }
        },
        1024);
  }

  /// False if every row lies on a centre.
  bool draw_far_row(Rng& rng, std::size_t& row) const {
    double total = 0;
    for (std::size_t r = 0; r < fit_.size(); ++r) total += distance(r);
    if (!(total > 0)) return false;
    double left = rng.uniform() * total;
    for (std::size_t r = 0; r < fit_.size(); ++r) {
      if (distance(r) == 0) continue;
      row = r;  // the last one with a distance, should rounding leave a rest
      left -= distance(r);
      if (left < 0) break;
    }
    return true;
  }

  /// From its centre: 1 - the cosine, or squared; 0 for what is rounding.
  double distance(std::size_t r) const {
    if (spherical_) return fit_[r] > 1 - 1e-6f ? 0.0 : 1.0 - static_cast<double>(fit_[r]);
    constexpr double kRounding = 1e-6;
    const auto square = static_cast<double>(squares_[r]);
    const double far = square - 2 * static_cast<double>(fit_[r]);
    return far > kRounding * square ? far : 0.0;
  }
  /// The first of those farthest from their centres.
  std::size_t worst_row() const {
    if (spherical_) return static_cast<std::size_t>(std::ranges::min_element(fit_) - fit_.begin());
    std::size_t worst = 0;
    for (std::size_t r = 1; r < fit_.size(); ++r) {
      if (distance(r) > distance(worst)) worst = r;
    }
    return worst;
  }
  static std::vector<float> half_squares(const Matrix& centers) {
    std::vector<float> result;
    for (std::size_t c = 0; c < centers.rows(); ++c)
      result.push_back(dot(centers.row(c), centers.row(c), centers.stride()) / 2);
    return result;
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

  bool assign_block(std::size_t block, std::vector<float>& fits) {
    const std::size_t begin = block * kBlock, end = std::min(rows_.rows(), begin + kBlock);
    multiply(rows_, begin, end, centers_, fits.data(), kBlock);
    bool moved = false;
    for (std::size_t r = begin; r < end; ++r) {
      std::size_t best = 0;
      const auto fit = [&](std::size_t c) {
        return fits[c * kBlock + r - begin] - (spherical_ ? 0 : half_squares_[c]);
      };
      for (std::size_t c = 1; c < centers_.rows(); ++c) {
        if (fit(c) > fit(best)) best = c;
      }
      moved = moved || cluster_[r] != best;
      cluster_[r] = static_cast<idx_t>(best);
      fit_[r] = fit(best);
    }
    return moved;
  }

  const Matrix& rows_;
  bool spherical_;
  const Context& context_;
  Matrix centers_;
  std::vector<idx_t> cluster_;
  std::vector<float> fit_;           // of each row to the centre of its cluster
  std::vector<float> squares_;       // |x|^2 of the rows; not if spherical
  std::vector<float> half_squares_;  // |m|^2 / 2 of the centres; not if spherical
};

Clustering cluster_rows(KMeans kmeans, std::size_t clusters, int iterations, const Context& context) {
  kmeans.seed(clusters);
  for (int iteration = 0; iteration < iterations; ++iteration) {
    context.check_stop();
    kmeans.move_centers();
    if (!kmeans.assign()) break;
  }
  return std::move(kmeans).take();
}

}  // namespace

Clustering spherical_kmeans(const Matrix& rows, std::size_t clusters, int iterations,
                            const Context& context) {
  AKIN_ASSERT(rows.rows() > 0 && clusters > 0);
  return cluster_rows(KMeans(rows, true, context), std::min(clusters, rows.rows()), iterations, context);
}

Clustering euclidean_kmeans(const Matrix& rows, std::size_t clusters, int iterations,
                            const Context& context) {
  AKIN_ASSERT(rows.rows() > 0 && clusters > 0);
  return cluster_rows(KMeans(rows, false, context), std::min(clusters, rows.rows()), iterations, context);
}

}  // namespace akin
