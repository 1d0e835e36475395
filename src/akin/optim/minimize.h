// Full-batch minimizers of a smooth function of many variables: one entry for five methods.
//
//   std::vector<double> x(n);
//   const MinimizeResult result = minimize({.value_and_gradient = loss}, x, {}, context);
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "akin/base/context.h"

namespace akin {

/// What may be minimized: a function f of n variables that has a gradient everywhere it is finite. +infinity
/// and NaN mark points outside its domain; a search that meets them goes a shorter way.
struct Objective {
  /// Returns f(x) and writes its gradient; both spans have n entries.
  std::function<double(std::span<const double> x, std::span<double> gradient)> value_and_gradient;
  /// Writes the symmetric (n, n) matrix of second derivatives, row by row. Only kNewton asks for it.
  std::function<void(std::span<const double> x, std::span<double> hessian)> hessian = {};
  /// Writes H(x) v. Only kHessianFree asks for it, and makes do with differences of gradients without it.
  std::function<void(std::span<const double> x, std::span<const double> v, std::span<double> product)>
      hessian_vector = {};
};

/// Where each step leads, of gradient g and second derivatives H:
///
/// kLbfgs              -B g with B made of the last ten steps (Nocedal, "Updating quasi-Newton matrices with
///                     limited storage", 1980): memory 20 n
/// kBfgs               -B g with B of all steps (Broyden, Fletcher, Goldfarb, Shanno 1970): memory n^2
/// kConjugateGradient  -g + beta d with the last direction d (Hager & Zhang, "A new conjugate gradient method
///                     with guaranteed descent and an efficient line search", 2005, eq. 1.3-1.6): memory 4 n
/// kNewton             -(H + damping I)^-1 g by LDL^T (Newton, Raphson): memory 2 n^2, n^3 / 3 flops a step;
///                     damping only where H is not positive definite
/// kHessianFree        the same by conjugate gradients on products H v, with Levenberg-Marquardt damping
///                     (Martens, "Deep learning via Hessian-free optimization", ICML 2010): memory 8 n
enum class MinimizeMethod { kLbfgs, kBfgs, kConjugateGradient, kNewton, kHessianFree };

/// "lbfgs", "bfgs", "conjugate-gradient", "newton", "hessian-free". Throws Error(kUsage) with the names that
/// come close to any other.
MinimizeMethod minimize_method(std::string_view name);
/// minimize_method(name_of(method)) == method
std::string_view name_of(MinimizeMethod method);

struct MinimizeOptions {
  MinimizeMethod method = MinimizeMethod::kLbfgs;
  int max_iterations = 500;          ///< >= 0
  double gradient_tolerance = 1e-6;  ///< done when no entry of the gradient is larger; >= 0
};

enum class MinimizeStop {
  kConverged,   ///< the gradient is within its tolerance
  kIterations,  ///< max_iterations are through
  kNoProgress,  ///< no lower point can be found: to the precision of doubles there is none
};

struct MinimizeResult {
  double value = 0;          ///< f(x)
  double gradient_norm = 0;  ///< the gradient's entry of largest size
  int iterations = 0;        ///< steps taken
  int evaluations = 0;       ///< calls of value_and_gradient
  int products = 0;          ///< calls of hessian_vector
  MinimizeStop stop = MinimizeStop::kConverged;
};

/// Moves x, which is where to begin, to a local minimum. Every method steps along its direction d until the
/// strong Wolfe conditions hold (Nocedal & Wright, "Numerical optimization", 2nd ed., alg. 3.5 and 3.6), or
/// their approximate form where f has no more digits (Hager & Zhang 2005, eq. 4.1):
///
///   f(x + a d) <= f(x) + 1e-4 a g'd   and   |g(x + a d)'d| <= c |g'd|
///
/// with c = 0.1 for conjugate gradients and 0.9 for the others. Single-threaded apart from the objective's
/// own threads, and the same bits every time. Reports an iteration at a time.
///
/// Throws Error(kUsage) for options out of range or a method without what it asks of the objective,
/// Error(kBadData) where the objective or its derivatives are not finite though they ought to be, and
/// Error(kCancelled). x is then the last point reached.
MinimizeResult minimize(const Objective& objective, std::span<double> x, const MinimizeOptions& options,
                        const Context& context);

}  // namespace akin
