#include "akin/linalg/csr.h"

#include <gtest/gtest.h>

#include <limits>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"

namespace akin {
namespace {

/// The matrix written and read again as one of 3 rows and 5 columns; false if that is refused.
bool is_read(const Csr& matrix, ColumnOrder order) {
  const TempDir dir;
  TensorWriter writer("example");
  write_csr(writer, "m", matrix);
  writer.write(dir / "f");
  try {
    const Csr read = read_csr(TensorReader(dir / "f"), "m", 3, 5, order);
    EXPECT_EQ(read.indices, matrix.indices);
    EXPECT_EQ(read.values, matrix.values);
    EXPECT_EQ(read.cols, 5u);
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    EXPECT_NE(std::string(error.what()).find(dir / "f: "), std::string::npos) << error.what();
    return false;
  }
}

Csr example() {
  return {.cols = 5, .offsets = {0, 2, 2, 4}, .indices = {0, 4, 1, 2}, .values = {1, 2, 3, 4}};
}

TEST(ReadCsr, ReadsBackWhatWasWritten) {
  EXPECT_TRUE(is_read(example(), ColumnOrder::kAscending));
  EXPECT_TRUE(is_read(example(), ColumnOrder::kAny));
}

TEST(ReadCsr, ColumnsStandInTheOrderThatIsAskedFor) {
  Csr matrix = example();
  std::swap(matrix.indices[0], matrix.indices[1]);
  EXPECT_FALSE(is_read(matrix, ColumnOrder::kAscending));
  EXPECT_TRUE(is_read(matrix, ColumnOrder::kAny));
  matrix.indices[0] = matrix.indices[1];
  EXPECT_FALSE(is_read(matrix, ColumnOrder::kAscending)) << "twice";
  EXPECT_FALSE(is_read(matrix, ColumnOrder::kAny)) << "twice";
}

TEST(ReadCsr, RefusesWhatIsNoMatrix) {
  const auto refused = [](auto change) {
    Csr matrix = example();
    change(matrix);
    for (const ColumnOrder order : {ColumnOrder::kAscending, ColumnOrder::kAny})
      EXPECT_FALSE(is_read(matrix, order));
  };
  refused([](Csr& m) { m.indices[3] = 5; });
  refused([](Csr& m) { m.indices[0] = 0xFFFFFFFF; });
  refused([](Csr& m) { m.offsets = {0, 3, 2, 4}; });
  refused([](Csr& m) { m.offsets = {1, 2, 2, 4}; });
  refused([](Csr& m) { m.offsets = {0, 2, 2, 5}; });
  refused([](Csr& m) { m.offsets = {0, std::numeric_limits<std::uint64_t>::max(), 2, 4}; });
  refused([](Csr& m) { m.offsets = {0, 2, 4}; });
  refused([](Csr& m) { m.offsets = {}; });
  refused([](Csr& m) { m.values.pop_back(); });
}

}  // namespace
}  // namespace akin
