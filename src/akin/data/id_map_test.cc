#include "akin/data/id_map.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"

namespace akin {
namespace {

TEST(IdMap, NumbersIdsInOrderOfAppearance) {
  IdMap ids;
  EXPECT_EQ(ids.add("b"), 0u);
  EXPECT_EQ(ids.add("a"), 1u);
  EXPECT_EQ(ids.add("b"), 0u);
  EXPECT_EQ(ids.size(), 2u);
  EXPECT_EQ(ids.id(1), "a");
  EXPECT_EQ(ids.find("a"), std::optional<idx_t>(1));
  EXPECT_EQ(ids.find("c"), std::nullopt);
  EXPECT_EQ(IdMap().find("c"), std::nullopt);
}

TEST(IdMap, HoldsManyIdsOfAnyBytes) {
  IdMap ids;
  const std::string odd("\0\n\xff ", 4);
  EXPECT_EQ(ids.add(odd), 0u);
  EXPECT_EQ(ids.add(""), 1u);
  for (int i = 0; i < 100'003; ++i)
    ASSERT_EQ(ids.add("user " + std::to_string(i)), static_cast<idx_t>(i + 2));
  for (int i = 0; i < 100'003; ++i)
    ASSERT_EQ(*ids.find("user " + std::to_string(i)), static_cast<idx_t>(i + 2));
  EXPECT_EQ(*ids.find(odd), 0u);
  EXPECT_EQ(*ids.find(""), 1u);
}

TEST(IdMap, TellsShortIdsApart) {
  IdMap ids;
  std::vector<std::string> all = {""};
  for (std::size_t size = 1; size <= 9; ++size) {  // around the length up to which hashes are exact
    for (std::size_t at = 0; at < size; ++at) {
      for (const char c : {'\0', '\1', 'a', 'b', '\xff'}) {
        std::string id(size, 'a');
        id[at] = c;
        if (c != 'a' || at == 0) all.push_back(id);
      }
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(ids.add(all[i]), i) << i;
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(ids.find(all[i]), static_cast<idx_t>(i)) << i;
}

TEST(IdMap, UnknownIdsComeWithAdvice) {
  IdMap ids;
  ids.add("B00001");
  ids.add("X9");
  try {
    ids.at("B00002", "item");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_STREQ(error.what(), "unknown item 'B00002' (did you mean B00001?)");
  }
}

TEST(IdMap, SelectRenumbers) {
  IdMap ids;
  for (const char* id : {"a", "b", "c"}) ids.add(id);
  const IdMap some = ids.select({2, 0});
  EXPECT_EQ(some.size(), 2u);
  EXPECT_EQ(some.id(0), "c");
  EXPECT_EQ(some.at("a", "item"), 1u);
}

TEST(IdMap, SurvivesTheDisk) {
  const TempDir dir;
  IdMap ids;
  ids.add(std::string("\0x", 2));
  ids.add("");
  TensorWriter writer("test");
  write_ids(writer, "users", ids);
  writer.write(dir / "f");
  const IdMap loaded = read_ids(TensorReader(dir / "f"), "users");
  EXPECT_EQ(loaded.size(), 2u);
  EXPECT_EQ(loaded.id(0), std::string("\0x", 2));

  TensorWriter twice("test");
  StringColumn duplicates;
  duplicates.push_back("a");
  duplicates.push_back("a");
  twice.meta("users.count", "2");
  write_strings(twice, "users", duplicates);
  twice.write(dir / "g");
  EXPECT_THROW(read_ids(TensorReader(dir / "g"), "users"), Error);
}

TEST(AttributeTable, GivesEmptyTextForWhatIsAbsent) {
  AttributeTable table;
  table.column("title").set(2, "kettle");
  table.column("title").set(0, "old");
  table.column("title").set(0, "pot");
  EXPECT_EQ(table.get("title", 0), "pot");
  EXPECT_EQ(table.get("title", 1), "");
  EXPECT_EQ(table.get("title", 99), "");
  EXPECT_EQ(table.get("brand", 0), "");
  EXPECT_EQ(table.find("brand"), nullptr);
  table.resize(4);
  EXPECT_DOUBLE_EQ(table.find("title")->coverage(), 0.5);
  const AttributeTable some = table.select({2, 3});
  EXPECT_EQ(some.get("title", 0), "kettle");
  EXPECT_EQ(some.find("title")->size(), 2u);
}

}  // namespace
}  // namespace akin
