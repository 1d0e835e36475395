#include "akin/base/isolated.h"

#include <gtest/gtest.h>

#include <csignal>

#include "akin/base/error_for_test.h"

namespace akin {
namespace {

TEST(Isolated, GivesTheBytes) {
  const std::string bytes = std::string("a\n\0b", 4) + std::string(300'000, 'x');
  EXPECT_EQ(run_isolated([&] { return bytes; }), bytes);
  EXPECT_EQ(run_isolated([] { return std::string(); }), "");
}

TEST(Isolated, ThrowsTheErrorsOfTheWork) {
  const auto failing = []() -> std::string { fail(ErrorCode::kBadData, "layer {} is missing", "a"); };
  EXPECT_EQ(message_of(ErrorCode::kBadData, [&] { run_isolated(failing); }), "layer a is missing");
}

TEST(Isolated, OutlivesACrash) {
  EXPECT_EQ(run_isolated([]() -> std::string {
              std::raise(SIGKILL);
              return "never";
            }),
            std::nullopt);
  int here = 1;
  run_isolated([&] {
    here = 2;
    return std::string();
  });
  EXPECT_EQ(here, 1) << "the child has its own memory";
}

}  // namespace
}  // namespace akin
