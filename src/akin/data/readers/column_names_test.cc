#include "akin/data/readers/column_names.h"

#include <set>

#include "akin/data/readers/test_files.h"

namespace akin {
namespace {

/// Headers of public data sets, with a line of each, and the event that it stands for.
TEST(ColumnNames, OfPublicDataSetsAreKnown) {
  const TestFolder folder;
  const std::pair<const char*, const char*> samples[] = {
      {"userID\tartistID\tweight\nu\ti\t2\n", "u i 2 -"},  // HetRec Last.fm
      {"User_ID,Anime_ID,Feedback\nu,i,2\n", "u i 2 -"},   // MyAnimeList
      {"username,anime_id,my_score,user_score\nu,i,9,2\n", "u i 2 -"},
      {"uid,iid,cnt\nu,i,2\n", "u i 2 -"},
      {"Player Id;Game;Hours\nu;i;2\n", "u i 2 -"},  // Steam
      {"steamid,appid,playtime_forever\nu,i,2\n", "u i 2 -"},
      {"FeedbackType,UserId,ItemId,Timestamp\nbuy,u,i,5\n", "u i 1 5"},             // gorse
      {"t_dat,customer_id,article_id,price\n1970-01-02,u,i,0.1\n", "u i 1 86400"},  // H&M
      {"Customer ID,StockCode,Quantity,InvoiceDate\nu,i,2,1970-01-02 00:00\n", "u i 2 86400"},
      {"review_overall,review_profilename,beer_beerid,review_time\n2,u,i,5\n", "u i 2 5"},  // BeerAdvocate
      {"product/productId,review/userId,review/score,review/time\ni,u,2,5\n", "u i 2 5"},   // SNAP
      {"user_id,business_id,stars,date\nu,i,2,1970-01-02\n", "u i 2 86400"},                // Yelp
      {"userID,placeID,rating\nu,i,2\n", "u i 2 -"},                                        // UCI restaurants
      {"msno_id,person_id,content_id,event_strength\nx,u,i,2\n", "u i 2 -"},
      {"household_key,PRODUCT_ID,QUANTITY,DAY\nu,i,2,9\n", "u i 2 -"},                   // dunnhumby
      {"user_id,recipe_id,date,rating,review\nu,i,1970-01-02,2,good\n", "u i 2 86400"},  // Food.com
  };
  for (const auto& [text, event] : samples)
    EXPECT_EQ(import_files("csv", {folder.add("x.csv", text)}).events(), std::vector<std::string>{event})
        << text;
}

TEST(ColumnNames, AreNormalizedAndOfOneRole) {
  std::set<std::string_view> seen;
  for (const char* const role : {"user", "session", "item", "value", "time", "kind", "text", "summary",
                                 "title", "brand", "category", "price", "description", "image", "tags"}) {
    for (const std::string_view name : usual_names(role)) {
      EXPECT_EQ(normalized_name(name), name);
      EXPECT_TRUE(seen.insert(name).second) << name << " stands twice";
    }
  }
}

/// A usual name beside a number is an id, as in a file of events with words for ids.
TEST(ColumnNames, BesideANumberAreNoHeader) {
  const TestFolder folder;
  EXPECT_EQ(import_files("csv", {folder.add("x.csv", "u1,book,5\nu2,film,3\n")}).events(),
            (std::vector<std::string>{"u1 book 5 -", "u2 film 3 -"}));
}

}  // namespace
}  // namespace akin
