#include "akin/encode/attribute_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "akin/encode/content_for_test.h"

namespace akin {
namespace {

std::map<std::string, double> row(const ContentEncoder& encoder, std::size_t item) {
  const Csr rows = encoder.encode_sparse(test::shelf_content(), {});
  std::map<std::string, double> result;
  for (std::size_t e = 0; e < rows.row_size(item); ++e)
    result[encoder.dimension(rows.cols_of(item)[e])] = static_cast<double>(rows.values_of(item)[e]);
  return result;
}

std::unique_ptr<ContentEncoder> fit(const AttributeEncoder::Config& config) {
  const ItemContent content = test::shelf_content();
  const std::vector<idx_t> items = test::first_items(6);
  return AttributeEncoder::fit({content, items}, config, {});
}

TEST(AttributeEncoder, ValuesAreDimensionsAndNumbersAreStandardized) {
  AttributeEncoder::Config config;
  config.weighting = "one-hot";
  const auto encoder = fit(config);
  EXPECT_EQ(encoder->fields(), (std::vector<std::string>{"brand", "category", "price"})) << "not the title";
  // brand: 1; category: two elements, 1 / sqrt 2 each; price: (20 - 25) / sqrt 125.
  const double price = (20 - 25) / std::sqrt(125.0), length = std::sqrt(2 + price * price);
  const auto first = row(*encoder, 0);
  EXPECT_NEAR(first.at("brand=Acme"), 1 / length, 1e-6);
  EXPECT_NEAR(first.at("category=Home"), std::sqrt(0.5) / length, 1e-6);
  EXPECT_NEAR(first.at("category=Kitchen"), std::sqrt(0.5) / length, 1e-6);
  EXPECT_NEAR(first.at("price"), price / length, 1e-6);
  EXPECT_FALSE(row(*encoder, 3).contains("price")) << "no price: the mean, which is 0";
}

TEST(AttributeEncoder, RareValuesCountMore) {
  AttributeEncoder::Config config;
  config.fields = "category";
  const auto third = row(*fit(config), 2);
  // 5 items have a category; Home is in 4 of them, Tools in 2.
  EXPECT_NEAR(third.at("category=Home") / third.at("category=Tools"), std::log(5.0 / 4) / std::log(5.0 / 2),
              1e-5);
}

TEST(AttributeEncoder, PathsTellElementsByThoseBefore) {
  AttributeEncoder::Config config;
  config.fields = "category";
  config.paths = true;
  const auto first = row(*fit(config), 0);
  EXPECT_TRUE(first.contains("category=Home"));
  EXPECT_TRUE(first.contains("category=Home|Kitchen"));
}

TEST(AttributeEncoder, HashedValuesKeepTheirProducts) {
  AttributeEncoder::Config config;
  config.fields = "brand,category";
  const Matrix plain = fit(config)->encode(test::shelf_content(), {});
  config.hash_bits = 16;  // seven values: no two meet
  const auto encoder = fit(config);
  EXPECT_EQ(encoder->dim(), 65536u);
  const Matrix hashed = encoder->encode(test::shelf_content(), {});
  for (std::size_t a = 0; a < 6; ++a) {
    for (std::size_t b = 0; b < 6; ++b) {
      double x = 0, y = 0;
      for (std::size_t c = 0; c < plain.cols(); ++c)
        x += static_cast<double>(plain.row(a)[c] * plain.row(b)[c]);
      for (std::size_t c = 0; c < hashed.cols(); ++c)
        y += static_cast<double>(hashed.row(a)[c] * hashed.row(b)[c]);
      EXPECT_NEAR(x, y, 1e-6) << a << "," << b;
    }
  }
}

}  // namespace
}  // namespace akin
