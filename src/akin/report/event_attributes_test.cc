// Attributes of events on their way: from data to nets, bundles, questions, updates and out again.
#include <gtest/gtest.h>

#include "akin/base/io.h"
#include "akin/base/rng.h"
#include "akin/base/temp_dir.h"
#include "akin/data/event_contexts.h"
#include "akin/experiment/forget.h"
#include "akin/experiment/made_dataset_for_test.h"
#include "akin/experiment/train.h"
#include "akin/experiment/update.h"
#include "akin/report/item_text.h"
#include "akin/serve/service.h"

namespace akin {
namespace {

constexpr int kCircle = 13, kEvents = 12;
const std::vector<std::string> kDevices = {"phone", "desktop", "watch"};

std::string device_of(int user, int step, int devices) {
  return kDevices.at(Rng::mix(static_cast<std::uint64_t>(user * kEvents + step)) %
                     static_cast<std::uint64_t>(devices));
}

/// Users from `first` to `last` go around a circle of items: from a phone to the next, from a desktop to the one after it.
/// `page` says nothing. One user has a device of their own.
Dataset circle_with_devices(int first, int last, int devices = 2) {
  DatasetBuilder builder;
  for (int i = 0; i < kCircle; ++i)
    builder.set_item_attribute("i" + std::to_string(i), "title", "thing number" + std::to_string(i));
  for (int u = first; u < last; ++u) {
    int item = u;
    for (int step = 0; step < kEvents; ++step) {
      const std::string device = device_of(u, step, devices);
      const std::uint64_t event =
          builder.add_event("u" + std::to_string(u), "i" + std::to_string(item % kCircle), 1,
                            (1'400'000'000 + 60 * step) * kSecond, EventKind::kView);
      builder.set_event_attribute(event, "device", u == 5 && step == 3 ? "fridge of u5" : device);
      builder.set_event_attribute(event, "page", "p" + std::to_string(Rng::mix(event) % 5));
      item += device == "desktop" ? 2 : 1;
    }
  }
  ImportReport report;
  return builder.build("devices", {}, report, {});
}

ModelSpec net_of_devices(const char* model, const std::string& inputs) {
  return {model,
          {{"factors", "16"},
           {"layers", "1"},
           {"max_length", "8"},
           {"epochs", "30"},
           {"batch_size", "16"},
           {"learning_rate", "0.01"},
           {"dropout", "0.1"},
           {"negatives", "8"},
           {"inputs", inputs}}};
}

Bundle trained_on_devices(const char* model, const std::string& inputs, int threads = 1) {
  return train(circle_with_devices(0, 61), net_of_devices(model, inputs), {}, {.threads = threads}).bundle;
}

Bundle through_file(const Bundle& bundle) {
  const TempDir dir;
  save_bundle(bundle, dir / "net.akin");
  return load_bundle(dir / "net.akin");
}

RecommendRequest after_steps(int first, std::vector<std::string> devices) {
  RecommendRequest request{.k = 1, .include_seen = true};
  for (int step = 0; step < 4; ++step)
    request.history.push_back("i" + std::to_string((first + step) % kCircle));
  if (!devices.empty()) request.history_attributes = {{"device", std::move(devices)}};
  return request;
}

std::string first_item(const Service& service, const RecommendRequest& request) {
  return std::string(service.bundle().dataset.items.id(service.recommend(request).items.at(0).idx));
}

/// How many answers are right, of two for each item: from a phone and from a desktop.
int right_answers(const Service& service, bool told) {
  int right = 0;
  for (int first = 0; first < kCircle; ++first) {
    for (const int step : {1, 2}) {
      std::vector<std::string> devices = {"phone", "phone", "phone", step == 1 ? "phone" : "desktop"};
      if (!told) devices.clear();
      right += first_item(service, after_steps(first, devices)) ==
               "i" + std::to_string((first + 3 + step) % kCircle);
    }
  }
  return right;
}

TEST(EventAttributes, DecideWhatComesNext) {
  for (const char* model : {"sasrec", "content-hstu"}) {
    const Service with(trained_on_devices(model, "page,device"));
    EXPECT_GE(right_answers(with, true), 24) << model;
    EXPECT_LE(right_answers(Service(trained_on_devices(model, "")), false), kCircle) << model;
  }
}

TEST(EventAttributes, AreTheSameBitsAtAnyNumberOfThreadsAndInAFile) {
  const Bundle one = trained_on_devices("sasrec", "device");
  const Bundle read = through_file(one), three = trained_on_devices("sasrec", "device", 3);
  ASSERT_EQ(n_contexts(read.dataset.event_attributes), 4u) << "nothing known, phone, desktop and that of u5";
  EXPECT_EQ(read.dataset.events, one.dataset.events);
  EXPECT_EQ(read.test, one.test);
  const auto contexts = [](const std::vector<Event>& events) {
    return std::ranges::count_if(events, [](const Event& event) { return event.context != 0; });
  };
  EXPECT_EQ(contexts(read.dataset.events) + contexts(read.test), 61 * kEvents);
  const std::vector<std::uint16_t> codes = {1, 2};
  const std::vector<idx_t> history = {3, 4};
  std::vector<std::vector<float>> scores;
  for (const Bundle* bundle : {&one, &read, &three}) {
    ASSERT_TRUE(
        bundle->model->score_all({.history = history, .contexts = codes}, scores.emplace_back(kCircle)));
    EXPECT_EQ(scores.back(), scores.front());
  }
  std::vector<float> untold(kCircle);
  ASSERT_TRUE(read.model->score_all({.history = history}, untold));
  EXPECT_NE(untold, scores.front());
}

TEST(EventAttributes, UnknownValuesAddNothingAndAreSaid) {
  const Service service(trained_on_devices("sasrec", "device"));
  const RecommendRequest untold = after_steps(2, {}), watch = after_steps(2, {"watch"});
  const Recommendations answer = service.recommend(watch);
  EXPECT_EQ(answer.unknown.attributes, (std::vector<std::string>{"device=watch"}));
  EXPECT_TRUE(contains(unknown_texts(service.bundle().dataset, watch, answer.unknown).at(0), "device=watch"));
  EXPECT_EQ(answer.items.at(0).score, service.recommend(untold).items.at(0).score);
  EXPECT_NE(answer.items.at(0).score, service.recommend(after_steps(2, {"phone"})).items.at(0).score);
  EXPECT_EQ(first_item(service, after_steps(2, {"phone", "", "watch", "desktop"})), "i7");
  const auto error = [&](ErrorCode code, const RecommendRequest& request) {
    return message_of(code, [&] { service.recommend(request); });
  };
  EXPECT_TRUE(contains(error(ErrorCode::kUsage, after_steps(2, {"phone", "phone"})),
                       "4 items and 2 values of device"));
  RecommendRequest wrong = after_steps(2, {});
  wrong.history_attributes = {{"page", {"p1"}}};
  EXPECT_TRUE(contains(error(ErrorCode::kNotFound, wrong), "it reads device"));
  RecommendRequest strict = watch;
  strict.strict = true;
  EXPECT_TRUE(contains(error(ErrorCode::kNotFound, strict), "watch"));
  const auto refused = [](const char* inputs) {
    return message_of(ErrorCode::kUsage, [&] { trained_on_devices("sasrec", inputs); });
  };
  EXPECT_TRUE(contains(refused("devise"), "did you mean device?"));
  EXPECT_TRUE(contains(refused("device,hour"), "only hstu knows"));
}

/// hstu: before noon comes the next item, after noon the one after it.
TEST(EventAttributes, AndTheTimeOfTheAnswerDecideTogether) {
  constexpr std::int64_t kHour = 3600 * kSecond;
  DatasetBuilder builder;
  for (int u = 0; u < 101; ++u) {
    int item = u;
    std::int64_t time = 0;
    for (int step = 0; step < kEvents; ++step) {
      builder.add_event("u" + std::to_string(u), "i" + std::to_string(item % kCircle), 1, time);
      time += kHour *
              static_cast<std::int64_t>(1 + Rng::mix(static_cast<std::uint64_t>(u * kEvents + step)) % 23);
      item += time / kHour % 24 < 12 ? 1 : 2;
    }
  }
  ImportReport report;
  ModelSpec spec = net_of_devices("hstu", "hour");
  const Service service(train(builder.build("hours", {}, report, {}), spec).bundle);
  int right = 0;
  for (int first = 0; first < kCircle; ++first) {
    RecommendRequest request = after_steps(first, {});
    for (int step = 0; step < 4; ++step) request.history_times.push_back((100 * 24 + 10 * step) * kHour);
    for (const int step : {1, 2}) {
      request.now = request.history_times.back() + (step == 1 ? 4 : 16) * kHour;  // at 10 and at 22 o'clock
      right += first_item(service, request) == "i" + std::to_string((first + 3 + step) % kCircle);
    }
  }
  EXPECT_GE(right, 23);
}

TEST(EventAttributes, OfAnUpdateComeBehindTheKnownOnes) {
  Bundle before = trained_on_devices("sasrec", "page,device");
  const auto text_of = [](const Bundle& bundle, const Event& event, const char* name) {
    const std::vector<ContextColumn> columns = context_columns(bundle.dataset.event_attributes);
    const ContextColumn& context = *find_context(columns, name);
    return std::string(context.column->values.id(context.code(event.context)));
  };
  std::vector<std::string> pages;
  for (const Event& event : before.dataset.events) pages.push_back(text_of(before, event, "page"));
  const std::size_t n = before.dataset.events.size();
  Remarks remarks;
  const Bundle after =
      update(std::move(before), circle_with_devices(61, 71, 3), {.epochs = 1}, remarks.context()).bundle;
  ASSERT_TRUE(after.dataset.event_attributes.find("device")->values.find("watch"));
  ASSERT_EQ(after.dataset.events.size(), n + 10 * kEvents);
  for (std::size_t e = 0; e < after.dataset.events.size(); ++e) {
    const Event& event = after.dataset.events[e];
    const int user = std::stoi(std::string(after.dataset.users.id(event.user)).substr(1));
    const auto step = static_cast<int>((event.time / kSecond - 1'400'000'000) / 60);
    const std::string device = device_of(user, step, user < 61 ? 2 : 3);
    EXPECT_EQ(text_of(after, event, "device"), user == 5 && step == 3 ? "fridge of u5" : device);
    if (e < n) {
      EXPECT_EQ(text_of(after, event, "page"), pages[e]);
    }
  }
  EXPECT_FALSE(remarks.has("no attribute"));
  EXPECT_GE(right_answers(Service(through_file(after)), true), 24) << "what was learned stays";
  update(through_file(after), made_dataset(), {.epochs = 1}, remarks.context());
  EXPECT_TRUE(remarks.has("no attribute 'device'"));
}

TEST(EventAttributes, OfAForgottenUserAreGone) {
  const TempDir dir;
  const std::string path = dir / "net.akin";
  save_bundle(trained_on_devices("sasrec", "device"), path);
  ASSERT_TRUE(contains(read_file(path), "fridge"));
  forget({"u5"}, {path});
  EXPECT_FALSE(contains(read_file(path), "fridge"));
  EXPECT_GE(right_answers(Service(load_bundle(path)), true), 24);
}

TEST(EventAttributes, OfTooManyValuesAreRefused) {
  DatasetBuilder builder;
  for (int e = 0; e < 300; ++e) {
    const std::uint64_t event =
        builder.add_event("u" + std::to_string(e % 7), "i" + std::to_string(e % 5), 1, e);
    for (const char* name : {"session", "query"})
      builder.set_event_attribute(event, name, name + std::to_string(e));
  }
  ImportReport report;
  const Dataset data = builder.build("many", {}, report, {});
  Dataset one = data, both = data;
  note_contexts(one, {"query"});
  EXPECT_EQ(n_contexts(one.event_attributes), 301u);
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData,
                                  [&] {
                                    note_contexts(both, {"query", "session"});
                                  }),
                       "more than 65536 combinations (301 query x 301 session)"));
}

}  // namespace
}  // namespace akin
