#include "akin/models/implicit/als.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/panel.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/rank_rows.h"
#include "akin/models/fit/row_loop.h"

namespace akin {
namespace {

using als::Entries;
using als::FixedSide;
using als::Objective;
using als::RowSolver;

// Streams of the seed.
constexpr std::uint64_t kUserStream = 1, kItemStream = 2;

/// `numbers` are those of the rows, empty: all from 0 on.
Matrix initial_factors(std::span<const std::uint32_t> counts, std::span<const idx_t> numbers,
                       const Als::Config& config, std::uint64_t seed, int threads) {
  const auto columns = static_cast<std::size_t>(config.factors);
  const double sigma = config.init_sigma / std::sqrt(static_cast<double>(config.factors));
  Matrix factors = numbers.empty() ? Matrix::normal(counts.size(), columns, sigma, seed, threads)
                                   : Matrix::normal(numbers, columns, sigma, seed, threads);
  clear_rows_without_entries(counts, factors);
  return factors;
}

Entries entries_of(const Csr& matrix, std::size_t row) {
  return {matrix.cols_of(row), matrix.values_of(row)};
}

Objective objective_of(const Als::Config& config) {
  return {config.alpha, config.regularization, config.count_power, config.count_unobserved,
          config.use_values};
}

/// What solves for rows, given the other side.
enum class Solver { kExact, kCg, kBlock };
Solver solver_of(const Als::Config& config) {
  if (config.solver == "exact") return Solver::kExact;
  return config.solver == "cg" ? Solver::kCg : Solver::kBlock;
}

}  // namespace

/// A fit under way.
class Als::Fit {
 public:
  Fit(const TrainingData& data, const Config& config, const FitContext& context)
      : config_(config),
        context_(context),
        objective_(objective_of(config)),
        solver_(solver_of(config)),
        matrix_(divide_matrix(positive_interactions(data, kName, context), data,
                              static_cast<std::size_t>(config.factors), context)) {
    const auto finite = [](float value) { return std::isfinite(value); };
    const bool overflows = !std::ranges::all_of(matrix_.by_user.values, finite);
    if (config.use_values && sum_over_ranks(context.ranks(), overflows ? 1 : 0) > 0) {  // all fail, or none
      fail(ErrorCode::kBadData, "{}: the summed values overflow; scale them or train without use_values",
           kName);
    }
    begin();
  }

  void run() {
    run_epochs({.total = config_.epochs,
                .phase = "epoch",
                .unit = "epochs",
                .run = [&](int epoch) { return iterate(epoch + 1); },
                .snapshot = [&] { return snapshot(); }},
               state_of(matrix_, users_, items_), context_);
  }

  /// The model of the items as they are: each user's vector is the exact optimum for them, which the users of
  /// all epochs but the last planned one are not.
  std::unique_ptr<Model> snapshot() const {
    Matrix users = users_.clone();
    solve_users_exactly(users);
    return std::unique_ptr<Model>(new Als({std::move(users), items_.clone()}, objective_));
  }
  /// Ends the fit.
  std::unique_ptr<Model> take() {
    return std::unique_ptr<Model>(new Als({std::move(users_), std::move(items_)}, objective_));
  }

 private:
  void begin() {
    if (const auto* old = start_model<Als>(context_)) {
      const auto make = [old](Factors factors) {
        return std::unique_ptr<Model>(new Als(std::move(factors), old->objective_));
      };
      const auto expected = static_cast<std::size_t>(config_.factors);
      Factors grown =
          grow_factors({*old, old->users_, expected, kName, make}, matrix_.by_user, *context_.start);
      users_ = std::move(grown.users);
      items_ = std::move(grown.items);
      return;
    }
    users_ = initial_factors(matrix_.user_counts, matrix_.own_users, config_,
                             Rng(context_.seed, kUserStream).next(), context_.threads);
    const bool given = context_.start && context_.start->items;
    // The first half-step solves for the items; they may begin from zero.
    if (given || config_.epochs == 0) {
      items_ = initial_factors(matrix_.item_counts, {}, config_, Rng(context_.seed, kItemStream).next(),
                               context_.threads);
    } else {
      items_ = Matrix(matrix_.item_counts.size(), users_.cols());
    }
    if (!given) return;
    take_item_vectors(context_, kName, items_);
    // The first half-step solves for the items: what they were matters through the users only.
    clear_rows_without_entries(matrix_.item_counts, items_);
    solve_users_exactly(users_);
  }

