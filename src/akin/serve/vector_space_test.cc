#include "akin/serve/vector_space.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/rng.h"
#include "akin/base/temp_dir.h"
#include "akin/serve/analogies.h"

namespace akin {
namespace {

constexpr std::size_t kSpaceDim = 19;

struct World {
  IdMap ids;
  Matrix vectors;
};
World world(std::size_t size, std::uint64_t seed = 3) {
  World result;
  for (std::size_t r = 0; r < size; ++r) result.ids.add(fmt::format("w{}", r));
  result.vectors = Matrix::normal(size, kSpaceDim, 2, seed);
  return result;
}

/// 3CosAdd in plain loops: cosines with the sum of unit vectors.
std::vector<double> naive_scores(const Matrix& vectors, const std::vector<idx_t>& plus,
                                 const std::vector<idx_t>& minus) {
  const auto norm = [&](const std::vector<double>& x) {
    double sum = 0;
    for (const double v : x) sum += v * v;
    return std::sqrt(sum);
  };
  const auto row = [&](idx_t r) { return std::vector<double>(vectors[r].begin(), vectors[r].end()); };
  std::vector<double> query(kSpaceDim);
  for (const auto& [items, sign] : {std::pair(plus, 1.0), std::pair(minus, -1.0)}) {
    for (const idx_t item : items) {
      const std::vector<double> x = row(item);
      for (std::size_t d = 0; d < kSpaceDim; ++d) query[d] += sign * x[d] / norm(x);
    }
  }
  std::vector<double> scores;
  for (idx_t r = 0; r < vectors.rows(); ++r) {
    const std::vector<double> x = row(r);
    double sum = 0;
    for (std::size_t d = 0; d < kSpaceDim; ++d) sum += query[d] * x[d];
    scores.push_back(sum / norm(x) / norm(query));
  }
  return scores;
}

TEST(VectorSpace, NearestToASumOfDirections) {
  const World w = world(211);
  const VectorSpace space(w.ids, w.vectors.clone());
  const std::vector<idx_t> plus = {5, 17}, minus = {3, 101};
  const std::vector<double> expected = naive_scores(w.vectors, plus, minus);
  const std::vector<Scored> got = space.nearest(plus, minus, 1000);
  ASSERT_EQ(got.size(), 207U);  // all but the four given
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i].score, expected[got[i].idx], 1e-5);
    EXPECT_LE(got[i].score, got[i > 0 ? i - 1 : i].score);
    for (const idx_t given : {5U, 17U, 3U, 101U}) EXPECT_NE(got[i].idx, given);
  }
  std::vector<char> allowed(211);
  allowed[7] = allowed[5] = allowed[200] = 1;
  const std::vector<Scored> few = space.nearest(plus, minus, 10, allowed);
  ASSERT_EQ(few.size(), 2U);
  EXPECT_EQ(few[0].idx + few[1].idx, 207U);
}

TEST(VectorSpace, ZeroRowsAreNearNothing) {
  World w = world(13);
  for (const std::size_t zero : {4, 9}) std::ranges::fill(w.vectors[zero], 0.0F);
  const VectorSpace space(w.ids, w.vectors.clone());
  const idx_t known = 2, zero = 4;
  EXPECT_EQ(space.nearest(std::span(&known, 1), {}, 100).size(), 10U);
  EXPECT_TRUE(space.nearest(std::span(&zero, 1), {}, 100).empty());
  EXPECT_TRUE(space.nearest(std::span(&known, 1), std::span(&known, 1), 100).empty());
  EXPECT_EQ(space.nearest(w.vectors[2], 3)[0].idx, 2U);
  EXPECT_TRUE(space.nearest(w.vectors[4], 3).empty());
}

TEST(VectorSpace, FindsIdsAsFilesHoldThem) {
  IdMap ids;
  for (const char* id : {"paris", "new%20york", "NATO", "été"}) ids.add(id);
  const VectorSpace space(ids, Matrix::normal(4, 3, 1, 1));
  EXPECT_EQ(space.find("new york"), 1U);
  EXPECT_EQ(space.find("new%20york"), 1U);
  EXPECT_EQ(space.find("Paris"), std::nullopt);
  EXPECT_EQ(space.find_word("Paris"), 0U);
  EXPECT_EQ(space.find_word("ÉTÉ"), 3U);
  EXPECT_EQ(space.find_word("nato"), std::nullopt);
  EXPECT_EQ(space.at("NATO"), 2U);
  try {
    space.at("pariss");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_NE(std::string(error.what()).find("did you mean paris"), std::string::npos) << error.what();
  }
}

class AnalogiesTest : public testing::Test {
 protected:
  std::vector<AnalogySection> ask(const VectorSpace& space, const std::string& content, int threads = 1) {
    write_file(path_, content);
    Context context;
    context.threads = threads;
    return answer_analogies(space, path_, context);
  }
  TempDir dir_;
  const std::string path_ = dir_ / "questions";
};

TEST_F(AnalogiesTest, SameAsOneByOne) {
  const World w = world(701);  // more than one tile
  const VectorSpace space(w.ids, w.vectors.clone());
  Rng rng(5);
  std::string content = ": first\n";
  std::uint64_t correct = 0, asked = 0;
  for (int q = 0; q < 211; ++q) {
    if (q == 100) content += "\n:second one\n";
    std::array<idx_t, 3> given{};
    for (idx_t& word : given) word = static_cast<idx_t>(rng.below(701));
    const std::vector<idx_t> plus = {given[1], given[2]};
    const std::vector<Scored> best = space.nearest(plus, std::span(given.data(), 1), 2);
    if (given[0] == given[1] || given[0] == given[2]) continue;
    const bool right = q % 3 != 0;
    content += fmt::format("w{} w{}\tw{} w{}\n", given[0], given[1], given[2], best[right ? 0 : 1].idx);
    correct += right;
    ++asked;
  }
  content += "w1 w2 w3 absent\n";
  for (const int threads : {1, 2, 7}) {
    const std::vector<AnalogySection> got = ask(space, content, threads);
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0].name, "first");
    EXPECT_EQ(got[1].name, "second one");
    EXPECT_EQ(got[0].questions + got[1].questions, asked);
    EXPECT_EQ(got[0].correct + got[1].correct, correct);
    EXPECT_EQ(got[0].skipped, 0U);
    EXPECT_EQ(got[1].skipped, 1U);
  }
}

TEST_F(AnalogiesTest, UnusableFiles) {
  const World w = world(7);
  const VectorSpace space(w.ids, w.vectors.clone());
  for (const auto& [content, message] : std::vector<std::pair<std::string, std::string>>{
           {": s\nw1 w2 w3\n", ":2: 3 words"},
           {"", "no question"},
           {": s\nw1 w2 w3 x\n", "no question whose four words all have vectors (1 have not)"}}) {
    try {
      ask(space, content);
      FAIL() << content;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);
      EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
    }
  }
  EXPECT_EQ(ask(space, "W1 w2 w3 w4\n")[0].name, "(no section)");
  EXPECT_DOUBLE_EQ(AnalogySection{"x"}.accuracy(), 0);
}

}  // namespace
}  // namespace akin
