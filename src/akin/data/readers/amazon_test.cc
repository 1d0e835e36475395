#include "akin/data/readers/amazon.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/io.h"

namespace akin {
namespace {

constexpr std::string_view kReview2014 =
    R"({"reviewerID": "A3G6XNM240RMWA", "asin": "7806397051", "reviewerName": "Karen", "helpful": [0, 1], )"
    R"("reviewText": "Don't \"buy\"\nit \u2014 caf\u00e9", "overall": 4.0, "summary": "fine", )"
    R"("unixReviewTime": 1378425600, "reviewTime": "09 6, 2013"})";
constexpr std::string_view kReview2018 =
    R"({"overall": 5.0, "vote": "1,234", "verified": true, "reviewTime": "02 4, 2014", "reviewerID": "U2", "asin": "B2", )"
    R"("style": {"Format:": " Paperback"}, "reviewerName": "x", "reviewText": "Good", "summary": "Five Stars", )"
    R"("unixReviewTime": 1391472000, "image": ["https://x/y.jpg"]})";
constexpr std::string_view kReview2023 =
    R"({"rating": 3.0, "title": "ok", "text": "works", "images": [{"small_image_url": "s"}], "asin": "B3X", )"
    R"("parent_asin": "B3", "user_id": "U3", "timestamp": 1588687728923, "helpful_vote": 0, "verified_purchase": true})";

class AmazonReader : public testing::Test {
 protected:
  AmazonReader() : folder_(testing::TempDir() + "akin_amazon_" + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~AmazonReader() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, std::string_view content) {
    const std::string path = folder_ + "/" + name;
    write_file(path, content);
    return path;
  }
  /// Reads a file of these lines.
  void read(std::string_view lines, std::map<std::string, std::string> options = {}) {
    read_files({write("reviews.json", lines)}, std::move(options));
  }
  void read_files(std::vector<std::string> files, std::map<std::string, std::string> options = {}) {
    amazon_format().read({std::move(files), std::move(options), false}, builder_, report_, Context{});
  }
  Dataset build() { return builder_.build("test", ImportFilters{}, report_, Context{}); }
  std::uint64_t rejected(std::string_view reason) const {
    for (const auto& entry : report_.rejections.reasons()) {
      if (entry.text == reason) return entry.count;
    }
    return 0;
  }
  bool has_note(std::string_view subset) const {
    return std::ranges::any_of(report_.notes,
                               [&](const std::string& note) { return note.find(subset) != note.npos; });
  }

