#include "akin/base/atomic_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <thread>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"

namespace akin {
namespace {

namespace fs = std::filesystem;

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

std::string error_of(const std::string& path, std::string_view bytes = "x") {
  try {
    write_file(path, bytes);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    return error.what();
  }
  return "no error";
}

/// A process number that was used and is free.
pid_t gone_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return child;
}

TEST(AtomicFile, AppearsOnlyOnCommit) {
  const TempDir dir;
  write_file(dir / "f", "old");
  {
    AtomicFile file(dir / "f");
    file.write("new");
  }
  EXPECT_EQ(read_file(dir / "f"), "old");
  {
    AtomicFile file(dir / "f");
    file.write("new");
    file.commit();
  }
  EXPECT_EQ(read_file(dir / "f"), "new");
  EXPECT_EQ(names_in(dir / "."), (std::vector<std::string>{"f"})) << "temporary files are left behind";
}

TEST(AtomicFile, NamesAnImpossiblePath) {
  const TempDir dir;
  EXPECT_EQ(error_of("/no/such/folder/file"),
            "/no/such/folder/file: cannot write: the folder /no/such/folder does not exist");
  EXPECT_NE(error_of(dir / ".").find("it is a folder"), std::string::npos);
  EXPECT_NE(error_of(dir / std::string(300, 'x')).find("cannot write: File name too long"),
            std::string::npos);
  EXPECT_THROW(write_file("", "x"), Error);
}

TEST(AtomicFile, KeepsTheModeOfWhatItReplaces) {
  const TempDir dir;
  for (const mode_t mode : {0600, 0640, 0664, 0755}) {
    write_file(dir / "f", "old");
    ASSERT_EQ(::chmod((dir / "f").c_str(), mode), 0);
    write_file(dir / "f", "new");
    EXPECT_EQ(mode_of(dir / "f"), mode);
    EXPECT_EQ(read_file(dir / "f"), "new");
  }
}

TEST(AtomicFile, KeepsTheOwnerOfWhatItReplaces) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  const TempDir dir;
  write_file(dir / "f", "old");
  ASSERT_EQ(::chown((dir / "f").c_str(), 1234, 2345), 0);
  write_file(dir / "f", "new");
  struct stat status {};
  ASSERT_EQ(::stat((dir / "f").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 1234u);
  EXPECT_EQ(status.st_gid, 2345u);
}

TEST(AtomicFile, NewFilesGetWhatTheUmaskLeaves) {
  const TempDir dir;
  const mode_t before = ::umask(027);
  write_file(dir / "f", "x");
  ::umask(before);
  EXPECT_EQ(mode_of(dir / "f"), 0640u);
}

TEST(AtomicFile, RespectsWriteProtection) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everything";
  const TempDir dir;
  write_file(dir / "f", "old");
  ASSERT_EQ(::chmod((dir / "f").c_str(), 0400), 0);
  EXPECT_NE(error_of(dir / "f").find("Permission denied"), std::string::npos);
  EXPECT_EQ(read_file(dir / "f"), "old");
}

TEST(AtomicFile, FollowsLinks) {
  const TempDir dir;
  fs::create_directories(dir / "far/away");
  write_file(dir / "far/target", "old");
  fs::create_symlink("target", dir / "far/second");
  fs::create_symlink("far/second", dir / "first");
  write_file(dir / "first", "new");
  EXPECT_TRUE(fs::is_symlink(dir / "first"));
  EXPECT_TRUE(fs::is_symlink(dir / "far/second"));
  EXPECT_FALSE(fs::is_symlink(dir / "far/target"));
  EXPECT_EQ(read_file(dir / "far/target"), "new");

  fs::create_symlink(dir / "far/away/later", dir / "dangling");
  write_file(dir / "dangling", "born");
  EXPECT_TRUE(fs::is_symlink(dir / "dangling"));
  EXPECT_EQ(read_file(dir / "far/away/later"), "born");

  fs::create_symlink("far/away", dir / "folder");
  write_file(dir / "folder/f", "inside");
  EXPECT_TRUE(fs::is_symlink(dir / "folder"));
  EXPECT_EQ(read_file(dir / "far/away/f"), "inside");
  EXPECT_NE(error_of(dir / "folder").find("it is a folder"), std::string::npos);
}

