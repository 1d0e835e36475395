#include "akin/models/factor/als.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "akin/base/parallel.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/solve.h"
#include "akin/models/factor/interactions.h"
#include "akin/models/passes.h"

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

/// A fit under way.
class Als::Fit {
 public:
  Fit(const TrainingData& data, const Config& config, const Context& context)
      : config_(config),
        context_(context),
        objective_{config.alpha, config.regularization, config.count_power},
        by_user_(positive_interactions(data, kName)),
        by_item_(transpose(by_user_)),
        users_(initial_factors(by_user_, config, Rng(context.seed, kUserStream).next())),
        items_(initial_factors(by_item_, config, Rng(context.seed, kItemStream).next())) {}

  void run() {
    FitState state;
    state.add("users", users_);
    state.add("items", items_);
    run_passes({.total = config_.iterations,
                .phase = "iteration",
                .unit = "iterations",
                .run = [&](int pass) { return iterate(pass + 1); },
                .snapshot = [&] { return snapshot(); }},
               std::move(state), context_);
  }

  /// The model of the items as they are: each user's vector is the exact optimum for them, which the users of
  /// all passes but the last planned one are not.
  std::unique_ptr<Model> snapshot() const {
    Matrix users = users_.clone();
    solve_users(full_gram(items_, context_.threads), /*exactly=*/true, users);
    return std::unique_ptr<Model>(new Als(std::move(users), items_.clone(), objective_));
  }
  /// Ends the fit.
  std::unique_ptr<Model> take() {
    return std::unique_ptr<Model>(new Als(std::move(users_), std::move(items_), objective_));
  }

 private:
  double iterate(int number) {
    const bool exact = config_.solver == "exact";
    solve(by_item_, users_, full_gram(users_, context_.threads), exact, items_);
    const Matrix item_gram = full_gram(items_, context_.threads);
    solve_users(item_gram, exact || number == config_.iterations, users_);
    if (!all_finite(users_) || !all_finite(items_)) {
      fail(ErrorCode::kBadData,
           "als: iteration {} gave vectors that are not finite; raise regularization (now {}) or lower alpha "
           "(now {})",
           number, config_.regularization, config_.alpha);
    }
    return config_.report_loss ? total_loss(item_gram) : std::numeric_limits<double>::quiet_NaN();
  }

  void solve_users(const Matrix& item_gram, bool exactly, Matrix& users) const {
    solve(by_user_, items_, item_gram, exactly, users);
  }

  void solve(const Csr& matrix, const Matrix& fixed, const Matrix& gram, bool exactly, Matrix& rows) const {
    const auto make = [&] { return std::make_unique<HalfStep>(fixed, gram, objective_); };
    for_rows<HalfStep>(matrix, context_, make, [&](std::size_t row, HalfStep& half_step) {
      if (exactly) {
        half_step.solve_exactly(matrix.cols_of(row), matrix.values_of(row), rows.row(row));
      } else {
        half_step.improve(matrix.cols_of(row), matrix.values_of(row), config_.cg_steps, rows.row(row));
      }
    });
  }

  double total_loss(const Matrix& item_gram) const {
    std::vector<double> losses(by_user_.rows(), 0.0);
    const auto make = [&] { return std::make_unique<HalfStep>(items_, item_gram, objective_); };
    for_rows<HalfStep>(by_user_, context_, make, [&](std::size_t row, HalfStep& half_step) {
      losses[row] = half_step.loss(by_user_.cols_of(row), by_user_.values_of(row), users_.row(row));
    });
    double sum = std::accumulate(losses.begin(), losses.end(), 0.0);
    for (std::size_t i = 0; i < items_.rows(); ++i) {
      const float* item = items_.row(i);
      sum += HalfStep::ridge(objective_, by_item_.row_size(i)) * dot(item, item, items_.stride());
    }
    return sum;
  }

  const Config& config_;
  const Context& context_;
  const Objective objective_;
  const Csr by_user_;
  const Csr by_item_;
  Matrix users_;
  Matrix items_;
};

std::unique_ptr<Model> Als::fit(const TrainingData& data, const Config& config, const Context& context) {
  context.check_stop();
  Fit fit(data, config, context);
  fit.run();
  // An observer may have stopped the fit, or put the state of an earlier pass in place.
  return context.observer && config.iterations > 0 ? fit.snapshot() : fit.take();
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