  std::string folder_;
  DatasetBuilder builder_;
  ImportReport report_;
};

std::string_view attribute(const Dataset& data, std::string_view item, std::string_view name) {
  return data.item_attributes.get(name, data.items.at(item, "item"));
}

TEST_F(AmazonReader, EachReleaseIsToldByItsFields) {
  read(std::string(kReview2014) + "\n\n" + std::string(kReview2018) + "\r\n  \n" + std::string(kReview2023));
  EXPECT_EQ(report_.lines, 3u);
  EXPECT_EQ(report_.bytes, kReview2014.size() + kReview2018.size() + kReview2023.size() + 2 + 2 + 3);
  EXPECT_EQ(report_.rejections.total(), 0u);
  const Dataset data = build();
  ASSERT_EQ(data.events.size(), 3u);
  const idx_t u1 = data.users.at("A3G6XNM240RMWA", "user"), u2 = data.users.at("U2", "user");
  EXPECT_EQ(data.events[0], (Event{u1, data.items.at("7806397051", "item"), 4, EventKind::kRating,
                                   Subset::kTrain, 0, 1378425600 * kSecond}));
  EXPECT_EQ(data.events[1], (Event{u2, data.items.at("B2", "item"), 5, EventKind::kRating, Subset::kTrain, 0,
                                   1391472000 * kSecond}));
  EXPECT_EQ(data.events[2], (Event{data.users.at("U3", "user"), data.items.at("B3", "item"), 3,
                                   EventKind::kRating, Subset::kTrain, 0, 1588687728 * kSecond + 923000}));
  ASSERT_EQ(data.reviews.size(), 3u);
  EXPECT_EQ(data.reviews.text[0], "Don't \"buy\"\nit \u2014 caf\u00e9");
  EXPECT_EQ(data.reviews.summary[0], "fine");
  EXPECT_EQ(data.reviews.text[1], "Good");
  EXPECT_EQ(data.reviews.summary[1], "Five Stars");
  EXPECT_EQ(data.reviews.text[2], "works");
  EXPECT_EQ(data.reviews.summary[2], "ok");
}

TEST_F(AmazonReader, ReviewsMayBePythonLiterals) {
  read(
      "{'reviewerID': u'U1', 'asin': 'B1', 'overall': 2, 'reviewText': 'don\\'t', 'verified': True, "
      "'unixReviewTime': 7}");
  const Dataset data = build();
  EXPECT_EQ(data.reviews.text[0], "don't");
  EXPECT_EQ(data.events[0].value, 2);
  EXPECT_EQ(data.events[0].time, 7 * kSecond);
}

TEST_F(AmazonReader, TimesInEveryForm) {
  read(R"({"user_id":"a","asin":"x","rating":1,"timestamp":-1})"
       "\n"
       R"({"user_id":"b","asin":"x","rating":1,"timestamp":1999.5})"
       "\n"
       R"({"user_id":"c","asin":"x","rating":1,"reviewTime":"09 6, 2013"})"
       "\n"
       R"({"user_id":"d","asin":"x","rating":1,"reviewTime":"yesterday","unixReviewTime":null})"
       "\n"
       R"({"user_id":"e","asin":"x","rating":1,"unixReviewTime":"soon"})"
       "\n"
       R"({"user_id":"f","asin":"x","rating":1,"unixReviewTime":1e300})");
  const Dataset data = build();
  ASSERT_EQ(data.events.size(), 6u);
  const std::int64_t expected[] = {-1000, 1999000, 1378425600 * kSecond, kNoTime, kNoTime, kNoTime};
  for (std::size_t e = 0; e < 6; ++e) EXPECT_EQ(data.events[e].time, expected[e]) << e;
  EXPECT_EQ(data.reviews.size(), 0u);  // no text fields: ratings only
}

TEST_F(AmazonReader, AnEmptyTextIsAReview) {
  read(R"({"reviewerID":"a","asin":"x","overall":1,"reviewText":"","summary":""})"
       "\n"
       R"({"reviewerID":"b","asin":"x","overall":1,"summary":"only this"})"
       "\n"
       R"({"reviewerID":"c","asin":"x","overall":1,"reviewText":null})");
  const Dataset data = build();
  EXPECT_EQ(data.reviews.size(), 3u);
  EXPECT_EQ(data.reviews.summary[1], "only this");
  EXPECT_EQ(data.reviews.text[2], "");
}

TEST_F(AmazonReader, TextsCanBeLeftOut) {
  read(kReview2014, {{"no_text", "true"}});
  const Dataset data = build();
  EXPECT_EQ(data.events.size(), 1u);
  EXPECT_EQ(data.reviews.size(), 0u);
  EXPECT_THROW(read(kReview2014, {{"no_text", "maybe"}}), Error);
}

TEST_F(AmazonReader, BrokenLinesAreCountedByReason) {
  const std::string bomb = std::string(5003, '[') + std::string(5003, ']');
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"reviewerID": "a",)", "not valid JSON"},
      {"not json at all", "not valid JSON"},
      {R"({"reviewerID":"a","asin":"x","overall":1}})", "not valid JSON"},
      {R"({"reviewerID":"a","asin":"x","overall":1e999})", "not valid JSON"},
      {"{\"reviewerID\":\"a\",\"asin\":\"\xff\",\"overall\":1}", "not valid UTF-8"},
      {"{'reviewerID':'a','asin':'\xff','overall':1}", "not valid UTF-8"},
      {"[1, 2]", "not a JSON object"},
      {"\"text\"", "not a JSON object"},
      {"7", "not a JSON object"},
      {R"({"reviewerID":"a","asin":"x","overall":1,"style":)" + bomb + "}", "nested too deeply"},
      {R"({"asin":"x","overall":1})", "no user id"},
      {R"({"reviewerID":"","asin":"x","overall":1})", "no user id"},
      {R"({"reviewerID":5,"asin":"x","overall":1})", "no user id"},
      {R"({"reviewerID":"a","overall":1})", "no item id"},
      {R"({"reviewerID":"a","asin":"","overall":1})", "no item id"},
      {R"({"reviewerID":"a","asin":"x"})", "no rating"},
      {R"({"reviewerID":"a","asin":"x","overall":null})", "no rating"},
      {R"({"reviewerID":"a","asin":"x","overall":NaN})", "no rating"},  // as Python writes it
      {R"({"reviewerID":"a","asin":"x","overall":-Infinity})", "no rating"},
      {R"({"reviewerID":"a","asin":"x","overall":"5"})", "rating is not a number"},
      {R"({"reviewerID":"a","asin":"x","overall":true})", "rating is not a number"},
      {R"({"reviewerID":"a","asin":"x","overall":1e39})", "rating out of range"},
  };
  std::string lines(kReview2018);
  std::map<std::string, std::uint64_t> expected;
  for (const auto& [line, reason] : cases) {
    lines += "\n" + line;
    ++expected[reason];
  }
  read(lines);
  std::map<std::string, std::uint64_t> counted;
  for (const auto& reason : report_.rejections.reasons()) counted[reason.text] = reason.count;
  EXPECT_EQ(counted, expected);
  EXPECT_EQ(report_.lines, cases.size() + 1);
  EXPECT_EQ(report_.rejections.reasons()[0].positions[0], folder_ + "/reviews.json:2");
  EXPECT_EQ(build().events.size(), 1u);
}

