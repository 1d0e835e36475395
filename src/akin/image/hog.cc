#include "akin/image/hog.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>

#include "akin/base/error.h"
#include "akin/image/filters.h"
#include "akin/image/resize.h"

namespace akin {
namespace {

constexpr int kCell = 8, kBins = 9, kBlock = 16, kBlockValues = 4 * kBins;

/// What a pixel adds to two neighbouring bins.
struct Vote {
  std::array<float, 2> weight;
  std::array<std::size_t, 2> bin;
};

/// Of each pixel of (width, height), row by row.
std::vector<Vote> votes_of(const Picture& picture, int width, int height) {
  std::array<float, 256> root = {};
  for (std::size_t i = 0; i < root.size(); ++i) root[i] = std::sqrt(static_cast<float>(i));
  // Beyond the border: the pixels mirrored at the outermost ones.
  const auto mirrored = [](int i, int n) { return i < 0 ? -i : i >= n ? 2 * n - 2 - i : i; };
  std::vector<Vote> votes;
  votes.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y) {
    const int above = mirrored(y - 1, picture.height), below = mirrored(y + 1, picture.height);
    for (int x = 0; x < width; ++x) {
      const std::uint8_t* const left = picture.at(mirrored(x - 1, picture.width), y);
      const std::uint8_t* const right = picture.at(mirrored(x + 1, picture.width), y);
      const std::uint8_t* const up = picture.at(x, above);
      const std::uint8_t* const down = picture.at(x, below);
      float dx = 0, dy = 0, steepest = -1;
      for (const std::size_t c :
           {2U, 1U, 0U}) {  // OpenCV, where blue comes first, takes the first of equally steep ones
        const float x_step = root[right[c]] - root[left[c]], y_step = root[down[c]] - root[up[c]];
        const float steep = x_step * x_step + y_step * y_step;
        if (steep > steepest) {
          steepest = steep;
          dx = x_step;
          dy = y_step;
        }
      }
      float angle = std::atan2(dy, dx);
      if (angle < 0) angle += 2 * std::numbers::pi_v<float>;
      const float place = angle * (kBins / std::numbers::pi_v<float>)-0.5F, whole = std::floor(place);
      // Opposite directions are the same: 18 bins of the circle become 9.
      const int first = (static_cast<int>(whole) + 2 * kBins) % kBins, second = (first + 1) % kBins;
      const float length = std::sqrt(steepest), share = place - whole;
      votes.push_back({{length * (1 - share), length * share},
                       {static_cast<std::size_t>(first), static_cast<std::size_t>(second)}});
    }
  }
  return votes;
}

/// How much a pixel of a block counts in each of its 4 cells.
struct BlockWeights {
  std::array<std::array<float, 4>, kBlock* kBlock> of = {};
  BlockWeights() {
    constexpr float kSigma = kBlock / 4.0F;
    for (int y = 0; y < kBlock; ++y) {
      for (int x = 0; x < kBlock; ++x) {
        const float dx = static_cast<float>(x) - kBlock / 2.0F, dy = static_cast<float>(y) - kBlock / 2.0F;
        const float gauss = std::exp(-(dx * dx + dy * dy) / (2 * kSigma * kSigma));
        for (int cell = 0; cell < 4; ++cell) {
          const auto near = [](int pixel, int place) {
            const float center = (static_cast<float>(pixel) + 0.5F) / kCell - 0.5F;
            return std::max(0.0F, 1 - std::abs(center - static_cast<float>(place)));
          };
          of[static_cast<std::size_t>(y * kBlock + x)][static_cast<std::size_t>(cell)] =
              gauss * near(x, cell / 2) * near(y, cell % 2);
        }
      }
    }
  }
};

void normalize(std::span<float> block) {
  const auto scale = [&](float floor) {
    float sum = 0;
    for (const float value : block) sum += value * value;
    const float factor = 1 / (std::sqrt(sum) + floor);
    for (float& value : block) value *= factor;
  };
  scale(0.1F * kBlockValues);
  for (float& value : block) value = std::min(value, 0.2F);
  scale(1e-3F);
}

}  // namespace

