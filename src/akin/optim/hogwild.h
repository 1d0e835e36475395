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
#include "akin/optim/step_kernels.h"

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

/// A step of n parameters x, n a multiple of kStepFloats, by their gradient, as the kernel makes it. m and v
/// may be null where the rule has no such moment.
inline void hogwild_step(StepKernel kernel, const StepConstants<float>& constants, float* x,
                         const float* gradient, float* m, float* v, std::size_t n, HogwildCopies& own) {
  hogwild_load(x, own.x.data(), n);
  if (m) hogwild_load(m, own.m.data(), n);
  if (v) hogwild_load(v, own.v.data(), n);
  kernel(constants, own.x.data(), gradient, own.m.data(), own.v.data(), n);
  hogwild_store(own.x.data(), x, n);
  if (m) hogwild_store(own.m.data(), m, n);
  if (v) hogwild_store(own.v.data(), v, n);
}

}  // namespace akin