TEST_F(AmazonReader, StrictStopsAtTheFirstBrokenLine) {
  report_.rejections = Rejections(true);
  try {
    read(std::string(kReview2014) + "\n{]\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    EXPECT_NE(std::string(error.what()).find("reviews.json:2: not valid JSON"), std::string::npos)
        << error.what();
  }
}

TEST_F(AmazonReader, LinesOfMegabytesAndStopRequests) {
  const std::string text(3'000'017, 'x');
  read(R"({"reviewerID":"a","asin":"x","overall":1,"reviewText":")" + text + "\"}\n" +
       R"({"reviewerID":"a","asin":"y","overall":1,"reviewText":")" + std::string((32 << 20) + 1, 'y') +
       "\"}\n" + R"({"reviewerID":"a","asin":"z","overall":1,"reviewText":"end"})");
  EXPECT_EQ(rejected("longer than 32 MiB"), 1u);
  const Dataset data = build();
  ASSERT_EQ(data.reviews.size(), 2u);
  EXPECT_EQ(data.reviews.text[0], text);
  EXPECT_EQ(data.reviews.text[1], "end");

  std::string many;
  for (int i = 0; i < 10'007; ++i)
    many += R"({"reviewerID":"a","asin":"x","overall":1})"
            "\n";
  Context context;
  std::uint64_t reports = 0;
  context.on_progress = [&](const Progress& progress) {
    reports += progress.unit == "bytes" && progress.done > 0 && progress.done <= progress.total;
  };
  const std::string path = write("many.json", many);
  amazon_format().read({{path}, {}, false}, builder_, report_, context);
  EXPECT_GT(reports, 0u);
  std::stop_source source;
  source.request_stop();
  context.stop = source.get_token();
  EXPECT_THROW(amazon_format().read({{path}, {}, false}, builder_, report_, context), Error);
}

TEST_F(AmazonReader, MissingFilesAreErrors) {
  EXPECT_THROW(read_files({folder_ + "/absent.json"}), Error);
  EXPECT_THROW(read(kReview2014, {{"meta", folder_ + "/absent.json"}}), Error);
  EXPECT_THROW(read(kReview2014, {{"images", folder_ + "/absent"}}), Error);
}