TEST(AtomicFile, RefusesLoopsOfLinksAndLinksToNowhere) {
  const TempDir dir;
  fs::create_symlink("b", dir / "a");
  fs::create_symlink("a", dir / "b");
  fs::create_symlink("self", dir / "self");
  fs::create_symlink("no/folder/f", dir / "nowhere");
  EXPECT_NE(error_of(dir / "a").find("a: cannot write: its symbolic links form a loop"), std::string::npos);
  EXPECT_NE(error_of(dir / "self").find("form a loop"), std::string::npos);
  EXPECT_NE(error_of(dir / "a/f").find("a/f: cannot write: "), std::string::npos);
  EXPECT_NE(error_of(dir / "nowhere").find("no/folder does not exist"), std::string::npos);
  EXPECT_TRUE(fs::is_symlink(dir / "a"));
}

TEST(AtomicFile, WritesThroughPipes) {
  const TempDir dir;
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  std::string received;
  {
    const std::jthread reader([&] { received = read_file(dir / "pipe"); });
    write_file(dir / "pipe", std::string(200'003, 'x'));
  }
  EXPECT_EQ(received, std::string(200'003, 'x'));
  EXPECT_TRUE(fs::is_fifo(dir / "pipe"));
}

/// A node of a device in `dir`, or "" where that is not allowed.
std::string device_node(const TempDir& dir, const char* name, unsigned minor) {
  const std::string path = dir / name;
  if (::mknod(path.c_str(), S_IFCHR | 0666, ::makedev(1, minor)) != 0) return "";
  const int descriptor = ::open(path.c_str(), O_WRONLY);  // containers may forbid to use one
  if (descriptor < 0) return "";
  ::close(descriptor);
  return path;
}

TEST(AtomicFile, WritesThroughDevices) {
  const TempDir dir;
  const std::string null = device_node(dir, "null", 3), full = device_node(dir, "full", 7);
  if (null.empty() || full.empty()) GTEST_SKIP() << "device nodes cannot be made here";
  write_file(null, "x");
  EXPECT_TRUE(fs::is_character_file(null));
  EXPECT_NE(error_of(full).find("full: cannot write: No space left on device"), std::string::npos);
  EXPECT_NE(error_of(full, std::string(3 << 20, 'x')).find("No space left on device"), std::string::npos);
  EXPECT_TRUE(fs::is_character_file(full));
  fs::create_symlink(null, dir / "link");
  write_file(dir / "link", "x");
  EXPECT_TRUE(fs::is_symlink(dir / "link"));
  EXPECT_EQ(names_in(dir / "."), (std::vector<std::string>{"full", "link", "null"}));
}

TEST(AtomicFile, WritesToOpenDescriptors) {
  const TempDir dir;
  const int descriptor = ::open((dir / "f").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ASSERT_GE(descriptor, 0);
  ASSERT_EQ(::write(descriptor, "a", 1), 1);
  write_file(fmt::format("/dev/fd/{}", descriptor), "b");
  write_file(fmt::format("/proc/self/fd/{}", descriptor), "c");
  ASSERT_EQ(::write(descriptor, "d", 1), 1);
  ::close(descriptor);
  EXPECT_EQ(read_file(dir / "f"), "abcd");
  EXPECT_EQ(resolve_output("/dev/stdout").kind, OutputTarget::Kind::kStandardOutput);
  EXPECT_EQ(resolve_output("-").kind, OutputTarget::Kind::kStandardOutput);
}

TEST(AtomicFile, DeletesWhatKilledProcessesLeft) {
  const TempDir dir;
  const pid_t gone = gone_process();
  const auto name = [](std::string_view of, pid_t process) {
    return fmt::format("{}.akin-tmp{}-0", of, process);
  };
  std::vector<std::string> kept = {"f",
                                   name("other", gone),
                                   name("f", 1),
                                   name("f", ::getpid()) + "0",
                                   fmt::format("f.tmp{}", gone),
                                   fmt::format("f.akin-tmp{}", gone),
                                   name("f", gone) + ".txt",
                                   "f.akin-tmp-1",
                                   "f.akin-tmpx-0"};
  for (const std::string& file : kept) write_file(dir / file, "mine");
  write_file(dir / name("f", gone), "half");
  write_file(dir / "f", "new");
  std::ranges::sort(kept);
  EXPECT_EQ(names_in(dir / "."), kept);
}

TEST(AtomicFile, DeletesTemporariesOfItsOwnKindOnly) {
  const TempDir dir;
  const pid_t gone = gone_process();
  const std::string name = fmt::format("f.akin-tmp{}-7", gone);
  const auto make_folder = [&] {
    fs::create_directory(dir / name);
    write_file(dir / (name + "/1.jpg"), "half");
  };
  make_folder();
  write_file(dir / "f", "new");
  EXPECT_TRUE(fs::exists(dir / (name + "/1.jpg"))) << "a folder is no temporary file";
  { const TemporaryName folder(dir / "f", TemporaryName::Kind::kFolder, 0700); }
  EXPECT_FALSE(fs::exists(dir / name));

  write_file(dir / name, "half");
  { const TemporaryName folder(dir / "f", TemporaryName::Kind::kFolder, 0700); }
  EXPECT_TRUE(fs::exists(dir / name)) << "a file is no temporary folder";
  write_file(dir / "f", "new");
  EXPECT_FALSE(fs::exists(dir / name));

  make_folder();
  fs::rename(dir / name, dir / "mine");
  fs::create_directory_symlink("mine", dir / name);
  write_file(dir / "f", "new");
  { const TemporaryName folder(dir / "f", TemporaryName::Kind::kFolder, 0700); }
  EXPECT_TRUE(fs::is_symlink(dir / name));
  EXPECT_TRUE(fs::exists(dir / "mine/1.jpg"));
}

TEST(AtomicFile, KeepsTemporariesThatAreLocked) {
  const TempDir dir;
  const std::string name = dir / fmt::format("f.akin-tmp{}-0", gone_process());
  write_file(name, "half");
  const int descriptor = ::open(name.c_str(), O_RDONLY);
  ASSERT_EQ(::flock(descriptor, LOCK_EX), 0);
  write_file(dir / "f", "x");
  EXPECT_TRUE(fs::exists(name)) << "another container may be writing it";
  ::close(descriptor);
  write_file(dir / "f", "x");
  EXPECT_FALSE(fs::exists(name));
}

TEST(AtomicFile, TwoWritersDoNotMeet) {
  const TempDir dir;
  AtomicFile first(dir / "f"), second(dir / "f");
  first.write("first");
  second.write("second");
  second.commit();
  EXPECT_EQ(read_file(dir / "f"), "second");
  first.commit();
  EXPECT_EQ(read_file(dir / "f"), "first");
}

TEST(CommitTogether, RenamesNothingBeforeAllIsWritten) {
  const TempDir dir;
  write_file(dir / "a", "old");
  {
    CommitTogether files;
    write_file(dir / "a", "new");
    write_file(dir / "b", "new");
    EXPECT_EQ(read_file(dir / "a"), "old");
    EXPECT_FALSE(fs::exists(dir / "b"));
  }
  EXPECT_EQ(names_in(dir / "."), (std::vector<std::string>{"a"})) << "without commit() nothing is left";
  EXPECT_EQ(read_file(dir / "a"), "old");
  {
    CommitTogether files;
    write_file(dir / "a", "new");
    write_file(dir / "b", "new");
    files.commit();
    EXPECT_EQ(read_file(dir / "a"), "new");
  }
  EXPECT_EQ(names_in(dir / "."), (std::vector<std::string>{"a", "b"}));
  write_file(dir / "a", "alone");
  EXPECT_EQ(read_file(dir / "a"), "alone") << "afterwards a file is renamed at once";
}

TEST(CommitTogether, IsOfItsThreadOnly) {
  const TempDir dir;
  CommitTogether files;
  std::jthread([&] { write_file(dir / "f", "x"); }).join();
  EXPECT_EQ(read_file(dir / "f"), "x");
}

TEST(AtomicFile, WritesTheLongestNames) {
  const TempDir dir;
  const std::string name(255, 'x');
  write_file(dir / name, "whole");
  EXPECT_EQ(read_file(dir / name), "whole");
  EXPECT_EQ(names_in(dir / "."), (std::vector<std::string>{name}));
}

TEST(CheckWritable, SaysBeforeTheWorkWhatWouldFailAfter) {
  const TempDir dir;
  EXPECT_NO_THROW(check_writable(dir / "new"));
  EXPECT_THROW(check_writable(dir / "no/f"), Error);
  EXPECT_THROW(check_writable(dir / "."), Error);
  EXPECT_THROW(check_writable(dir / "new/"), Error);
  EXPECT_TRUE(names_in(dir / ".").empty());
}

TEST(CheckWritable, FoldersInWhichNobodyCreatesFiles) {
  EXPECT_THROW(check_writable("/proc/akin-test"), Error);
  const TempDir dir;
  EXPECT_NO_THROW(check_writable(dir / "new"));
  EXPECT_TRUE(std::filesystem::is_empty(dir / "")) << "the trial leaves nothing";
}

}  // namespace
}  // namespace akin
