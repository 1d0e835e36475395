#include "akin/catalog/sources.h"

#include <gtest/gtest.h>

#include "akin/base/error_for_test.h"
#include "akin/data/builder.h"

namespace akin {
namespace {

/// Two users, two items; events at different times or without, of different values or of one.
Dataset events(bool times, bool values) {
  DatasetBuilder builder;
  int number = 0;
  for (const char* const user : {"u", "v"}) {
    for (const char* const item : {"a", "b"}) {
      ++number;
      builder.add_event(user, item, values ? static_cast<float>(number) : 1, times ? number : kNoTime);
    }
  }
  ImportReport report;
  return builder.build("shop", {}, report, {});
}

TEST(Sources, WhatAModelCannotDoWithoutIsMissed) {
  const Dataset bare = events(false, true);
  EXPECT_TRUE(contains(missing_source("bagged-prod2vec", bare), "--time"));
  EXPECT_EQ(missing_source("bagged-prod2vec", events(true, true)), "");
  const ModelSpec recency("mf-sgd", {{"weights", "recency"}});
  EXPECT_TRUE(contains(missing_source(recency, bare), "needs times, and shop has none"));
  EXPECT_EQ(missing_source(recency, events(true, true)), "");
  EXPECT_EQ(missing_source("mf-sgd", bare), "");
  EXPECT_TRUE(contains(missing_source("deepconn", bare), "learns from reviews, and shop has none"));
  EXPECT_TRUE(contains(missing_source("content-tfidf", bare), "--items FILE"));
}

TEST(Sources, AFieldOfContentThatIsNotThereIsMissed) {
  DatasetBuilder builder;
  builder.add_event("u", "a", 1, 1);
  builder.set_item_attribute("a", "title", "steel kettle");
  ImportReport report;
  const Dataset data = builder.build("shop", {}, report, {});
  EXPECT_EQ(missing_source("content-tfidf", data), "");
  EXPECT_TRUE(contains(missing_source({"content-tfidf", {{"fields", "titel"}}}, data), "did you mean title"));
  EXPECT_TRUE(contains(missing_source("content-pretrained", data), "`akin encoder import` writes it"));
  EXPECT_EQ(missing_source({"content-pretrained", {{"file", "tiny.enc"}}}, data), "");
  EXPECT_EQ(missing_source("content-sasrec", data), "");
  EXPECT_TRUE(contains(
      missing_source({"content-sasrec", {{"content", "tfidf; attributes fields=brand"}}}, data), "'brand'"));
}

TEST(Sources, WhatAModelDoesWithoutIsRemarked) {
  EXPECT_TRUE(
      contains(source_remark("mf-sgd", events(true, false)), "the values of all events of shop are 1"));
  EXPECT_EQ(source_remark("mf-sgd", events(true, true)), "");
  EXPECT_EQ(source_remark("als", events(true, false)), "");
  EXPECT_TRUE(contains(source_remark("meta-prod2vec", events(true, true)), "has none"));
  Dataset dislikes = events(true, true);
  dislikes.events[0].value = -1;
  dislikes.events[1].value = 0;
  for (const char* const model : {"popularity", "item-knn", "user-knn", "co-occurrence"})
    EXPECT_TRUE(contains(source_remark(model, dislikes), "2 of 4 events of shop have values of 0 or less"))
        << model;
  EXPECT_EQ(source_remark("mf-sgd", dislikes), "");
}

}  // namespace
}  // namespace akin
