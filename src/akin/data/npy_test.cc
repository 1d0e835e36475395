#include "akin/data/npy.h"

#include <gtest/gtest.h>

#include <cstring>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"

namespace akin {
namespace {

/// A file as numpy.save writes it.
std::string npy(const std::string& descr, const std::string& shape, const std::string& bytes,
                const std::string& order = "False") {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  header.resize((header.size() + 10 + 64) / 64 * 64 - 11, ' ');
  header += '\n';
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size() & 255);
  file += static_cast<char>(header.size() >> 8);
  return file + header + bytes;
}

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

class NpyTest : public testing::Test {
 protected:
  NpyArray read(const std::string& content) const {
    write_file(dir_ / "a.npy", content);
    return read_npy(dir_ / "a.npy");
  }
  std::string message(const std::string& content) const {
    try {
      read(content);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  const TempDir dir_;
};

TEST_F(NpyTest, ReadsNumbersOfAllTypes) {
  const std::vector<float> expected = {1, 2, 3, 4, 5, 6};
  const auto check = [&](const std::string& descr, const std::string& bytes) {
    const NpyArray array = read(npy(descr, "(1, 3, 2)", bytes));
    EXPECT_EQ(array.shape, (std::vector<std::size_t>{1, 3, 2})) << descr;
    EXPECT_EQ(array.values, expected) << descr;
  };
  check("<f4", bytes_of(expected));
  check("<f8", bytes_of(std::vector<double>{1, 2, 3, 4, 5, 6}));
  check("|i1", bytes_of(std::vector<std::int8_t>{1, 2, 3, 4, 5, 6}));
  check("|u1", bytes_of(std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}));
  check("<i2", bytes_of(std::vector<std::int16_t>{1, 2, 3, 4, 5, 6}));
  check("<i4", bytes_of(std::vector<std::int32_t>{1, 2, 3, 4, 5, 6}));
  check("<i8", bytes_of(std::vector<std::int64_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(read(npy("<f4", "()", bytes_of<float>({7}))).values, std::vector<float>{7});
  EXPECT_TRUE(read(npy("<f4", "(0, 3)", "")).values.empty());
}

TEST_F(NpyTest, RefusesWhatItCannotRead) {
  const std::string two = bytes_of<float>({1, 2});
  const auto says = [&](const std::string& content, const std::string& part) {
    const std::string text = message(content);
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  says("text", "is not a NumPy file");
  says(npy("<f4", "(2,)", two, "True"), "in C order");
  says(npy("<c8", "(1,)", two), "this one has 'descr' \"<c8\"");
  says(npy(">f4", "(2,)", two), "are read");
  says(npy("<f4", "(3,)", two), "do not make an array");
  says(npy("<f4", "(1,)", two), "do not make an array");
  says(npy("<f4", "(4611686018427387904, 4)", two), "do not make an array");
  says(npy("<f4", "(-1,)", two), "are read");
  says(npy("<f8", "(1,)", bytes_of<double>({1e300})), "number 1 is not finite");
  says(npy("<f4", "(2,)", two).substr(0, 40), "cut off");
}

}  // namespace
}  // namespace akin
