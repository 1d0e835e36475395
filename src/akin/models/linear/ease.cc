#include "akin/models/linear/ease.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/spd_inverse.h"
#include "akin/models/fit/rank_rows.h"

namespace akin {
namespace {

/// Calls body(begin, end) for ranges of at most `grain` of the rows and reports how many are done.
void for_ranges(Share rows, std::size_t grain, std::string_view phase, const Context& context,
                const std::function<void(std::size_t begin, std::size_t end)>& body) {
  std::atomic<std::size_t> done{0};
  parallel_for(
      rows.size(), context.threads,
      [&](std::size_t begin, std::size_t end, int worker) {
        context.check_stop();
        body(rows.begin + begin, rows.begin + end);
        const std::size_t finished = done.fetch_add(end - begin) + end - begin;
        if (worker == 0)
          context.report({.phase = phase, .done = finished, .total = rows.size(), .unit = "rows"});
      },
      grain);
}

/// This rank's part of n rows: whole ranges of `grain`.
Share own_rows(std::size_t n, std::size_t grain, const Communicator& ranks) {
  const Share ranges = equal_share((n + grain - 1) / grain, ranks.rank(), ranks.size());
  return {std::min(n, ranges.begin * grain), std::min(n, ranges.end * grain)};
}

/// So many rows are made at a time.
constexpr std::size_t kGrain = 16;

/// The rows of `matrix` that have entries, ascending.
std::vector<idx_t> rows_with_entries(const Csr& matrix) {
  std::vector<idx_t> rows;
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    if (matrix.row_size(r) > 0) rows.push_back(static_cast<idx_t>(r));
  }
  return rows;
}

/// The rows of `matrix` with their column numbers replaced by places among `kept` ones.
Csr renumber_columns(Csr matrix, std::span<const idx_t> kept) {
  std::vector<idx_t> place(matrix.cols, 0);
  for (std::size_t k = 0; k < kept.size(); ++k) place[kept[k]] = static_cast<idx_t>(k);
  for (idx_t& column : matrix.indices) column = place[column];
  matrix.cols = kept.size();
  return matrix;
}

/// How many products the lower triangle of columns^T columns takes in each row.
std::vector<std::uint32_t> products_of_rows(const Csr& columns) {
  std::vector<std::uint32_t> counts(columns.cols, 0);
  for (std::size_t c = 0; c < columns.rows(); ++c) {
    std::uint32_t place = 0;
    for (const idx_t row : columns.cols_of(c)) counts[row] += ++place;
  }
  return counts;
}

/// (lambda I + rows rows^T)^-1 over the `kept` rows of a sparse matrix, those with entries; `columns` is its
/// transpose over the kept rows. Ranks make the products of some rows each; then each inverts, which takes no longer
/// than to wait for one that does.
Matrix ridge_inverse(const Csr& rows, std::span<const idx_t> kept, const Csr& columns, float lambda,
                     const Context& context) {
  const std::size_t n = kept.size();
  Matrix result(n, n);
  const RowBounds bounds = balanced_bounds(products_of_rows(columns), context.ranks().size());
  const auto rank = static_cast<std::size_t>(context.ranks().rank());
  const Share own = {bounds[rank], bounds[rank + 1]};
  for_ranges(own, kGrain, "products", context, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      float* out = result.row(r);
      const auto cols = rows.cols_of(kept[r]);
      const auto values = rows.values_of(kept[r]);
      for (std::size_t e = 0; e < cols.size(); ++e) {
        const auto others = columns.cols_of(cols[e]);
        const auto other_values = columns.values_of(cols[e]);
        // Lower triangle only; columns ascend.
        for (std::size_t o = 0; o < others.size() && others[o] <= r; ++o)
          out[others[o]] += values[e] * other_values[o];
      }
      out[r] += lambda;
    }
  });
  gather_rows(context.ranks(), bounds, result);
  try {
    invert_spd(result, context);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    fail(ErrorCode::kBadData, "ease: {} (now {})", error.what(), lambda);
  }
  return result;
}

/// Weights from the inverse over items.
Csr weights_by_items(const Interactions& x, const Ease::Config& config, const Context& context) {
  const std::vector<idx_t> items = rows_with_entries(x.by_item);
  const Csr by_user = renumber_columns(x.by_user, items);
  const Matrix p = ridge_inverse(x.by_item, items, by_user, config.regularization, context);
  const std::size_t n_items = x.by_item.rows();
  RowCollector rows(n_items, n_items,
                    config.neighbors > 0 ? static_cast<std::size_t>(config.neighbors) : n_items);
  std::vector<float> inverse_diagonal(items.size());
  for (std::size_t j = 0; j < items.size(); ++j) inverse_diagonal[j] = -1 / p[j][j];
  const Share own = own_rows(items.size(), kGrain, context.ranks());
  for_ranges(own, kGrain, "weights", context, [&](std::size_t begin, std::size_t end) {
    std::vector<float> row(n_items, 0.0f);
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < items.size(); ++j) row[items[j]] = p[i][j] * inverse_diagonal[j];
      row[items[i]] = 0;
      rows.set_largest(items[i], row);
    }
  });
  return gather_csr(context.ranks(), rows.take());
}

