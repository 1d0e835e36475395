#include "akin/base/channel.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "akin/base/error.h"
#include "akin/base/text.h"

namespace akin {
namespace {

constexpr int kWaitMs = 200;    // after so long a wish to stop is looked for
constexpr int kAcceptMs = 100;  // how long accept() waits

std::string reason() { return std::strerror(errno); }

struct FreeInfo {
  void operator()(addrinfo* info) const { freeaddrinfo(info); }
};

std::unique_ptr<addrinfo, FreeInfo> resolve(const Address& address, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found); error != 0)
    fail(ErrorCode::kIo, "{}: no such address: {}", address.text(), gai_strerror(error));
  return std::unique_ptr<addrinfo, FreeInfo>(found);
}

void set_option(int socket, int level, int name, int value) {
  setsockopt(socket, level, name, &value, sizeof(value));
}

Address name_of(const sockaddr* address, socklen_t size) {
  char host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?";
  getnameinfo(address, size, host, sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
  return {host, port};
}

}  // namespace

std::string Address::text() const {
  return host.find(':') == std::string::npos ? host + ":" + port : "[" + host + "]:" + port;
}

Address parse_address(std::string_view text, std::string_view flag) {
  const std::size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const bool bare_colons = !bracketed && host.find(':') != std::string_view::npos;
  if (bracketed) host = host.substr(1, host.size() - 2);
  const std::string_view port = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const bool digits = port.find_first_not_of("0123456789") == std::string_view::npos;
  if (host.empty() || port.empty() || port.size() > 5 || !digits || bare_colons ||
      std::stoi(std::string(port)) > 65'535) {
    fail(ErrorCode::kUsage, "{} '{}': say host and port, as in 127.0.0.1:4000 or [::1]:4000", flag, text);
  }
  return {std::string(host), std::string(port)};
}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int Socket::release() { return std::exchange(descriptor_, -1); }

Channel::Channel(Socket socket, std::string peer, std::stop_token stop)
    : socket_(std::move(socket)), peer_(std::move(peer)), stop_(std::move(stop)) {
  const int descriptor = socket_.descriptor();
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);  // a message waits for no other
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);  // a machine that is gone is found to be: in a minute
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3);
  const timeval wait{.tv_sec = 0, .tv_usec = kWaitMs * 1000};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
}

Channel Channel::connect(const Address& address, std::stop_token stop) {
  const auto found = resolve(address, 0);
  for (const addrinfo* info = found.get(); info; info = info->ai_next) {
    Socket socket(::socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.descriptor() < 0 || ::connect(socket.descriptor(), info->ai_addr, info->ai_addrlen) != 0)
      continue;
    return Channel(std::move(socket), address.text(), std::move(stop));
  }
  fail(ErrorCode::kIo, "{}: cannot connect: {}; is the server running, and is the port open?", address.text(),
       reason());
}

void Channel::send(std::span<const std::byte> message) {
  const auto size = static_cast<std::uint32_t>(message.size());
  AKIN_ASSERT(size == message.size());
  // Both in one piece: two would be two packets.
  buffer_.resize(sizeof(size) + message.size());
  std::memcpy(buffer_.data(), &size, sizeof(size));
  std::ranges::copy(message, buffer_.begin() + sizeof(size));  // which may be empty
  write(buffer_.data(), buffer_.size());
}

std::span<const std::byte> Channel::receive(std::size_t limit, std::chrono::seconds patience) {
  std::uint32_t size = 0;
  read(reinterpret_cast<std::byte*>(&size), sizeof(size), patience);
  if (size > limit)
    fail(ErrorCode::kBadData, "{}: sent a message of {} bytes where {} are the most", peer_, size, limit);
  buffer_.resize(size);
  read(buffer_.data(), size, patience);
  return buffer_;
}

void Channel::read(std::byte* to, std::size_t size, std::chrono::seconds patience) {
  auto heard = std::chrono::steady_clock::now();
  while (size > 0) {
    if (stop_.stop_requested()) fail(ErrorCode::kCancelled, "stopped on request");
    const ssize_t got = ::recv(socket_.descriptor(), to, size, 0);
    if (got > 0) {
      to += got;
      size -= static_cast<std::size_t>(got);
    } else if (got == 0) {
      fail(ErrorCode::kIo, "{}: ended the connection", peer_);
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
      fail(ErrorCode::kIo, "{}: lost the connection: {}", peer_, reason());
    }
    if (patience.count() == 0) continue;
    const auto now = std::chrono::steady_clock::now();
    if (got > 0) heard = now;
    if (now - heard > patience)
      fail(ErrorCode::kIo, "{}: has said nothing for {} seconds", peer_, patience.count());
  }
}

void Channel::write(const std::byte* from, std::size_t size) {
  while (size > 0) {
    if (stop_.stop_requested()) fail(ErrorCode::kCancelled, "stopped on request");
    const ssize_t sent = ::send(socket_.descriptor(), from, size, MSG_NOSIGNAL);
    if (sent > 0) {
      from += sent;
      size -= static_cast<std::size_t>(sent);
    } else if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
      fail(ErrorCode::kIo, "{}: lost the connection: {}", peer_, reason());
    }
  }
}

Listener::Listener(const Address& address) : address_(address) {
  const auto found = resolve(address, AI_PASSIVE);
  for (const addrinfo* info = found.get(); info; info = info->ai_next) {
    Socket socket(::socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.descriptor() < 0) continue;
    set_option(socket.descriptor(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (::bind(socket.descriptor(), info->ai_addr, info->ai_addrlen) != 0 ||
        ::listen(socket.descriptor(), SOMAXCONN) != 0)
      continue;
    sockaddr_storage bound{};
    socklen_t size = sizeof(bound);
    getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&bound), &size);
    address_.port = name_of(reinterpret_cast<const sockaddr*>(&bound), size).port;
    socket_ = std::move(socket);
    return;
  }
  fail(ErrorCode::kIo, "{}: cannot listen: {}; name a free port, or port 0 for any", address.text(),
       reason());
}

std::optional<Channel> Listener::accept(std::stop_token stop) {
  pollfd waiting{.fd = socket_.descriptor(), .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, kAcceptMs) <= 0) return std::nullopt;
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  Socket socket(::accept4(socket_.descriptor(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC));
  if (socket.descriptor() < 0) return std::nullopt;  // gone again
  return Channel(std::move(socket), name_of(reinterpret_cast<const sockaddr*>(&peer), size).text(),
                 std::move(stop));
}

}  // namespace akin
