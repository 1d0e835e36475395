#include "akin/experiment/forget.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <map>

#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/data/dataset.h"
#include "akin/experiment/made_dataset_for_test.h"
#include "akin/experiment/train.h"

namespace akin {
namespace {

namespace fs = std::filesystem;

/// A data set, a bundle and a checkpoint made from it, and a log of trials.
class Forget : public testing::Test {
 protected:
  Forget() {
    save_dataset(made_dataset(), data);
    TrainOptions options;
    options.monitor.checkpoint = checkpoint;
    options.validation = true;
    save_bundle(train(made_dataset(), {"als", {{"factors", "4"}, {"epochs", "2"}}}, options).bundle, bundle);
    write_file(trials, "{\"search\":{\"model\":\"als\"}}\n");
  }

  TempDir dir;
  std::string data = dir / "made.data", bundle = dir / "als.akin", checkpoint = dir / "als.checkpoint",
              trials = dir / "trials";
};

TEST_F(Forget, WritesEachFileWithoutTheUsers) {
  const Bundle before = load_bundle(bundle);
  const ForgetResult result = forget({"u11", "u3"}, {data, bundle, checkpoint, trials});
  ASSERT_EQ(result.files.size(), 4u);
  EXPECT_EQ(result.files[0].kind, "dataset");
  EXPECT_EQ(result.files[0].removed.users, 2u);
  EXPECT_EQ(result.files[0].removed.events, 8u + 6u);
  EXPECT_EQ(result.files[1].model, "als");
  EXPECT_TRUE(result.files[1].from_model);
  EXPECT_EQ(result.files[1].removed.events, 7u + 5u);
  EXPECT_EQ(result.files[1].removed.held_out, 2u);
  EXPECT_EQ(result.files[2].action, ForgetAction::kDeleted);
  EXPECT_FALSE(fs::exists(checkpoint));
  EXPECT_EQ(result.files[3].action, ForgetAction::kNone);

  EXPECT_FALSE(load_dataset(data).users.find("u3"));
  const Bundle after = load_bundle(bundle);
  EXPECT_EQ(after.dataset.n_users(), 45u);
  EXPECT_EQ(after.test.size(), before.test.size() - 2);
  EXPECT_EQ(after.count(Subset::kValidation), before.count(Subset::kValidation) - 2);
  const std::vector<float> old_scores = scores_of(before), new_scores = scores_of(after);
  const std::size_t items = before.dataset.n_items();
  for (idx_t u = 0; u < after.dataset.n_users(); ++u) {
    const idx_t was = before.dataset.users.at(after.dataset.users.id(u), "user");
    EXPECT_TRUE(std::ranges::equal(std::span(new_scores).subspan(u * items, items),
                                   std::span(old_scores).subspan(was * items, items)))
        << after.dataset.users.id(u);
  }
}

TEST_F(Forget, UnknownUsersAreAnErrorThatNamesNobodyElse) {
  const std::string before = read_file(data);
  const std::string message = message_of(ErrorCode::kNotFound, [&] {
    forget({"u3", "u333"}, {data, checkpoint});
  });
  EXPECT_TRUE(contains(message, "1 of 2 users are in none of the files: 'u333'; nothing was written"))
      << message;
  EXPECT_EQ(read_file(data), before);
  EXPECT_TRUE(fs::exists(checkpoint));
  const ForgetResult result = forget({"u3", "u333"}, {data}, {.missing_ok = true});
  EXPECT_EQ(result.missing, std::vector<std::string>{"u333"});
  EXPECT_EQ(result.files[0].removed.users, 1u);
}

TEST_F(Forget, UsersMayBeInSomeOfTheFiles) {
  forget({"u3"}, {data});
  const std::string before = read_file(data);
  const ForgetResult result = forget({"u3"}, {data, bundle});
  EXPECT_EQ(result.files[0].action, ForgetAction::kNone);
  EXPECT_EQ(read_file(data), before);
  EXPECT_EQ(result.files[1].action, ForgetAction::kRewritten);
}

TEST_F(Forget, ADryRunWritesNothing) {
  const std::string before = read_file(bundle);
  const ForgetResult result = forget({"u3"}, {bundle, checkpoint}, {.dry_run = true});
  EXPECT_EQ(result.files[0].removed.users, 1u);
  EXPECT_EQ(result.files[1].action, ForgetAction::kDeleted);
  EXPECT_EQ(read_file(bundle), before);
  EXPECT_TRUE(fs::exists(checkpoint));
}

TEST_F(Forget, WritesToAnotherFile) {
  const std::string before = read_file(data), copy = dir / "copy";
  forget({"u3"}, {data}, {.out = copy});
  EXPECT_EQ(read_file(data), before);
  EXPECT_EQ(load_dataset(copy).n_users(), 46u);
  forget({"nobody"}, {data}, {.missing_ok = true, .out = copy});
  EXPECT_EQ(load_dataset(copy).n_users(), 47u) << "the copy is written though nothing is removed";
  message_of(ErrorCode::kUsage, [&] { forget({"u3"}, {data, bundle}, {.out = copy}); });
  message_of(ErrorCode::kUsage, [&] { forget({"u3"}, {checkpoint}, {.missing_ok = true, .out = copy}); });
  EXPECT_TRUE(fs::exists(checkpoint));
}

TEST_F(Forget, ADeletedCheckpointIsGoneBehindItsLinksToo) {
  fs::create_symlink(checkpoint, dir / "link");
  forget({"u3"}, {dir / "link"}, {.missing_ok = true});
  EXPECT_FALSE(fs::exists(checkpoint));
  EXPECT_FALSE(fs::is_symlink(dir / "link"));
}

TEST_F(Forget, AFileNamedTwiceIsOneFile) {
  fs::create_symlink(checkpoint, dir / "link");
  const ForgetResult result = forget({"u3"}, {data, checkpoint, data, dir / "link"});
  EXPECT_EQ(result.files.size(), 2u);
}

TEST_F(Forget, RefusesOtherFilesBeforeAnyIsWritten) {
  const std::string before = read_file(data);
  write_file(dir / "page.html", "<html>u3</html>");
  for (const std::string& other : {dir / "page.html", dir / "none", std::string("-"), dir / ""}) {
    EXPECT_THROW(forget({"u3"}, {data, other}), Error) << other;
    EXPECT_EQ(read_file(data), before);
  }
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { forget({"u3"}, {dir / "page.html"}); }),
                       "make it again without the users"));
}