/// Weights from the inverse over users, M. Item i needs the row P_i = (e_i - X^T M x_i) / lambda.
class WeightsByUsers {
 public:
  WeightsByUsers(const Interactions& x, const Ease::Config& config, const Context& context)
      : config_(config),
        context_(context),
        users_(rows_with_entries(x.by_user)),
        by_item_(renumber_columns(x.by_item, users_)),
        m_(ridge_inverse(x.by_user, users_, by_item_, config.regularization, context)) {}

  Csr run() {
    const std::size_t n = by_item_.rows();
    find_diagonal();
    RowCollector rows(n, n, config_.neighbors > 0 ? static_cast<std::size_t>(config_.neighbors) : n);
    // So many items at once that a line of their sums is one cache line.
    static_assert(kGrain * sizeof(float) == 64);
    for_ranges(own_rows(n, kGrain, context_.ranks()), kGrain, "weights", context_,
               [&](std::size_t begin, std::size_t end) { set_rows(begin, end, rows); });
    return gather_csr(context_.ranks(), rows.take());
  }

 private:
  /// scales_j = -1 / (lambda P_jj) = -1 / (1 - x_j^T M x_j)
  void find_diagonal() {
    scales_.resize(by_item_.rows());
    for_ranges({0, scales_.size()}, 64, "diagonal", context_, [&](std::size_t begin, std::size_t end) {
      for (std::size_t j = begin; j < end; ++j) {
        const auto users = by_item_.cols_of(j);
        const auto values = by_item_.values_of(j);
        double sum = 0;
        for (std::size_t a = 0; a < users.size(); ++a) {
          const auto row = m_[users[a]];
          double part = 0;
          for (std::size_t b = 0; b < users.size(); ++b)
            part += static_cast<double>(row[users[b]]) * static_cast<double>(values[b]);
          sum += part * static_cast<double>(values[a]);
        }
        if (!(sum < 1 - 1e-5)) {
          fail(ErrorCode::kBadData,
               "ease: regularization {} is too small for the precision of floats; raise it",
               config_.regularization);
        }
        scales_[j] = static_cast<float>(-1 / (1 - sum));
      }
    });
  }

  void set_rows(std::size_t begin, std::size_t end, RowCollector& rows) const {
    const std::size_t n = by_item_.rows(), count = end - begin;
    Matrix images(count, m_.cols());  // row c: M x_i of item begin + c
    for (std::size_t c = 0; c < count; ++c) {
      const RowTerms terms{by_item_.cols_of(begin + c), by_item_.values_of(begin + c), {}};
      gather_multiply(m_, terms, nullptr, images.row(c));
    }
    Matrix lines(m_.rows(), count);
    for (std::size_t u = 0; u < m_.rows(); ++u) {
      for (std::size_t c = 0; c < count; ++c) lines[u][c] = images[c][u];
    }
    images = Matrix(n, count);  // row j: x_j^T M x_i for all of them
    for (std::size_t j = 0; j < n; ++j)
      gather_multiply(lines, {by_item_.cols_of(j), by_item_.values_of(j), {}}, nullptr, images.row(j));
    std::vector<float> row(n);
    for (std::size_t c = 0; c < count; ++c) {
      if (by_item_.row_size(begin + c) == 0) continue;
      for (std::size_t j = 0; j < n; ++j) row[j] = -images[j][c] * scales_[j];
      row[begin + c] = 0;
      rows.set_largest(begin + c, row);
    }
  }

  const Ease::Config& config_;
  const Context& context_;
  const std::vector<idx_t> users_;
  const Csr by_item_;  // columns = places in users_
  const Matrix m_;
  std::vector<float> scales_;
};

}  // namespace

std::unique_ptr<Model> Ease::fit(const TrainingData& data, const Config& config, const Context& context) {
  context.check_stop();
  const Interactions x = linear_interactions(data, config.use_values, kName, context);
  const std::size_t items = rows_with_entries(x.by_item).size(), users = rows_with_entries(x.by_user).size();
  const std::size_t n = std::min(items, users);
  const double kept = static_cast<double>(
      config.neighbors > 0 ? std::min(x.by_item.rows(), static_cast<std::size_t>(config.neighbors))
                           : x.by_item.rows());
  const double bytes = 4.0 * static_cast<double>(n) * static_cast<double>(n) +
                       8 * kept * static_cast<double>(x.by_item.rows());
  check_memory(
      bytes, fmt::format("ease with {} items and {} users (the smaller number squared counts)", items, users),
      fmt::format("about {:.0f} of either would fit: filter rare ones out at import, or train slim",
                  std::sqrt(physical_memory() / 4)));
  return std::unique_ptr<Model>(new Ease(
      {items <= users ? weights_by_items(x, config, context) : WeightsByUsers(x, config, context).run(),
       config.use_values}));
}

std::unique_ptr<Model> Ease::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  return std::unique_ptr<Model>(new Ease(load_state(reader, n_items)));
}

}  // namespace akin
