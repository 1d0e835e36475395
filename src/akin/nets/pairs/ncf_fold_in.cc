#include "akin/nets/pairs/ncf_fold_in.h"

#include <algorithm>
#include <utility>

#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/interactions.h"
#include "akin/nets/pairs/ncf_kernels.h"
#include "akin/optim/optimizer.h"

namespace akin {
namespace {

constexpr float kRate = 0.05f;

}  // namespace

Matrix mean_row(const Matrix& rows) {
  Matrix mean(1, rows.cols());
  float count = 0;
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    if (is_zero(rows[r])) continue;
    axpy(1, rows.row(r), mean.row(0), rows.stride());
    ++count;
  }
  if (count > 0) scale(1 / count, mean.row(0), mean.stride());
  return mean;
}

template <typename Draw>
void NcfFoldIn::find(NcfSide side, const NcfTargets& known, std::size_t drawn, Draw draw, Matrix& row) const {
  const bool is_user = side == NcfSide::kUser;
  const Matrix& others = is_user ? net_.items : net_.users;
  OptimizerOptions adam = optimizer_options("adam");
  adam.learning_rate = static_cast<double>(kRate);
  DenseOptimizer optimizer(adam, row.stride());
  NcfTile tile(net_);
  std::vector<Matrix> transposed;
  transpose_layers(net_, transposed);
  Matrix gradients(NcfTile::kPairs, row.cols()), other_gradients(NcfTile::kPairs, row.cols());
  Matrix sum(1, row.cols());
  const std::vector<const float*> own(NcfTile::kPairs, row.row(0));
  std::vector<const float*> rows;
  Rng rng(seed_of(known.others));
  for (int step = 0; step < kSteps; ++step) {
    NcfTargets pairs = known;
    for (std::size_t d = 0; d < drawn; ++d) {
      const idx_t other = draw(rng);
      if (std::ranges::binary_search(known.others, other)) continue;
      pairs.others.push_back(other);
      pairs.targets.push_back(0);
    }
    const std::size_t n = pairs.others.size();
    std::ranges::fill(sum[0], 0.0f);
    for (std::size_t begin = 0; begin < n; begin += NcfTile::kPairs) {
      const std::size_t count = std::min(NcfTile::kPairs, n - begin);
      rows.clear();
      for (std::size_t s = 0; s < count; ++s) rows.push_back(others.row(pairs.others[begin + s]));
      const auto of_row = std::span(own).first(count), of_others = std::span<const float*const>(rows);
      const auto y = is_user ? tile.forward(net_, of_row, of_others) : tile.forward(net_, of_others, of_row);
      float dy[NcfTile::kPairs];
      for (std::size_t s = 0; s < count; ++s)
        dy[s] = loss_at(loss_, y[s], pairs.targets[begin + s]).slope / static_cast<float>(n);
      tile.backward(net_, transposed, {dy, count}, 0, is_user ? gradients : other_gradients,
                    is_user ? other_gradients : gradients);
      add_rows(count, gradients, sum.row(0));
    }
    optimizer.step({row.row(0), row.stride()}, {sum.row(0), sum.stride()});
  }
}

void NcfFoldIn::user(const NcfTargets& history, Matrix& row) const {
  const std::size_t drawn = loss_ == NcfLoss::kLogistic ? kDrawn * history.others.size() : 0;
  const auto any_item = [&](Rng& rng) { return static_cast<idx_t>(rng.below(net_.items.rows())); };
  find(NcfSide::kUser, history, drawn, any_item, row);
}

void NcfFoldIn::item(const NcfTargets& users, std::span<const idx_t> pool, std::size_t drawn,
                     Matrix& row) const {
  find(
      NcfSide::kItem, users, pool.empty() ? 0 : drawn, [&](Rng& rng) { return pool[rng.below(pool.size())]; },
      row);
}

NcfNet grown(const NcfNet& net, NcfLoss loss, const Csr& pairs, const FitStart& start) {
  NcfNet result = net.clone();
  result.users = net.users.resized(pairs.rows(), net.users.cols());
  result.items = net.items.resized(pairs.cols, net.items.cols());
  const bool ranks = loss == NcfLoss::kLogistic;
  const Csr by_item = transpose(pairs);
  std::vector<idx_t> pool;  // a user stands there once for each event
  if (ranks && !start.fold_items.empty()) pool = known_users(net.users, by_item.indices, {}, 1).users;
  const std::size_t drawn =
      ranks ? NcfFoldIn::kDrawn * pool.size() / std::max<std::size_t>(1, pairs.cols) : 0;
  const Matrix mean_user = mean_row(net.users), mean_item = mean_row(net.items);
  const NcfFoldIn items(net, loss);
  for (const idx_t item : start.fold_items) {
    const auto values = ranks ? std::span<const float>() : by_item.values_of(item);
    KnownUsers known = known_users(net.users, by_item.cols_of(item), values, 1);
    const NcfTargets users{std::move(known.users), std::move(known.values)};
    Matrix row = mean_item.clone();
    if (!users.others.empty()) items.item(users, pool, drawn, row);
    std::ranges::copy(row[0], result.items.row(item));
  }
  const NcfFoldIn users(result, loss);
  for (const idx_t user : start.fold_users) {
    const auto others = pairs.cols_of(user);
    NcfTargets history{{others.begin(), others.end()}, std::vector<float>(others.size(), 1.0f)};
    if (!ranks) std::ranges::copy(pairs.values_of(user), history.targets.begin());
    Matrix row = mean_user.clone();
    if (!others.empty()) users.user(history, row);
    std::ranges::copy(row[0], result.users.row(user));
  }
  return result;
}

}  // namespace akin