TEST_F(AmazonReader, Metadata2014) {
  builder_.keep_unseen_items = false;
  const std::string meta = write(
      "meta.json",
      R"({'asin': '7806397051', 'title': 'WAWO "15" Color &amp; Palette', 'price': 23.990000000000002, 'brand': "L&#39;Or",)"
      R"( 'imUrl': 'http://x/a.jpg', 'categories': [['Beauty'], ['Beauty', 'Makeup', 'Face|Body'], ['a', 'b', 'c']],)"
      R"( 'related': {'also_bought': ['B2', 'B9'], 'bought_together': ['B2'], 'buy_after_viewing': ['7806397051']},)"
      R"( 'salesRank': {'Beauty': 938}, 'description': 'Caf\xc3\xa9 &lt;new&gt;\n'})"
      "\n"
      R"({'asin': 'B2', 'related': {'also_viewed': ['7806397051']}, 'price': None, 'title': '  '})"
      "\n{'title': 'whose?'}\n{'asin': \n"
      "{'asin': 'B77', 'title': 'nobody rated it'}\n{'asin': 'B2', 'title': 'again'}\n");
  read(std::string(kReview2014) + "\n" + std::string(kReview2018), {{"meta", meta}});
  EXPECT_EQ(rejected("metadata without item id"), 1u);
  EXPECT_EQ(rejected("not valid JSON"), 1u);
  EXPECT_TRUE(has_note("1 metadata records of items without reviews"));
  EXPECT_EQ(rejected("item described twice"), 1u);
  EXPECT_TRUE(has_note("1 related-item links to items not in the data"));
  const Dataset data = build();
  EXPECT_EQ(data.n_items(), 2u);
  EXPECT_EQ(attribute(data, "7806397051", "title"), "WAWO \"15\" Color & Palette");
  EXPECT_EQ(attribute(data, "7806397051", "brand"), "L'Or");
  EXPECT_EQ(attribute(data, "7806397051", "price"), "23.990000000000002");
  EXPECT_EQ(attribute(data, "7806397051", "category"), "Beauty|Makeup|Face/Body");
  EXPECT_EQ(attribute(data, "7806397051", "description"), "Caf\u00e9 <new>");
  EXPECT_EQ(attribute(data, "7806397051", "image_url"), "http://x/a.jpg");
  EXPECT_EQ(attribute(data, "B2", "title"), "");
  const idx_t a = data.items.at("7806397051", "item"), b = data.items.at("B2", "item");
  using Pairs = std::vector<std::pair<idx_t, idx_t>>;
  std::map<std::string, Pairs> links;
  for (const ItemLinks& list : data.links) links[list.name] = list.pairs;
  EXPECT_EQ(links, (std::map<std::string, Pairs>{{"also_bought", {{a, b}}},
                                                 {"bought_together", {{a, b}}},
                                                 {"buy_after_viewing", {{a, a}}},
                                                 {"also_viewed", {{b, a}}}}));
}

