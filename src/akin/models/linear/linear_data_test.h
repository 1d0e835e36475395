// What the tests of the linear models share.
#pragma once

#include <Eigen/Dense>
#include <memory>

#include "akin/models/fit/toy_data_test.h"
#include "akin/models/linear/item_weights.h"

namespace akin::testing_data {

template <typename M>
std::unique_ptr<const ItemWeightModel> fit_linear(const Toy& toy, const typename M::Config& config,
                                                  int threads = 1) {
  Context context;
  context.threads = threads;
  auto model = M::fit(toy.training(), config, context);
  return std::unique_ptr<const ItemWeightModel>(dynamic_cast<const ItemWeightModel*>(model.release()));
}

/// X, one event at a time.
inline Eigen::MatrixXd dense_events(const Toy& toy, bool use_values) {
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(toy.data.n_users()),
                                            static_cast<Eigen::Index>(toy.data.n_items()));
  for (const Event& event : toy.events) x(event.user, event.item) += static_cast<double>(event.value);
  if (!use_values) x = (x.array() > 0).cast<double>();
  return x;
}

inline Eigen::MatrixXd dense_weights(const ItemWeightModel& model) {
  const Csr& weights = model.weights();
  Eigen::MatrixXd w = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(weights.rows()),
                                            static_cast<Eigen::Index>(weights.cols));
  for (std::size_t i = 0; i < weights.rows(); ++i) {
    for (std::size_t e = 0; e < weights.row_size(i); ++e)
      w(static_cast<Eigen::Index>(i), weights.cols_of(i)[e]) = static_cast<double>(weights.values_of(i)[e]);
  }
  return w;
}

}  // namespace akin::testing_data
