#include "akin/experiment/update.h"

#include "akin/experiment/made_dataset_for_test.h"
#include "akin/experiment/train.h"

namespace akin {
namespace {

constexpr std::int64_t kLater = 1'500'000'000;

ModelSpec quick_als(int epochs = 10) {
  return {"als", {{"factors", "4"}, {"epochs", std::to_string(epochs)}}};
}

/// The model of all but each user's last two events.
Bundle trained(const ModelSpec& model) { return train(made_dataset(), model, {.validation = true}).bundle; }

/// Two users with a new item, a new user with three known items, and three events that are known: of
/// training, validation and what was held out.
Dataset more_events() {
  DatasetBuilder builder;
  builder.add_event("u1", "new item", 5, kLater);
  builder.add_event("u4", "new item", 5, kLater + 1);
  builder.add_event("new user", "i2", 3, kLater + 2);
  builder.add_event("new user", "i4", 3, kLater + 3);
  builder.add_event("new user", "i6", 3, kLater + 4);
  const Dataset dataset = made_dataset();
  const std::vector<std::uint64_t> offsets = user_offsets(dataset.events, dataset.n_users());
  for (const std::uint64_t back : {1, 2, 3}) {
    const Event& event = dataset.events[offsets[8] - back];  // of user 7, the last one first
    builder.add_event(dataset.users.id(event.user), dataset.items.id(event.item), event.value, event.time);
  }
  ImportReport report;
  return builder.build("more", {}, report, {});
}

TEST(Update, AddsUsersItemsAndEvents) {
  const Bundle before = trained(quick_als());
  const UpdateResult result = update(trained(quick_als()), more_events());
  EXPECT_EQ(result.counts.events, 5u);
  EXPECT_EQ(result.counts.users, 1u);
  EXPECT_EQ(result.counts.items, 1u);
  EXPECT_EQ(result.counts.known, 3u);
  const Bundle& after = result.bundle;
  EXPECT_EQ(after.dataset.n_users(), 48u);
  EXPECT_EQ(after.dataset.n_items(), 29u);
  EXPECT_EQ(after.training_events().size(), before.training_events().size() + 5);
  EXPECT_EQ(after.model->n_items(), 29u);
  EXPECT_EQ(after.updates, 1);
  EXPECT_EQ(after.seed, before.seed);
  EXPECT_EQ(after.params, before.params);
}

TEST(Update, WhatWasHeldOutStaysHeldOut) {
  for (const char* model : {"als", "item-knn"}) {
    const Bundle before = trained(model);
    const Bundle after = update(trained(model), more_events()).bundle;
    EXPECT_EQ(after.split, before.split);
    EXPECT_EQ(after.test, before.test);
    EXPECT_EQ(events_of(after.dataset.events, Subset::kValidation),
              events_of(before.dataset.events, Subset::kValidation));
    const std::vector<Event> training = after.training_events();
    for (const Event& event : before.test)
      EXPECT_TRUE(std::ranges::none_of(training, [&](const Event& other) {
        return other.user == event.user && other.item == event.item;
      }));
  }
}

TEST(Update, AFifthOfThePassesUnlessSaid) {
  const UpdateResult fifth = update(trained(quick_als(13)), more_events());
  EXPECT_EQ(fifth.epochs, 2);
  EXPECT_EQ(fifth.log.epochs(), 2);
  EXPECT_EQ(fifth.bundle.params.at("epochs"), "13") << "what a fit from scratch would take";
  EXPECT_EQ(update(trained(quick_als(3)), more_events()).epochs, 1) << "at least one";
  const UpdateResult four = update(trained(quick_als()), more_events(), {.epochs = 4});
  EXPECT_EQ(four.epochs, 4);
  EXPECT_EQ(four.log.epochs(), 4);
  const UpdateResult of_new_params =
      update(trained(quick_als()), more_events(), {.params = {{"epochs", "20"}}});
  EXPECT_EQ(of_new_params.epochs, 4);
  EXPECT_EQ(of_new_params.bundle.params.at("epochs"), "20");
}

TEST(Update, NoPassesFoldInOnly) {
  const Bundle before = trained(quick_als());
  const UpdateResult result = update(trained(quick_als()), more_events(), {.epochs = 0});
  EXPECT_EQ(result.epochs, 0);
  EXPECT_EQ(result.log.epochs(), 0);
  const Matrix old_items = item_embedding(before), items = item_embedding(result.bundle);
  for (std::size_t i = 0; i < old_items.rows(); ++i)
    EXPECT_TRUE(std::ranges::equal(old_items[i], items[i])) << "item " << i << " was trained";
  EXPECT_TRUE(std::ranges::any_of(items[28], [](float x) { return x != 0; })) << "the new item";
  const Matrix old_users = user_embedding(before, {}), users = user_embedding(result.bundle, {});
  for (std::size_t u = 0; u < old_users.rows(); ++u) {
    const bool has_new_events = u == 1 || u == 4;
    EXPECT_EQ(std::ranges::equal(old_users[u], users[u]), !has_new_events) << "user " << u;
  }
  EXPECT_TRUE(std::ranges::any_of(users[47], [](float x) { return x != 0; })) << "the new user";
}

TEST(Update, OthersAreFittedAnew) {
  const UpdateResult result = update(trained("item-knn"), more_events());
  EXPECT_FALSE(result.epochs);
  const std::string text =
      message_of(ErrorCode::kUsage, [] { update(trained("item-knn"), more_events(), {.epochs = 1}); });
  EXPECT_TRUE(contains(text, "item-knn cannot continue")) << text;
  // Without anything held out it is the model of all events.
  const Bundle updated =
      update(train(made_dataset(), "item-knn", {.holdout = "none"}).bundle, more_events()).bundle;
  const Bundle again = train(updated.dataset, "item-knn", {.holdout = "none"}).bundle;
  EXPECT_EQ(scores_of(updated), scores_of(again));
}

TEST(Update, NothingNewIsSaid) {
  const UpdateResult result = update(trained(quick_als()), made_dataset());
  EXPECT_TRUE(result.nothing_new);
  EXPECT_EQ(result.counts.known, 328U);
  EXPECT_EQ(result.counts.events, 0U);
  EXPECT_FALSE(update(trained(quick_als()), more_events()).nothing_new);
}

TEST(Update, CountsUpdates) {
  Bundle bundle = trained(quick_als());
  EXPECT_EQ(bundle.updates, 0);
  bundle = update(std::move(bundle), more_events()).bundle;
  DatasetBuilder builder;
  builder.add_event("new user", "i8", 3, kLater + 9);
  ImportReport report;
  const UpdateResult second = update(std::move(bundle), builder.build("still more", {}, report, {}));
  EXPECT_EQ(second.bundle.updates, 2);
  EXPECT_EQ(second.counts.events, 1u);
  EXPECT_EQ(second.counts.users, 0u);
}

TEST(Update, OtherParametersAndSeeds) {
  const UpdateResult dashes =
      update(trained(quick_als()), more_events(), {.params = {{"count-power", "0.5"}}});
  EXPECT_EQ(dashes.bundle.params.at("count_power"), "0.5") << "dashes and underscores are the same";
  const UpdateResult plain =
      update(trained(quick_als()), more_events(), {.params = {{"count_power", "0.5"}}});
  EXPECT_EQ(scores_of(dashes.bundle), scores_of(plain.bundle));
  EXPECT_NE(scores_of(plain.bundle), scores_of(update(trained(quick_als()), more_events()).bundle));
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage,
                                  [] {
                                    update(trained(quick_als()), more_events(), {.params = {{"alhpa", "2"}}});
                                  }),
                       "did you mean alpha"));
  message_of(ErrorCode::kUsage, [] { update(trained(quick_als()), more_events(), {.epochs = -1}); });
  const ModelSpec bpr("bpr", {{"factors", "4"}, {"epochs", "9"}});
  const auto scores = [&](const UpdateOptions& options, std::uint64_t context_seed) {
    return scores_of(update(trained(bpr), more_events(), options, {.seed = context_seed}).bundle);
  };
  EXPECT_EQ(scores({}, 1), scores({.seed = 42}, 2)) << "the bundle's seed, whatever the context's";
  EXPECT_NE(scores({}, 1), scores({.seed = 1}, 1));
  EXPECT_EQ(update(trained(bpr), more_events(), {.seed = 7}).bundle.seed, 7u);
}

TEST(Update, StopsOnRequest) {
  std::stop_source stop;
  stop.request_stop();
  message_of(ErrorCode::kCancelled,
             [&] { update(trained(quick_als()), more_events(), {}, {.stop = stop.get_token()}); });
}

}  // namespace
}  // namespace akin
