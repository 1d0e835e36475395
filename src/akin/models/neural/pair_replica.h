// A replica's way to its server.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "akin/base/channel.h"
#include "akin/models/neural/pair_parameters.h"
#include "akin/models/neural/pair_wire.h"

namespace akin {

/// The parameters of a net that a PairServer has. step() keeps the gradients until the next load(), which
/// pushes them, fetches, and learns what comes after, in one round trip.
class PairReplica : public PairParameters {
 public:
  /// Joins the server. Throws Error(kIo) if it is not there, Error(kBadData) if it refuses `hello`
  /// (pair_hello()).
  PairReplica(const Address& server, const PairNet& net, std::size_t batch, const std::string& hello,
              std::stop_token stop);

  /// The minibatch to train next, when there is one; none = the training is over.
  std::optional<PairTurn> next();
  void load(const PairTurn& turn, const PairCopies& copies) override;
  void step(const PairTurn& turn, const PairGradients& gradients) override;

 private:
  void ask(const PairCopies* wanted);

  Channel channel_;
  PairWire wire_;
  std::optional<PairTurn> next_;
};

}  // namespace akin
