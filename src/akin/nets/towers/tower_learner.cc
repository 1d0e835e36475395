#include "akin/nets/towers/tower_learner.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"

namespace akin::towers {
namespace {

constexpr std::uint64_t kDrop = 73;        // stream of random numbers
constexpr std::size_t kInputsAtOnce = 64;  // rows of the maps that a thread steps

}  // namespace

TowerLearner::TowerLearner(const Csr& features, const LearnerOptions& options, ItemTower& tower)
    : features_(features),
      options_(options),
      tower_(tower),
      map_optimizer_(options.optimizer, tower.maps.rows(), tower.maps.cols()),
      id_optimizer_(options.optimizer, tower.ids.rows(), tower.maps.cols()) {
  for (const Matrix& matrix : tower.dense) {
    dense_optimizers_.emplace_back(options.optimizer, matrix.rows() * matrix.stride());
    dense_gradients_.emplace_back(matrix.rows(), matrix.cols());
  }
}

void TowerLearner::read(std::span<const idx_t> items, std::uint64_t number) {
  const attention::Dropout dropout(options_.dropout);
  inputs_.cols = features_.cols;
  inputs_.offsets = {0};
  inputs_.indices.clear();
  inputs_.values.clear();
  ids_.assign(items.size(), kNoId);
  for (std::size_t r = 0; r < items.size(); ++r) {
    const idx_t item = items[r];
    Rng rng(options_.seed ^ Rng::mix((kDrop << 40) + number), item);
    const auto seed = static_cast<std::uint32_t>(rng.next());
    const auto columns = features_.cols_of(item);
    const auto values = features_.values_of(item);
    const std::size_t before = inputs_.indices.size();
    for (std::size_t e = 0; e < columns.size(); ++e) {
      if (dropout.on() && !attention::keeps(dropout, seed, e)) continue;
      inputs_.indices.push_back(columns[e]);
      inputs_.values.push_back(dropout.scale * values[e]);
    }
    if (inputs_.indices.size() == before) {  // nothing is left: all of it stays
      inputs_.indices.insert(inputs_.indices.end(), columns.begin(), columns.end());
      inputs_.values.insert(inputs_.values.end(), values.begin(), values.end());
    }
    inputs_.offsets.push_back(inputs_.indices.size());
    const bool dropped = (options_.drop_all || !columns.empty()) && rng.uniform_float() < options_.id_dropout;
    if (item < tower_.ids.rows() && !dropped) ids_[r] = item;
  }
}

void TowerLearner::forward(WorkerTeam& team) {
  pass_.forward(tower_, inputs_, ids_, team);
  for (std::size_t r = 0; r < ids_.size(); ++r) {
    if (!reads(r)) pass_.clear(r);
  }
}

void TowerLearner::step(WorkerTeam& team) {
  pass_.backward(tower_, dense_gradients_, team);
  const Csr by_input = transpose(inputs_);
  const Matrix& slopes = pass_.input_slopes();
  map_optimizer_.begin_step();
  id_optimizer_.begin_step();
  const std::size_t maps = (by_input.rows() + kInputsAtOnce - 1) / kInputsAtOnce, rows = ids_.size();
  team.run(maps + 1, 1, [&](std::size_t first, std::size_t last) {
    Matrix sum(1, slopes.cols());
    for (std::size_t block = first; block < last; ++block) {
      for (std::size_t k = block * kInputsAtOnce; k < std::min(by_input.rows(), (block + 1) * kInputsAtOnce);
           ++k) {
        if (by_input.row_size(k) == 0) continue;
        std::fill_n(sum.row(0), sum.stride(), 0.0F);
        const auto items = by_input.cols_of(k);
        const auto values = by_input.values_of(k);
        for (std::size_t e = 0; e < items.size(); ++e)
          axpy(values[e], slopes.row(items[e]), sum.row(0), sum.stride());
        map_optimizer_.step(k, tower_.maps.row(k), sum.row(0));
      }
      if (block < maps) continue;
      for (std::size_t r = 0; r < rows; ++r) {
        if (ids_[r] != kNoId) id_optimizer_.step(ids_[r], tower_.ids.row(ids_[r]), slopes.row(r));
      }
    }
  });
  for (std::size_t k = 0; k < tower_.dense.size(); ++k)
    step_matrix(dense_optimizers_[k], tower_.dense[k], dense_gradients_[k]);
}

void TowerLearner::set_steps(std::uint64_t steps) {
  map_optimizer_.set_steps(steps);
  id_optimizer_.set_steps(steps);
  for (DenseOptimizer& optimizer : dense_optimizers_) optimizer.set_steps(steps);
}

void TowerLearner::add_state(FitState& state, const std::string& prefix) {
  add_tensor(state, prefix + "maps", tower_.maps, map_optimizer_.moments());
  add_tensor(state, prefix + "ids", tower_.ids, id_optimizer_.moments());
  for (std::size_t k = 0; k < tower_.dense.size(); ++k)
    add_tensor(state, prefix + dense_name(k), tower_.dense[k], dense_optimizers_[k].moments());
}

void add_tensor(FitState& state, const std::string& name, Matrix& matrix,
                const std::vector<Matrix*>& moments) {
  if (matrix.empty()) return;
  state.add(name, matrix);
  for (std::size_t m = 0; m < moments.size(); ++m)
    state.add(fmt::format("{}.moment{}", name, m), *moments[m]);
}

void step_matrix(DenseOptimizer& optimizer, Matrix& matrix, const Matrix& gradient) {
  const std::size_t n = matrix.rows() * matrix.stride();
  if (n > 0) optimizer.step({matrix.data(), n}, {gradient.data(), n});
}

}  // namespace akin::towers
