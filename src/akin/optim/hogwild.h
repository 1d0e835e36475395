// The one place where threads read and write the same numbers without locks.
//
// Hogwild (Niu, Recht, Re & Wright, "Hogwild!: a lock-free approach to parallelizing stochastic gradient
// descent", NIPS 2011): threads step shared parameters whenever they have a gradient. Where two step the same
// number at once, one of the steps may be lost; as most steps touch few rows, few are. The result depends on
// who came first. Each thread works on copies; only loading and storing them races, by relaxed atomic words,
// so that no number is ever torn, C++ knows of no data race, and the thread sanitizer of none either.
#pragma once

#include <cstddef>
#include <cstdint>

#include "akin/linalg/matrix.h"

namespace akin {

/// Two floats at a time.
using HogwildWord [[gnu::may_alias]] = std::uint64_t;
inline constexpr std::size_t kHogwildFloats = sizeof(HogwildWord) / sizeof(float);

/// own <- shared. Both have n floats, an even number, aligned to 8 bytes.
inline void hogwild_load(const float* shared, float* own, std::size_t n) {
  for (std::size_t k = 0; k < n; k += kHogwildFloats) {
    const HogwildWord word =
        __atomic_load_n(reinterpret_cast<const HogwildWord*>(shared + k), __ATOMIC_RELAXED);
    *reinterpret_cast<HogwildWord*>(own + k) = word;
  }
}

/// shared <- own, as hogwild_load().
inline void hogwild_store(const float* own, float* shared, std::size_t n) {
  for (std::size_t k = 0; k < n; k += kHogwildFloats) {
    const HogwildWord word = *reinterpret_cast<const HogwildWord*>(own + k);
    __atomic_store_n(reinterpret_cast<HogwildWord*>(shared + k), word, __ATOMIC_RELAXED);
  }
}

/// A thread's copies of parameters and their moments.
struct HogwildCopies {
  Matrix x, m, v;  ///< (1, n) each
  explicit HogwildCopies(std::size_t n) : x(1, n), m(1, n), v(1, n) {}
};

/// Makes `change`, of (x, m, v), to n shared parameters x and their moments by way of a thread's own copies.
/// m and v may be null where there is no such moment.
template <typename Change>
void hogwild_apply(float* x, float* m, float* v, std::size_t n, HogwildCopies& own, Change change) {
  hogwild_load(x, own.x.data(), n);
  if (m) hogwild_load(m, own.m.data(), n);
  if (v) hogwild_load(v, own.v.data(), n);
  change(own.x.data(), own.m.data(), own.v.data());
  hogwild_store(own.x.data(), x, n);
  if (m) hogwild_store(own.m.data(), m, n);
  if (v) hogwild_store(own.v.data(), v, n);
}

}  // namespace akin
