// Damaged Amazon files: every line is read, or counted, or the file is an Error. Never a crash.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/data/readers/amazon.h"

namespace akin {
namespace {

constexpr std::string_view kReviews =
    R"({"reviewerID": "U1", "asin": "B1", "helpful": [0, 0], "reviewText": "a \"b\" \u00e9 é", "overall": 4.0, )"
    R"("summary": "s", "unixReviewTime": 1378425600})"
    "\n"
    R"({"user_id": "U2", "parent_asin": "B2", "rating": 3, "title": "t", "text": "x", "timestamp": 1588687728923})"
    "\n"
    R"({'reviewerID': u'U3', 'asin': 'B1', 'overall': 1.0, 'reviewText': 'caf\xc3\xa9 \ud83d', 'reviewTime': '02 4, 2014'})"
    "\n";
constexpr std::string_view kMetadata =
    R"({'asin': 'B1', 'title': "Men's &amp; &#39;", 'price': 9.5, 'categories': [['A', 'B'], ['C']], )"
    R"('related': {'also_bought': ['B2'], 'also_viewed': []}, 'imUrl': 'u', 'description': 'd'})"
    "\n"
    R"({"parent_asin": "B2", "price": "$5.00", "categories": ["A"], "images": [{"hi_res": "h"}], "description": ["x"]})"
    "\n";

class AmazonCorrupt : public testing::Test {
 protected:
  AmazonCorrupt() : folder_(testing::TempDir() + "akin_corrupt_" + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~AmazonCorrupt() override { std::filesystem::remove_all(folder_); }

  /// Removes first: some file systems sync a file that is truncated and written again,
  /// and there are thousands.
  static void replace(const std::string& path, std::string_view content) {
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary) << content;
  }

  struct Outcome {
    std::uint64_t lines = 0, events = 0, rejected = 0;
  };
  Outcome read(std::string_view reviews, std::string_view metadata) {
    replace(folder_ + "/reviews", reviews);
    replace(folder_ + "/meta", metadata);
    DatasetBuilder builder;
    ImportReport report;
    amazon_format().read({{folder_ + "/reviews"}, {{"meta", folder_ + "/meta"}}, false}, builder, report,
                         Context{});
    const Outcome outcome{report.lines, builder.events(), report.rejections.total()};
    if (builder.events() > 0) {
      const Dataset data = builder.build("damaged", ImportFilters{}, report, Context{});
      EXPECT_EQ(data.events.size(), outcome.events);
    }
    return outcome;
  }

  std::string folder_;
};

TEST_F(AmazonCorrupt, EveryTruncation) {
  for (std::size_t size = 0; size <= kReviews.size(); ++size) {
    const Outcome outcome = read(kReviews.substr(0, size), "");
    EXPECT_EQ(outcome.lines, outcome.events + outcome.rejected) << size;
    EXPECT_LE(outcome.rejected, 1u) << size;
  }
  EXPECT_EQ(read(kReviews, "").events, 3u);
  for (std::size_t size = 0; size <= kMetadata.size(); ++size) {
    const Outcome outcome = read(kReviews, kMetadata.substr(0, size));
    EXPECT_EQ(outcome.events, 3u) << size;
    EXPECT_LE(outcome.rejected, 1u) << size;
  }
}

TEST_F(AmazonCorrupt, ThousandFlippedBytes) {
  Rng rng(42, 0);
  std::uint64_t rejected = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string reviews(kReviews), metadata(kMetadata);
    for (std::string* text : {&reviews, &metadata}) {
      const std::size_t at = rng.below(static_cast<std::uint32_t>(text->size()));
      (*text)[at] = static_cast<char>(rng.below(256));
    }
    const Outcome outcome = read(reviews, metadata);
    EXPECT_GE(outcome.lines, outcome.events + outcome.rejected) << i;
    rejected += outcome.rejected;
  }
  EXPECT_GT(rejected, 100u);
}

TEST_F(AmazonCorrupt, TruncatedArchivesAreErrors) {
  // A zstd frame by hand: magic, one segment with a 4-byte content size, one last raw block.
  const auto bytes = [](std::size_t value, int count) {
    std::string result;
    for (int i = 0; i < count; ++i) result += static_cast<char>(value >> (8 * i) & 0xFF);
    return result;
  };
  const std::string packed = "\x28\xb5\x2f\xfd\xa0" + bytes(kReviews.size(), 4) +
                             bytes(kReviews.size() << 3 | 1, 3) + std::string(kReviews);
  EXPECT_EQ(read(packed, "").events, 3u);
  EXPECT_EQ(read(kReviews, packed).rejected, 1u) << "as metadata: one item comes twice";
  for (std::size_t size = 4; size < packed.size(); ++size) {
    EXPECT_THROW(read(packed.substr(0, size), ""), Error) << size;
    EXPECT_THROW(read(kReviews, packed.substr(0, size)), Error) << size;
  }
}

}  // namespace
}  // namespace akin
