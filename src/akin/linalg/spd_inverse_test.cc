#include "akin/linalg/spd_inverse.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

/// A^T A / n + ridge I for a random (2 n, n) matrix; the upper triangle is left as nonsense if `lower_only`.
Matrix random_spd(std::size_t n, float ridge, bool lower_only) {
  const Matrix rows = Matrix::normal(2 * n, n, 1, 11);
  Matrix result(n, n);
  gram(rows, 0, rows.rows(), result);
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c < n; ++c) {
      result[r][c] /= static_cast<float>(n);
      if (lower_only && c > r) result[r][c] = 1e9f;
    }
    result[r][r] += ridge;
  }
  return result;
}

TEST(InvertSpd, AgreesWithGaussJordanInDoublePrecision) {
  for (const std::size_t n : {1u, 2u, 5u, 31u, 191u, 192u, 193u, 211u, 389u, 601u}) {
    Matrix fast = random_spd(n, 0.05f, /*lower_only=*/true), slow = random_spd(n, 0.05f, false);
    invert_spd(fast, {});
    reference::invert_spd(slow);
    float largest = 0, error = 0;
    for (std::size_t r = 0; r < n; ++r) {
      for (std::size_t c = 0; c < n; ++c) {
        largest = std::max(largest, std::abs(slow[r][c]));
        error = std::max(error, std::abs(fast[r][c] - slow[r][c]));
        EXPECT_EQ(fast[r][c], fast[c][r]);
      }
    }
    EXPECT_LT(error, 1e-4f * largest) << n;
    for (std::size_t c = n; c < fast.stride(); ++c) EXPECT_EQ(fast.row(n - 1)[c], 0) << "padding";
  }
}

TEST(InvertSpd, SameBitsAtAnyThreadCount) {
  Matrix expected = random_spd(607, 0.1f, true);
  invert_spd(expected, {.threads = 1});
  for (const int threads : {2, 3, 7}) {
    Matrix a = random_spd(607, 0.1f, true);
    invert_spd(a, {.threads = threads});
    EXPECT_EQ(std::memcmp(a.data(), expected.data(), a.rows() * a.stride() * sizeof(float)), 0) << threads;
  }
}

TEST(InvertSpd, RefusesWhatIsNotPositiveDefinite) {
  for (const float bad : {0.0f, -3.0f, NAN}) {
    Matrix a = random_spd(211, 0.1f, true);
    a[205][205] = bad;
    try {
      invert_spd(a, {});
      ADD_FAILURE() << bad << " on the diagonal was inverted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);
    }
  }
}

TEST(InvertSpd, StopsOnRequest) {
  std::stop_source stop;
  Context context{.stop = stop.get_token()};
  context.on_progress = [&](const Progress&) { stop.request_stop(); };
  Matrix a = random_spd(401, 0.1f, true);
  EXPECT_THROW(invert_spd(a, context), Error);
}

TEST(InvertSpd, NothingIsItsOwnInverse) {
  Matrix none;
  invert_spd(none, {});
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace akin
