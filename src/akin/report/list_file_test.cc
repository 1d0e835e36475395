#include "akin/report/list_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/rank_threads_for_test.h"
#include "akin/base/temp_dir.h"
#include "akin/data/text/escaped_field.h"
#include "akin/report/json.h"
#include "akin/store/bundle_for_test.h"

namespace akin {
namespace {

using nlohmann::json;

const std::string kNotUtf8 = "caf\xE9";

/// Users and items whose ids need care, and a user with no events at all.
Dataset odd_dataset() {
  DatasetBuilder builder;
  builder.keep_unseen_users = true;
  const std::string items[] = {"plain", "tab\tid", "line\nid", "back\\slash", kNotUtf8, "a b"};
  const std::string users[] = {"u", "u\tv", "u\nv", kNotUtf8};
  for (int u = 0; u < 4; ++u) {
    for (int i = 0; i < 6; ++i) {
      if ((u + i) % 3 != 0) builder.add_event(users[u], items[i], 1, 100 + i);
    }
  }
  builder.set_user_attribute("stranger", "age", "30");
  builder.set_item_attribute("plain", "title", "A plain thing");
  ImportReport report;
  return builder.build("odd", {}, report, {});
}

Service service_of(Dataset data, const ModelSpec& model) {
  return Service(train_bundle(std::move(data), {.holdout = Holdout::kNone}, model));
}

/// Lines without their ends, each cut at tabs.
std::vector<std::vector<std::string>> rows_of(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, std::vector<std::string>(1));
  for (const char c : text) {
    if (c == '\n') {
      rows.emplace_back(1);
    } else if (c == '\t') {
      rows.back().emplace_back();
    } else {
      rows.back().back() += c;
    }
  }
  rows.pop_back();
  return rows;
}

class ListFile : public testing::Test {
 protected:
  std::string recommended(const Service& service, const RecommendRequest& request, ListFormat format,
                          int threads = 1) {
    counts_ = write_recommendations(service, request, dir_ / "list", format, {.threads = threads});
    return read_file(dir_ / "list");
  }
  std::vector<json> lines_of(const std::string& text) {
    std::vector<json> lines;
    for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1)
      lines.push_back(json::parse(text.substr(begin, text.find('\n', begin) - begin)));
    return lines;
  }
  bool folder_is_empty() const { return std::filesystem::is_empty(dir_ / ""); }
  TempDir dir_;
  ListCounts counts_;
};

TEST_F(ListFile, TabSeparatedRecommendationsForEveryUser) {
  const Service service = service_of(odd_dataset(), "item-knn");
  const RecommendRequest request{.k = 3, .include_seen = true};
  const auto rows = rows_of(recommended(service, request, ListFormat::kTsv));
  EXPECT_EQ(rows[0], (std::vector<std::string>{"user", "item", "rank", "score"}));
  const Dataset& dataset = service.bundle().dataset;
  std::size_t row = 0;
  for (idx_t user = 0; user < dataset.n_users(); ++user) {
    const Recommendations list =
        service.recommend({.user = std::string(dataset.users.id(user)), .k = 3, .include_seen = true});
    EXPECT_FALSE(list.items.empty());
    for (std::size_t rank = 0; rank < list.items.size(); ++rank) {
      ASSERT_LT(++row, rows.size());
      ASSERT_EQ(rows[row].size(), 4u);
      EXPECT_EQ(unescaped_field(rows[row][0]), dataset.users.id(user));
      EXPECT_EQ(unescaped_field(rows[row][1]), dataset.items.id(list.items[rank].idx));
      EXPECT_EQ(rows[row][2], std::to_string(rank + 1));
      EXPECT_EQ(std::stof(rows[row][3]), list.items[rank].score);
    }
  }
  EXPECT_EQ(row + 1, rows.size());
  EXPECT_EQ(counts_.lists, 5u);
  EXPECT_EQ(counts_.lines, row);
  EXPECT_EQ(counts_.fallbacks, 1u) << "the stranger";
}