TEST_F(AmazonReader, Metadata2018And2023InTwoFiles) {
  const std::string meta18 = write(
      "meta18.json",
      R"({"category": ["Books", "Art &amp; Photo", "</span></span></span>"], "description": ["One", "", "two &quot;2&quot;"],)"
      R"( "title": "T", "also_buy": ["B3"], "also_view": ["B3", "B2"], "brand": "Acme", "price": "$1,012.99",)"
      R"( "imageURL": ["low"], "imageURLHighRes": ["high", "h2"], "asin": "B2", "main_cat": "Books"})"
      "\n");
  const std::string meta23 = write(
      "meta23.json",
      R"({"main_category": "All Beauty", "title": "Howard", "price": "from 14.99", "images": [{"thumb": "t", "large": "l",)"
      R"( "hi_res": null}], "store": "Howard Products", "categories": [], "description": [], "parent_asin": "B3",)"
      R"( "bought_together": null})"
      "\n"
      R"({"parent_asin": "7806397051", "asin": "other", "price": ".a-box{}", "images": [], "title": NaN})");
  read(std::string(kReview2014) + "\n" + std::string(kReview2018) + "\n" + std::string(kReview2023),
       {{"meta", meta18 + "," + meta23}});
  EXPECT_EQ(report_.rejections.total(), 0u);
  EXPECT_EQ(report_.lines, 6u);
  EXPECT_TRUE(has_note("1 prices are not understood"));
  const Dataset data = build();
  EXPECT_EQ(attribute(data, "B2", "category"), "Books|Art & Photo");
  EXPECT_EQ(attribute(data, "B2", "description"), "One two \"2\"");
  EXPECT_EQ(attribute(data, "B2", "brand"), "Acme");
  EXPECT_EQ(attribute(data, "B2", "price"), "1012.99");
  EXPECT_EQ(attribute(data, "B2", "image_url"), "high");
  EXPECT_EQ(attribute(data, "B3", "brand"), "Howard Products");
  EXPECT_EQ(attribute(data, "B3", "category"), "All Beauty");
  EXPECT_EQ(attribute(data, "B3", "price"), "14.99");
  EXPECT_EQ(attribute(data, "B3", "image_url"), "l");
  EXPECT_EQ(attribute(data, "7806397051", "price"), "");
  ASSERT_EQ(data.links.size(), 2u);
  EXPECT_EQ(data.links[0].name, "also_bought");
  EXPECT_EQ(data.links[0].pairs.size(), 1u);
  EXPECT_EQ(data.links[1].name, "also_viewed");
  EXPECT_EQ(data.links[1].pairs.size(), 2u);
}

TEST_F(AmazonReader, ColdItemsAreKept) {
  const std::string meta =
      write("meta.json", R"({"asin": "COLD", "title": "new", "also_buy": ["B2", "NOWHERE"]})");
  read(kReview2018, {{"meta", meta}});
  const Dataset data = build();
  EXPECT_EQ(data.n_items(), 2u);  // not NOWHERE, of which nothing is known
  EXPECT_EQ(attribute(data, "COLD", "title"), "new");
  ASSERT_EQ(data.links.size(), 1u);
  EXPECT_EQ(data.links[0].pairs.size(), 1u);
}

TEST_F(AmazonReader, ImagesOfItems) {
  const std::string images = folder_ + "/images";
  std::filesystem::create_directories(images + "/sub.jpg");
  for (const std::string name : {"B2.png", "B2.jpg", "7806397051.WEBP", "B99.jpeg", "notes.txt"}) {
    write_file(images + "/" + name, "x");
  }
  read(std::string(kReview2014) + "\n" + std::string(kReview2018) + "\n" + std::string(kReview2023),
       {{"images", images}});
  EXPECT_TRUE(has_note("1 image files match no item"));
  EXPECT_TRUE(has_note("1 image files are a further picture"));
  EXPECT_TRUE(has_note("2 entries are not .jpg"));
  const Dataset data = build();
  EXPECT_EQ(attribute(data, "B2", "image"), images + "/B2.jpg");
  EXPECT_EQ(attribute(data, "7806397051", "image"), images + "/7806397051.WEBP");
  EXPECT_EQ(attribute(data, "B3", "image"), "");
}

TEST_F(AmazonReader, MusicalInstruments) {
  const char* const root = std::getenv("AKIN_DATA");
  const std::string file =
      (root != nullptr ? std::string(root) : std::string(AKIN_SOURCE_DIR "/../shared/data")) +
      "/amazon-musical-instruments/reviews_Musical_Instruments_5.json.gz";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here";
  read_files({file});
  EXPECT_EQ(report_.lines, 10'261u);
  EXPECT_EQ(report_.bytes, 7'306'182u);
  EXPECT_EQ(report_.rejections.total(), 0u);
  const Dataset data = build();
  EXPECT_EQ(data.events.size(), 10'261u);
  EXPECT_EQ(data.n_users(), 1'429u);
  EXPECT_EQ(data.n_items(), 900u);
  ASSERT_EQ(data.reviews.size(), 10'261u);
  std::uint64_t empty = 0;
  for (std::size_t r = 0; r < data.reviews.size(); ++r) empty += data.reviews.text[r].empty();
  EXPECT_EQ(empty, 7u);
  EXPECT_TRUE(data.has_times());
}

}  // namespace
}  // namespace akin
