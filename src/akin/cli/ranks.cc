#include "akin/cli/ranks.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "akin/base/error.h"
#include "akin/cli/output.h"
#include "akin/distributed/mpi_library.h"
#include "akin/distributed/same_everywhere.h"
#include "akin/linalg/kernels.h"

namespace akin::cli {
namespace {

const Communicator* joined = nullptr;

}  // namespace

void start_ranks(const Args& args, std::string_view version) {
  if (joined == nullptr) joined = distributed::mpi_ranks();
  if (ranks().alone()) return;
  if (!ranks().first() && std::freopen("/dev/null", "w", stdout) == nullptr)
    fail(ErrorCode::kIo, "/dev/null: cannot be opened");
  distributed::check_same_everywhere(ranks(), {{"version of akin", std::string(version)},
                                               {"command line", fmt::format("{}", fmt::join(args, " "))},
                                               {"instruction set of kernels", instruction_set()}});
}

const Communicator& ranks() { return joined != nullptr ? *joined : alone(); }

void end_ranks(std::string_view message, int exit_code) {
  // What the first process cannot do either it says itself, and ends this one meanwhile.
  if (!ranks().first()) std::this_thread::sleep_for(std::chrono::seconds(3));
  const std::string who =
      ranks().first() ? "" : fmt::format("rank {} on {}: ", ranks().rank(), distributed::host_name());
  print_error_line(fmt::format("akin: error: {}{}", who, message));
  ranks().abort(exit_code);
  std::_Exit(exit_code);  // never reached
}

}  // namespace akin::cli
