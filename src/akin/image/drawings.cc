#include "akin/image/drawings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "akin/base/error.h"
#include "akin/image/hog.h"
#include "akin/image/item_pictures.h"
#include "akin/image/resize.h"

namespace akin {
namespace {

constexpr int kCell = 8, kBins = 9, kStar = 16;

/// The mean of a cell's bins over the blocks that hold it.
std::vector<std::array<float, kBins>> cells_of(const std::vector<float>& values, int columns, int rows) {
  std::vector<std::array<float, kBins>> cells(static_cast<std::size_t>(columns * rows));
  std::vector<float> counts(cells.size());
  std::size_t at = 0;
  for (int x = 0; x + 1 < columns; ++x) {
    for (int y = 0; y + 1 < rows; ++y) {
      for (int part = 0; part < 4; ++part) {
        const auto cell = static_cast<std::size_t>((y + part % 2) * columns + x + part / 2);
        counts[cell] += 1;
        for (std::size_t bin = 0; bin < kBins; ++bin) cells[cell].at(bin) += values[at++];
      }
    }
  }
  for (std::size_t c = 0; c < cells.size(); ++c) {
    for (float& bin : cells[c]) bin /= counts[c];
  }
  return cells;
}

}  // namespace

Picture hog_picture(const Picture& picture) {
  const int columns = picture.width / kCell, rows = picture.height / kCell;
  const auto cells = cells_of(hog(picture), columns, rows);
  float most = 1e-6F;
  for (const auto& cell : cells) most = std::max(most, *std::ranges::max_element(cell));
  Picture result(columns * kStar, rows * kStar);
  for (int c = 0; c < columns * rows; ++c) {
    for (int bin = 0; bin < kBins; ++bin) {
      const float bright = 255 * cells[static_cast<std::size_t>(c)].at(static_cast<std::size_t>(bin)) / most;
      // An edge lies across its gradient.
      const double angle = (bin + 0.5) * std::numbers::pi / kBins + std::numbers::pi / 2;
      for (int step = -14; step <= 14; ++step) {
        const int x =
            (c % columns) * kStar + static_cast<int>(std::lround(7.5 + step / 2.0 * std::cos(angle)));
        const int y =
            (c / columns) * kStar + static_cast<int>(std::lround(7.5 + step / 2.0 * std::sin(angle)));
        if (x < 0 || y < 0 || x >= result.width || y >= result.height) continue;
        std::uint8_t* const pixel = result.at(x, y);
        const auto value = std::max(*pixel, static_cast<std::uint8_t>(bright));
        std::fill_n(pixel, 3, value);
      }
    }
  }
  return result;
}

Picture orientation_picture(const Gradient& gradient) {
  const Plane size = gradient.magnitude(), angle = gradient.orientation();
  const float most = std::max(1e-6F, *std::ranges::max_element(size.values));
  Picture result(size.width, size.height);
  for (std::size_t p = 0; p < size.values.size(); ++p) {
    for (std::size_t c = 0; c < 3; ++c) {
      // Red, green and blue are 120 degrees apart.
      const float from = std::abs(std::remainder(angle.values[p] - 120 * static_cast<float>(c), 360.0F)) / 60;
      const float share = std::clamp(2 - from, 0.0F, 1.0F);
      result.rgb[3 * p + c] = static_cast<std::uint8_t>(255 * share * size.values[p] / most);
    }
  }
  return result;
}

Picture contact_sheet(const std::vector<Picture>& pictures, int columns, int side, bool marked) {
  AKIN_ASSERT(columns > 0 && side > 8);
  constexpr int kMargin = 4;
  const int rows = (static_cast<int>(pictures.size()) + columns - 1) / columns, step = side + kMargin;
  Picture sheet(columns * step + kMargin, rows * step + kMargin);
  std::ranges::fill(sheet.rgb, std::uint8_t{255});
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const int left = kMargin + static_cast<int>(i) % columns * step,
              top = kMargin + static_cast<int>(i) / columns * step;
    if (marked && i == 0) {
      for (int y = -2; y < side + 2; ++y) {
        for (int x = -2; x < side + 2; ++x) {
          std::uint8_t* const pixel = sheet.at(left + x, top + y);
          pixel[0] = 200;
          pixel[1] = pixel[2] = 0;
        }
      }
    }
    if (pictures[i].empty()) continue;
    const Picture own = square(pictures[i], {.size = side, .fit = Fit::kPad});
    for (int y = 0; y < side; ++y)
      std::copy_n(own.at(0, y), static_cast<std::size_t>(side) * 3, sheet.at(left, top + y));
  }
  return sheet;
}

std::vector<Picture> read_for_sheet(const std::vector<std::string>& paths, int side, const Context& context) {
  const PictureReader reader(context);
  BrokenPictures broken;
  std::vector<Picture> pictures(paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].empty()) continue;
    try {
      pictures[i] = reader.read(paths[i], {.enough = side});
    } catch (const Error& error) {
      broken.add(error.what());
    }
  }
  if (broken.count() > 0) context.remark(broken.remark());
  return pictures;
}

}  // namespace akin
