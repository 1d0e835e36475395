#include "akin/data/synthetic.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"

namespace akin {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / fmt::format("akin_synthetic_{}_{}", ::getpid(), ++made_)) {
    fs::remove_all(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string name() const { return path_.string(); }
  fs::path operator/(const std::string& leaf) const { return path_ / leaf; }
  std::size_t entries() const {
    return fs::exists(path_) ? static_cast<std::size_t>(std::distance(fs::directory_iterator(path_), {})) : 0;
  }

 private:
  inline static int made_ = 0;
  fs::path path_;
};

std::string bytes_of(const fs::path& path) {  // read_file() refuses pictures
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::map<std::string, std::string> contents(const Folder& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder.name())) {
    if (entry.is_regular_file()) {
      files[fs::relative(entry.path(), folder.name()).string()] = bytes_of(entry.path());
    }
  }
  return files;
}

SyntheticConfig small_synthetic() {
  SyntheticConfig config;
  config.users = 307;
  config.items = 211;
  config.events = 7001;
  config.categories = 12;
  config.image_size = 16;
  return config;
}

ErrorCode code_of(const SyntheticConfig& config, const std::string& directory, const Context& context = {}) {
  try {
    write_synthetic(config, directory, context);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

struct Line {
  idx_t user, item;
  int rating;
  std::int64_t time;
  std::string text;
};

/// One data set and what is read back from it, for all tests of its content.
class SyntheticData : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new Folder;
    files_ = write_synthetic(small_synthetic(), folder_->name(), {.seed = 5, .threads = 2});
    truth_ = new SyntheticTruth(load_synthetic_truth(files_.truth));
    LineReader reader(files_.reviews);
    while (const auto line = reader.next()) {
      const json review = json::parse(*line);
      lines_.push_back({truth_->users.at(review["reviewerID"].get<std::string>(), "user"),
                        truth_->items.at(review["asin"].get<std::string>(), "item"),
                        static_cast<int>(review["overall"].get<double>()),
                        review["unixReviewTime"].get<std::int64_t>(),
                        review["reviewText"].get<std::string>()});
      EXPECT_FALSE(review["summary"].get<std::string>().empty());
      EXPECT_LE(review["helpful"][0].get<int>(), review["helpful"][1].get<int>());
      EXPECT_GE(review["reviewTime"].get<std::string>().size(), 10u);
    }
  }
  static void TearDownTestSuite() {
    lines_.clear();
    delete truth_;
    delete folder_;
  }

  inline static Folder* folder_ = nullptr;
  inline static SyntheticFiles files_;
  inline static SyntheticTruth* truth_ = nullptr;
  inline static std::vector<Line> lines_;
};

TEST_F(SyntheticData, HasTheNumbersAskedFor) {
  EXPECT_EQ(lines_.size(), 7001u);
  EXPECT_EQ(files_.events, 7001u);
  EXPECT_EQ(truth_->users.size(), 307u);
  EXPECT_EQ(truth_->items.size(), 211u);
  EXPECT_EQ(files_.cold_items, 10u);
  std::set<std::pair<idx_t, idx_t>> pairs;
  std::vector<int> per_user(307, 0), per_item(211, 0);
  for (const Line& line : lines_) {
    EXPECT_TRUE(pairs.emplace(line.user, line.item).second) << "a pair twice";
    ++per_user[line.user];
    ++per_item[line.item];
  }
  EXPECT_GE(*std::ranges::min_element(per_user), 5);
  for (std::size_t i = 0; i < per_item.size(); ++i) EXPECT_EQ(per_item[i] == 0, truth_->cold[i] == 1) << i;
  for (std::size_t n = 1; n < lines_.size(); ++n) {
    if (lines_[n].user != lines_[n - 1].user) continue;
    EXPECT_GT(lines_[n].time, lines_[n - 1].time);
  }
  const auto [first, last] = std::ranges::minmax(lines_, {}, &Line::time);
  EXPECT_GE(first.time, 1356998400);
  EXPECT_LE(last.time, 1356998400 + 731 * 86400);
  EXPECT_GT(last.time - first.time, 700 * 86400);
}

TEST_F(SyntheticData, RatingsFollowTheTruth) {
  std::map<int, int> stars;
  double sum = 0, residual = 0, squares = 0, spread = 0;
  for (const Line& line : lines_) {
    ++stars[line.rating];
    sum += line.rating;
  }
  const double n = static_cast<double>(lines_.size()), mean = sum / n;
  for (const Line& line : lines_) {
    const double error = line.rating - truth_->expected_rating(line.user, line.item);
    residual += error;
    squares += error * error;
    spread += (line.rating - mean) * (line.rating - mean);
  }
  EXPECT_NEAR(mean, 4.2, 0.2);
  EXPECT_EQ(stars.begin()->first, 1);
  EXPECT_EQ(stars.rbegin()->first, 5);
  EXPECT_GT(stars[5], stars[3]);
  EXPECT_NEAR(residual / n, 0, 0.03);
  EXPECT_LT(std::sqrt(squares / n), 0.9 * std::sqrt(spread / n)) << "knowing the truth must help";
}