  double iterate(int number) {
    solve_items();
    if (number < config_.epochs) {
      solve_users();
    } else {
      std::vector<float> eigenvalues;
      rotate(items_, context_.ranks(), matrix_.n_users(), eigenvalues);
      solve_users_exactly(users_);
    }
    const bool finite = all_finite(users_) && all_finite(items_);
    if (sum_over_ranks(context_.ranks(), finite ? 0 : 1) > 0) {
      fail(ErrorCode::kBadData,
           "als: epoch {} gave vectors that are not finite; raise regularization (now {}) or lower alpha "
           "(now {})",
           number, config_.regularization, config_.alpha);
    }
    return config_.report_loss ? total_loss() : std::numeric_limits<double>::quiet_NaN();
  }

  /// Rotates the side to its eigenbasis where so many rows are to be solved for that it pays. Returns the
  /// basis, or an empty matrix.
  Matrix rotate(Matrix& fixed, const RowOwners& owners, std::size_t n_rows,
                std::vector<float>& eigenvalues) const {
    constexpr std::size_t kLargest = 512;
    const std::size_t f = fixed.cols();
    if (f > kLargest || n_rows < 8 * f) return {};
    return als::rotate_to_eigenbasis(fixed, context_.threads, eigenvalues, owners);
  }

  /// The side that stays as it is while `n_rows` of the other one are solved for, rotated to `basis` unless that is
  /// empty then. `counts` are the entries of its rows.
  FixedSide fix(Matrix& fixed, const std::vector<std::uint32_t>& counts, const RowOwners& owners,
                std::size_t n_rows, Matrix& basis) const {
    std::vector<float> eigenvalues;
    basis = rotate(fixed, owners, n_rows, eigenvalues);
    FixedSide side = basis.empty() ? FixedSide(fixed, context_.threads, owners)
                                   : FixedSide(fixed, std::move(eigenvalues), owners);
    if (solver_ == Solver::kCg) side.set_spread(counts, owners);
    return side;
  }

  void solve_items() {
    Matrix basis;
    const FixedSide side = fix(users_, matrix_.user_counts, matrix_.user_owners(context_.ranks()),
                               matrix_.item_counts.size(), basis);
    matrix_.for_item_tiles(users_, context_, [&](Share rows, const Matrix& users) {
      solve(matrix_.by_item, rows, FixedSide(side, users), {solver_, basis}, items_);
    });
    gather_rows(context_.ranks(), matrix_.items, items_);
  }

  void solve_users() {
    Matrix basis;
    const FixedSide side = fix(items_, matrix_.item_counts, context_.ranks(), matrix_.n_users(), basis);
    solve(matrix_.by_user, {0, matrix_.by_user.rows()}, side, {solver_, basis}, users_);
    gather_users(context_.ranks(), matrix_, users_);
  }

  void solve_users_exactly(Matrix& users) const {
    const FixedSide side(items_, context_.threads, context_.ranks());
    solve(matrix_.by_user, {0, matrix_.by_user.rows()}, side, {Solver::kExact, Matrix()}, users);
    gather_users(context_.ranks(), matrix_, users);
  }

  struct How {
    Solver solver;
    const Matrix& basis;  // of the fixed side, if that was rotated
  };

  /// Solves for the rows of `range` that have entries. A row's result depends on that row only.
  void solve(const Csr& matrix, Share range, const FixedSide& side, const How& how, Matrix& rows) const {
    const bool rotated = how.solver != Solver::kExact && !how.basis.empty();
    const std::size_t block =
        padded(std::min<std::size_t>(static_cast<std::size_t>(config_.block_size), rows.cols()));
    constexpr std::size_t kMost = 48;
    const auto work = [&](std::size_t from, std::size_t until, RowSolver& solver) {
      const std::size_t begin = range.begin + from, end = range.begin + until;
      if (rotated) rotate_last_vectors(matrix, {begin, end}, how, solver, rows);
      for (std::size_t row = begin; row < end; ++row) {
        const Entries entries = entries_of(matrix, row);
        if (row + 1 < end) solver.prefetch(entries_of(matrix, row + 1));
        if (entries.which.empty()) continue;
        if (how.solver == Solver::kExact) solver.solve(entries, rows.row(row));
        if (how.solver == Solver::kCg) solver.improve(entries, config_.cg_steps, rows.row(row));
        if (how.solver == Solver::kBlock) solver.descend(entries, block, rows.row(row));
      }
    };
    for_row_ranges(range.size(), kMost, context_, solver_maker(side), work);
  }

  /// Rotates the vectors that the solver begins from.
  void rotate_last_vectors(const Csr& matrix, std::pair<std::size_t, std::size_t> range, const How& how,
                           const RowSolver& solver, Matrix& rows) const {
    std::vector<idx_t> which;
    for (std::size_t row = range.first; row < range.second; ++row) {
      const std::size_t n = matrix.row_size(row);
      if (n == 0 || (how.solver == Solver::kCg && !solver.begins_from_last(n))) continue;
      which.push_back(static_cast<idx_t>(row));
    }
    rotate_rows(how.basis, which, rows);
  }

