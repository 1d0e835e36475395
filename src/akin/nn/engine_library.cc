#include "akin/nn/engine_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "akin/base/atomic_file.h"
#include "akin/base/error.h"
#include "akin/nn/keras_file.h"
#include "akin/nn/net.h"

#ifndef AKIN_NN_BUILD_LIBRARY
#define AKIN_NN_BUILD_LIBRARY ""  // built without nets
#endif
#ifndef AKIN_NN_INSTALL_LIBRARY
#define AKIN_NN_INSTALL_LIBRARY ""
#endif
#ifndef AKIN_NN_SYSTEM_BLAS
#define AKIN_NN_SYSTEM_BLAS false
#endif

namespace akin::nn {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> positions() {
  if (const char* given = std::getenv("AKIN_NN_LIBRARY"); given != nullptr && *given != '\0') return {given};
  std::vector<std::string> found;
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  if (!program.empty()) {
    const fs::path folder = program.parent_path();
    found.push_back((folder / kEngineLibrary).string());
    found.push_back((folder.parent_path() / "lib" / kEngineLibrary).string());
  }
  for (const std::string path : {AKIN_NN_BUILD_LIBRARY, AKIN_NN_INSTALL_LIBRARY}) {
    if (!path.empty()) found.push_back(path);
  }
  return found;
}

/// Threads of OpenMP and OpenBLAS wait for work in a loop, which takes the processor from those that have some: where
/// other programs run, training took 30 times as long. Both read this when they are loaded. What the user has
/// set stays. A wait of some microseconds comes first: that is how long the steps between two parallel ones take.
void let_threads_sleep() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) ::setenv("GOMP_SPINCOUNT", "3000", 0);
  ::setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
  ::setenv("OPENBLAS_THREAD_TIMEOUT", "4", 0);  // the least: 16 ticks
}

/// For processors with products of bfloat16 OpenBLAS 0.3.21 has kernels of their own, by which a fit that was stopped and
/// one that was to end there came to other bits (the contract tests of mult-vae); by those for all with AVX-512 they do not.
void take_reproducible_kernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bf16")) ::setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
#endif
}

/// The library stays open until the program ends: torch does not survive being closed.
void* open_library() {
  const std::vector<std::string> candidates = positions();
  let_threads_sleep();
  take_reproducible_kernels();
  for (const std::string& path : candidates) {
    if (std::error_code error; !fs::exists(path, error)) continue;
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) return library;
    const char* reason = ::dlerror();
    fail(ErrorCode::kIo, "{}: cannot be loaded: {}", path, reason == nullptr ? "unknown reason" : reason);
  }
  fail(ErrorCode::kNotFound,
       "neural nets need {}, which is not at {}; build akin with -DAKIN_NN=ON (libtorch-dev), "
       "or set AKIN_NN_LIBRARY",
       kEngineLibrary, fmt::join(candidates, " nor "));
}

template <typename Function>
Function* symbol(void* library, const char* name) {
  void* found = ::dlsym(library, name);
  if (found == nullptr)
    fail(ErrorCode::kIo, "{} has no {}: it belongs to another build of akin", kEngineLibrary, name);
  return reinterpret_cast<Function*>(found);
}

struct Library {
  MakeEngineFunction* make_engine;
  WriteKerasFunction* write_keras;
  ReadKerasFunction* read_keras;
};

Library load_library() {
  void* library = open_library();
  const int interface = symbol<EngineInterfaceFunction>(library, "akin_nn_interface")();
  if (interface != kEngineInterface)
    fail(ErrorCode::kIo, "{} is of another version of akin (interface {}, not {})", kEngineLibrary, interface,
         kEngineInterface);
  return {symbol<MakeEngineFunction>(library, "akin_nn_make_engine"),
          symbol<WriteKerasFunction>(library, "akin_nn_write_keras"),
          symbol<ReadKerasFunction>(library, "akin_nn_read_keras")};
}

const Library& the_library() {
  static const Library kLibrary = load_library();  // tried again after a failure
  return kLibrary;
}

}  // namespace

std::string blas_library() {
  take_reproducible_kernels();
  // What the loader gives to a libtorch that is linked to the system's BLAS; a libtorch of its own may bring another.
  void* const library = AKIN_NN_SYSTEM_BLAS ? ::dlopen("libblas.so.3", RTLD_LAZY | RTLD_LOCAL) : nullptr;
  void* const product = library == nullptr ? nullptr : ::dlsym(library, "sgemm_");
  Dl_info info;
  if (product == nullptr || ::dladdr(product, &info) == 0) return "";
  std::error_code ignored;
  const fs::path path = fs::canonical(info.dli_fname, ignored);
  return path.empty() ? info.dli_fname : path.string();
}

std::string missing_library() {
  try {
    the_library();
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

std::unique_ptr<Engine> make_engine(const NetSpec& spec, const EngineOptions& options) {
  return std::unique_ptr<Engine>(the_library().make_engine(&spec, &options));
}

std::vector<NamedArray> read_keras_weights(const std::string& path) {
  std::vector<NamedArray> weights;
  the_library().read_keras(&path, &weights);
  return weights;
}

void write_keras_weights(const std::string& path, const NetSpec& spec,
                         const std::vector<NamedArray>& weights) {
  std::string content;
  the_library().write_keras(&content, &spec, &weights);
  write_file(path, content);
}

}  // namespace akin::nn