TEST_F(SyntheticData, UsersPickWhatTheyLike) {
  double picked = 0, others = 0, own_share = 0, chance_share = 0;
  Rng rng(1);
  for (const Line& line : lines_) {
    picked += truth_->affinity(line.user, line.item);
    std::size_t other;
    do other = rng.below(truth_->items.size());
    while (truth_->category[other] != truth_->category[line.item] || truth_->cold[other]);
    others += truth_->affinity(line.user, other);
    own_share += truth_->category_share(line.user, truth_->category[line.item]);
    chance_share += truth_->category_share((line.user + 101) % 307, truth_->category[line.item]);
  }
  const double n = static_cast<double>(lines_.size());
  EXPECT_GT(picked / n, others / n + 0.15);
  EXPECT_GT(own_share / n, 1.3 * chance_share / n);
}

TEST_F(SyntheticData, TheNextItemCompletesTheLast) {
  double completes = 0, chance = 0, with_last = 0, without = 0;
  int steps = 0;
  for (std::size_t n = 1; n < lines_.size(); ++n) {
    const Line &last = lines_[n - 1], &next = lines_[n];
    if (last.user != next.user) continue;
    ++steps;
    const idx_t wanted = truth_->complement[truth_->category[last.item]];
    completes += truth_->category[next.item] == wanted;
    chance += truth_->category_share(next.user, wanted);
    if (steps > 500) continue;
    with_last += std::log(truth_->pick_probabilities(next.user, last.item)[next.item]);
    without += std::log(truth_->pick_probabilities(next.user)[next.item]);
  }
  EXPECT_GT(completes / steps, chance / steps + 0.2);
  EXPECT_GT(with_last / 500, without / 500 + 0.2) << "nats per event that the last item tells";
}

TEST_F(SyntheticData, WordsTellCategoryStyleAndRating) {
  int mugs = 0, mug_words = 0, other_words = 0, others = 0, praise_high = 0, high = 0, praise_low = 0,
      low = 0;
  std::size_t words = 0;
  for (const Line& line : lines_) {
    const std::string_view category = truth_->category_names[truth_->category[line.item]];
    const bool about_coffee = line.text.find("dishwasher") != std::string::npos;
    (category == "Home|Kitchen|Mugs" ? mugs : others) += 1;
    (category == "Home|Kitchen|Mugs" ? mug_words : other_words) += about_coffee;
    bool praise = false;
    for (const char* word :
         {"xcellent", "onderful", "uperb", "antastic", "perfect", "great", "Perfect", "Great"}) {
      praise = praise || line.text.find(word) != std::string::npos;
    }
    (line.rating == 5 ? high : low) += 1;
    (line.rating == 5 ? praise_high : praise_low) += praise;
    words += static_cast<std::size_t>(std::ranges::count(line.text, ' ')) + 1;
  }
  EXPECT_GT(mug_words, mugs / 10);
  EXPECT_EQ(other_words, 0);
  EXPECT_GT(others, 0);
  EXPECT_GT(praise_high, high * 9 / 10);
  EXPECT_LT(praise_low, low / 20);
  EXPECT_NEAR(static_cast<double>(words) / static_cast<double>(lines_.size()), 22, 3);
}

TEST_F(SyntheticData, MetadataDescribesEveryItem) {
  LineReader reader(files_.metadata);
  std::size_t items = 0, own_style = 0;
  while (const auto line = reader.next()) {
    const json meta = json::parse(*line);
    const idx_t item = truth_->items.at(meta["asin"].get<std::string>(), "item");
    EXPECT_EQ(item, items++);
    std::string path;
    for (const auto& level : meta["categories"][0])
      path += (path.empty() ? "" : "|") + level.get<std::string>();
    EXPECT_EQ(path, truth_->category_names[truth_->category[item]]);
    const std::string title = meta["title"].get<std::string>();
    EXPECT_EQ(meta["brand"].get<std::string>(), truth_->brand_names[truth_->brand[item]]);
    EXPECT_TRUE(title.starts_with(meta["brand"].get<std::string>()));
    EXPECT_NE(title.find(truth_->colour_names[truth_->colour[item]]), std::string::npos);
    EXPECT_GT(meta["price"].get<double>(), 0.9);
    EXPECT_TRUE(fs::exists(*folder_ / meta["imUrl"].get<std::string>()));
    const auto style = truth_->item_style[item];
    own_style +=
        truth_->colour[item] / 3 == static_cast<std::size_t>(std::ranges::max_element(style) - style.begin());
    EXPECT_EQ(meta.contains("related"), truth_->cold[item] == 0);
    if (truth_->cold[item]) continue;
    for (const auto& other : meta["related"]["also_bought"]) {
      const idx_t linked = truth_->items.at(other.get<std::string>(), "item");
      EXPECT_EQ(truth_->category[linked], truth_->complement[truth_->category[item]]);
      EXPECT_FALSE(truth_->cold[linked]);
    }
  }
  EXPECT_EQ(items, 211u);
  EXPECT_GT(own_style, items / 2) << "the colour tells the main style";
}

