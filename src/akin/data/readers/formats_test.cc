// Formats movielens, atomic, lists, pairs and ncf.
#include <gtest/gtest.h>

#include <algorithm>

#include "akin/base/error_for_test.h"
#include "akin/data/readers/test_files.h"

namespace akin {
namespace {

using Lines = std::vector<std::string>;

/// What is read and written is compared before an import begins, so an option must say that it is a path.
TEST(Formats, OptionsThatNameFilesSaySo) {
  using Kind = FormatOption::Kind;
  std::vector<std::string> paths;
  for (const Format& format : formats()) {
    for (const FormatOption& option : format.options) {
      const bool is_path = option.kind != Kind::kText && option.kind != Kind::kSwitch;
      const std::string_view help = option.help;
      const bool sounds_so = help.starts_with("file") || help.starts_with("folder") ||
                             help.starts_with("metadata file") || help.starts_with("table of ") ||
                             help.find("this file") != help.npos;
      EXPECT_EQ(is_path, sounds_so) << format.name << " " << option.name;
      if (option.kind == Kind::kOutput) paths.emplace_back(option.name);
    }
  }
  EXPECT_EQ(paths, (std::vector<std::string>{"write_phrases", "write_vocabulary"}));
}

TEST(Formats, KnowTheFilesThatTheyFindThemselves) {
  const TestFolder folder;
  const auto found = [&](std::string_view format, const std::string& argument) {
    std::vector<std::string> names;
    for (const std::string& file : find_format(format).also_reads(folder.path(argument)))
      names.push_back(std::filesystem::path(file).filename().string());
    std::ranges::sort(names);
    return names;
  };
  std::filesystem::create_directory(folder.path("ml"));
  for (const char* const name : {"ml/u.data", "ml/u.item", "ml/u.user.gz", "a.train.inter", "a.item",
                                 "n.train.rating", "n.test.negative"})
    folder.add(name, "x");
  EXPECT_EQ(found("movielens", "ml"), (std::vector<std::string>{"u.data", "u.item", "u.user.gz"}));
  EXPECT_EQ(found("movielens", "ml/u.data"), found("movielens", "ml"));
  EXPECT_EQ(found("movielens", "none"), std::vector<std::string>{"none"});
  EXPECT_EQ(found("atomic", "a"), (std::vector<std::string>{"a", "a.item", "a.train.inter"}));
  EXPECT_EQ(found("atomic", "a.train.inter"), (std::vector<std::string>{"a.item", "a.train.inter"}));
  EXPECT_EQ(found("ncf", "n"), (std::vector<std::string>{"n.test.negative", "n.train.rating"}));
}

TEST(MovieLens, UData) {
  const TestFolder folder;
  folder.add("u.data", "1\t10\t3\t100\n2\t10\t4\t50\n1\t11\t5\t90\n");
  folder.add("u.item",
             "10|Am\xe9lie (2001)|x||url|0|0|0|0|0|1|0|0|0|0|0|0|0|0|1|0|0|0|0\n"
             "11|unknown||||1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n");
  folder.add("u.user", "1|24|M|technician|85711\n");
  const Imported in = import_files("movielens", {folder.path()});
  EXPECT_EQ(in.events(), (Lines{"1 11 5 90", "1 10 3 100", "2 10 4 50"}));
  EXPECT_EQ(in.item("10", "title"), "Amélie (2001)");
  EXPECT_EQ(in.item("10", "category"), "Comedy|Romance");
  EXPECT_EQ(in.item("11", "category"), "");
  EXPECT_EQ(in.user("1", "age"), "24");
  EXPECT_EQ(in.user("1", "gender"), "M");
  EXPECT_EQ(in.user("1", "occupation"), "technician");
  EXPECT_EQ(in.user("1", "zip"), "85711");
}

TEST(MovieLens, GivenFolds) {
  const TestFolder folder;
  const Imported in = import_files(
      "movielens", {folder.add("u1.base", "1\t10\t3\t100\n"), folder.add("u1.test", "1\t11\t4\t50\n")});
  ASSERT_EQ(in.data.events.size(), 2U);
  EXPECT_EQ(in.data.events[0].subset, Subset::kTest);  // the earlier one
  EXPECT_EQ(in.data.events[1].subset, Subset::kTrain);
}

TEST(MovieLens, DatWithAndWithoutTimes) {
  const TestFolder folder;
  folder.add("movies.dat", "10::Odd::Title (1999)::Drama|War\r\n11::Caf\xe9::Comedy\n12\n");
  folder.add("users.dat", "1::F::1::10::48067\n");
  folder.add(
      "movies_extrainfos.dat",
      "10::T::1999::PG::d::Drama::Ann Director::Wil (book), Ed, Wil (story)::Act One, Act Two::A plot.\n");
  const std::string ratings = folder.add("ratings.dat", "1::10::5::978300760\n1::11::3::978302109\n");
  const Imported in = import_files("movielens", {ratings});
  EXPECT_EQ(in.events(), (Lines{"1 10 5 978300760", "1 11 3 978302109"}));
  EXPECT_EQ(in.item("10", "title"), "Odd::Title (1999)");
  EXPECT_EQ(in.item("10", "category"), "Drama|War");
  EXPECT_EQ(in.item("11", "title"), "Café");
  EXPECT_EQ(in.item("10", "director"), "Ann Director");
  EXPECT_EQ(in.item("10", "actors"), "Act One, Act Two");
  EXPECT_EQ(in.item("10", "writers"), "Wil, Ed");
  EXPECT_EQ(in.item("10", "year"), "1999");
  EXPECT_EQ(in.item("10", "certificate"), "PG");
  EXPECT_EQ(in.item("10", "description"), "A plot.");
  EXPECT_EQ(in.user("1", "occupation"), "10");
  EXPECT_EQ(in.rejected("too few fields"), 1U);

  const std::string bare = folder.add("bare.dat", "1::10::5\n1::11::3\n1::12::4\n");
  EXPECT_TRUE(import_files("movielens", {bare}).has_note("has no times"));
  const std::string sequences = folder.add("sequences.txt", "1 11 10\n");
  const Imported ordered = import_files("movielens", {bare}, {{"sequences", sequences}});
  EXPECT_EQ(ordered.events(), (Lines{"1 12 4 -", "1 11 3 0", "1 10 5 1"}));
  EXPECT_TRUE(ordered.has_note("2 of 3 ratings have their position"));
}

TEST(MovieLens, Csv) {
  const TestFolder folder;
  folder.add("ratings.csv", "userId,movieId,rating,timestamp\n1,10,2.5,100\n1,11,3.0,101\n");
  folder.add("movies.csv",
             "movieId,title,genres\n10,\"One, Two (1995)\",Drama|War\n11,Plain,(no genres listed)\n");
  folder.add("tags.csv",
             "userId,movieId,tag,timestamp\n1,10,dark,5\n2,10,\"slow, long\",6\n3,10,dark,7\n4,10,a|b,8\n");
  const Imported in = import_files("movielens", {folder.path() + "/"});
  EXPECT_EQ(in.events(), (Lines{"1 10 2.5 100", "1 11 3 101"}));
  EXPECT_EQ(in.report.rejections.total(), 0U);
  EXPECT_EQ(in.item("10", "title"), "One, Two (1995)");
  EXPECT_EQ(in.item("10", "category"), "Drama|War");
  EXPECT_EQ(in.item("11", "category"), "");
  EXPECT_EQ(in.item("10", "tags"), "dark|slow, long|a/b");
}

TEST(MovieLens, FolderWithoutRatings) {
  const TestFolder folder;
  try {
    import_files("movielens", {folder.path()});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
}

TEST(Atomic, EventsItemsAndUsers) {
  const TestFolder folder;
  folder.add("x.item",
             "item_id:token\tmovie_title:token_seq\tclass:token_seq\tyear:float\n"
             "10\tToy Story\tComedy Drama\t1995\n");
  folder.add("x.user", "user_id:token\tage:token\n1\t24\n");
  const std::string events = folder.add(
      "x.inter",
      "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t10\t4.0\t881250949.0\n1\t11\t3\n");
  for (const std::string& argument : {events, folder.path("x")}) {
    const Imported in = import_files("atomic", {argument});
    EXPECT_EQ(in.events(), Lines{"1 10 4 881250949"});
    EXPECT_EQ(in.item("10", "title"), "Toy Story");
    EXPECT_EQ(in.item("10", "category"), "Comedy|Drama");
    EXPECT_EQ(in.item("10", "year"), "1995");
    EXPECT_EQ(in.user("1", "age"), "24");
    EXPECT_EQ(in.rejected("too few fields"), 1U);
    EXPECT_EQ(in.data.name, "x");
  }
}

TEST(Atomic, BenchmarkFilesAndLabels) {
  const TestFolder folder;
  const std::string header = "user_id:token\titem_id_list:token_seq\titem_id:token\n";
  folder.add("b.train.inter", header + "1\t5 6\t10\n");
  folder.add("b.valid.inter", header + "1\t5 6 10\t11\n");
  folder.add("b.test.inter", header + "1\t5 6 10 11\t12\n");
  const Imported in = import_files("atomic", {folder.path("b")});
  EXPECT_EQ(in.events(), (Lines{"1 5 1 0", "1 6 1 1", "1 10 1 2", "1 11 1 3", "1 12 1 4"}));
  EXPECT_EQ(in.data.events[0].subset, Subset::kTrain) << "the items before the first one to predict";
  EXPECT_EQ(in.data.events[2].subset, Subset::kTrain);
  EXPECT_EQ(in.data.events[3].subset, Subset::kValidation);
  EXPECT_EQ(in.data.events[4].subset, Subset::kTest);
  EXPECT_TRUE(in.has_note("lists of earlier items"));

  const Imported mm = import_files(
      "atomic",
      {folder.add("m.inter", "userID\titemID\trating\ttimestamp\tx_label\n0\t7\t5\t9\t0\n0\t8\t4\t10\t2\n")});
  ASSERT_EQ(mm.data.events.size(), 2U);
  EXPECT_EQ(mm.data.events[1].subset, Subset::kTest);
  EXPECT_THROW(import_files("atomic", {folder.add("n.inter", "foo:token\tbar:token\n1\t2\n")}), Error);
}

TEST(Atomic, EachItemOfAHistoryIsOneEvent) {
  const TestFolder folder;
  const std::string header = "session_id:token\titem_id_list:token_seq\titem_id:token\trating:float\n";
  // All prefixes in any order, windows without the oldest items, a repeated item, and a user of the test part alone.
  folder.add(
      "b.train.inter",
      header + "a\tp q\tr\t5\na\tp\tq\t5\na\tq r\tp\t5\na\tr p\ts\t5\n\tp\tq\t5\nb\t\tp\t5\nb\t\tp\t5\n");
  folder.add("b.test.inter", header + "a\tp s\tp\t5\nc\tp q\tq\t5\nc\tp\n");
  const Imported in = import_files("atomic", {folder.path("b")});
  EXPECT_EQ(in.events(), (Lines{"a p 1 0", "a q 1 1", "a r 1 2", "a p 1 3", "a s 1 4", "a p 1 5", "b p 1 0",
                                "c p 1 0", "c q 1 1", "c q 1 2"}));
  EXPECT_EQ(in.data.events[5].subset, Subset::kTest);
  EXPECT_EQ(in.data.events[8].subset, Subset::kHistory) << "shown, not trained on";
  EXPECT_EQ(in.data.events[9].subset, Subset::kTest);
  EXPECT_EQ(in.rejected("no user"), 1U);
  EXPECT_EQ(in.rejected("too few fields"), 1U);
  EXPECT_TRUE(in.has_note("2 lines repeat"));
  EXPECT_TRUE(in.has_note("columns not used, as the items of item_id_list have no such values: rating"));
}

TEST(Atomic, BlanksOrCommasBetweenFields) {
  const TestFolder folder;
  for (const char* const text : {"user_id:token item_id:token rating:float\n1 7  5\n",
                                 "user_id:token,item_id:token,rating:float\n1,7,5\n"})
    EXPECT_EQ(import_files("atomic", {folder.add("x.inter", text)}).events(), Lines{"1 7 5 -"}) << text;
  const std::string lists =
      folder.add("y.inter", "user_id:token item_id_list:token_seq item_id:token\n1 7 8\n");
  try {
    import_files("atomic", {lists});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("y.inter:1: blanks stand between"), std::string::npos)
        << error.what();
  }
}

TEST(ListsFormat, SampledNegatives) {
  const TestFolder folder;
  const std::string lists = folder.add("s.txt", "u a b\nv c d\n");
  for (const char* const text : {"u x y\nv x a\nw a\nv\n", "(u,b)\tx\ty\n(v,d)\tx\ta\n(w,1)\ta\n(v,d)\n"}) {
    const Imported in =
        import_files("lists", {lists}, {{"ordered", "yes"}, {"negatives", folder.add("n.txt", text)}});
    ASSERT_EQ(in.data.candidates.offsets, (std::vector<std::uint64_t>{0, 2, 4})) << text;
    EXPECT_EQ(in.data.items.id(in.data.candidates.indices[1]), "y");
    EXPECT_EQ(in.rejected("negatives of an unknown user"), 1U);
    EXPECT_EQ(in.rejected("a user without negatives"), 1U);
  }
  const Imported numbered = import_files("lists", {folder.add("lines.txt", "a b\nc d\n")},
                                         {{"user", "line"}, {"negatives", folder.add("n.txt", "x y\na\n")}});
  EXPECT_EQ(numbered.data.candidates.offsets, (std::vector<std::uint64_t>{0, 2, 3}));
  EXPECT_TRUE(numbered.has_note("2 lines of negatives are of lists without held-out items"));
}

TEST(ListsFormat, NegativesWithoutUsersAreOfTheHeldOutLines) {
  const TestFolder folder;
  const std::string train = folder.add("train.txt", "a b\nc d\ne a\n"),
                    test = folder.add("test.txt", "c\nd\n");
  const auto import = [&](const std::string& negatives) {
    return import_files("lists", {train, test},
                        {{"user", "line"}, {"negatives", folder.add("n.txt", negatives)}});
  };
  const Imported in = import("a b\ne\n");
  EXPECT_EQ(in.data.candidates.offsets, (std::vector<std::uint64_t>{0, 0, 0, 0, 2, 3}));
  EXPECT_FALSE(in.has_note("lists without held-out items"));
  for (const char* const other : {"a\n", "a\nb\nc\n", "a\nb\nc\nd\ne\n"}) {
    const std::string text = message_of(ErrorCode::kBadData, [&] { import(other); });
    EXPECT_TRUE(contains(text, "lines of negatives, and the held-out (last) file of lists has 2 lines"))
        << text;
  }
}

TEST(ListsFormat, TrainAndTest) {
  const TestFolder folder;
  const Imported in = import_files(
      "lists", {folder.add("train.txt", "0 1 2 3\n1 2\n2\n"), folder.add("test.txt", "0 4\n1\n")});
  EXPECT_EQ(in.events(), (Lines{"0 1 1 -", "0 2 1 -", "0 3 1 -", "0 4 1 -", "1 2 1 -"}));
  EXPECT_EQ(in.data.events[3].subset, Subset::kTest);
  EXPECT_EQ(in.data.events[4].subset, Subset::kTrain);
  EXPECT_TRUE(in.has_note("2 users have an empty list"));
}

TEST(ListsFormat, OrderedWithItemsAndLinks) {
  const TestFolder folder;
  const std::string items =
      folder.add("items.tsv", "b\tSoap &amp; \"Water\tAcme\tBeauty|Bath\na\tTen\t\tHair\n");
  const std::string links = folder.add("also_bought.txt", "a b c\nz a\n");
  const Imported in = import_files("lists", {folder.add("s.txt", "u b a c\n")},
                                   {{"ordered", "true"}, {"items", items}, {"links", links}});
  EXPECT_EQ(in.events(), (Lines{"u b 1 0", "u a 1 1", "u c 1 2"}));
  EXPECT_EQ(in.item("b", "title"), "Soap & \"Water");
  EXPECT_EQ(in.item("b", "brand"), "Acme");
  EXPECT_EQ(in.item("a", "category"), "Hair");
  ASSERT_EQ(in.data.links.size(), 1U);
  EXPECT_EQ(in.data.links[0].name, "also_bought");
  EXPECT_EQ(in.data.links[0].pairs.size(), 2U);  // z is not in the data
}

TEST(ListsFormat, EveryLineAUser) {
  const TestFolder folder;
  const Imported in =
      import_files("lists", {folder.add("s.txt", "5 6\n7\n")}, {{"user", "line"}, {"ordered", "yes"}});
  EXPECT_EQ(in.events(), (Lines{"1 5 1 0", "1 6 1 1", "2 7 1 0"}));
  EXPECT_THROW(import_files("lists", {folder.path("s.txt")}, {{"user", "x"}}), Error);
}

TEST(ListsFormat, PrefixAndTarget) {
  const TestFolder folder;
  const std::string train = folder.add("train.txt", "5 6\n7 5\n"),
                    test = folder.add("test.txt", "5 7 6\t7\n6\t5\n7\n");
  const std::map<std::string, std::string> options = {
      {"user", "line"}, {"ordered", "yes"}, {"target", "last"}};
  const Imported in = import_files("lists", {train, test}, options);
  EXPECT_EQ(in.events(), (Lines{"1 5 1 0", "1 6 1 1", "2 7 1 0", "2 5 1 1", "3 5 1 0", "3 7 1 1", "3 6 1 2",
                                "3 7 1 3", "4 6 1 0", "4 5 1 1", "5 7 1 0"}));
  std::vector<int> subsets;
  for (const Event& event : in.data.events) subsets.push_back(static_cast<int>(event.subset));
  EXPECT_EQ(subsets, (std::vector<int>{0, 0, 0, 0, 3, 3, 3, 2, 3, 2, 2}));
  EXPECT_TRUE(in.data.has_given_split());
  EXPECT_THROW(import_files("lists", {train, test}, {{"target", "first"}}), Error);
}

TEST(Pairs, LineOrderIsTime) {
  const TestFolder folder;
  const Imported in = import_files("pairs", {folder.add("p.txt", "1 5\n2 5\n1 4\n1\n1 2 3\n")});
  EXPECT_EQ(in.events(), (Lines{"1 5 1 0", "1 4 1 1", "2 5 1 0"}));
  EXPECT_EQ(in.rejected("too few fields"), 1U);
  EXPECT_EQ(in.rejected("too many fields"), 1U);
}

TEST(Pairs, AHeaderIsNoEvent) {
  const TestFolder folder;
  for (const char* const header : {"user item", "userId\tmovieId", "# user_id item_id", "item user"}) {
    const Imported in = import_files("pairs", {folder.add("p.txt", std::string(header) + "\n1 5\n2 5\n")});
    EXPECT_EQ(in.events(), (Lines{"1 5 1 0", "2 5 1 0"})) << header;
    EXPECT_EQ(in.first_position("a header, which the format does not have"), "p.txt:1") << header;
  }
  EXPECT_EQ(import_files("pairs", {folder.add("q.txt", "ann book\nuser item\n")}).data.events.size(), 2U);
}

TEST(Ncf, PrefixSplitAndCandidates) {
  const TestFolder folder;
  const std::string train = folder.add("x.train.rating", "0\t5\t4\t0\n0\t6\t3\t0\n1\t5\t1\t0\n");
  folder.add("x.test.rating", "0\t7\t5\t100\n1\t6\t2\t101\n");
  folder.add("x.test.negative", "(0,7)\t8\t9\n(1,6)\t7\t9\nbroken\t1\n");
  for (const std::string& argument : {train, folder.path("x")}) {
    const Imported in = import_files("ncf", {argument});
    EXPECT_EQ(in.events(), (Lines{"0 5 4 -", "0 6 3 -", "0 7 5 100", "1 5 1 -", "1 6 2 101"}));
    EXPECT_EQ(in.data.events[2].subset, Subset::kTest);
    EXPECT_TRUE(in.has_note("all times are 0"));
    EXPECT_EQ(in.rejected("no (user,item) pair at the front"), 1U);
    ASSERT_EQ(in.data.candidates.offsets.size(), 3U);
    EXPECT_EQ(in.data.candidates.offsets[1], 2U);
  }
  EXPECT_THROW(import_files("ncf", {folder.path("y")}), Error);
  EXPECT_THROW(import_files("ncf", {train, folder.path("y.test.rating")}), Error);
}

TEST(RealData, MovieLens100K) {
  const std::string folder = real_data("movielens-100k");
  if (folder.empty()) GTEST_SKIP() << "no movielens-100k data";
  const Imported in = import_files("movielens", {folder});
  EXPECT_EQ(in.data.n_users(), 943U);
  EXPECT_EQ(in.data.n_items(), 1682U);
  EXPECT_EQ(in.data.events.size(), 100'000U);
  EXPECT_EQ(in.item("1", "title"), "Toy Story (1995)");
  EXPECT_EQ(in.item("1", "category"), "Animation|Children's|Comedy");
  EXPECT_EQ(in.report.rejections.total(), 0U);
  const Imported fold = import_files("movielens", {folder + "/u1.base", folder + "/u1.test"});
  EXPECT_EQ(std::ranges::count(fold.data.events, Subset::kTest, &Event::subset), 20'000);
}

TEST(RealData, MovieLensSmallAnd1M) {
  const std::string small = real_data("movielens-small"), big = real_data("movielens-1m");
  if (small.empty() || big.empty()) GTEST_SKIP() << "no movielens data";
  const Imported in = import_files("movielens", {small});
  EXPECT_EQ(in.report.rejections.total(), 0U);
  EXPECT_EQ(in.data.events.size(), 100'004U);
  EXPECT_NE(in.item("1", "title"), "");
  const Imported ml1m =
      import_files("movielens", {big + "/ratings.dat"}, {{"sequences", big + "/sequences.txt"}});
  EXPECT_EQ(ml1m.data.n_users(), 6040U);
  EXPECT_EQ(ml1m.data.n_event_items(), 3706U);
  EXPECT_EQ(ml1m.data.n_items(), 3883U) << "all movies, rated or not";
  EXPECT_EQ(ml1m.data.events.size(), 1'000'209U);
  EXPECT_EQ(ml1m.report.rejections.total(), 0U);
  EXPECT_TRUE(ml1m.has_note("999611 of 1000209"));
  EXPECT_EQ(ml1m.item("1", "director"), "John Lasseter");
}

TEST(RealData, NcfGowallaBeauty) {
  const std::string ml = real_data("movielens-1m"), gowalla = real_data("gowalla"),
                    beauty = real_data("amazon-beauty");
  if (ml.empty() || gowalla.empty() || beauty.empty())
    GTEST_SKIP() << "no movielens-1m, gowalla or amazon-beauty data";
  const Imported ncf = import_files("ncf", {ml + "/ncf/ml-1m"});
  EXPECT_EQ(ncf.data.n_users(), 6040U);
  EXPECT_EQ(ncf.data.n_items(), 3706U);
  EXPECT_EQ(ncf.data.events.size(), 1'000'209U);
  EXPECT_EQ(ncf.data.candidates.indices.size(), 6040U * 99);

  const Imported lists = import_files("lists", {gowalla + "/train.txt", gowalla + "/test.txt"});
  EXPECT_EQ(lists.data.n_users(), 29'858U);
  EXPECT_EQ(lists.data.n_items(), 40'981U);
  EXPECT_EQ(std::ranges::count(lists.data.events, Subset::kTrain, &Event::subset), 810'128);
  EXPECT_EQ(std::ranges::count(lists.data.events, Subset::kTest, &Event::subset), 217'242);

  const Imported dataset =
      import_files("lists", {beauty + "/user_sequence.txt"},
                   {{"ordered", "yes"},
                    {"items", beauty + "/items.tsv"},
                    {"links", beauty + "/also_bought.txt," + beauty + "/also_viewed.txt"}});
  EXPECT_EQ(dataset.data.n_users(), 22'363U);
  EXPECT_EQ(dataset.data.n_items(), 12'101U);
  EXPECT_EQ(dataset.data.events.size(), 198'502U);
  EXPECT_EQ(dataset.item("B000TBZHNK", "brand"), "Titania");
  EXPECT_GT(dataset.data.item_attributes.find("title")->coverage(), 0.99);
  EXPECT_EQ(dataset.data.links.size(), 2U);
  EXPECT_EQ(dataset.report.rejections.total(), 0U);
}

TEST(RealData, DigineticaSessions) {
  const std::string folder = real_data("diginetica");
  if (folder.empty()) GTEST_SKIP() << "no diginetica data";
  const Imported in =
      import_files("lists", {folder + "/train_sessions.txt"}, {{"user", "line"}, {"ordered", "yes"}});
  EXPECT_EQ(in.data.n_users(), 186'670U);
  const Imported both =
      import_files("lists", {folder + "/train_sessions.txt", folder + "/test_prefix_target.txt"},
                   {{"user", "line"}, {"ordered", "yes"}, {"target", "last"}});
  EXPECT_EQ(both.data.n_users(), 186'670U + 60'858U);
  EXPECT_EQ(std::ranges::count(both.data.events, Subset::kTest, &Event::subset), 60'858);
  EXPECT_EQ(std::ranges::count(both.data.events, Subset::kTrain, &Event::subset), std::ssize(in.data.events));
}

}  // namespace
}  // namespace akin
