// A picture in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace akin {

/// (height, width, 3) bytes: red, green and blue from 0 to 255, row by row from the top.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb = {};

  Picture() = default;
  Picture(int w, int h)
      : width(w), height(h), rgb(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) * 3) {}
  bool empty() const { return rgb.empty(); }
  const std::uint8_t* at(int x, int y) const { return rgb.data() + offset(x, y); }
  std::uint8_t* at(int x, int y) { return rgb.data() + offset(x, y); }

 private:
  std::size_t offset(int x, int y) const {
    return (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) * 3;
  }
};

}  // namespace akin
