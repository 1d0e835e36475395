#include "akin/models/factor/als.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/parallel.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/solve.h"
#include "akin/models/factor/interactions.h"

namespace akin {
namespace {

// Streams of the seed.
constexpr std::uint64_t kUserStream = 1, kItemStream = 2;

/// Y^T Y over all rows; the partial sums of blocks of fixed size are added in order, so that the bits do not
/// depend on the number of threads.
Matrix full_gram(const Matrix& rows, int threads) {
  constexpr std::size_t kBlock = 4096;
  const std::size_t blocks = (rows.rows() + kBlock - 1) / kBlock;
  std::vector<Matrix> parts(blocks);
  parallel_for(
      blocks, threads,
      [&](std::size_t begin, std::size_t end, int) {
        for (std::size_t b = begin; b < end; ++b) {
          parts[b] = Matrix(rows.cols(), rows.cols());
          gram(rows, b * kBlock, std::min(rows.rows(), (b + 1) * kBlock), parts[b]);
        }
      },
      1);
  Matrix sum(rows.cols(), rows.cols());
  for (const Matrix& part : parts) axpy(1, part.data(), sum.data(), sum.rows() * sum.stride());
  return sum;
}

Matrix initial_factors(const Csr& matrix, const Als::Config& config, std::uint64_t seed) {
  const double sigma = config.init_sigma / std::sqrt(static_cast<double>(config.factors));
  Matrix factors = Matrix::normal(matrix.rows(), static_cast<std::size_t>(config.factors), sigma, seed);
  clear_rows_without_entries(matrix, factors);
  return factors;
}

}  // namespace

/// Solves for rows of one side while the other side, `fixed`, stays as it is. One per thread: it owns scratch
/// memory.
class Als::HalfStep {
 public:
  HalfStep(const Matrix& fixed, const Matrix& gram, const Objective& objective)
      : fixed_(fixed),
        gram_(gram),
        objective_(objective),
        system_(fixed.cols(), fixed.cols()),
        vectors_(4, fixed.cols()) {}

  /// x <- (G + Y^T (C - I) Y + lambda I)^-1 Y^T C p over the row's entries. x holds stride() floats.
  void solve_exactly(std::span<const idx_t> items, std::span<const float> values, float* x) {
    prepare(values);
    std::copy_n(gram_.data(), gram_.rows() * gram_.stride(), system_.data());
    for (std::size_t i = 0; i < system_.rows(); ++i) system_[i][i] += ridge_;
    gather_gram(fixed_, {items, {}, weights_}, system_);
    std::fill_n(x, fixed_.stride(), 0.0f);
    gather_multiply(fixed_, {items, confidences_, {}}, nullptr, x);
    cholesky_solve(system_, x);
  }

  /// `steps` steps of conjugate gradient towards the same solution, starting from x.
  void improve(std::span<const idx_t> items, std::span<const float> values, int steps, float* x) {
    prepare(values);
    const std::size_t n = fixed_.stride();
    float *residual = vectors_.row(0), *direction = vectors_.row(1), *image = vectors_.row(2),
          *negated = vectors_.row(3);
    // r = Y^T C p - A x: an entry gives (c - (c - 1) y . x) y
    for (std::size_t k = 0; k < n; ++k) {
      residual[k] = -ridge_ * x[k];
      negated[k] = -x[k];
    }
    weighted_sum(gram_, negated, residual);
    for (float& weight : weights_) weight = -weight;
    gather_multiply(fixed_, {items, confidences_, weights_}, x, residual);
    for (float& weight : weights_) weight = -weight;
    std::copy_n(residual, n, direction);
    float error = dot(residual, residual, n);
    const float enough = 1e-12f * error;
    for (int step = 0; step < steps && error > enough && error > 1e-30f; ++step) {
      for (std::size_t k = 0; k < n; ++k) image[k] = ridge_ * direction[k];
      weighted_sum(gram_, direction, image);
      gather_multiply(fixed_, {items, {}, weights_}, direction, image);
      const float length = error / dot(direction, image, n);
      axpy(length, direction, x, n);
      axpy(-length, image, residual, n);
      const float previous = std::exchange(error, dot(residual, residual, n));
      for (std::size_t k = 0; k < n; ++k) direction[k] = residual[k] + error / previous * direction[k];
    }
  }

  /// The row's part of L without the other side's penalty: x^T G x corrected at the entries, plus lambda
  /// |x|^2.
  double loss(std::span<const idx_t> items, std::span<const float> values, const float* x) {
    prepare(values);
    const std::size_t n = fixed_.stride();
    float* image = vectors_.row(0);
    std::fill_n(image, n, 0.0f);
    weighted_sum(gram_, x, image);
    double sum = dot(x, image, n) + ridge_ * dot(x, x, n);
    for (std::size_t k = 0; k < items.size(); ++k) {
      const double score = dot(fixed_.row(items[k]), x, n);
      sum += confidences_[k] * (1 - score) * (1 - score) - score * score;
    }
    return sum;
  }

  static float ridge(const Objective& objective, std::size_t entries) {
    return objective.regularization * std::pow(static_cast<float>(entries), objective.count_power);
  }

 private:
  void prepare(std::span<const float> values) {
    ridge_ = ridge(objective_, values.size());
    weights_.assign(values.begin(), values.end());
    for (float& weight : weights_) weight *= objective_.alpha;
    confidences_.assign(weights_.begin(), weights_.end());
    for (float& confidence : confidences_) confidence += 1;
  }