TEST_F(ListFile, CommaSeparatedForUsersByName) {
  DatasetBuilder builder;
  for (const char* item : {"a, b", "say \"x\"", "plain"}) {
    builder.add_event("u,v", item, 1, 1);
    builder.add_event("w", item, 1, 1);
  }
  ImportReport report;
  const Service service = service_of(builder.build("odd", {}, report, {}), "popularity");
  const std::vector<std::string> users = {"nobody", "u,v"};
  counts_ = write_recommendations(service, {.k = 3, .include_seen = true}, users, dir_ / "list",
                                  ListFormat::kCsv, {.threads = 1});
  EXPECT_EQ(read_file(dir_ / "list"),
            "user,item,rank,score\nnobody,\"a, b\",1,2\nnobody,\"say \"\"x\"\"\",2,2\nnobody,plain,3,2\n"
            "\"u,v\",\"a, b\",1,2\n\"u,v\",\"say \"\"x\"\"\",2,2\n\"u,v\",plain,3,2\n");
  EXPECT_EQ(counts_.lists, 2u);
  EXPECT_EQ(counts_.unknown, 1u);
  write_recommendations(service, {.k = 1, .exclude = {"gone"}}, users, dir_ / "list", ListFormat::kJsonLines,
                        {});
  const std::vector<json> lines = lines_of(read_file(dir_ / "list"));
  EXPECT_EQ(lines.at(0).value("unknown", json()),
            json::parse(R"({"user":true,"history":[],"exclude":["gone"]})"));
  EXPECT_EQ(lines.at(1).value("unknown", json()),
            json::parse(R"({"user":false,"history":[],"exclude":["gone"]})"));
  EXPECT_THROW(write_recommendations(service, {.strict = true}, users, dir_ / "l", ListFormat::kCsv, {}),
               Error);
  write_recommendation(service, {.history = {"plain"}, .k = 1}, dir_ / "list", ListFormat::kCsv, {});
  EXPECT_EQ(read_file(dir_ / "list"), "user,item,rank,score\n,\"a, b\",1,2\n");
  EXPECT_EQ(list_format_of("x.csv"), ListFormat::kCsv);
  EXPECT_EQ(list_format_of("x.jsonl"), ListFormat::kJsonLines);
  EXPECT_EQ(list_format_of("csv"), ListFormat::kTsv);
}

TEST_F(ListFile, JsonLinesOfRecommendations) {
  const Service service = service_of(odd_dataset(), "item-knn");
  const RecommendRequest request{.k = 6, .include_seen = true};
  const std::vector<json> lines = lines_of(recommended(service, request, ListFormat::kJsonLines));
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(counts_.lists, 5u);
  EXPECT_EQ(lines[1]["user"], "u\tv");
  EXPECT_EQ(lines[2]["user"], "u\nv");
  EXPECT_FALSE(lines[1].contains("user_hex"));
  EXPECT_EQ(lines[3]["user"], "caf\xEF\xBF\xBD");
  EXPECT_EQ(lines[3]["user_hex"], "636166e9");
  EXPECT_EQ(lines[4]["user"], "stranger");
  EXPECT_EQ(lines[4]["fallback"], "popularity");
  EXPECT_FALSE(lines[0].contains("unknown"));
  EXPECT_FALSE(lines[0].contains("fallback"));
  const Recommendations list = service.recommend({.user = "u", .k = 6, .include_seen = true});
  ASSERT_EQ(lines[0]["items"].size(), list.items.size());
  std::size_t entries = 0;
  for (const json& line : lines) {
    int rank = 0;
    for (const json& item : line["items"]) {
      ++entries;
      EXPECT_EQ(item["rank"], ++rank);
      EXPECT_EQ(item.contains("item_hex"), item["item"] == "caf\xEF\xBF\xBD");
      EXPECT_EQ(item.contains("title"), item["item"] == "plain");
    }
  }
  EXPECT_EQ(counts_.lines, entries);
  EXPECT_EQ(lines[0]["items"][0]["score"].get<float>(), list.items[0].score);
}

TEST_F(ListFile, EndingsInAnyLetterCase) {
  EXPECT_EQ(list_format_of("X.CSV"), ListFormat::kCsv);
  EXPECT_EQ(list_format_of("x.JsonL"), ListFormat::kJsonLines);
  EXPECT_EQ(list_format_of("csv"), ListFormat::kTsv);
}

TEST_F(ListFile, FiltersAndExclusionsCount) {
  const Service service = service_of(odd_dataset(), "popularity");
  const auto rows = rows_of(recommended(service, {.k = 10, .exclude = {"plain", "a b"}}, ListFormat::kTsv));
  const Dataset& dataset = service.bundle().dataset;
  EXPECT_GT(rows.size(), 5u);
  for (std::size_t row = 1; row < rows.size(); ++row) {
    ASSERT_EQ(rows[row].size(), 4u);
    EXPECT_NE(rows[row][1], "plain");
    EXPECT_NE(rows[row][1], "a b");
    const idx_t user = dataset.users.at(unescaped_field(rows[row][0]), "user");
    const idx_t item = dataset.items.at(unescaped_field(rows[row][1]), "item");
    EXPECT_TRUE(std::ranges::none_of(dataset.events, [&](const Event& event) {
      return event.user == user && event.item == item;
    })) << "seen";
  }
  const auto filtered = rows_of(recommended(
      service, {.k = 10, .include_seen = true, .filters = {{"title", "a plain thing"}}}, ListFormat::kTsv));
  EXPECT_EQ(filtered.size(), 6u);
  for (std::size_t row = 1; row < filtered.size(); ++row) EXPECT_EQ(filtered[row].at(1), "plain");
}

/// More users than are written at a time.
Dataset many_users() {
  DatasetBuilder builder;
  for (int u = 0; u < 2100; ++u) {
    for (int step = 0; step < 3; ++step)
      builder.add_event("u" + std::to_string(u), "i" + std::to_string((u * 7 + step * step) % 19), 1, step);
  }
  ImportReport report;
  return builder.build("many", {}, report, {});
}

