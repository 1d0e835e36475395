#include "akin/store/measured.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/error.h"

namespace akin {
namespace {

TEST(Measured, ReadsBackWhatWasWritten) {
  const Measured measured{.holdout = "last",
                          .training_events = 210,
                          .epochs = 7,
                          .protocol = "all 20 items ranked",
                          .users = 30,
                          .lists = 30,
                          .test_events = 31,
                          .mean_events = 2,
                          .cutoffs = {5, 10},
                          .figures = {{"NDCG@10", 0.25, 0.1, 0.4}, {"coverage@10", 0.5}}};
  const std::string text = measured_text(measured);
  const Measured read = parse_measured(text, "x");
  EXPECT_EQ(measured_text(read), text);
  EXPECT_EQ(read.holdout, "last");
  EXPECT_EQ(read.training_events, 210u);
  EXPECT_EQ(read.mean_events, 2u);
  EXPECT_EQ(read.cutoffs, (std::vector<int>{5, 10}));
  EXPECT_EQ(read.figures[0].high, 0.4);
  EXPECT_TRUE(std::isnan(read.figures[1].low));
}

TEST(Measured, WhatIsNotSuchATextIsRefused) {
  Measured measured;
  measured.holdout = "last";
  measured.cutoffs = {5};
  measured.figures = {{"HR@5", 1}};
  const std::string text = measured_text(measured);
  EXPECT_NO_THROW(parse_measured(text, "x"));
  const auto broken = [&](const std::string& from, const std::string& to) {
    std::string wrong = text;
    return wrong.replace(wrong.find(from), from.size(), to);
  };
  for (const std::string& wrong :
       {std::string(), std::string("[]"), broken("\"last\"", "1"), broken("[5]", "5"), broken("[5]", "[0]"),
        broken("[5]", "[1.5]"), broken("\"HR@5\"", "null"), broken("\"users\":0", "\"users\":-1"),
        broken("\"epochs\":0", "\"epochs\":\"x\"")})
    EXPECT_THROW(parse_measured(wrong, "x"), Error) << wrong;
}

}  // namespace
}  // namespace akin
