// The oracle of the neighborhood models' tests: the definitions of similarity.h
// in plain loops over a dense matrix.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "akin/base/rng.h"
#include "akin/data/dataset.h"
#include "akin/models/neighbors/similarity.h"

namespace akin::test {

using Dense = std::vector<std::vector<double>>;

inline Dense transposed(const Dense& r) {
  Dense result(r[0].size(), std::vector<double>(r.size()));
  for (std::size_t x = 0; x < r.size(); ++x)
    for (std::size_t c = 0; c < r[0].size(); ++c) result[c][x] = r[x][c];
  return result;
}

/// The (users, items) matrix: summed values, or 1.
inline Dense dense_users(const Dataset& data, bool use_values) {
  Dense r(data.n_users(), std::vector<double>(data.n_items(), 0.0));
  for (const Event& event : data.events) {
    double& cell = r[event.user][event.item];
    cell = use_values ? cell + static_cast<double>(event.value) : 1.0;
  }
  return r;
}

/// Random events, some repeated, over n_users x n_items, the first items more popular.
inline Dataset random_dataset(idx_t n_users, idx_t n_items, std::size_t per_user) {
  Dataset data;
  for (idx_t i = 0; i < n_items; ++i) data.items.add("i" + std::to_string(i));
  Rng rng(9);
  for (idx_t u = 0; u < n_users; ++u) {
    data.users.add("u" + std::to_string(u));
    const std::size_t count = 1 + rng.below(2 * per_user);
    for (std::size_t e = 0; e < count; ++e) {
      const double skew = rng.uniform();
      data.events.push_back({.user = u,
                             .item = static_cast<idx_t>(skew * skew * n_items),
                             .value = static_cast<float>(1 + rng.below(5))});
    }
  }
  return data;
}

/// Similarities of the rows of `r`.
class DenseSimilarity {
 public:
  DenseSimilarity(Dense r, SimilaritySpec spec) : r_(std::move(r)), spec_(std::move(spec)) {
    for (std::size_t c = 0; c < r_[0].size(); ++c) {
      double n = 0, sum = 0;
      for (const auto& row : r_) {
        n += row[c] > 0 ? 1 : 0;
        sum += row[c];
      }
      idf_.push_back(n > 0 ? std::log(1 + static_cast<double>(r_.size()) / n) : 0);
      column_mean_.push_back(sum / static_cast<double>(r_.size()));
    }
    for (const auto& row : r_) mean_length_ += sum_of(row) / static_cast<double>(r_.size());
  }

  double operator()(std::size_t x, std::size_t y) const {
    const auto& [name, shrinkage, min_overlap, k1, b, alpha, power] = spec_;
    double dot = 0, norm_x = 0, norm_y = 0, common = 0, n_x = 0, n_y = 0;
    for (std::size_t c = 0; c < idf_.size(); ++c) {
      const double wx = weight(x, c), wy = weight(y, c);
      dot += wx * wy;
      norm_x += wx * wx;
      norm_y += wy * wy;
      n_x += r_[x][c] > 0 ? 1 : 0;
      n_y += r_[y][c] > 0 ? 1 : 0;
      common += r_[x][c] > 0 && r_[y][c] > 0 ? 1 : 0;
    }
    if (common < min_overlap || common == 0) return 0;
    const double a = name == "cosine" || name == "tfidf" ? static_cast<double>(alpha) : 0.5;
    double s = dot / (std::pow(norm_x, a) * std::pow(norm_y, 1 - a));
    if (name == "bm25") s = dot;
    if (name == "jaccard") s = common / (n_x + n_y - common);
    if (name == "log-likelihood") s = g2(common, n_x, n_y);
    if (!(s > 0)) return 0;
    return std::pow(s * common / (common + static_cast<double>(shrinkage)), static_cast<double>(power));
  }

 private:
  static double sum_of(const std::vector<double>& row) {
    double sum = 0;
    for (const double r : row) sum += r;
    return sum;
  }
  double weight(std::size_t x, std::size_t c) const {
    const double r = r_[x][c];
    const std::string& name = spec_.name;
    if (name == "adjusted-cosine") return r - column_mean_[c];
    if (name == "pearson") return r - sum_of(r_[x]) / static_cast<double>(r_[x].size());
    if (name == "tfidf") return std::sqrt(r) * idf_[c];
    if (name != "bm25") return r;
    const double k1 = spec_.k1, b = spec_.b;
    return r > 0 ? idf_[c] * r * (k1 + 1) / (r + k1 * (1 - b + b * sum_of(r_[x]) / mean_length_)) : 0;
  }
  /// 2 sum over the four cells of observed ln(observed / expected).
  double g2(double both, double n_x, double n_y) const {
    const auto all = static_cast<double>(idf_.size());
    if (both * all <= n_x * n_y) return 0;
    const auto cell = [&](double observed, double row, double column) {
      return observed > 0 ? 2 * observed * std::log(observed * all / (row * column)) : 0;
    };
    return cell(both, n_x, n_y) + cell(n_x - both, n_x, all - n_y) + cell(n_y - both, all - n_x, n_y) +
           cell(all - n_x - n_y + both, all - n_x, all - n_y);
  }

  Dense r_;
  SimilaritySpec spec_;
  std::vector<double> idf_, column_mean_;
  double mean_length_ = 0;
};

}  // namespace akin::test