TEST_F(SyntheticData, SessionsWalkAmongLikeThings) {
  LineReader reader(files_.sessions);
  EXPECT_EQ(*reader.next(), "session_id\titem_id\ttime\tkind");
  std::string last_session;
  std::int64_t last_time = 0;
  std::optional<idx_t> last_item;
  std::map<std::string, int> kinds;
  std::set<std::string> sessions;
  std::uint64_t lines = 0;
  int near = 0, steps = 0;
  while (const auto line = reader.next()) {
    ++lines;
    std::vector<std::string> cells;
    for (std::string_view rest = *line;; rest.remove_prefix(rest.find('\t') + 1)) {
      cells.emplace_back(rest.substr(0, rest.find('\t')));
      if (rest.find('\t') == std::string_view::npos) break;
    }
    ASSERT_EQ(cells.size(), 4u);
    const idx_t item = truth_->items.at(cells[1], "item");
    EXPECT_FALSE(truth_->cold[item]);
    if (cells[0] == last_session) {
      EXPECT_GT(std::stoll(cells[2]), last_time);
      const idx_t before = truth_->category[*last_item], here = truth_->category[item];
      near += here == before || here == truth_->complement[before];
      ++steps;
    } else {
      EXPECT_TRUE(sessions.insert(cells[0]).second) << "a session in two places";
    }
    last_session = cells[0], last_time = std::stoll(cells[2]), last_item = item;
    ++kinds[cells[3]];
  }
  EXPECT_EQ(lines, files_.session_lines);
  EXPECT_EQ(sessions.size(), files_.sessions_written);
  EXPECT_NEAR(static_cast<double>(sessions.size()), 7001 * 0.25, 150);
  EXPECT_EQ(near, steps);
  EXPECT_EQ(kinds.size(), 4u);
  EXPECT_EQ(kinds["cart"], kinds["purchase"]);
  EXPECT_GT(kinds["view"], kinds["click"]);
}

TEST_F(SyntheticData, TruthComesBackAndDamageIsSeen) {
  EXPECT_EQ(truth_->users.id(0), "U00001");
  EXPECT_EQ(truth_->items.id(210), "B00211");
  EXPECT_NEAR(std::accumulate(truth_->background.begin(), truth_->background.end(), 0.0), 1, 1e-5);
  for (std::size_t i = 0; i < 211; ++i) {
    const auto row = truth_->item_style[i];
    EXPECT_NEAR(std::inner_product(row.begin(), row.end(), row.begin(), 0.0), 1, 1e-5);
  }
  double total = 0;
  for (idx_t c = 0; c < 12; ++c) total += truth_->category_share(17, c);
  EXPECT_NEAR(total, 1, 1e-5);
  EXPECT_EQ(TensorReader(files_.truth).meta("seed"), "5");
  std::string bytes = read_file(files_.truth);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  const std::string damaged = (*folder_ / "damaged").string();
  write_file(damaged, bytes);
  EXPECT_THROW(load_synthetic_truth(damaged), Error);
  fs::remove(damaged);
  EXPECT_THROW(load_synthetic_truth(damaged), Error);
}

TEST(Synthetic, SameBytesAtAnyThreadCount) {
  SyntheticConfig config = small_synthetic();
  config.events = 20011;  // several chunks
  Folder one, three, eight, other_seed;
  write_synthetic(config, one.name(), {.seed = 1, .threads = 1});
  write_synthetic(config, three.name(), {.seed = 1, .threads = 3});
  write_synthetic(config, eight.name(), {.seed = 1, .threads = 8});
  config.images = false;
  write_synthetic(config, other_seed.name(), {.seed = 2, .threads = 1});
  const auto expected = contents(one);
  EXPECT_EQ(expected.size(), 7u + 211u) << "with the list of what was made";
  EXPECT_TRUE(expected == contents(three));
  EXPECT_TRUE(expected == contents(eight));
  for (const auto& [name, bytes] : contents(other_seed)) {
    if (name == "README.txt" || name == ".akin-made") continue;
    EXPECT_NE(bytes, expected.at(name)) << name;
  }
}

