#include "akin/models/factor/mf_sgd.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/linalg/kernels.h"
#include "akin/linalg/solve.h"
#include "akin/models/factor/interactions.h"
#include "akin/models/factor/sgd_kernels.h"
#include "akin/models/passes.h"

namespace akin {
namespace {

// Streams of the seed.
constexpr std::uint64_t kUserStream = 1, kItemStream = 2, kScheduleStream = 3;

float upper_quartile(std::vector<float> values) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) * 3 / 4);
  std::ranges::nth_element(values, at);
  return *at;
}

FactorModel initial_model(const Csr& ratings, const MfSgd::Config& config, std::uint64_t seed) {
  const auto factors = static_cast<std::size_t>(config.factors);
  FactorModel model;
  model.users = Matrix::normal(ratings.rows(), factors, config.init_sigma, Rng(seed, kUserStream).next());
  model.items = Matrix::normal(ratings.cols, factors, config.init_sigma, Rng(seed, kItemStream).next());
  model.user_bias.resize(ratings.rows());
  model.item_bias.resize(ratings.cols);
  clear_rows_without_entries(ratings, model.users);
  clear_rows_without_entries(transpose(ratings), model.items);
  return model;
}

/// The rows with two more columns.
Matrix widen(const Matrix& matrix) {
  Matrix wide(matrix.rows(), matrix.cols() + 2);
  for (std::size_t r = 0; r < matrix.rows(); ++r) std::ranges::copy(matrix[r], wide[r].begin());
  return wide;
}

float learning_rate(const MfSgd::Config& config, int epoch) {
  return static_cast<float>(config.learning_rate * std::pow(static_cast<double>(config.decay), epoch));
}

}  // namespace

/// A fit under way.
struct MfSgd::Fit {
  const Csr& ratings;
  const Config& config;
  float mean;
  FactorModel model;

  double epoch(int number, BlockSchedule& schedule, const Context& context) {
    const RatingStep step{mean, learning_rate(config, number), config.regularization,
                          config.bias_regularization};
    const double loss =
        schedule.run(static_cast<std::uint64_t>(number), context,
                     [&](BlockSchedule::Block& block) { return rating_steps(block.cells, step, model); });
    const double rmse = std::sqrt(loss / static_cast<double>(ratings.entries()));
    if (!std::isfinite(rmse) || !all_finite(model.users) || !all_finite(model.items)) {
      fail(ErrorCode::kBadData, "mf-sgd: training diverged in epoch {}; lower learning_rate (now {})",
           number + 1, config.learning_rate);
    }
    return rmse;
  }

  std::unique_ptr<Model> make_model() const {
    Matrix users = widen(model.users), items = widen(model.items);
    const std::size_t f = model.users.cols();
    for (std::size_t u = 0; u < users.rows(); ++u) {
      if (ratings.row_size(u) == 0) continue;
      users[u][f] = mean + model.user_bias[u];
      users[u][f + 1] = 1;
    }
    for (std::size_t i = 0; i < items.rows(); ++i) {
      items[i][f] = 1;
      items[i][f + 1] = model.item_bias[i];
    }
    const FoldIn fold_in{mean, std::max(mean, upper_quartile(ratings.values)), config.regularization,
                         config.bias_regularization};
    return std::unique_ptr<Model>(new MfSgd(std::move(users), std::move(items), fold_in));
  }
};

std::unique_ptr<Model> MfSgd::fit(const TrainingData& data, const Config& config, const Context& context) {
  context.check_stop();
  const Csr ratings = to_csr(data.events, data.n_users(), data.n_items(), Repeats::kLast);
  if (ratings.entries() == 0) fail(ErrorCode::kBadData, "mf-sgd: there are no training ratings");
  const double sum = std::accumulate(ratings.values.begin(), ratings.values.end(), 0.0);
  const float mean = static_cast<float>(sum / static_cast<double>(ratings.entries()));
  Fit fit{ratings, config, mean, initial_model(ratings, config, context.seed)};
  BlockSchedule schedule(ratings, Rng(context.seed, kScheduleStream).next());
  run_passes({.total = config.epochs,
              .phase = "epoch",
              .unit = "epochs",
              .run = [&](int epoch) { return fit.epoch(epoch, schedule, context); },
              .snapshot = [&] { return fit.make_model(); }},
             state_of(fit.model), context);
  return fit.make_model();
}

bool MfSgd::user_vector(const Query& query, std::span<float> out) const {
  if (const auto row = stored_row(users_, query); !row.empty()) {
    std::ranges::copy(row, out.begin());
    return true;
  }
  HistoryRow row = history_row(query, Repeats::kLast, fold_in_.liked);
  if (row.items.empty()) return false;
  // Unknowns [p, b_u, -]: the last column of the items is their bias, which moves to the right-hand side.
  const std::size_t cols = items_.cols(), f = cols - 2;
  Matrix system(cols, cols), x(1, cols);
  for (std::size_t k = 0; k < row.items.size(); ++k)
    row.values[k] -= fold_in_.mean + items_[row.items[k]][f + 1];
  gather_multiply(items_, {row.items, row.values, {}}, nullptr, x.row(0));
  const std::vector<float> ones(row.items.size(), 1.0f);
  gather_gram(items_, {row.items, {}, ones}, system);
  const float n = static_cast<float>(row.items.size());
  for (std::size_t i = 0; i < f; ++i) system[i][i] += n * fold_in_.regularization;
  system[f][f] += n * fold_in_.bias_regularization;
  for (std::size_t i = 0; i <= f; ++i) system[i][f + 1] = 0;
  system[f + 1][f + 1] = 1;
  x[0][f + 1] = 0;
  cholesky_solve(system, x.row(0));
  x[0][f] += fold_in_.mean;
  x[0][f + 1] = 1;
  std::ranges::copy(x[0], out.begin());
  return true;
}

void MfSgd::save(TensorWriter& writer) const {
  write_matrix(writer, "model.users", users_);
  write_matrix(writer, "model.items", items_);
  writer.tensor("model.fold_in", std::vector<float>{fold_in_.mean, fold_in_.liked, fold_in_.regularization,
                                                    fold_in_.bias_regularization});
}

std::unique_ptr<Model> MfSgd::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  Matrix items = read_matrix(reader, "model.items", n_items);
  if (items.cols() < 3)
    fail(ErrorCode::kBadData, "{}: model.items has {} columns", reader.path(), items.cols());
  Matrix users = read_matrix(reader, "model.users", n_users, items.cols());
  const auto numbers = reader.vector<float>("model.fold_in", 4);
  return std::unique_ptr<Model>(
      new MfSgd(std::move(users), std::move(items), {numbers[0], numbers[1], numbers[2], numbers[3]}));
}

}  // namespace akin
