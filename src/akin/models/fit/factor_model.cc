#include "akin/models/fit/factor_model.h"

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/models/fit/interactions.h"

namespace akin {

void write_factors(TensorWriter& writer, const Matrix& users, const Matrix& items) {
  write_matrix(writer, "model.users", users);
  write_matrix(writer, "model.items", items);
}

Factors read_factors(const TensorReader& reader, std::size_t n_users, std::size_t n_items,
                     std::size_t least_columns) {
  Matrix items = read_matrix(reader, "model.items", n_items);
  if (items.cols() < least_columns)
    fail(ErrorCode::kBadData, "{}: model.items has {} columns", reader.path(), items.cols());
  Matrix users = read_matrix(reader, "model.users", n_users, items.cols());
  return {std::move(users), std::move(items)};
}

FactorModel normal_factors(const Csr& by_user, std::size_t factors, double sigma, const FitContext& context,
                           const std::vector<idx_t>* users) {
  constexpr std::uint64_t kUserStream = 1, kItemStream = 2;
  const auto draw = [&](const auto& rows, std::uint64_t stream) {
    return Matrix::normal(rows, factors, sigma, Rng(context.seed, stream).next(), context.threads);
  };
  Matrix user_rows = users ? draw(*users, kUserStream) : draw(by_user.rows(), kUserStream);
  const std::size_t n_users = user_rows.rows();
  return {std::move(user_rows), draw(by_user.cols, kItemStream), std::vector<float>(n_users),
          std::vector<float>(by_user.cols)};
}

void check_converged(const FactorModel& model, std::string_view name, const Communicator& ranks) {
  const bool finite = all_finite(model.users) && all_finite(model.items);
  if (sum_over_ranks(ranks, finite ? 0 : 1) == 0) return;
  fail(ErrorCode::kBadData, "{}: training diverged; lower learning_rate", name);
}

FitState state_of(Matrix& users, Matrix& items) {
  FitState state;
  state.add("users", users);
  state.add("items", items);
  return state;
}

FitState state_of(FactorModel& model, std::span<const idx_t> users, std::size_t total, bool user_bias) {
  FitState state;
  state.add_divided("users", model.users, users, total);
  state.add("items", model.items);
  if (user_bias) state.add_divided("user_bias", model.user_bias, users, total);
  state.add("item_bias", model.item_bias);
  return state;
}

FitState users_of(FactorModel& model) {
  FitState state;
  state.add("users", model.users);
  if (!model.user_bias.empty()) state.add("user_bias", model.user_bias, 1);
  return state;
}

FitState items_of(FactorModel& model) {
  FitState state;
  state.add("items", model.items);
  if (!model.item_bias.empty()) state.add("item_bias", model.item_bias, 1);
  return state;
}

FitState state_of(FactorModel& model) {
  FitState state = state_of(model.users, model.items);
  state.add("user_bias", model.user_bias);
  state.add("item_bias", model.item_bias);
  return state;
}

}  // namespace akin
