// NumPy's files of arrays.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace akin {

class ByteCursor;  // base/byte_cursor.h

/// What the header of a NumPy file says: a Python dict of exactly descr, fortran_order and shape
/// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
struct NpyHeader {
  std::string descr;  ///< such as "<f4"; "" if it is not a single type, or the sizes are none
  bool fortran_order = false;
  std::vector<std::size_t> shape;
  std::string text;  ///< descr, order and shape as the file has them, for messages
};
/// Reads it from the begin of the file; the numbers follow. Throws Error(kBadData).
NpyHeader read_npy_header(ByteCursor& file);

/// Numbers of any shape, row-major.
struct NpyArray {
  std::vector<std::size_t> shape;
  std::vector<float> values;
};
/// A file of float32, float64, int8, uint8, int16, int32 or int64 in C order, plain or compressed, as floats. Throws
/// Error(kBadData) for other types, files that are too short or too long, and numbers that are not finite as floats.
NpyArray read_npy(const std::string& path);
/// The same from its first byte on, also of an array in Fortran order, whose numbers are put in C order.
NpyArray read_npy(ByteCursor& file);

}  // namespace akin
