// Finished trials in a file, so that a search that was killed continues where it was.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "akin/base/communicator.h"
#include "akin/experiment/tune/trial.h"

namespace akin {

/// A file of JSON lines: first what is searched, then a line per finished trial and budget, each written out
/// at once. Safe from many threads. Of several ranks the first reads and writes the file; the others know what it
/// knew and what they are told by add().
class TrialLog {
 public:
  /// What a search is of: name and value of all that must be the same for its trials to count.
  using Identity = std::map<std::string, std::string>;

  /// Opens or creates the file. A last line that was cut off by a kill is dropped. Throws Error(kBadData) if
  /// the file is of another search (the message says what differs) or damaged, Error(kIo). Collective.
  TrialLog(const std::string& path, const Identity& identity, const Communicator& ranks = alone());

  std::optional<Trial> find(int number, int budget) const;
  /// A trial that is known already changes nothing. Throws Error(kIo) if the line cannot be written.
  void add(const Trial& trial);
  /// Trials that were in the file when it was opened.
  std::size_t found() const { return found_; }

 private:
  void open(const Identity& identity);
  void read(const Identity& identity);
  void write(const Trial& trial) const;

  std::string path_;
  bool writes_;
  mutable std::mutex mutex_;
  std::map<std::pair<int, int>, Trial> trials_;  // by number and budget
  std::size_t found_ = 0;
};

}  // namespace akin
