// Columns of imported files that must not reach the data set.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace akin {

class Communicator;  // base/communicator.h

/// Which columns, keys or attributes an import leaves out, and which it has met, so that a name that fits
/// none is an error. Case, blanks and punctuation of names do not matter.
class DroppedColumns {
 public:
  DroppedColumns() = default;
  explicit DroppedColumns(const std::vector<std::string>& names);

  bool any() const { return !names_.empty(); }
  /// To be asked about each column that the input has: true if it is to be left out.
  bool operator()(std::string_view column);
  /// To be called with each column that holds the ids of `owners` ("users", "items"), without which there are
  /// no events. Throws Error(kUsage) if it is to be left out.
  void need(std::string_view column, std::string_view owners);
  /// Collective: what any rank has met, all have.
  void gather(const Communicator& ranks);
  /// Once all is read: throws Error(kUsage) for a name that fits no column, with those there are.
  void check() const;

 private:
  std::map<std::string, std::string> names_;          // as they are compared -> as they were given
  std::map<std::string, bool, std::less<>> columns_;  // met: is it left out?
};

}  // namespace akin
