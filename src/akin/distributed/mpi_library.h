// Several processes started by mpirun: where their Communicator comes from.
#pragma once

#include "akin/base/communicator.h"

namespace akin::distributed {

/// What both sides of the seam were built from; they must agree, since C++ objects cross it.
inline constexpr int kMpiInterface = 2;
inline constexpr const char* kMpiLibrary = "libakin_mpi.so";

/// Whether Open MPI's mpirun has started this process as one of several, or as the only one.
bool started_by_mpirun();

/// The processes that mpirun started, nullptr if it did not start this one. Opens libakin_mpi.so, so that a program
/// alone needs no MPI; to be called once, by the main thread, from which alone the Communicator may be used. Throws
/// Error(kNotFound) if the library is missing, Error(kIo) if it cannot be loaded or MPI does not start.
const Communicator* mpi_ranks();

}  // namespace akin::distributed

// Defined by the library.
extern "C" {
#define AKIN_MPI_EXPORT __attribute__((visibility("default")))
AKIN_MPI_EXPORT int akin_mpi_interface();
/// Starts MPI; nullptr with a message if that fails. MPI ends with the process.
AKIN_MPI_EXPORT const akin::Communicator* akin_mpi_start(std::string* error);
}