  const Matrix& fixed_;
  const Matrix& gram_;
  const Objective objective_;
  float ridge_ = 0;
  std::vector<float> weights_;      // c - 1 of each entry
  std::vector<float> confidences_;  // c of each entry
  Matrix system_;                   // (f, f)
  Matrix vectors_;                  // (4, f)
};

namespace {

/// Calls body(row, half_step) for all rows that have entries. A row's result depends on that row only.
template <typename HalfStep, typename Make, typename Body>
void for_rows(const Csr& matrix, const Context& context, const Make& make, const Body& body) {
  const int threads = resolve_threads(context.threads);
  std::vector<std::unique_ptr<HalfStep>> scratch(static_cast<std::size_t>(threads));
  const std::size_t grain = std::clamp<std::size_t>(matrix.rows() / (16 * scratch.size()), 1, 64);
  parallel_for(
      matrix.rows(), threads,
      [&](std::size_t begin, std::size_t end, int worker) {
        context.check_stop();
        auto& half_step = scratch[static_cast<std::size_t>(worker)];
        if (!half_step) half_step = make();
        for (std::size_t row = begin; row < end; ++row) {
          if (matrix.row_size(row) > 0) body(row, *half_step);
        }
      },
      grain);
}

}  // namespace

std::unique_ptr<Model> Als::fit(const TrainingData& data, const Config& config, const Context& context) {
  context.check_stop();
  const Csr by_user = positive_interactions(data, kName);
  const Csr by_item = transpose(by_user);
  Matrix users = initial_factors(by_user, config, Rng(context.seed, kUserStream).next());
  Matrix items = initial_factors(by_item, config, Rng(context.seed, kItemStream).next());
  const Objective objective{config.alpha, config.regularization, config.count_power};

  const auto solve_side = [&](const Csr& matrix, const Matrix& fixed, const Matrix& gram, Matrix& rows,
                              bool exactly) {
    const auto make = [&] { return std::make_unique<HalfStep>(fixed, gram, objective); };
    for_rows<HalfStep>(matrix, context, make, [&](std::size_t row, HalfStep& half_step) {
      if (exactly) {
        half_step.solve_exactly(matrix.cols_of(row), matrix.values_of(row), rows.row(row));
      } else {
        half_step.improve(matrix.cols_of(row), matrix.values_of(row), config.cg_steps, rows.row(row));
      }
    });
  };
  const auto total_loss = [&](const Matrix& gram) {
    std::vector<double> losses(by_user.rows(), 0.0);
    const auto make = [&] { return std::make_unique<HalfStep>(items, gram, objective); };
    for_rows<HalfStep>(by_user, context, make, [&](std::size_t row, HalfStep& half_step) {
      losses[row] = half_step.loss(by_user.cols_of(row), by_user.values_of(row), users.row(row));
    });
    double sum = std::accumulate(losses.begin(), losses.end(), 0.0);
    for (std::size_t i = 0; i < items.rows(); ++i) {
      sum +=
          HalfStep::ridge(objective, by_item.row_size(i)) * dot(items.row(i), items.row(i), items.stride());
    }
    return sum;
  };

  const bool exact = config.solver == "exact";
  for (int iteration = 1; iteration <= config.iterations; ++iteration) {
    solve_side(by_item, users, full_gram(users, context.threads), items, exact);
    const Matrix item_gram = full_gram(items, context.threads);
    solve_side(by_user, items, item_gram, users, exact || iteration == config.iterations);
    if (!all_finite(users) || !all_finite(items)) {
      fail(ErrorCode::kBadData,
           "als: iteration {} gave vectors that are not finite; raise regularization (now {}) or lower alpha "
           "(now {})",
           iteration, config.regularization, config.alpha);
    }
    Progress progress{.phase = "iteration",
                      .done = static_cast<std::uint64_t>(iteration),
                      .total = static_cast<std::uint64_t>(config.iterations),
                      .unit = "iterations"};
    if (config.report_loss) progress.loss = total_loss(item_gram);
    context.report(progress);
  }
  return std::unique_ptr<Model>(new Als(std::move(users), std::move(items), objective));
}

Als::Als(Matrix users, Matrix items, const Objective& objective)
    : users_(std::move(users)),
      items_(std::move(items)),
      objective_(objective),
      gram_(full_gram(items_, 0)) {}

bool Als::user_vector(const Query& query, std::span<float> out) const {
  if (const auto row = stored_row(users_, query); !row.empty()) {
    std::ranges::copy(row, out.begin());
    return true;
  }
  const HistoryRow row = positive_history_row(query);
  if (row.items.empty()) return false;
  Matrix x(1, items_.cols());
  HalfStep(items_, gram_, objective_).solve_exactly(row.items, row.values, x.row(0));
  std::ranges::copy(x[0], out.begin());
  return true;
}

void Als::save(TensorWriter& writer) const {
  write_matrix(writer, "model.users", users_);
  write_matrix(writer, "model.items", items_);
  writer.tensor("model.objective",
                std::vector<float>{objective_.alpha, objective_.regularization, objective_.count_power});
}

std::unique_ptr<Model> Als::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  Matrix items = read_matrix(reader, "model.items", n_items);
  Matrix users = read_matrix(reader, "model.users", n_users, items.cols());
  const auto objective = reader.vector<float>("model.objective", 3);
  return std::unique_ptr<Model>(
      new Als(std::move(users), std::move(items), {objective[0], objective[1], objective[2]}));
}

}  // namespace akin