TEST_F(Forget, AFileOfNobodyElseIsToBeDeleted) {
  std::vector<std::string> everybody;
  for (int u = 0; u < 47; ++u) everybody.push_back(fmt::format("u{}", u));
  for (const std::string& file : {data, bundle}) {
    const std::string before = read_file(file);
    EXPECT_TRUE(
        contains(message_of(ErrorCode::kBadData, [&] { forget(everybody, {file}); }), "delete the file"));
    EXPECT_EQ(read_file(file), before);
  }
}

TEST_F(Forget, ABundleNeedsTrainingEventsOfSomebodyElse) {
  DatasetBuilder builder;
  for (const char* const item : {"x", "y", "z"}) {
    builder.add_event("ann", item, 4, 1);
    builder.add_event("bob", item, 4, 1, EventKind::kRating, Subset::kTest);
  }
  ImportReport report;
  const Dataset small = builder.build("small", {}, report, {});
  for (const char* const model : {"user-knn-rating", "user-knn", "popularity"}) {
    save_bundle(train(small, model).bundle, bundle);
    EXPECT_TRUE(
        contains(message_of(ErrorCode::kBadData, [&] { forget({"ann"}, {bundle}); }), "delete the file"))
        << model;
    EXPECT_EQ(forget({"bob"}, {bundle}).files[0].removed.held_out, 3u) << model;
  }
}

TEST_F(Forget, ClearsTheIdWhereverAnAttributeIsIt) {
  Dataset mentioned = made_dataset();
  mentioned.user_attributes.column("friend").set(0, "u3");
  mentioned.item_attributes.column("seller").set(1, "u3");
  mentioned.item_attributes.column("seller").set(2, "u33");
  mentioned.user_attributes.resize(mentioned.n_users());
  mentioned.item_attributes.resize(mentioned.n_items());
  save_dataset(mentioned, data);
  save_bundle(train(mentioned, "popularity").bundle, bundle);
  const ForgetResult result = forget({"u3"}, {data, bundle});
  for (const ForgottenFile& file : result.files) EXPECT_EQ(file.removed.mentions, 2u) << file.path;
  EXPECT_EQ(load_bundle(bundle).dataset.item_attributes.get("seller", 1), "");
  const Dataset after = load_dataset(data);
  EXPECT_EQ(after.user_attributes.get("friend", 0), "");
  EXPECT_EQ(after.item_attributes.get("seller", 1), "");
  EXPECT_EQ(after.item_attributes.get("seller", 2), "u33");

  mentioned = made_dataset();  // of somebody who is no user, but a seller
  mentioned.item_attributes.column("seller").set(1, "shop-1");
  mentioned.item_attributes.resize(mentioned.n_items());
  save_dataset(mentioned, data);
  const ForgetResult shop = forget({"shop-1"}, {data});
  EXPECT_EQ(shop.files[0].action, ForgetAction::kRewritten);
  EXPECT_EQ(shop.files[0].removed.users, 0u);
  EXPECT_EQ(shop.files[0].removed.mentions, 1u);
  EXPECT_TRUE(shop.missing.empty());
}

TEST_F(Forget, NothingIsReplacedBeforeAllIsWritten) {
  const std::map<std::string, std::string> before = {{data, read_file(data)}, {bundle, read_file(bundle)}};
  ASSERT_LT(before.at(data).size(), before.at(bundle).size());
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{(before.at(data).size() + before.at(bundle).size()) / 2, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string message = "no error";
  try {
    forget({"u3"}, {data, bundle, checkpoint});
  } catch (const Error& error) {
    message = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &old);
  EXPECT_TRUE(contains(message, "als.akin: cannot write")) << message;
  for (const auto& [path, content] : before) EXPECT_EQ(read_file(path), content) << path;
  EXPECT_TRUE(fs::exists(checkpoint));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir / "."), fs::directory_iterator()), 4);
  forget({"u3"}, {data, bundle, checkpoint});
  EXPECT_FALSE(load_dataset(data).users.find("u3"));
  EXPECT_FALSE(fs::exists(checkpoint));
}

TEST_F(Forget, NeedsUsersAndFiles) {
  message_of(ErrorCode::kUsage, [&] { forget({}, {data}); });
  message_of(ErrorCode::kUsage, [&] { forget({"u3"}, {}); });
}

}  // namespace
}  // namespace akin
