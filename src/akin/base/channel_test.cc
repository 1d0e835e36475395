#include "akin/base/channel.h"

#include <gtest/gtest.h>

#include <thread>

#include "akin/base/error.h"

namespace akin {
namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }
std::string text(std::span<const std::byte> message) {
  return {reinterpret_cast<const char*>(message.data()), message.size()};
}

/// Two ends of a connection on this machine.
struct Pair {
  Listener listener{Address{"127.0.0.1", "0"}};
  std::stop_source stop;
  std::optional<Channel> client, server;
  Pair() {
    client = Channel::connect(listener.address(), stop.get_token());
    while (!server) server = listener.accept(stop.get_token());
  }
};

ErrorCode code_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

TEST(Address, IsReadAndWritten) {
  EXPECT_EQ(parse_address("127.0.0.1:4000", "--join").text(), "127.0.0.1:4000");
  EXPECT_EQ(parse_address("[::1]:0", "--join").host, "::1");
  EXPECT_EQ(parse_address("[::1]:0", "--join").text(), "[::1]:0");
  for (const char* const wrong :
       {"", ":", "host", "host:", ":4000", "host:x", "host:70000", "::1:4000", "h:-1"})
    EXPECT_EQ(code_of([&] { parse_address(wrong, "--join"); }), ErrorCode::kUsage) << wrong;
}

TEST(Channel, CarriesMessagesWhole) {
  Pair pair;
  const std::string large(3'000'017, 'x');  // more than a socket holds
  std::jthread sender([&] {
    for (const std::string& message : {std::string("one"), std::string(), large})
      pair.client->send(bytes(message));
  });
  EXPECT_EQ(text(pair.server->receive(3)), "one");
  EXPECT_EQ(text(pair.server->receive(3)), "");
  EXPECT_EQ(text(pair.server->receive(large.size())), large);
}

TEST(Channel, RefusesWhatIsTooLong) {
  Pair pair;
  pair.client->send(bytes("four"));
  EXPECT_EQ(code_of([&] { pair.server->receive(3); }), ErrorCode::kBadData);
}

TEST(Channel, TellsThatTheOtherSideIsGone) {
  Pair pair;
  pair.client.reset();
  EXPECT_EQ(code_of([&] { pair.server->receive(9); }), ErrorCode::kIo);
  const Address address = pair.listener.address();
  pair.listener = Listener(Address{"127.0.0.1", "0"});
  EXPECT_EQ(code_of([&] { Channel::connect(address, {}); }), ErrorCode::kIo);
}

TEST(Channel, WaitsNoLongerThanIsWanted) {
  Pair pair;
  EXPECT_EQ(code_of([&] { pair.server->receive(9, std::chrono::seconds(1)); }), ErrorCode::kIo);
  std::jthread stopper([&] { pair.stop.request_stop(); });
  EXPECT_EQ(code_of([&] { pair.server->receive(9); }), ErrorCode::kCancelled);
}

TEST(Listener, TakesNoPortTwice) {
  const Listener listener(Address{"127.0.0.1", "0"});
  EXPECT_EQ(code_of([&] { Listener again(listener.address()); }), ErrorCode::kIo);
}

}  // namespace
}  // namespace akin
