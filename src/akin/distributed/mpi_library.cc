#include "akin/distributed/mpi_library.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>

#include "akin/base/error.h"

#ifndef AKIN_MPI_BUILD_LIBRARY
#define AKIN_MPI_BUILD_LIBRARY ""  // built without MPI
#endif
#ifndef AKIN_MPI_INSTALL_LIBRARY
#define AKIN_MPI_INSTALL_LIBRARY ""
#endif

namespace akin::distributed {
namespace {

namespace fs = std::filesystem;

std::string library_path() {
  std::error_code ignored;
  const fs::path folder = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const fs::path& path : {folder / kMpiLibrary, folder.parent_path() / "lib" / kMpiLibrary,
                               fs::path(AKIN_MPI_BUILD_LIBRARY), fs::path(AKIN_MPI_INSTALL_LIBRARY)}) {
    if (!path.empty() && fs::exists(path, ignored)) return path.string();
  }
  fail(ErrorCode::kNotFound,
       "mpirun has started this program, but {} is not beside it; build akin with -DAKIN_MPI=ON "
       "(libopenmpi-dev)",
       kMpiLibrary);
}

template <typename Function>
Function* symbol(void* library, const std::string& path, const char* name) {
  void* found = ::dlsym(library, name);
  if (found == nullptr) fail(ErrorCode::kIo, "{} has no {}: it belongs to another build of akin", path, name);
  return reinterpret_cast<Function*>(found);
}

}  // namespace

bool started_by_mpirun() { return std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr; }

const Communicator* mpi_ranks() {
  if (!started_by_mpirun()) return nullptr;
  const std::string path = library_path();
  // On shared processors a rank that waits must leave them to those that work: without this an exchange of some
  // numbers took 9 ms in place of 50 us.
  ::setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
  // Open MPI's plugins look for its symbols among the global ones. The library stays open until the program ends.
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) {
    const char* reason = ::dlerror();
    fail(ErrorCode::kIo, "{}: cannot be loaded: {}", path, reason == nullptr ? "unknown reason" : reason);
  }
  if (const int interface = symbol<int()>(library, path, "akin_mpi_interface")(); interface != kMpiInterface)
    fail(ErrorCode::kIo, "{} is of another version of akin (interface {}, not {})", path, interface,
         kMpiInterface);
  std::string error;
  const Communicator* ranks =
      symbol<const Communicator*(std::string*)>(library, path, "akin_mpi_start")(&error);
  if (ranks == nullptr) fail(ErrorCode::kIo, "Open MPI does not start: {}", error);
  return ranks;
}

}  // namespace akin::distributed
