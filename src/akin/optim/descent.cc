#include "akin/optim/descent.h"

#include <cmath>
#include <limits>

#include "akin/base/error.h"

namespace akin::internal {

Point Problem::at(Eigen::VectorXd x) {
  context_.check_stop();
  ++evaluations_;
  Point point{std::move(x), {}, 0};
  const auto n = static_cast<std::size_t>(point.x.size());
  point.gradient.setZero(point.x.size());
  point.value = objective_.value_and_gradient({point.x.data(), n}, {point.gradient.data(), n});
  if (point.value == -std::numeric_limits<double>::infinity()) {
    fail(ErrorCode::kBadData, "{}: the objective falls to -infinity; bound it, such as by regularization",
         method_);
  }
  if (!std::isfinite(point.value)) return point;
  for (std::size_t i = 0; i < n; ++i) {
    const double entry = point.gradient[static_cast<Eigen::Index>(i)];
    if (std::isfinite(entry)) continue;
    fail(ErrorCode::kBadData,
         "{}: entry {} of the gradient is {} where the objective is {}; check the derivative", method_, i,
         entry, point.value);
  }
  return point;
}

Eigen::VectorXd Problem::product(const Point& point, const Eigen::VectorXd& v) {
  const auto n = static_cast<std::size_t>(v.size());
  Eigen::VectorXd result = Eigen::VectorXd::Zero(v.size());
  if (objective_.hessian_vector) {
    context_.check_stop();
    ++products_;
    objective_.hessian_vector({point.x.data(), n}, {v.data(), n}, {result.data(), n});
  } else if (const double length = v.norm(); length > 0) {
    double h = std::sqrt(std::numeric_limits<double>::epsilon()) * (1 + point.x.norm()) / length;
    Point beside = at(point.x + h * v);
    if (!std::isfinite(beside.value)) {
      h = -h;
      beside = at(point.x + h * v);
    }
    result = (beside.gradient - point.gradient) / h;
    if (!std::isfinite(beside.value)) result.setConstant(beside.value);
  }
  if (!result.allFinite()) {
    fail(ErrorCode::kBadData,
         "{}: a product of second derivatives and a vector is not finite where the objective is {}; check "
         "hessian_vector, or start elsewhere",
         method_, point.value);
  }
  return result;
}

Eigen::MatrixXd Problem::hessian(const Point& point) {
  context_.check_stop();
  const auto n = static_cast<std::size_t>(point.x.size());
  Eigen::MatrixXd result = Eigen::MatrixXd::Zero(point.x.size(), point.x.size());
  objective_.hessian({point.x.data(), n}, {result.data(), n * n});
  if (!result.allFinite()) {
    fail(ErrorCode::kBadData,
         "{}: the Hessian is not finite where the objective is {}; check it, or start elsewhere", method_,
         point.value);
  }
  return result;
}

}  // namespace akin::internal
