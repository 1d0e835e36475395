// Messages between processes, over TCP.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace akin {

/// Where a process listens.
struct Address {
  std::string host, port;
  std::string text() const;
};
/// "127.0.0.1:4000", "host:4000", "[::1]:4000". Throws Error(kUsage) naming the flag.
Address parse_address(std::string_view text, std::string_view flag);

/// An open socket, closed when it goes.
class Socket {
 public:
  explicit Socket(int descriptor = -1) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(other.release()) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();
  int descriptor() const { return descriptor_; }
  int release();

 private:
  int descriptor_;
};

/// One TCP connection that carries messages, each with its length (4 bytes) before it. Not encrypted, and
/// whoever can reach the port may talk: for trusted networks. For one thread at a time. What waits ends with
/// Error(kCancelled) within a quarter of a second of a wish to stop.
class Channel {
 public:
  /// `peer` names the other side in messages.
  Channel(Socket socket, std::string peer, std::stop_token stop);
  /// Throws Error(kIo) if nobody listens there.
  static Channel connect(const Address& address, std::stop_token stop);

  /// Throws Error(kIo) if the other side is gone.
  void send(std::span<const std::byte> message);
  /// The next message, valid until the next call, aligned to 8 bytes. Throws Error(kBadData) if it is longer
  /// than `limit` bytes: nothing is allocated for it; Error(kIo) if the other side is gone, or silent for
  /// longer than `patience` (zero = forever).
  std::span<const std::byte> receive(std::size_t limit, std::chrono::seconds patience = {});

  /// Tells the other side that this one is gone.
  void close() { socket_ = Socket(); }
  const std::string& peer() const { return peer_; }

 private:
  void read(std::byte* to, std::size_t size, std::chrono::seconds patience);
  void write(const std::byte* from, std::size_t size);

  Socket socket_;
  std::string peer_;
  std::stop_token stop_;
  std::vector<std::byte> buffer_;
};

/// Waits for connections.
class Listener {
 public:
  /// Port "0" = any that is free. Throws Error(kIo) if it cannot listen there.
  explicit Listener(const Address& address);
  /// Where it listens, with the port it got.
  const Address& address() const { return address_; }
  /// The next connection, if one comes within a tenth of a second. `stop` is the channel's.
  std::optional<Channel> accept(std::stop_token stop);

 private:
  Address address_;
  Socket socket_;
};

}  // namespace akin
