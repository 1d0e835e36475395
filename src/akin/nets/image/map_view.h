// Outputs of layers of nets of pictures.
#pragma once

#include <cstddef>

namespace akin::nets {

/// Shape of an output: numbers of a place together, places row by row.
struct MapShape {
  int height = 0, width = 0, channels = 0;
  std::size_t size() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
           static_cast<std::size_t>(channels);
  }
  bool operator==(const MapShape&) const = default;
};

/// An output in memory: places `place` floats apart, rows `row` floats apart.
struct MapView {
  float* data = nullptr;
  std::size_t row = 0, place = 0;
  MapShape shape;
  float* at(int y, int x) const {
    return data + static_cast<std::size_t>(y) * row + static_cast<std::size_t>(x) * place;
  }
};

}  // namespace akin::nets
