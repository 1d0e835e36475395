// The one exception of akin, and "did you mean".
#pragma once

#include <fmt/core.h>

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace akin {

/// What went wrong, for callers that act on it. The command line maps kUsage to exit code 2, kCancelled to
/// 130, everything else to 1.
enum class ErrorCode {
  kUsage,      ///< an argument or parameter is unknown or out of range
  kBadData,    ///< a file's content is not what its format says
  kNotFound,   ///< a user, item, model, file or tensor that does not exist
  kIo,         ///< the operating system refused to read or write
  kCancelled,  ///< the caller asked to stop
  kInternal,   ///< a bug of akin
};

/// The only exception akin throws on purpose. The message says what happened, where (`file:line` for input),
/// and what to do about it.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

/// Throws an Error whose message is formatted as by fmt::format.
template <typename... Args>
[[noreturn]] void fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}

/// " (did you mean A, B?)" with up to three of `candidates` closest to `name` by edit distance, or "" if none
/// is close. Cost: O(candidates x length^2).
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

namespace internal {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}

/// Guards against akin's own bugs, in every build. User input is checked with fail().
#define AKIN_ASSERT(expression) \
  ((expression) ? void(0) : ::akin::internal::assertion_failed(#expression, __FILE__, __LINE__))

}  // namespace akin
