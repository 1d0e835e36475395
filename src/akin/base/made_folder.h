// Folders that akin writes many files to.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace akin {

/// A folder whose file `.akin-made` lists what akin wrote there: only that is ever replaced or deleted, and what
/// people put beside it stays. Safe from many threads.
class MadeFolder {
 public:
  static constexpr std::string_view kList = ".akin-made";

  /// Takes the folder `path`: a new one, an empty one, or one that the same `maker` ("akin demo") made before.
  /// `advice` is what to do if it is none of these, such as "name another folder with -o". Throws Error(kUsage)
  /// then, Error(kIo).
  MadeFolder(std::string path, std::string maker, std::string advice);
  /// Leaves no trace if akin made nothing.
  ~MadeFolder();
  MadeFolder(const MadeFolder&) = delete;
  MadeFolder& operator=(const MadeFolder&) = delete;

  /// Notes that akin is about to make these files; names may be below the folder, as in "images/1.jpg". Throws
  /// Error(kUsage) if something is there under a name that akin did not make, and notes nothing then.
  void claim(const std::vector<std::string>& names);
  /// The same for one file; returns its path.
  std::string claim(const std::string& name);
  /// Names of the files that akin made here, in order.
  std::vector<std::string> made() const;
  /// Deletes those of the files that akin made, and the folders they were in where these are empty now.
  void remove(const std::vector<std::string>& names);
  /// Deletes all that akin made, and the folder too if nothing else is in it.
  void remove_all();

 private:
  void read_list(std::string_view text);
  void write_list() const;
  void check_free(const std::string& name) const;
  std::string path_of(std::string_view name) const;

  std::string path_, maker_, advice_;
  bool created_ = false;
  mutable std::mutex mutex_;
  std::set<std::string> made_;
};

}  // namespace akin
