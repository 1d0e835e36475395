#include "akin/data/pseudonyms.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"

namespace akin {
namespace {

namespace fs = std::filesystem;

/// The bytes 0, 1, 2 ..., readable by their owner only.
std::string write_key(const TempDir& dir, std::size_t bytes = Pseudonyms::kKeyBytes,
                      fs::perms mode = fs::perms::owner_read) {
  std::string key;
  for (std::size_t b = 0; b < bytes; ++b) key += static_cast<char>(b);
  const std::string path = dir / "key";
  write_file(path, key);
  fs::permissions(path, mode);
  return path;
}

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Pseudonyms, AreHmacSha256OfTheId) {
  // Python: hmac.new(bytes(range(32)), b"C1042", "sha256").hexdigest()[:32]
  const TempDir dir;
  const Pseudonyms pseudonyms(write_key(dir));
  EXPECT_EQ(pseudonyms("C1042"), "dc1cc1905b328f900e562ddcd7a35ddd");
  EXPECT_EQ(pseudonyms(""), "d38b42096d80f45f826b44a9d5607de7");
  EXPECT_EQ(pseudonyms(std::string_view("\xff\0x", 3)), "2661edc57637603006788e9200c299c0");
}

TEST(Pseudonyms, NewKeysAreRandomPrivateAndNeverReplaced) {
  const TempDir dir;
  std::set<std::string> seen;
  for (const char* const name : {"a", "b", "c"}) {
    Pseudonyms::make_key(dir / name);
    struct stat info = {};
    ASSERT_EQ(::stat((dir / name).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    EXPECT_EQ(info.st_size, 32);
    seen.insert(Pseudonyms(dir / name)("x"));
  }
  EXPECT_EQ(seen.size(), 3u);
  const std::string before = read_file(dir / "a");
  EXPECT_THROW(Pseudonyms::make_key(dir / "a"), Error);
  EXPECT_EQ(read_file(dir / "a"), before);
  EXPECT_THROW(Pseudonyms::make_key(dir / "no/such/folder"), Error);
}

TEST(Pseudonyms, RefuseKeysThatOthersCanAccess) {
  const TempDir dir;
  for (const fs::perms extra :
       {fs::perms::group_read, fs::perms::others_read, fs::perms::group_write, fs::perms::others_exec}) {
    const std::string path = write_key(dir, 32, fs::perms::owner_read | extra);
    EXPECT_NE(message_of([&] { Pseudonyms{path}; }).find("chmod 600"), std::string::npos);
    fs::remove(path);
  }
}

TEST(Pseudonyms, RefuseWhatIsNoKey) {
  const TempDir dir;
  for (const std::size_t bytes : {0u, 31u, 33u, 4096u}) {
    const std::string path = write_key(dir, bytes);
    EXPECT_NE(message_of([&] { Pseudonyms{path}; }).find(fmt::format("holds {} bytes", bytes)),
              std::string::npos)
        << bytes;
    fs::remove(path);
  }
  EXPECT_NE(message_of([&] { Pseudonyms{dir / ""}; }).find("not a regular file"), std::string::npos);
  EXPECT_NE(message_of([&] { Pseudonyms{dir / "none"}; }).find("cannot read"), std::string::npos);
  EXPECT_NE(message_of([&] { Pseudonyms{"/dev/null"}; }).find("not a regular file"), std::string::npos);
}

TEST(Pseudonyms, ReplaceIdsAndWhatRepeatsThem) {
  const TempDir dir;
  const Pseudonyms pseudonyms(write_key(dir));
  Dataset data;
  for (const char* const id : {"17", "18", "19"}) data.users.add(id);
  const auto set = [&](const char* name, std::vector<std::string> values) {
    for (std::size_t u = 0; u < values.size(); ++u) data.user_attributes.column(name).set(u, values[u]);
  };
  set("user", {"ann", "", "bob"});
  set("customer", {"17", "", "19"});  // the id once more
  set("age", {"17", "40", "50"});     // not always
  const std::vector<std::string> notes = replace_ids(data, pseudonyms, "user");
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0], "user attribute customer repeats the ids and is left out");
  EXPECT_TRUE(notes[1].starts_with("user attribute age: 1 values are numbers of up to 4 digits")) << notes[1];
  EXPECT_EQ(data.users.id(1), pseudonyms("18"));
  EXPECT_EQ(data.users.size(), 3u);
  EXPECT_EQ(data.user_attributes.columns(), 2u);
  EXPECT_EQ(data.user_attributes.get("user", 0), pseudonyms("ann"));
  EXPECT_EQ(data.user_attributes.get("user", 1), "");
  EXPECT_EQ(data.user_attributes.get("age", 0), "17");
}

TEST(Pseudonyms, ReplaceIdsInEveryAttribute) {
  const TempDir dir;
  const Pseudonyms pseudonyms(write_key(dir));
  Dataset data;
  for (const char* const id : {"Ann", "bob", "BOB", "\xc3\x89lise", "12345", "42"}) data.users.add(id);
  for (const char* const id : {"i1", "i2", "i3"}) data.items.add(id);
  const auto set = [&](AttributeTable& table, const char* name, std::vector<std::string> values) {
    for (std::size_t row = 0; row < values.size(); ++row) table.column(name).set(row, values[row]);
  };
  set(data.user_attributes, "friend", {"bob", "ANN", "Bob", "\xc3\xa9LISE", "", "nobody"});
  set(data.user_attributes, "age", {"42", "31", "42", "", "12345", "7"});
  set(data.item_attributes, "seller", {"BOB", "ann", "a shop"});
  set(data.item_attributes, "title", {"Ann and bob", "42", std::string(1031, 'x')});
  set(data.item_attributes, "sellers", {"a shop|bob", "", "another"});
  data.item_attributes.set_type("sellers", {AttributeType::Kind::kList});
  const std::vector<std::string> notes = replace_ids(data, pseudonyms, "");
  const auto user = [&](const char* name, std::size_t row) {
    return std::string(data.user_attributes.get(name, row));
  };
  const auto item = [&](const char* name, std::size_t row) {
    return std::string(data.item_attributes.get(name, row));
  };
  EXPECT_EQ(user("friend", 0), pseudonyms("bob"));
  EXPECT_EQ(user("friend", 1), pseudonyms("Ann"));
  EXPECT_EQ(user("friend", 2), pseudonyms("bob")) << "the first of those that differ in case";
  EXPECT_EQ(user("friend", 3), pseudonyms("\xc3\x89lise"));
  EXPECT_EQ(user("friend", 4), "");
  EXPECT_EQ(user("friend", 5), "nobody");
  EXPECT_EQ(user("age", 0), "42") << "a short number";
  EXPECT_EQ(user("age", 4), pseudonyms("12345"));
  EXPECT_EQ(item("seller", 0), pseudonyms("BOB"));
  EXPECT_EQ(item("seller", 1), pseudonyms("Ann"));
  EXPECT_EQ(item("seller", 2), "a shop");
  EXPECT_EQ(item("title", 0), "Ann and bob") << "a text that names them";
  EXPECT_EQ(item("title", 2), std::string(1031, 'x'));
  EXPECT_EQ(item("sellers", 0), "a shop|" + pseudonyms("bob"));
  ASSERT_EQ(notes.size(), 6u);
  EXPECT_EQ(notes[0], "user attribute friend: 4 values were ids of users and are pseudonyms now");
  EXPECT_EQ(notes[1], "user attribute age: 1 values were ids of users and are pseudonyms now");
  EXPECT_TRUE(notes[2].starts_with("user attribute age: 2 values are numbers of up to 4 digits")) << notes[2];
  EXPECT_EQ(notes[3], "item attribute seller: 2 values were ids of users and are pseudonyms now");
  EXPECT_EQ(notes[5], "item attribute sellers: 1 values were ids of users and are pseudonyms now");
  EXPECT_TRUE(notes[4].starts_with("item attribute title: 1 values are numbers")) << notes[4];
}

TEST(Pseudonyms, WriterOfDocumentsCountAsIds) {
  const TempDir dir;
  const Pseudonyms pseudonyms(write_key(dir));
  Dataset data;
  data.users.add("doc1");
  data.user_attributes.column("user").set(0, "alice");
  data.user_attributes.column("editor").set(0, "Alice");
  replace_ids(data, pseudonyms, "user");
  EXPECT_EQ(data.user_attributes.get("user", 0), pseudonyms("alice"));
  EXPECT_EQ(data.user_attributes.get("editor", 0), pseudonyms("alice"));
}

TEST(Pseudonyms, APipeIsNoKeyAndIsNotWaitedFor) {
  const TempDir dir;
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  EXPECT_NE(message_of([&] { Pseudonyms{dir / "pipe"}; }).find("not a regular file"), std::string::npos);
}

}  // namespace
}  // namespace akin
