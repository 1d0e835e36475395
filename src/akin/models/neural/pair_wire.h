// What server and replicas of a PairNet say to each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/models/neural/pair_parameters.h"

namespace akin {

/// All that must be the same in server and replica, as lines "name=value" after one that names the protocol:
/// the first message of a connection. The answer is "" or why the replica is refused.
std::string pair_hello(const Csr& pairs, const PairOptimizers& optimizers, std::uint64_t seed);
/// What of it differs, "" = nothing; names and values only as far as they can be printed.
std::string hello_difference(std::string_view replica, std::string_view server);
inline constexpr std::size_t kHelloLimit = 1 << 16;  ///< bytes of it, and of the answer

/// A replica's message: gradients of a minibatch, and the rows it needs for the next. Points into the
/// message.
struct PairRequest {
  std::optional<std::size_t> done;  ///< whose gradients these are; none = none
  PairGradients gradients;
  std::vector<idx_t> users, items;  ///< rows wanted; users empty = none, and nothing dense
  bool wants() const { return !users.empty(); }
};

/// The messages after that; numbers and floats as they lie in the memory of a little-endian machine. Lengths
/// follow from the net and the minibatch.
///
///   request  u64 minibatch done (none: all ones), f64 its loss, 4 u32: rows of its users, items, rows wanted
///            of users, items; floats: gradients of users, items, dense; u32 rows: the same four
///   reply    u64 minibatch to do next (none: all ones), i32 its epoch, u32 1 = the training is over;
///            floats: the rows wanted of users, items, and what is dense
class PairWire {
 public:
  /// For minibatches of up to `batch` pairs. Throws Error(kUsage) if a message could be 4 GiB long.
  PairWire(const PairNet& net, std::size_t batch);
  /// The longest messages, in bytes.
  std::size_t request_limit() const { return request_limit_; }
  std::size_t reply_limit() const { return request_limit_; }

  /// A replica's side. Begins the next request with gradients; without it, it has none.
  void put_gradients(std::size_t number, const PairGradients& gradients);
  /// Ends it with what is wanted; null = nothing. Valid until the next put_gradients() or request().
  std::span<const std::byte> request(const PairCopies* wanted);
  /// A reply: copies what was wanted, gives the next turn. `over` = there will be none. Throws
  /// Error(kBadData).
  struct Reply {
    std::optional<PairTurn> next;
    bool over = false;
  };
  Reply read_reply(std::span<const std::byte> message, const PairCopies* wanted) const;

  /// The server's side. Throws Error(kBadData) unless every number in it is possible.
  PairRequest read_request(std::span<const std::byte> message) const;
  /// Begins a reply and says where it takes copies of the rows wanted.
  PairCopies begin_reply(const PairRequest& request);
  /// Ends it. Valid until the next begin_reply().
  std::span<const std::byte> reply(const Reply& reply);

 private:
  std::size_t dense_floats() const;

  std::size_t n_users_, n_items_, stride_, batch_;
  std::vector<std::size_t> dense_;  // floats of each
  std::size_t request_limit_;
  std::vector<std::byte> out_;
  bool begun_ = false;  // out_ is a request with gradients
};

}  // namespace akin
