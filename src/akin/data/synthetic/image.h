// Product pictures drawn from the product's attributes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "akin/data/synthetic/world.h"

namespace akin::synthetic {

/// The item as (size, size, 3) RGB bytes: the shape tells the category, the fill is the colour attribute, the
/// pattern and its second colour tell the brand; position, size, light and noise differ from item to item.
std::vector<std::uint8_t> draw_picture(const World& world, idx_t item);

/// JPEG (JFIF) of (size, size, 3) RGB bytes at quality 85.
std::string encode_jpeg(std::span<const std::uint8_t> rgb, int size);

}  // namespace akin::synthetic