TEST(Synthetic, SessionsAndTextDoNotChangeThePicks) {
  SyntheticConfig config = small_synthetic();
  config.images = false;
  Folder with, without;
  const SyntheticFiles full = write_synthetic(config, with.name(), {.seed = 3, .threads = 2});
  config.session_share = 0;
  config.review_words = 0;
  const SyntheticFiles bare = write_synthetic(config, without.name(), {.seed = 3, .threads = 2});
  EXPECT_EQ(bare.sessions, "");
  EXPECT_FALSE(fs::exists(without / "sessions.tsv"));
  LineReader a(full.reviews), b(bare.reviews);
  while (const auto line = a.next()) {
    json left = json::parse(*line), right = json::parse(b.next().value());
    EXPECT_FALSE(right.contains("reviewText"));
    for (const char* key : {"reviewerID", "asin", "overall", "unixReviewTime"})
      EXPECT_EQ(left[key], right[key]);
  }
  EXPECT_FALSE(b.next());
}

TEST(Synthetic, TheSmallestAndTheFullestDatasets) {
  SyntheticConfig config = small_synthetic();
  config.users = config.items = config.events = config.min_events = 1;
  config.categories = config.brands = config.styles = 1;
  Folder tiny;
  EXPECT_EQ(write_synthetic(config, tiny.name(), {.threads = 4}).events, 1u);
  EXPECT_EQ(load_synthetic_truth((tiny / "truth.safetensors").string()).pick_probabilities(0)[0], 1);

  config = small_synthetic();
  config.users = 7;
  config.items = 31;
  config.cold_items = 0;
  config.events = 7 * 31;
  config.categories = 5;
  config.brands = 1;
  config.popularity = 2;
  config.taste_strength = 8;
  config.sequence = 1;
  config.rating_noise = 0;
  Folder full;
  EXPECT_EQ(write_synthetic(config, full.name(), {.threads = 4}).events, 217u);

  config.events = 218;
  Folder never;
  try {
    write_synthetic(config, never.name(), {});
    FAIL() << "more events than pairs";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("35 to 217"), std::string::npos) << error.what();
  }
  config.events = 34;
  EXPECT_EQ(code_of(config, never.name()), ErrorCode::kUsage);
  config.min_events = 32;
  config.events = 7 * 32;
  EXPECT_EQ(code_of(config, never.name()), ErrorCode::kUsage);
  config = small_synthetic();
  config.styles = 13;
  EXPECT_EQ(code_of(config, never.name()), ErrorCode::kUsage);
  EXPECT_FALSE(fs::exists(never.name()));
}

TEST(Synthetic, StopsCleanly) {
  Folder folder;
  for (const std::string phase : {"drawing", "writing"}) {
    std::stop_source source;
    Context context{.threads = 2};
    context.stop = source.get_token();
    context.on_progress = [&](const Progress& progress) {
      if (progress.phase == phase) source.request_stop();
    };
    SyntheticConfig config = small_synthetic();
    config.events = 20011;
    EXPECT_EQ(code_of(config, folder.name(), context), ErrorCode::kCancelled) << phase;
    EXPECT_EQ(folder.entries(), 0u) << phase;
  }
}

TEST(Synthetic, ReplacesOnlyItsOwnKind) {
  Folder folder;
  SyntheticConfig config = small_synthetic();
  write_synthetic(config, folder.name(), {.seed = 1, .threads = 2});
  write_file((folder / "images/mine.jpg").string(), "mine");
  config.items = 101;
  config.session_share = 0;
  write_synthetic(config, folder.name(), {.seed = 1, .threads = 2});
  EXPECT_FALSE(fs::exists(folder / "sessions.tsv"));
  EXPECT_EQ(contents(folder).size(), 5u + 101u + 1u + 1u) << "with mine.jpg and the list of what was made";
  EXPECT_EQ(read_file((folder / "images/mine.jpg").string()), "mine");

  Folder foreign;
  fs::create_directory(foreign.name());
  write_file((foreign / "thesis.txt").string(), "mine");
  EXPECT_EQ(code_of(config, foreign.name()), ErrorCode::kUsage);
  EXPECT_EQ(foreign.entries(), 1u);
  EXPECT_EQ(code_of(config, (foreign / "thesis.txt").string()), ErrorCode::kUsage);
}

}  // namespace
}  // namespace akin
