#include "akin/optim/minimize.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "akin/base/error.h"
#include "akin/optim/descent.h"

namespace akin {
namespace {

using internal::Descent;
using internal::LineSearch;
using internal::LineStep;
using internal::Point;
using internal::Problem;

struct Row {
  std::string_view name;
  std::unique_ptr<Descent> (*make)();
};

/// In the order of MinimizeMethod.
constexpr std::array<Row, 5> kMethods = {{
    {"lbfgs", internal::make_lbfgs},
    {"bfgs", internal::make_bfgs},
    {"conjugate-gradient", internal::make_conjugate_gradient},
    {"newton", internal::make_newton},
    {"hessian-free", internal::make_hessian_free},
}};

const Row& row(MinimizeMethod method) { return kMethods.at(static_cast<std::size_t>(method)); }

void check(const Objective& objective, const MinimizeOptions& options) {
  const std::string_view name = name_of(options.method);
  if (options.max_iterations < 0)
    fail(ErrorCode::kUsage, "{}: max_iterations = {} must be at least 0", name, options.max_iterations);
  if (!(options.gradient_tolerance >= 0))
    fail(ErrorCode::kUsage, "{}: gradient_tolerance = {} must be at least 0", name,
         options.gradient_tolerance);
  if (!objective.value_and_gradient)
    fail(ErrorCode::kUsage, "{}: the objective has no value_and_gradient", name);
  if (options.method == MinimizeMethod::kNewton && !objective.hessian) {
    fail(ErrorCode::kUsage, "{}: the objective has no hessian; give one, or take hessian-free or lbfgs",
         name);
  }
}

/// One step down, or nothing if there is no lower point. A method that has lost its way starts afresh once.
std::optional<LineStep> descend(Problem& problem, Descent& method, const Point& at) {
  for (const bool first : {true, false}) {
    const Eigen::VectorXd d = method.direction(problem, at);
    if (at.gradient.dot(d) < 0) {
      const LineSearch options{method.first_step(at, d), method.curvature()};
      if (auto found = search_line(problem, at, d, options)) return found;
    }
    if (first && !method.forget()) break;
  }
  return std::nullopt;
}

}  // namespace

MinimizeMethod minimize_method(std::string_view name) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kMethods.size(); ++i) {
    if (kMethods[i].name == name) return static_cast<MinimizeMethod>(i);
    names.emplace_back(kMethods[i].name);
  }
  fail(ErrorCode::kUsage, "no minimizer is called '{}'{}; there are {}", name, did_you_mean(name, names),
       fmt::join(names, ", "));
}

std::string_view name_of(MinimizeMethod method) { return row(method).name; }

MinimizeResult minimize(const Objective& objective, std::span<double> x, const MinimizeOptions& options,
                        const Context& context) {
  check(objective, options);
  const Row& chosen = row(options.method);
  Problem problem(objective, chosen.name, context);
  const std::unique_ptr<Descent> method = chosen.make();
  Point at = problem.at(Eigen::Map<const Eigen::VectorXd>(x.data(), static_cast<Eigen::Index>(x.size())));
  if (!std::isfinite(at.value)) {
    fail(ErrorCode::kBadData, "{}: the objective is {} where the search begins; begin where it is finite",
         chosen.name, at.value);
  }
  MinimizeResult result;
  for (;; ++result.iterations) {
    result.value = at.value;
    result.gradient_norm = at.gradient.lpNorm<Eigen::Infinity>();
    if (result.gradient_norm <= options.gradient_tolerance) break;
    if (result.iterations == options.max_iterations) {
      result.stop = MinimizeStop::kIterations;
      break;
    }
    auto next = descend(problem, *method, at);
    if (!next) {
      result.stop = MinimizeStop::kNoProgress;
      break;
    }
    method->moved(at, next->point, next->step);
    at = std::move(next->point);
    std::ranges::copy(at.x, x.begin());
    context.report({.phase = chosen.name,
                    .done = static_cast<std::uint64_t>(result.iterations) + 1,
                    .total = static_cast<std::uint64_t>(options.max_iterations),
                    .unit = "iterations",
                    .loss = at.value});
  }
  result.evaluations = problem.evaluations();
  result.products = problem.products();
  return result;
}

}  // namespace akin
