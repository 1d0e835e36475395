// Whether all ranks are about to do the same.
#pragma once

#include <string>
#include <vector>

#include "akin/base/communicator.h"

namespace akin::distributed {

/// Something that must be the same on every rank.
struct Fact {
  std::string name;  ///< in messages, such as "version of akin"
  std::string value;
};

/// Collective. Throws Error(kUsage), on every rank, naming the fact that differs, the first rank where it does and
/// that rank's host, with both values.
void check_same_everywhere(const Communicator& ranks, const std::vector<Fact>& facts);

/// The name of this machine.
std::string host_name();

}  // namespace akin::distributed
