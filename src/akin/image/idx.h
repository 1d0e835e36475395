// IDX files, as MNIST and Fashion-MNIST have them: arrays of bytes, plain or compressed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace akin {

/// (shape[0], shape[1], ...) bytes, row-major.
struct IdxArray {
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> values;
};

/// Whether a file is one of pictures, by its name: train-images-idx3-ubyte.gz.
bool is_idx_file(std::string_view path);
/// Where the labels of its pictures lie: train-labels-idx1-ubyte.gz, or without .gz.
std::string idx_labels_path(const std::string& path);

/// What the bytes of a file say: 0, 0, 8 (bytes), the number of dimensions, each size in four bytes, highest first, and the
/// values. Throws Error(kBadData) unless it has `dimensions` and as many values as its sizes say.
IdxArray parse_idx(std::string bytes, std::size_t dimensions);
/// Reads a file. Throws Error(kNotFound), Error(kIo), and Error(kBadData) with its name.
IdxArray read_idx(const std::string& path, std::size_t dimensions);

}  // namespace akin
