#include <gtest/gtest.h>

#include <string>

#include "akin/data/string_column.h"

namespace akin {
namespace {

TEST(ByteBuffer, HoldsWhatAStringHolds) {
  ByteBuffer buffer;
  std::string expected;
  buffer.append({});
  EXPECT_EQ(buffer.size(), 0u);
  for (std::size_t i = 0; i < 10'007; ++i) {  // past the size where huge pages are asked for
    const std::string piece(i % 1'009, static_cast<char>('a' + i % 23));
    buffer.append(piece);
    expected += piece;
  }
  ASSERT_GT(buffer.size(), std::size_t{4} << 20);
  EXPECT_EQ(buffer.view(), expected);

  ByteBuffer copy = buffer;
  copy.append("x");
  EXPECT_EQ(buffer.view(), expected);
  EXPECT_EQ(copy.view(), expected + "x");

  const ByteBuffer moved = std::move(buffer);
  EXPECT_EQ(moved.view(), expected);
  copy = ByteBuffer();
  EXPECT_EQ(copy.size(), 0u);
}

TEST(ByteBuffer, ReservedRoomDoesNotMove) {
  ByteBuffer buffer;
  buffer.reserve(101);
  buffer.append("a");
  const char* const before = buffer.data();
  buffer.append(std::string(100, 'b'));
  EXPECT_EQ(buffer.data(), before);
  EXPECT_EQ(buffer.size(), 101u);
}

}  // namespace
}  // namespace akin
