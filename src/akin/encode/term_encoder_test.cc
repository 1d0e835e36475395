#include "akin/encode/term_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "akin/base/error_for_test.h"
#include "akin/encode/content_for_test.h"

namespace akin {
namespace {

using Weights = std::map<std::string, double>;

std::vector<Weights> rows_of(const ContentEncoder& encoder, const ItemContent& content) {
  const Csr rows = encoder.encode_sparse(content, {});
  std::vector<Weights> result(rows.rows());
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    for (std::size_t e = 0; e < rows.row_size(r); ++e)
      result[r][encoder.dimension(rows.cols_of(r)[e])] = static_cast<double>(rows.values_of(r)[e]);
  }
  return result;
}

/// sklearn.feature_extraction.text.TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True) 1.5.2 on the titles of the
/// items learned from; computed by its formula.
TEST(TfidfEncoder, IsScikitLearns) {
  const ItemContent content = test::shelf_content();
  const std::vector<idx_t> items = {0, 1, 2, 3};
  const auto encoder = TfidfEncoder::fit({content, items}, {}, {});
  EXPECT_EQ(encoder->dim(), 5u + 5u) << "steel, kettle, kitchen, knife, bread and pairs";
  const auto idf = [](double with) { return std::log(5 / (1 + with)) + 1; };
  // "steel kettle steel": steel twice, kettle, "steel kettle", "kettle steel".
  const double steel = (1 + std::log(2)) * idf(3), kettle = idf(2), pair = idf(2), other = idf(1);
  const double length = std::sqrt(steel * steel + kettle * kettle + pair * pair + other * other);
  const std::vector<Weights> rows = rows_of(*encoder, content);
  EXPECT_NEAR(rows[1].at("steel"), steel / length, 1e-6);
  EXPECT_NEAR(rows[1].at("kettle"), kettle / length, 1e-6);
  EXPECT_NEAR(rows[1].at("steel kettle"), pair / length, 1e-6);
  EXPECT_NEAR(rows[1].at("kettle steel"), other / length, 1e-6);
  EXPECT_EQ(rows[1].size(), 4u);
}

TEST(Bm25Encoder, IsTheFormula) {
  const ItemContent content = test::shelf_content();
  const std::vector<idx_t> items = {0, 1, 2, 3};
  Bm25Encoder::Config config;
  config.ngrams = 1;
  config.normalize = false;
  const auto encoder = Bm25Encoder::fit({content, items}, config, {});
  const auto idf = [](double with) { return std::log(1 + (4 - with + 0.5) / (with + 0.5)); };
  const double mean = (2 + 3 + 3 + 2) / 4.0;
  const auto part = [&](double count, double length) {
    return count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / mean));
  };
  const std::vector<Weights> rows = rows_of(*encoder, content);
  EXPECT_NEAR(rows[1].at("steel"), idf(3) * part(2, 3), 1e-5);
  EXPECT_NEAR(rows[3].at("bread"), idf(1) * part(1, 2), 1e-5);
}

TEST(TermEncoder, LeavesOutRareAndCommonTerms) {
  const ItemContent content = test::shelf_content();
  const std::vector<idx_t> items = test::first_items(6);
  TfidfEncoder::Config config;
  config.ngrams = 1;
  config.min_items = 2;
  config.max_share = 0.5f;
  const auto encoder = TfidfEncoder::fit({content, items}, config, {});
  // Five items have words: steel is in three, kettle and knife in two, the others in one.
  std::vector<std::string> terms;
  for (std::size_t t = 0; t < encoder->dim(); ++t) terms.push_back(encoder->dimension(t));
  EXPECT_EQ(terms, (std::vector<std::string>{"kettle", "knife"}));
  config.min_items = 5;
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData,
                                  [&] {
                                    TfidfEncoder::fit({content, items}, config, {});
                                  }),
                       "min_items"));
}

TEST(TermEncoder, FieldsAreOneText) {
  const ItemContent content = test::shelf_content();
  const std::vector<idx_t> items = test::first_items(6);
  TfidfEncoder::Config config;
  config.fields = "title,brand";
  const auto encoder = TfidfEncoder::fit({content, items}, config, {});
  const std::vector<Weights> rows = rows_of(*encoder, content);
  EXPECT_TRUE(rows[0].contains("acme"));
  EXPECT_TRUE(rows[0].contains("kettle"));
  EXPECT_FALSE(rows[0].contains("kettle acme")) << "no pair across fields";
}

TEST(FieldWeights, CountEachWordSoManyTimes) {
  AttributeTable table;
  for (const std::string text : {"kettle", "knife"}) {
    table.column("brand").push_back("acme " + text);
    table.column("title").push_back("steel " + text);
  }
  const ItemContent content(std::move(table), 2);
  const std::vector<idx_t> items = {0, 1};
  const auto fit = [&](const std::string& fields, float k) {
    Bm25Encoder::Config config;
    config.fields = fields;
    config.ngrams = 1;
    config.k1 = k;
    return Bm25Encoder::fit({content, items}, config, {});
  };
  // "kettle" stands once in each field: with weights 2 and 1 it counts three times, and "steel" twice.
  const auto encoder = fit("title:2,brand", 100);
  const Csr rows = encoder->encode_sparse(content, {});
  std::map<std::string, float> values;
  for (std::size_t e = 0; e < rows.row_size(0); ++e)
    values[encoder->dimension(rows.cols_of(0)[e])] = rows.values_of(0)[e];
  EXPECT_NEAR(values["steel"] / values["acme"], 2, 0.05);
  EXPECT_EQ(encoder->fields(), (std::vector<std::string>{"title", "brand"}));
  EXPECT_NE(fit("title,brand", 100)->encode_sparse(content, {}).values, rows.values);
  EXPECT_EQ(fit("title:1,brand", 100)->encode_sparse(content, {}).values,
            fit("title,brand", 100)->encode_sparse(content, {}).values);
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { fit("title:0,brand", 1); }), "'title:0'"));
  EXPECT_EQ(split_field_weight("a:b:2.5"), std::pair(std::string_view("a:b"), 2.5F));
}

}  // namespace
}  // namespace akin
