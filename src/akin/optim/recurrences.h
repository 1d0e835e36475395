// The update rules as they are written in their papers, one parameter at a time: the oracle of the kernels.
//
// g is the gradient, x the parameter, m and v the two moments (zero before the first step), and the constants
// are those of StepConstants. Every product that is added to is one fused multiply-add, as in the kernels, so
// that in float both give the same bits wherever the hardware has the instruction.
#pragma once

#include <cmath>
#include <concepts>

#include "akin/optim/update_rule.h"

namespace akin::reference {

/// A parameter and what its rule keeps about it.
template <std::floating_point T>
struct Slot {
  T x = 0, m = 0, v = 0;
};

/// Gradient descent (Robbins & Monro 1951): x <- x - rate g.
template <std::floating_point T>
void sgd_step(const StepConstants<T>& c, T g, Slot<T>& s) {
  s.x = std::fma(-c.rate, g, s.x);
}

/// Heavy ball (Polyak, "Some methods of speeding up the convergence of iteration methods", 1964, eq. 9):
///
///   m <- momentum m - rate g,   x <- x + m
template <std::floating_point T>
void momentum_step(const StepConstants<T>& c, T g, Slot<T>& s) {
  s.m = std::fma(c.momentum, s.m, -(c.rate * g));
  s.x = s.x + s.m;
}

/// AdaGrad with a diagonal (Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning and
/// stochastic optimization", JMLR 2011, fig. 1):
///
///   v <- v + g^2,   x <- x - rate g / (sqrt(v) + epsilon)
template <std::floating_point T>
void adagrad_step(const StepConstants<T>& c, T g, Slot<T>& s) {
  s.v = std::fma(g, g, s.v);
  s.x = s.x - c.rate * g / (std::sqrt(s.v) + c.epsilon);
}

/// RMSProp (Tieleman & Hinton, "Lecture 6.5", Coursera: Neural networks for machine learning, 2012):
///
///   v <- rho v + (1 - rho) g^2,   x <- x - rate g / (sqrt(v) + epsilon)
template <std::floating_point T>
void rmsprop_step(const StepConstants<T>& c, T g, Slot<T>& s) {
  s.v = std::fma(c.rho, s.v, c.rest * (g * g));
  s.x = s.x - c.rate * g / (std::sqrt(s.v) + c.epsilon);
}

/// Adam (Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1 in the order of
/// its section 2, where the bias correction is part of the rate and epsilon is not corrected):
///
///   m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2,
///   x <- x - rate_t m / (sqrt(v) + epsilon)
template <std::floating_point T>
void adam_step(const StepConstants<T>& c, T g, Slot<T>& s) {
  s.m = std::fma(c.beta1, s.m, c.rest1 * g);
  s.v = std::fma(c.beta2, s.v, c.rest2 * (g * g));
  s.x = s.x - c.rate * s.m / (std::sqrt(s.v) + c.epsilon);
}

/// Adadelta (Zeiler, "ADADELTA: an adaptive learning rate method", 2012, algorithm 1), with m the mean of
/// squared steps:
///
///   v <- rho v + (1 - rho) g^2,   d = g sqrt((m + epsilon) / (v + epsilon)),
///   x <- x - rate d,              m <- rho m + (1 - rho) d^2
template <std::floating_point T>
void adadelta_step(const StepConstants<T>& c, T g, Slot<T>& s) {
  s.v = std::fma(c.rho, s.v, c.rest * (g * g));
  const T d = g * std::sqrt((s.m + c.epsilon) / (s.v + c.epsilon));
  s.x = std::fma(-c.rate, d, s.x);
  s.m = std::fma(c.rho, s.m, c.rest * (d * d));
}

/// The rule of that name.
template <std::floating_point T>
void step(UpdateRule rule, const StepConstants<T>& c, T g, Slot<T>& s) {
  switch (rule) {
    case UpdateRule::kSgd:
      return sgd_step(c, g, s);
    case UpdateRule::kMomentum:
      return momentum_step(c, g, s);
    case UpdateRule::kAdaGrad:
      return adagrad_step(c, g, s);
    case UpdateRule::kRmsProp:
      return rmsprop_step(c, g, s);
    case UpdateRule::kAdam:
      return adam_step(c, g, s);
    case UpdateRule::kAdadelta:
      return adadelta_step(c, g, s);
  }
}

}  // namespace akin::reference