  std::function<RowSolver()> solver_maker(const FixedSide& side) const {
    return [this, &side] { return RowSolver(side, objective_); };
  }

  double total_loss() const {
    std::vector<double> losses(users_.rows(), 0.0);
    const FixedSide side(items_, context_.threads, context_.ranks());
    for_rows(matrix_.by_user, context_, solver_maker(side), [&](std::size_t row, RowSolver& solver) {
      losses[row] = solver.loss(entries_of(matrix_.by_user, row), users_.row(row));
    });
    const Share own = matrix_.user_rows(context_.ranks());
    double sum = add_in_order(context_.ranks(), 0, [&](double before) {
      return std::accumulate(losses.data() + own.begin, losses.data() + own.end, before);
    });
    for (std::size_t i = 0; i < items_.rows(); ++i) {
      const float* item = items_.row(i);
      if (matrix_.item_counts[i] == 0) continue;
      sum += double{objective_.ridge(matrix_.item_counts[i], matrix_.n_users())} *
             dot(item, item, items_.stride());
    }
    return sum;
  }

  const Config& config_;
  const FitContext& context_;
  const Objective objective_;
  const Solver solver_;
  const RankMatrix matrix_;
  Matrix users_;
  Matrix items_;
};

std::unique_ptr<Model> Als::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  context.check_stop();
  Fit fit(data, config, context);
  fit.run();
  // An observer may have stopped the fit, or put the state of an earlier epoch in place.
  return context.observer && config.epochs > 0 ? fit.snapshot() : fit.take();
}

Als::Als(Factors factors, const Objective& objective)
    : users_(std::move(factors.users)),
      items_(std::move(factors.items)),
      objective_(objective),
      item_side_(items_, 0) {}

bool Als::user_vector(const Query& query, std::span<float> out) const {
  if (copy_stored_row(users_, query, out)) return true;
  const HistoryRow row = positive_history_row(query);
  if (row.items.empty()) return false;
  Matrix x(1, items_.cols());
  RowSolver(item_side_, objective_).solve({row.items, row.values}, x.row(0));
  std::ranges::copy(x[0], out.begin());
  return true;
}

bool Als::item_vector(std::span<const idx_t> users, std::span<const float> values,
                      std::span<float> out) const {
  const KnownUsers known = known_positive_users(users_, users, values);
  if (known.users.empty()) return false;
  std::call_once(user_side_made_, [&] { user_side_ = std::make_unique<FixedSide>(users_, 0); });
  Matrix y(1, users_.cols());
  RowSolver(*user_side_, objective_).solve({known.users, known.values}, y.row(0));
  std::ranges::copy(y[0], out.begin());
  return true;
}

std::optional<Explanation> Als::explain(const Query& query, idx_t item) const {
  const HistoryRow row = positive_history_row(query);
  if (row.items.empty()) {
    const auto user = stored_row(users_, query);
    if (user.empty()) return std::nullopt;
    return Explanation{dot(user.data(), items_.row(item), items_.cols()), {}};
  }
  Matrix v(1, items_.cols());
  std::ranges::copy(items_[item], v[0].begin());
  RowSolver solver(item_side_, objective_);
  solver.multiply_by_inverse({row.items, row.values}, v.row(0));
  Explanation explanation;
  for (std::size_t k = 0; k < row.items.size(); ++k) {
    const float similarity = dot(v.row(0), items_.row(row.items[k]), items_.stride());
    explanation.causes.push_back({row.items[k], similarity * solver.confidences()[k]});
  }
  std::ranges::sort(explanation.causes, ranks_before);
  return explanation;
}

void Als::save(TensorWriter& writer) const {
  write_factors(writer, users_, items_);
  writer.tensor(
      "model.objective",
      std::vector<float>{objective_.alpha, objective_.regularization, objective_.count_power,
                         objective_.count_unobserved ? 1.0f : 0.0f, objective_.use_values ? 0.0f : 1.0f});
}

std::unique_ptr<Model> Als::select_users(std::span<const idx_t> users) const {
  return std::unique_ptr<Model>(new Als({Matrix::gather(users_, users), items_.clone()}, objective_));
}

std::unique_ptr<Model> Als::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  Factors factors = read_factors(reader, n_users, n_items);
  const bool old = reader.shape("model.objective") == std::vector<std::size_t>{3};  // of akin 0.1
  auto numbers =
      reader.vector_in<float>("model.objective", old ? 3 : 5, 0, std::numeric_limits<float>::max());
  numbers.resize(5);
  const Objective objective{numbers[0], numbers[1], numbers[2], numbers[3] != 0, numbers[4] == 0};
  return std::unique_ptr<Model>(new Als(std::move(factors), objective));
}

}  // namespace akin
