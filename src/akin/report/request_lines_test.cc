#include "akin/report/request_lines.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "akin/data/builder.h"
#include "akin/store/bundle_for_test.h"

namespace akin {
namespace {

using nlohmann::json;

/// Popularity a > b > c > 7; user 1 has a.
Service service() {
  DatasetBuilder builder;
  const std::vector<std::string> items = {"a", "b", "c", "7"};
  for (std::size_t item = 0; item < items.size(); ++item) {
    for (std::size_t user = 0; user < 4 - item; ++user)
      builder.add_event(std::to_string(user + 2), items[item], 1, 1, EventKind::kView);
    builder.set_item_attribute(items[item], "price", std::to_string(10 * (item + 1)));
    builder.set_item_attribute(items[item], "brand", item < 2 ? "x" : "y");
  }
  builder.add_event("1", "a", 1, 1, EventKind::kPurchase);
  builder.add_event("1", "b", 1, 2, EventKind::kView);
  ImportReport report;
  return Service(
      train_bundle(builder.build("events", {}, report, {}), {.holdout = Holdout::kNone}, "popularity"));
}

class RequestLines : public testing::Test {
 protected:
  json ask(const std::string& line) { return json::parse(answer_request(service_, line, {.k = 2})); }
  /// The items of the answer, joined.
  std::string items(const std::string& line) {
    const json answer = ask(line);
    if (!answer.contains("items")) return answer.dump();
    std::string result;
    for (const json& item : answer["items"]) result += item["item"].get<std::string>();
    return result;
  }
  Service service_ = service();
};

TEST_F(RequestLines, EveryFieldCounts) {
  EXPECT_EQ(items("{}"), "ab");
  EXPECT_EQ(items(R"({"k": 3})"), "abc");
  EXPECT_EQ(items(R"({"user": "1", "k": 9})"), "c7");
  EXPECT_EQ(items(R"({"user": 1, "k": 9})"), "c7") << "a number is its digits";
  EXPECT_EQ(items(R"({"history": ["a", 7]})"), "bc");
  EXPECT_EQ(items(R"({"history": "a"})"), "bc");
  EXPECT_EQ(items(R"({"filters": ["price>10", "price<40"]})"), "bc");
  EXPECT_EQ(items(R"({"exclude": ["a"], "at_most": ["1:brand"]})"), "bc");
  EXPECT_EQ(items(R"({"at_most": "1:brand"})"), "ac");
  EXPECT_EQ(items(R"({"user": "1", "mask_kinds": ["purchase"]})"), "bc");
  EXPECT_EQ(items(R"({"user": "1", "include_seen": true})"), "ab");
  EXPECT_EQ(
      items(R"({"history": ["a", 7], "history_times": [1700000000, "2024-01-01 10:00"], "at": 1800000000})"),
      "bc");
  EXPECT_EQ(items(R"({"user": null, "history": null, "k": null, "exclude": null})"), "ab");
}

TEST_F(RequestLines, AnswersSayWhatIsUnknown) {
  EXPECT_EQ(ask(R"({"user": "1"})")["user"], "1");
  EXPECT_EQ(ask(R"({"user": "1"})")["last_items"][0]["item"], "b");
  EXPECT_FALSE(ask(R"({"user": "1"})").contains("unknown"));
  const json answer = ask(R"({"user": "99", "history": ["new"]})");
  EXPECT_EQ(answer["unknown"], json::parse(R"({"user": true, "history": ["new"], "exclude": []})"));
}

TEST_F(RequestLines, DefaultsHoldWhereTheRequestIsSilent) {
  RecommendRequest defaults{.k = 1, .filters = parse_filters({"price>10"})};
  EXPECT_EQ(json::parse(answer_request(service_, "{}", defaults))["items"][0]["item"], "b");
  EXPECT_EQ(json::parse(answer_request(service_, R"({"filters": []})", defaults))["items"][0]["item"], "a");
}

TEST_F(RequestLines, ErrorsAreAnswers) {
  const auto error = [&](const std::string& line) { return ask(line).at("error").get<std::string>(); };
  EXPECT_EQ(error("nonsense"), "request: is not a JSON text");
  EXPECT_NE(error("[]").find("is a JSON object"), std::string::npos);
  EXPECT_NE(error(R"({"usr": 1})").find("did you mean user?"), std::string::npos);
  for (const char* wrong : {R"({"k": 0})",
                            R"({"k": -1})",
                            R"({"k": 1.5})",
                            R"({"k": "3"})",
                            R"({"user": true})",
                            R"({"user": 1.5})",
                            R"({"history": [[]]})",
                            R"({"include_seen": 1})",
                            R"({"filters": ["price"]})",
                            R"({"filters": ["pric<3"]})",
                            R"({"at_most": ["brand"]})",
                            R"({"mask_kinds": ["buy"]})",
                            R"({"mask_kinds": ["cart"]})",
                            R"({"history": ["a"], "history_times": [1, 2]})",
                            R"({"history": ["a"], "history_times": ["never"]})",
                            R"({"history": ["a"], "history_attributes": {"device": "phone"}})",
                            R"({"history": ["a"], "history_attributes": ["phone"]})",
                            R"({"at": "never"})",
                            R"({"at": 1.5})",
                            R"({"strict": true, "user": "99"})",
                            "{\"user\": \"\xff\"}",
                            "\xff"})
    EXPECT_FALSE(error(wrong).empty()) << wrong;
  EXPECT_EQ(answer_request(service_, R"({"user": "a\nb"})", {}).find('\n'), std::string::npos);
}

}  // namespace
}  // namespace akin
