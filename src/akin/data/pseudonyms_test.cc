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
  const std::vector<std::string> removed = replace_ids(data, pseudonyms, "user");
  EXPECT_EQ(removed, std::vector<std::string>{"customer"});
  EXPECT_EQ(data.users.id(1), pseudonyms("18"));
  EXPECT_EQ(data.users.size(), 3u);
  EXPECT_EQ(data.user_attributes.columns(), 2u);
  EXPECT_EQ(data.user_attributes.get("user", 0), pseudonyms("ann"));
  EXPECT_EQ(data.user_attributes.get("user", 1), "");
  EXPECT_EQ(data.user_attributes.get("age", 0), "17");
}

}  // namespace
}  // namespace akin