TEST_F(ListFile, SameFileAtAnyNumberOfThreads) {
  const Service service = service_of(many_users(), "item-knn");
  for (const ListFormat format : {ListFormat::kTsv, ListFormat::kJsonLines}) {
    const std::string one = recommended(service, {.k = 3}, format, 1);
    EXPECT_EQ(recommended(service, {.k = 3}, format, 3), one);
    EXPECT_EQ(counts_.lists, 2100u);
  }
}

TEST_F(ListFile, SameFileAtAnyNumberOfRanks) {
  DatasetBuilder builder;
  for (int u = 0; u < 4500; ++u)  // more than a block of two ranks
    builder.add_event("u" + std::to_string(u), "i" + std::to_string(u % 7), 1, 100);
  ImportReport report;
  const Service service = service_of(builder.build("many", {}, report, {}), "popularity");
  const std::vector<std::string> users = {"u3", "nobody", "u1"};
  for (const ListFormat format : {ListFormat::kTsv, ListFormat::kJsonLines}) {
    const RecommendRequest request{.k = 2};
    const std::string all = recommended(service, request, format);
    const ListCounts counts_of_all = counts_;
    const ListCounts counts =
        write_recommendations(service, request, users, dir_ / "some", format, {.threads = 1});
    EXPECT_EQ(counts.unknown, 1u);
    for (const int size : {2, 3}) {
      on_ranks(size, [&](const Communicator& ranks) {
        const Context context{.threads = 1, .communicator = &ranks};
        const ListCounts own = write_recommendations(service, request, dir_ / "list", format, context);
        EXPECT_EQ(own.lists, 4500u);
        EXPECT_EQ(own.lines, counts_of_all.lines);
        EXPECT_EQ(own.fallbacks, counts_of_all.fallbacks);
        const ListCounts few = write_recommendations(service, request, users, dir_ / "few", format, context);
        EXPECT_EQ(few.unknown, 1u);
      });
      EXPECT_EQ(read_file(dir_ / "list"), all) << size;
      EXPECT_EQ(read_file(dir_ / "few"), read_file(dir_ / "some")) << size;
    }
  }
}

TEST_F(ListFile, NothingIsThereAfterACancel) {
  const Service service = service_of(many_users(), "popularity");
  std::stop_source stop;
  Context context{.threads = 1, .stop = stop.get_token()};
  std::vector<std::uint64_t> done;
  context.on_progress = [&](const Progress& progress) {
    done.push_back(progress.done);
    EXPECT_EQ(progress.total, 2100u);
    EXPECT_EQ(progress.unit, "users");
    stop.request_stop();
  };
  try {
    write_recommendations(service, {.k = 3}, dir_ / "list", ListFormat::kTsv, context);
    ADD_FAILURE() << "not cancelled";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
  EXPECT_EQ(done.size(), 1u) << "after a part of the users";
  EXPECT_LT(done[0], 2100u);
  EXPECT_TRUE(folder_is_empty());
}

TEST_F(ListFile, ItemsLikeItems) {
  save_bundle(train_bundle(odd_dataset(), {.holdout = Holdout::kNone}, "item-knn"), dir_ / "bundle");
  const SimilarItems items(dir_ / "bundle", {});
  const ListCounts counts = write_similar(items, 2, dir_ / "list", ListFormat::kTsv, {.threads = 1});
  const auto rows = rows_of(read_file(dir_ / "list"));
  EXPECT_EQ(rows[0], (std::vector<std::string>{"item", "similar", "rank", "score"}));
  std::size_t row = 0;
  for (idx_t item = 0; item < 6; ++item) {
    for (const Scored& near : items.similar(item, 2)) {
      ASSERT_LT(++row, rows.size());
      EXPECT_EQ(unescaped_field(rows[row][0]), items.dataset().items.id(item));
      EXPECT_EQ(unescaped_field(rows[row][1]), items.dataset().items.id(near.idx));
      EXPECT_EQ(std::stof(rows[row][3]), near.score);
    }
  }
  EXPECT_EQ(row + 1, rows.size());
  EXPECT_EQ(counts.lists, 6u);
  EXPECT_EQ(counts.lines, row);
}

TEST_F(ListFile, ItemsLikeItemsOfAFileOfVectors) {
  write_file(dir_ / "v.csv", "id,x,y\na,1,0\nb,1,0.1\nc,0,1\n");
  write_similar(SimilarItems(dir_ / "v.csv", {}), 1, dir_ / "list", ListFormat::kJsonLines, {.threads = 1});
  const std::vector<json> lines = lines_of(read_file(dir_ / "list"));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["item"], "a");
  ASSERT_EQ(lines[0]["items"].size(), 1u);
  EXPECT_EQ(lines[0]["items"][0]["item"], "b");
  EXPECT_EQ(lines[1]["items"][0]["item"], "a");
  EXPECT_EQ(lines[2]["items"][0]["item"], "b");
  EXPECT_THROW(SimilarItems(dir_ / "v.csv", {{"category", "Toys"}}), Error);
}

}  // namespace
}  // namespace akin
