#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/data/filters.h"

namespace akin {
namespace {

template <typename Parse>
std::string usage_error(const Parse& parse) {
  try {
    parse();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

TEST(FilterParse, Repeats) {
  EXPECT_EQ(parse_repeats("keep", "--repeats"), RepeatPolicy::kKeep);
  EXPECT_EQ(parse_repeats("first", "--repeats"), RepeatPolicy::kFirst);
  EXPECT_EQ(parse_repeats("last", "--repeats"), RepeatPolicy::kLast);
  EXPECT_EQ(parse_repeats("sum", "--repeats"), RepeatPolicy::kSum);
  EXPECT_EQ(parse_repeats("max", "--repeats"), RepeatPolicy::kMax);
  EXPECT_EQ(parse_repeats("mean", "--repeats"), RepeatPolicy::kMean);
  const std::string text = usage_error([] { parse_repeats("men", "--repeats"); });
  EXPECT_TRUE(text.starts_with("--repeats: 'men' is not one of keep, first, ")) << text;
  EXPECT_TRUE(contains(text, "did you mean mean")) << text;
  usage_error([] { parse_repeats("", "--repeats"); });
  usage_error([] { parse_repeats("Sum", "--repeats"); });
}

TEST(FilterParse, KindWeights) {
  for (std::size_t kind = 0; kind < kEventKindNames.size(); ++kind) {
    const auto parsed = parse_kind_weight(std::string(kEventKindNames[kind]) + "=0.25", "--weight");
    EXPECT_EQ(parsed.first, static_cast<EventKind>(kind));
    EXPECT_EQ(parsed.second, 0.25f);
  }
  EXPECT_EQ(parse_kind_weight("view=0", "--weight").second, 0) << "removes them";
  EXPECT_EQ(parse_kind_weight("view=1e3", "--weight").second, 1000);
  const std::string kind = usage_error([] { parse_kind_weight("veiw=1", "--weight"); });
  EXPECT_TRUE(kind.starts_with("--weight: 'veiw' is not one of ")) << kind;
  EXPECT_TRUE(contains(kind, "did you mean view")) << kind;
  for (const char* wrong : {"view", "view=", "view=-1", "view=x", "view=1x", "view= 1", "view=nan",
                            "view=inf", "view=1e99", "view=1=2"})
    EXPECT_TRUE(contains(usage_error([&] { parse_kind_weight(wrong, "--weight"); }), "KIND=WEIGHT")) << wrong;
  for (const char* wrong : {"", "=", "=1", " view=1", "View=1"})
    usage_error([&] { parse_kind_weight(wrong, "--weight"); });
}

TEST(FilterParse, Moments) {
  EXPECT_EQ(parse_moment("2014-07-23", "--since"), 1406073600 * kSecond);
  EXPECT_EQ(parse_moment("1406073600", "--since"), 1406073600 * kSecond);
  EXPECT_EQ(parse_moment("1970-01-01", "--since"), 0);
  for (const char* wrong : {"", "yesterday", "2014-13-01", "2014-02-30", "2014-07-23x"}) {
    const std::string text = usage_error([&] { parse_moment(wrong, "--since"); });
    EXPECT_TRUE(text.starts_with("--since: ")) << text;
  }
}

}  // namespace
}  // namespace akin