std::size_t hog_size(int width, int height) {
  if (width < kBlock || height < kBlock) {
    fail(ErrorCode::kBadData, "a picture of {} x {} is too small for HOG; it needs {} x {}", width, height,
         kBlock, kBlock);
  }
  return static_cast<std::size_t>(width / kCell - 1) * static_cast<std::size_t>(height / kCell - 1) *
         kBlockValues;
}

std::vector<float> hog(const Picture& picture) {
  static const BlockWeights kWeights;
  std::vector<float> values(hog_size(picture.width, picture.height));
  const int columns = picture.width / kCell, rows = picture.height / kCell, width = columns * kCell;
  const std::vector<Vote> votes = votes_of(picture, width, rows * kCell);
  std::span<float> rest(values);
  for (int column = 0; column + 1 < columns; ++column) {
    for (int row = 0; row + 1 < rows; ++row) {
      const std::span<float> block = rest.first(kBlockValues);
      rest = rest.subspan(kBlockValues);
      for (int p = 0; p < kBlock * kBlock; ++p) {
        const int x = column * kCell + p % kBlock, y = row * kCell + p / kBlock;
        const Vote& vote = votes[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                                 static_cast<std::size_t>(x)];
        const std::array<float, 4>& weights = kWeights.of[static_cast<std::size_t>(p)];
        for (std::size_t cell = 0; cell < 4; ++cell) {
          for (std::size_t v = 0; v < 2; ++v)
            block[cell * kBins + vote.bin[v]] += weights[cell] * vote.weight[v];
        }
      }
      normalize(block);
    }
  }
  return values;
}

std::vector<float> color_histogram(const Picture& picture) {
  std::vector<float> shares(64);
  for (std::size_t p = 0; p + 2 < picture.rgb.size(); p += 3) {
    const auto part = [&](std::size_t c) { return static_cast<std::size_t>(picture.rgb[p + c] / 64); };
    shares[16 * part(0) + 4 * part(1) + part(2)] += 1;
  }
  for (float& share : shares) share = std::sqrt(share * 3 / static_cast<float>(picture.rgb.size()));
  return shares;
}

DifferenceHash difference_hash(const Picture& picture) {
  const Plane wide = grey(resize(picture, 9, 8, Filter::kBilinear)),
              high = grey(resize(picture, 8, 9, Filter::kBilinear));
  DifferenceHash hash;
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) {
      hash.across = hash.across << 1 | static_cast<std::uint64_t>(wide.at(x, y) < wide.at(x + 1, y));
      hash.down = hash.down << 1 | static_cast<std::uint64_t>(high.at(x, y) < high.at(x, y + 1));
    }
  }
  return hash;
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> near_hashes(const std::vector<DifferenceHash>& hashes,
                                                                 int most) {
  AKIN_ASSERT(most >= 0 && most < 8);
  const auto near = [&](std::uint64_t a, std::uint64_t b) { return std::popcount(a ^ b) <= most; };
  // Of `most` + 1 parts of a half's bits, one at least is the same in both.
  const int parts = most + 1;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  std::vector<std::uint32_t> order(hashes.size());
  for (int part = 0; part < parts; ++part) {
    const int from = 64 * part / parts, bits = 64 * (part + 1) / parts - from;
    const std::uint64_t mask = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    const auto key = [&](std::uint32_t i) { return hashes[i].across >> from & mask; };
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, {}, key);
    for (std::size_t a = 0; a < order.size(); ++a) {
      for (std::size_t b = a + 1; b < order.size() && key(order[b]) == key(order[a]); ++b) {
        const DifferenceHash &one = hashes[order[a]], &other = hashes[order[b]];
        if (near(one.across, other.across) && near(one.down, other.down))
          pairs.emplace_back(order[a], order[b]);
      }
    }
  }
  std::ranges::sort(pairs);
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

}  // namespace akin
