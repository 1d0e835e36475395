#include "akin/data/dropped_columns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "akin/base/error_for_test.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/data/readers/readers.h"

namespace akin {
namespace {

Dataset import(const std::string& format, const std::string& path, std::vector<std::string> drop,
               std::map<std::string, std::string> options = {}) {
  return import_dataset(format,
                        {.files = {path}, .options = std::move(options), .drop_columns = std::move(drop)});
}

constexpr const char* kTable =
    "customer_id,product_id,rating,ts,review_text,summary,user name,helpful,title\n"
    "u1,p1,5,1400000000,secret text,secret head,secret name,secret votes,Kettle\n"
    "u2,p1,4,1400000001,secret too,head two,other name,7,Kettle\n";

TEST(DroppedColumns, NeverReachTheDataSet) {
  const TempDir dir;
  write_file(dir / "t.csv", kTable);
  const std::map<std::string, std::string> options = {
      {"user_attributes", "user name,helpful"}, {"item", "product_id"}, {"user", "customer_id"}};
  const Dataset whole = import("csv", dir / "t.csv", {}, options);
  EXPECT_EQ(whole.reviews.size(), 2u);
  EXPECT_EQ(whole.user_attributes.columns(), 2u);
  const Dataset data = import("csv", dir / "t.csv",
                              {"Review Text", "summary", "user_name", "helpful", "ts", "rating"}, options);
  save_dataset(data, dir / "data");
  EXPECT_EQ(read_file(dir / "data").find("secret"), std::string::npos);
  EXPECT_EQ(data.reviews.size(), 0u);
  EXPECT_EQ(data.user_attributes.columns(), 0u);
  EXPECT_EQ(data.item_attributes.get("title", 0), "Kettle");
  EXPECT_FALSE(data.has_times());
  EXPECT_EQ(data.events[0].value, 1);
}

TEST(DroppedColumns, OneOfTwoTextsMayStay) {
  const TempDir dir;
  write_file(dir / "t.csv", kTable);
  const Dataset data = import("csv", dir / "t.csv", {"review_text"});
  ASSERT_EQ(data.reviews.size(), 2u);
  EXPECT_EQ(data.reviews.summary[0], "secret head");
  EXPECT_EQ(data.reviews.text[0], "");
}

TEST(DroppedColumns, NamesThatFitNothingAreErrors) {
  const TempDir dir;
  write_file(dir / "t.csv", kTable);
  const std::string message =
      message_of(ErrorCode::kUsage, [&] { import("csv", dir / "t.csv", {"adress"}); });
  EXPECT_NE(message.find("no column 'adress' to drop"), std::string::npos) << message;
  EXPECT_NE(message.find("review_text"), std::string::npos) << message;
  EXPECT_EQ(message.find("secret"), std::string::npos) << "columns are named, not what they hold";
  write_file(dir / "pairs", "u1 p1\nu2 p1\n");
  EXPECT_NE(message_of(ErrorCode::kUsage, [&] { import("pairs", dir / "pairs", {"text"}); })
                .find("none but user and item"),
            std::string::npos);
}

TEST(DroppedColumns, UserAndItemCannotBeDropped) {
  const TempDir dir;
  write_file(dir / "t.csv", kTable);
  write_file(dir / "pairs", "u1 p1\nu2 p1\n");
  write_file(dir / "a.inter", "user_id:token\titem_id:token\tage:float\nu1\tp1\t3\n");
  write_file(dir / "r.json", R"({"reviewerID": "u1", "asin": "p1", "overall": 5})");
  struct Case {
    const char* format;
    const char* file;
    const char* column;
  };
  for (const Case& c : {Case{"csv", "t.csv", "customer_id"}, Case{"csv", "t.csv", "Product-ID"},
                        Case{"pairs", "pairs", "user"}, Case{"pairs", "pairs", "item"},
                        Case{"uirt", "pairs", "1"}, Case{"atomic", "a.inter", "item_id"},
                        Case{"amazon", "r.json", "reviewerID"}, Case{"amazon", "r.json", "asin"}}) {
    const std::string message =
        message_of(ErrorCode::kUsage, [&] { import(c.format, dir / c.file, {c.column}); });
    EXPECT_NE(message.find("cannot be dropped"), std::string::npos)
        << c.format << " " << c.column << ": " << message;
  }
}

TEST(DroppedColumns, FilesWithoutHeaderGoByNumberOrRole) {
  const TempDir dir;
  write_file(dir / "t.csv", "u1,p1,5,1400000000\nu2,p1,4,1400000001\n");
  for (const char* const name : {"4", "time"}) {
    const Dataset data = import("csv", dir / "t.csv", {name});
    EXPECT_FALSE(data.has_times()) << name;
    EXPECT_EQ(data.events[0].value, 5);
  }
  EXPECT_NE(message_of(ErrorCode::kUsage, [&] { import("csv", dir / "t.csv", {"5"}); }).find("no column '5'"),
            std::string::npos);
}

TEST(DroppedColumns, TablesOfUsersAndItems) {
  const TempDir dir;
  write_file(dir / "t.csv", "user,item\nu1,p1\nu2,p1\n");
  write_file(dir / "users.csv", "user,address,age\nu1,secret street,30\nu2,secret lane,40\n");
  write_file(dir / "items.csv", "item,title,supplier\np1,Kettle,secret supplier\n");
  const std::map<std::string, std::string> options = {{"users", dir / "users.csv"},
                                                      {"items", dir / "items.csv"}};
  const Dataset data = import("csv", dir / "t.csv", {"address", "Supplier"}, options);
  save_dataset(data, dir / "data");
  EXPECT_EQ(read_file(dir / "data").find("secret"), std::string::npos);
  EXPECT_EQ(data.user_attributes.get("age", 1), "40");
  EXPECT_EQ(data.item_attributes.get("title", 0), "Kettle");
}

TEST(DroppedColumns, KeysOfJson) {
  const TempDir dir;
  write_file(
      dir / "r.json",
      R"({"reviewerID": "u1", "asin": "p1", "overall": 4, "reviewerName": "secret name", "reviewText": "secret",
 "summary": "secret head", "unixReviewTime": 1400000000, "helpful": [1, 2]})"
      "\n");
  std::string line = read_file(dir / "r.json");
  std::ranges::replace(line, '\n', ' ');
  write_file(dir / "r.json", line + "\n");
  write_file(dir / "m.json",
             R"({"asin": "p1", "title": "Kettle", "brand": "secret brand", "imUrl": "secret://x", "price": 3,
 "related": {"also_bought": ["p1"]}})");
  std::string meta = read_file(dir / "m.json");
  std::ranges::replace(meta, '\n', ' ');
  write_file(dir / "m.json", meta + "\n");
  const std::map<std::string, std::string> options = {{"meta", dir / "m.json"}};
  EXPECT_EQ(import("amazon", dir / "r.json", {}, options).links.size(), 1u);
  const Dataset data = import("amazon", dir / "r.json",
                              {"reviewerName", "helpful", "reviewText", "summary", "unixReviewTime",
                               "overall", "brand", "imUrl", "also_bought"},
                              options);
  save_dataset(data, dir / "data");
  EXPECT_EQ(read_file(dir / "data").find("secret"), std::string::npos);
  EXPECT_EQ(data.reviews.size(), 0u);
  EXPECT_FALSE(data.has_times());
  EXPECT_EQ(data.events[0].value, 1);
  EXPECT_TRUE(data.links.empty());
  EXPECT_EQ(data.item_attributes.get("title", 0), "Kettle");
  EXPECT_NE(message_of(ErrorCode::kUsage, [&] { import("amazon", dir / "r.json", {"address"}, options); })
                .find("reviewerName"),
            std::string::npos);
}

TEST(DroppedColumns, TheValueThatAFilterNeedsStays) {
  const TempDir dir;
  write_file(dir / "t.csv", kTable);
  EXPECT_NE(message_of(ErrorCode::kUsage,
                       [&] {
                         import("csv", dir / "t.csv", {"rating"}, {{ "min_raw_value", "1" }});
                       })
                .find("min_raw_value"),
            std::string::npos);
}

}  // namespace
}  // namespace akin
