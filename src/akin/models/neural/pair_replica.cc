#include "akin/models/neural/pair_replica.h"

#include <utility>

#include "akin/base/error.h"

namespace akin {

PairReplica::PairReplica(const Address& server, const PairNet& net, std::size_t batch,
                         const std::string& hello, std::stop_token stop)
    : channel_(Channel::connect(server, std::move(stop))), wire_(net, batch) {
  channel_.send(std::as_bytes(std::span(hello)));
  const std::span<const std::byte> answer = channel_.receive(kHelloLimit);
  if (!answer.empty()) {
    fail(ErrorCode::kBadData, "{}: refused this replica: {}", server.text(),
         std::string_view(reinterpret_cast<const char*>(answer.data()), answer.size()));
  }
}

std::optional<PairTurn> PairReplica::next() {
  if (!next_) ask(nullptr);
  return std::exchange(next_, std::nullopt);
}

void PairReplica::load(const PairTurn&, const PairCopies& copies) { ask(&copies); }

void PairReplica::step(const PairTurn& turn, const PairGradients& gradients) {
  wire_.put_gradients(turn.number, gradients);
}

/// One round trip.
void PairReplica::ask(const PairCopies* wanted) {
  try {
    channel_.send(wire_.request(wanted));
    const PairWire::Reply reply = wire_.read_reply(channel_.receive(wire_.reply_limit()), wanted);
    next_ = reply.next;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kIo) throw;
    fail(ErrorCode::kIo, "{}; the server is gone before the training was over", error.what());
  }
}

}  // namespace akin
