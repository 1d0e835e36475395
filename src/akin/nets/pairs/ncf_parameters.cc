#include "akin/nets/pairs/ncf_parameters.h"

#include <algorithm>

namespace akin {
namespace {

RowUpdates row_updates(const NcfTrainOptions& options) {
  return options.lazy ? RowUpdates::kSparse : RowUpdates::kDense;
}

}  // namespace

NcfOptimizers::NcfOptimizers(const NcfTrainOptions& train_options, int planned, std::size_t per_epoch,
                             NcfNet& trained)
    : options(train_options),
      epochs(planned),
      samples(per_epoch),
      net(trained),
      users(options.optimizer, net.users.rows(), net.users.cols(), row_updates(options)),
      items(options.optimizer, net.items.rows(), net.items.cols(), row_updates(options)) {
  for (Matrix* const matrix : net.dense())
    dense.emplace_back(options.optimizer, matrix->rows() * matrix->stride());
}

float NcfOptimizers::rate_at(const MinibatchIndex& minibatch) const {
  const auto rate = static_cast<float>(options.optimizer.learning_rate);
  if (!options.linear) return rate;
  const double part = static_cast<double>(minibatch.number * options.batch) / static_cast<double>(samples);
  return static_cast<float>(rate * (1 - (minibatch.epoch + part) / std::max(1, epochs)));
}

void NcfOptimizers::set_rate(float learning_rate) {
  const auto rate = static_cast<double>(learning_rate);
  users.set_learning_rate(rate);
  items.set_learning_rate(rate);
  for (DenseOptimizer& optimizer : dense) optimizer.set_learning_rate(rate);
}

void NcfOptimizers::start_epoch(int epoch) {
  set_rate(rate_at({epoch, 0}));
  const std::uint64_t before = static_cast<std::uint64_t>(epoch) * batches();
  users.set_steps(before);
  items.set_steps(before);
  for (DenseOptimizer& optimizer : dense) optimizer.set_steps(before);
}

void NcfOptimizers::end_epoch(int epoch, const OwnRows& own) {
  const std::uint64_t steps = (static_cast<std::uint64_t>(epoch) + 1) * batches();
  users.catch_up_rows(own.users.begin, own.users.end, steps, net.users);
  items.catch_up_rows(own.items.begin, own.items.end, steps, net.items);
}

SharedParameters::SharedParameters(NcfOptimizers& shared)
    : shared_(shared), row_copies_(shared.net.users.stride()) {
  for (const Matrix* const matrix : shared.net.dense())
    dense_copies_.emplace_back(matrix->rows() * matrix->stride());
}

void SharedParameters::load(const MinibatchIndex& minibatch, const NcfCopies& copies) {
  NcfNet& net = shared_.net;
  const std::uint64_t step = shared_.step_of(minibatch);
  const auto load_rows = [&](RowOptimizer& optimizer, Matrix& table, const std::vector<RowCopy>& rows) {
    for (const auto& [row, to] : rows) {
      optimizer.catch_up_hogwild(step, row, table.row(row), row_copies_);
      hogwild_load(table.row(row), to, table.stride());
    }
  };
  load_rows(shared_.users, net.users, copies.users);
  load_rows(shared_.items, net.items, copies.items);
  const std::vector<Matrix*> dense = net.dense();
  for (std::size_t d = 0; d < dense.size(); ++d)
    hogwild_load(dense[d]->data(), copies.dense[d], dense[d]->rows() * dense[d]->stride());
}

void SharedParameters::step(const MinibatchIndex& minibatch, const NcfGradients& gradients) {
  NcfNet& net = shared_.net;
  OptimizerOptions options = shared_.options.optimizer;
  options.learning_rate = static_cast<double>(shared_.rate_at(minibatch));
  const std::uint64_t step = shared_.step_of(minibatch);
  const auto constants = step_constants<float>(options, step);
  const auto step_rows = [&](RowOptimizer& optimizer, Matrix& table, const std::vector<RowGradient>& rows,
                             const std::vector<char>& frozen) {
    for (const auto& [row, gradient] : rows) {
      if (!frozen.empty() && frozen[row]) continue;
      optimizer.catch_up_hogwild(step, row, table.row(row), row_copies_);  // others have stepped since load()
      optimizer.step_hogwild(step, constants, row, table.row(row), gradient, row_copies_);
    }
  };
  step_rows(shared_.users, net.users, gradients.users, {});
  step_rows(shared_.items, net.items, gradients.items, shared_.frozen_items);
  const std::vector<Matrix*> dense = net.dense();
  for (std::size_t d = 0; d < dense.size(); ++d)
    shared_.dense[d].step_hogwild(constants, dense[d]->data(), gradients.dense[d], dense_copies_[d]);
}

}  // namespace akin
