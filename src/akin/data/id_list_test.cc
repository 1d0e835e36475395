#include "akin/data/id_list.h"

#include <gtest/gtest.h>

namespace akin {
namespace {

using Ids = std::vector<std::string>;

IdMap known(const Ids& ids) {
  IdMap map;
  for (const std::string& id : ids) map.add(id);
  return map;
}

TEST(IdList, CommasSeparate) {
  const IdMap ids =
      known({"a", "b", "a,b", "-p1, blue", "-p3, blue", " x", "say \"hi\"", "t\tab", "back\\slash"});
  EXPECT_EQ(ids_in_list("b,a", ids), (Ids{"b", "a"}));
  EXPECT_EQ(ids_in_list("b,,a,", ids), (Ids{"b", "a"}));
  EXPECT_EQ(ids_in_list("a,b", ids), (Ids{"a,b"})) << "as many parts as give a known id";
  EXPECT_EQ(ids_in_list("\"a\",\"b\"", ids), (Ids{"a", "b"})) << "quotes choose";
  EXPECT_EQ(ids_in_list("-p1, blue,-p3, blue", ids), (Ids{"-p1, blue", "-p3, blue"}));
  EXPECT_EQ(ids_in_list("b, a", ids), (Ids{"b", "a"})) << "blanks that belong to no id";
  EXPECT_EQ(ids_in_list("a, x", ids), (Ids{"a", " x"}));
  EXPECT_EQ(ids_in_list("new, a,other", ids), (Ids{"new", "a", "other"}));
  EXPECT_EQ(ids_in_list("\"say \"\"hi\"\"\",b", ids), (Ids{"say \"hi\"", "b"}));
  EXPECT_EQ(ids_in_list("say \"hi\"", ids), (Ids{"say \"hi\""}));
  EXPECT_EQ(ids_in_list("\"open,b", ids), (Ids{"\"open", "b"})) << "a quote that is not closed";
  EXPECT_EQ(ids_in_list("", ids), Ids{});
}

TEST(IdList, EscapesOfTabSeparatedFilesAreRead) {
  const IdMap ids = known({"t\tab", "back\\slash", "\\t"});
  EXPECT_EQ(find_id(ids, "t\\tab"), idx_t{0});
  EXPECT_EQ(find_id(ids, "back\\\\slash"), idx_t{1});
  EXPECT_EQ(find_id(ids, "back\\slash"), idx_t{1});
  EXPECT_EQ(find_id(ids, "\\t"), idx_t{2}) << "an id as it is comes first";
  EXPECT_FALSE(find_id(ids, "tab").has_value());
}

}  // namespace
}  // namespace akin
