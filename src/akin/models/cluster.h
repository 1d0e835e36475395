// Processes that fit one model together.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "akin/base/channel.h"

namespace akin {

/// Context::cluster of a fit whose Traits say `distributed`: Downpour SGD (Dean et al., "Large scale
/// distributed deep networks", NIPS 2012, 4.1). One process, the server, has the parameters and steps them;
/// replicas fetch them, minibatch by minibatch, and push gradients. All have the same data, parameters and
/// seed. Exactly one of `listener` and `server` is set.
struct Cluster {
  Listener* listener = nullptr;  ///< of the server: where replicas join, at any time; not owned
  int replicas = 1;              ///< of the server: it begins when so many have joined
  /// Of the server: why replicas that its caller started have failed since the last call, "" = they have not.
  std::function<std::string()> failures = {};
  std::function<void(std::string_view)> warn = {};  ///< of the server: a replica was lost or refused

  std::optional<Address> server = {};  ///< of a replica: for whom it works
  std::uint64_t pairs = 0;             ///< of a replica, written by the fit: pairs that it trained
};

}  // namespace akin
