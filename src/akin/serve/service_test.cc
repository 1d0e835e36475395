#include "akin/serve/service.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/data/builder.h"
#include "akin/encode/encoders.h"
#include "akin/fusion/content_model.h"
#include "akin/store/bundle_for_test.h"

namespace akin {
namespace {

/// Item popularity a > b > c > d; u has a and b, v has a, items in two categories.
Dataset dataset() {
  DatasetBuilder builder;
  const std::vector<std::pair<const char*, const char*>> events = {
      {"u", "a"}, {"u", "b"}, {"v", "a"}, {"x", "a"}, {"x", "b"},
      {"x", "c"}, {"y", "c"}, {"y", "b"}, {"y", "a"}, {"z", "d"}};
  std::int64_t time = 0;
  for (const auto& [user, item] : events) builder.add_event(user, item, 1, ++time);
  for (const char* item : {"a", "c"}) builder.set_item_attribute(item, "category", "Home|Kitchen");
  for (const char* item : {"b", "d"}) builder.set_item_attribute(item, "category", "Home|Garden");
  ImportReport report;
  return builder.build("events", {}, report, {});
}

Bundle popularity_bundle() { return train_bundle(dataset(), {.holdout = Holdout::kNone}, "popularity"); }

Bundle load_and_save(const Bundle& bundle) {
  const TempDir dir;
  save_bundle(bundle, dir / "b");
  return load_bundle(dir / "b");
}

std::vector<std::string> names(const Service& service, const std::vector<Scored>& items) {
  std::vector<std::string> result;
  for (const Scored& entry : items) result.emplace_back(service.bundle().dataset.items.id(entry.idx));
  return result;
}

using Names = std::vector<std::string>;

TEST(Service, LeavesOutWhatTheUserHas) {
  const Service service(popularity_bundle());
  EXPECT_EQ(names(service, service.recommend({.user = "u", .k = 10}).items), (Names{"c", "d"}));
  EXPECT_EQ(names(service, service.recommend({.user = "u", .k = 1}).items), (Names{"c"}));
  EXPECT_EQ(names(service, service.recommend({.history = {"c"}, .k = 2}).items), (Names{"a", "b"}));
  EXPECT_EQ(names(service, service.recommend({.user = "u", .history = {"c"}, .k = 10}).items), (Names{"d"}));
}

TEST(Service, ValidationAndHistoryEventsAreKnownButNotCounted) {
  // u: a b c d, v: a b c, w: a b; the last is held out, the second-last of u and v is validation.
  DatasetBuilder builder;
  std::int64_t time = 0;
  for (const auto& [user, items] :
       std::vector<std::pair<const char*, std::string>>{{"u", "abcd"}, {"v", "abc"}, {"w", "ab"}}) {
    for (const char item : items) builder.add_event(user, std::string(1, item), 1, ++time);
  }
  ImportReport report;
  const SplitSpec split = {.holdout = Holdout::kLast, .validation = true};
  const Service service(train_bundle(builder.build("events", {}, report, {}), split, "item-knn"));
  const Recommendations masked = service.recommend({.user = "v", .k = 10});
  EXPECT_EQ(names(service, masked.items), (Names{"d"})) << "c, which is held out, is what v has";
  const Recommendations stranger = service.recommend({.k = 2});
  EXPECT_TRUE(stranger.fallback);
  EXPECT_EQ(stranger.items, (std::vector<Scored>{{0, 3}, {1, 1}}));  // training events of a and b
}

TEST(Service, ItemsWithoutAVectorComeLast) {
  DatasetBuilder builder;
  for (int u = 0; u < 12; ++u) {  // items 0 to 2 are liked, the others are not
    for (int i = 0; i < 6; ++i) {
      const float stars = i < 3 ? 5 : 1;
      if ((u + i) % 5 != 0)
        builder.add_event("u" + std::to_string(u), "i" + std::to_string(i), stars, (u + i) % 7);
    }
  }
  builder.add_event("u0", "held", 3, 99);  // its only event is held out: nothing is known of it
  builder.set_item_attribute("unseen", "title", "in no event");
  ImportReport report;
  const Service service(train_bundle(builder.build("events", {}, report, {}), {.holdout = Holdout::kLast},
                                     {"mf-sgd", {{"factors", "2"}}}));
  const std::vector<Scored> list = service.recommend({.user = "u1", .k = 20, .include_seen = true}).items;
  ASSERT_EQ(list.size(), 7u) << "not what is in no event";
  EXPECT_EQ(service.bundle().dataset.items.id(list.back().idx), "held");
  EXPECT_LT(list[list.size() - 2].score, list.back().score) << "below others, whatever their scores";
}

TEST(Service, ShowsSeenItemsOnRequest) {
  const Service service(popularity_bundle());
  EXPECT_EQ(names(service, service.recommend({.user = "u", .k = 2, .include_seen = true}).items),
            (Names{"a", "b"}));
}

TEST(Service, FiltersBeforeTheTopK) {
  const Service service(popularity_bundle());
  EXPECT_EQ(
      names(service, service.recommend({.user = "v", .k = 2, .filters = {{"category", "garden"}}}).items),
      (Names{"b", "d"}));
  EXPECT_EQ(
      names(service,
            service
                .recommend(
                    {.user = "v", .k = 2, .filters = {{"category", "Home"}}, .exclude = {"b", "unknown"}})
                .items),
      (Names{"c", "d"}));
  EXPECT_TRUE(service.recommend({.user = "u", .k = 2, .exclude = {"c", "d"}}).items.empty());
}

TEST(Service, UnknownNamesComeWithAdvice) {
  const Service service(popularity_bundle());
  const auto message = [&](const RecommendRequest& request) {
    try {
      service.recommend(request);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(message({.user = "q", .strict = true}).substr(0, 16), "unknown user 'q'");
  EXPECT_EQ(message({.history = {"a", "q"}, .strict = true}).substr(0, 16), "unknown item 'q'");
  EXPECT_EQ(message({.user = "u", .exclude = {"q"}, .strict = true}).substr(0, 16), "unknown item 'q'");
  EXPECT_EQ(message({.user = "u", .mask_kinds = {EventKind::kPurchase}}),
            "no event is of the kind purchase; there are: rating");
  EXPECT_EQ(message({.user = "u", .filters = {{"categori", "Home"}}}),
            "items have no attribute 'categori' (did you mean category?); they have: category");
  EXPECT_EQ(message({.user = "u", .filters = {{"category", "Kitchem"}}}),
            "no item has category 'Kitchem' (did you mean Kitchen?)");
  EXPECT_THROW(service.similar("a", 3, {}), Error) << "popularity has no similar items";
}

TEST(Service, UnknownIdsAreLeftOutAndNamed) {
  const Service service(popularity_bundle());
  const Recommendations stranger = service.recommend({.user = "q", .k = 2, .exclude = {"a", "none"}});
  EXPECT_EQ(names(service, stranger.items), (Names{"b", "c"}));
  EXPECT_TRUE(stranger.unknown.user);
  EXPECT_EQ(stranger.unknown.excluded, (Names{"none"}));
  const Recommendations rest = service.recommend({.history = {"a", "q", "b"}, .k = 5});
  EXPECT_EQ(names(service, rest.items), (Names{"c", "d"}));
  EXPECT_EQ(rest.unknown.history, (Names{"q"}));
  EXPECT_FALSE(rest.unknown.user);
  EXPECT_EQ(service.recommend({.user = "u", .history = {"q"}, .k = 5}).items,
            service.recommend({.user = "u", .k = 5}).items);
  EXPECT_FALSE(service.recommend({.user = "u"}).unknown.any());
}

TEST(Service, HeldOutItemsAreMaskedAsAllOthers) {
  const Service service(train_bundle(dataset(), {.holdout = Holdout::kLast}, "popularity"));
  ASSERT_EQ(service.bundle().test.size(), 3u);  // b of u, c of x, a of y
  EXPECT_EQ(names(service, service.recommend({.user = "u", .k = 9}).items), (Names{"c", "d"}));
  EXPECT_EQ(names(service, service.recommend({.user = "y", .k = 9}).items), (Names{"d"}));
  EXPECT_EQ(service.recommend({.user = "y", .k = 9, .include_seen = true}).items.size(), 4u);
}

TEST(Service, MasksByKindOfEvent) {
  DatasetBuilder builder;
  builder.add_event("u", "a", 1, 1, EventKind::kView);
  builder.add_event("u", "b", 1, 2, EventKind::kPurchase);
  builder.add_event("u", "c", 1, 3, EventKind::kPurchase);
  builder.add_event("v", "d", 1, 1, EventKind::kView);
  builder.add_event("v", "a", 1, 2, EventKind::kView);
  ImportReport report;
  const Service service(
      train_bundle(builder.build("events", {}, report, {}), {.holdout = Holdout::kLast}, "popularity"));
  EXPECT_EQ(names(service, service.recommend({.user = "u", .k = 9}).items), (Names{"d"}));
  const RecommendRequest purchases{.user = "u", .k = 9, .mask_kinds = {EventKind::kPurchase}};
  EXPECT_EQ(names(service, service.recommend(purchases).items), (Names{"a", "d"})) << "c is held out";
}

TEST(Service, AtMostSoManyOfAGroup) {
  DatasetBuilder builder;
  for (int item = 0; item < 60; ++item) {  // popularity falls; brand x has the first 40, then y and none
    const std::string id = "i" + std::to_string(item);
    for (int user = 0; user < 60 - item; ++user) builder.add_event("u" + std::to_string(user), id, 1, item);
    if (item < 58) builder.set_item_attribute(id, "brand", item < 40 ? (item % 2 == 0 ? "X" : "x") : "y");
  }
  ImportReport report;
  const Service service(
      train_bundle(builder.build("events", {}, report, {}), {.holdout = Holdout::kNone}, "popularity"));
  const auto ask = [&](std::size_t k, std::size_t most) {
    return names(service, service.recommend({.k = k, .at_most = {{most, "brand"}}}).items);
  };
  EXPECT_EQ(ask(4, 2), (Names{"i0", "i1", "i40", "i41"}));
  EXPECT_EQ(ask(9, 2), (Names{"i0", "i1", "i40", "i41", "i58", "i59"})) << "no more keep to the limit";
  EXPECT_EQ(ask(60, 60).size(), 60u);
  EXPECT_THROW(ask(3, 0), Error);
  EXPECT_THROW(service.recommend({.at_most = {{1, "brnd"}}}), Error);
}

/// Of so many items, the first question is answered by the item vectors, the next ones by a copy in 8 bits.
TEST(Service, ManyItemsAreRankedByTheModelsScores) {
  DatasetBuilder builder;
  for (int item = 0; item < 10'007; ++item) {
    const std::string id = "i" + std::to_string(item);
    builder.add_event("u" + std::to_string(item % 101), id, 1, item);
    builder.set_item_attribute(id, "brand", "b" + std::to_string(item % 7));
  }
  ImportReport report;
  const ModelSpec spec("bpr", {{"factors", "32"}, {"epochs", "0"}});
  const Service service(
      train_bundle(builder.build("many", {}, report, {}), {.holdout = Holdout::kNone}, spec));
  const Dataset& data = service.bundle().dataset;
  const auto expected = [&](const RecommendRequest& request) {
    const idx_t user = data.users.at(*request.user, "user");
    std::vector<float> scores(data.n_items());
    EXPECT_TRUE(service.bundle().model->score_all({.user = user}, scores));
    std::vector<char> allowed = service.allowed_items(request);
    for (const Event& event : data.events) {
      if (event.user == user && !request.include_seen) allowed[event.item] = 0;
    }
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (allowed[i] == 0) scores[i] = -std::numeric_limits<float>::infinity();
    }
    LimitedList limited(data, request.at_most);
    std::vector<Scored> list = top_k(scores, scores.size());
    std::erase_if(list, [&](const Scored& entry) { return !limited.take(entry.idx); });
    list.resize(std::min(list.size(), request.k));
    return list;
  };
  const RecommendRequest seen{.user = "u3", .k = 20, .include_seen = true};
  EXPECT_EQ(service.recommend(seen).items, expected(seen)) << "by vectors";
  for (const char* user : {"u3", "u57"}) {
    for (const RecommendRequest& request :
         {RecommendRequest{.user = user, .k = 20, .include_seen = true},
          RecommendRequest{.user = user, .k = 20},
          RecommendRequest{.user = user, .k = 30, .filters = {{"brand", "b2"}}, .exclude = {"i9", "i16"}},
          RecommendRequest{.user = user, .k = 2000, .filters = {{"brand", "b2"}}},
          RecommendRequest{.user = user, .k = 12, .at_most = {{2, "brand"}}},
          RecommendRequest{.user = user, .k = 15, .at_most = {{2, "brand"}}}}) {
      EXPECT_EQ(service.recommend(request).items, expected(request)) << user << ", k = " << request.k;
    }
  }
}

TEST(Service, BatchEqualsSingle) {
  const Service service(popularity_bundle());
  const RecommendRequest request = {.k = 3, .filters = {{"category", "Home"}}};
  const auto allowed = service.allowed_items(request);
  for (idx_t user = 0; user < service.bundle().dataset.n_users(); ++user) {
    RecommendRequest single = request;
    single.user = std::string(service.bundle().dataset.users.id(user));
    EXPECT_EQ(service.recommend(user, allowed, request).items, service.recommend(single).items);
  }
}

TEST(Service, AnswersContentByAPartOfTheBundle) {
  Bundle bundle = popularity_bundle();
  const auto place = [&](const std::string& name, const ParamValues& params) {
    const ItemContent content(bundle.dataset);
    const std::vector<idx_t> items = items_to_learn_from({bundle.dataset, bundle.dataset.events});
    auto encoder = find_encoder("attributes").fit({content, items, nullptr}, params, {});
    set_part(bundle, {name, std::make_shared<ContentModel>(std::move(encoder), content, false, Context{})});
  };
  place("shelf", {});
  const Service one(load_and_save(bundle));
  EXPECT_EQ(names(one, one.similar("a", 1, {}, "shelf")), (Names{"c"}));
  EXPECT_EQ(names(one, one.similar("b", 1, {}, "shelf")), (Names{"d"}));
  EXPECT_EQ(names(one, one.similar_to_text("Home|Garden", 2, {})), (Names{"b", "d"})) << "the only part";
  EXPECT_TRUE(one.similar_to_text("Home|Garden", 2, {{"category", "Kitchen"}}, "shelf").empty());
  EXPECT_THROW(one.similar("a", 1, {}), Error) << "popularity has no notion of it";
  place("other", {});
  const Service two(load_and_save(bundle));
  EXPECT_THROW(two.similar_to_text("Home", 1, {}), Error) << "which of two?";
  EXPECT_EQ(names(two, two.similar_to_text("Home|Garden", 2, {}, "other")), (Names{"b", "d"}));
}

TEST(Service, AFusedModelAnswersTextsByTheSourcesThatReadThem) {
  const ModelSpec spec("fused", {{"sources", "attributes fields=category; svd factors=2"},
                                 {"learn_weights", "false"},
                                 {"dimensions", "0"}});
  const Service service(load_and_save(train_bundle(dataset(), {.holdout = Holdout::kNone}, spec)));
  EXPECT_EQ(names(service, service.similar_to_text("Home|Garden", 2, {})), (Names{"b", "d"}));
  EXPECT_EQ(names(service, service.similar_to_text("Home|Garden", 2, {{"category", "Kitchen"}})),
            (Names{"a", "c"}));
  EXPECT_TRUE(service.similar_to_text("Toys", 2, {}).empty());
  EXPECT_EQ(service.similar_to_user("u", 3, {}).size(), 3u);
  EXPECT_THROW(service.similar_to_picture("a.png", 2, {}), Error) << "no source reads pictures";
}

TEST(Bundle, ReadsBackWhatWasWritten) {
  const TempDir dir;
  Context context;
  context.seed = ~std::uint64_t{0};
  const Bundle bundle = train_bundle(dataset(), parse_split("ratio:0.3", 7),
                                     ModelSpec("popularity", {{"half-life-days", "30"}}), {context});
  save_bundle(bundle, dir / "b");
  const Bundle loaded = load_bundle(dir / "b");
  EXPECT_EQ(loaded.entry, bundle.entry);
  EXPECT_EQ(loaded.params, bundle.params);
  EXPECT_EQ(loaded.params.at("half_life_days"), "30");
  EXPECT_EQ(loaded.seed, bundle.seed);
  EXPECT_EQ(loaded.fit_seconds, bundle.fit_seconds);
  EXPECT_EQ(to_string(loaded.split), "ratio:0.3");
  EXPECT_EQ(loaded.split.seed, 7u);
  EXPECT_EQ(loaded.dataset.events, bundle.dataset.events);
  EXPECT_EQ(loaded.test, bundle.test);
  EXPECT_EQ(loaded.dataset.events.size() + loaded.test.size(), 10u);
  std::vector<float> before(4), after(4);
  EXPECT_TRUE(bundle.model->score_all({}, before));
  EXPECT_TRUE(loaded.model->score_all({}, after));
  EXPECT_EQ(before, after);
}

TEST(Bundle, EveryTruncationIsAnError) {
  const TempDir dir;
  save_bundle(popularity_bundle(), dir / "b");
  const std::string whole = read_file(dir / "b");
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    write_file(dir / "cut", whole.substr(0, size));
    EXPECT_THROW(load_bundle(dir / "cut"), Error) << size;
  }
}

}  // namespace
}  // namespace akin
