// The fuzzer: fuzz TARGET [options of libFuzzer] [folders of inputs], or fuzz --list. Built by the preset fuzz.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "harness.h"
#include "mutate.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

const akin::fuzz::Target* target = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  if (*count == 2 && std::strcmp((*arguments)[1], "--list") == 0) {
    akin::fuzz::print_targets();
    std::exit(0);
  }
  // libFuzzer may start this program again without the name, which the environment keeps.
  const char* name = std::getenv("AKIN_FUZZ_TARGET");
  if (*count > 1 && (*arguments)[1][0] != '-') {
    name = (*arguments)[1];
    std::copy(*arguments + 2, *arguments + *count, *arguments + 1);
    --*count;
  }
  target = &akin::fuzz::find_target(name == nullptr ? "" : name);
  ::setenv("AKIN_FUZZ_TARGET", std::string(target->name).c_str(), 1);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  akin::fuzz::run(*target, {reinterpret_cast<const char*>(data), size});
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  if (target->container && seed % 8 != 0) {
    const auto changed =
        akin::fuzz::mutate_container({reinterpret_cast<const char*>(data), size}, seed / 8, LLVMFuzzerMutate);
    if (changed && changed->size() <= max_size) {
      std::memcpy(data, changed->data(), changed->size());
      return changed->size();
    }
  }
  return LLVMFuzzerMutate(data, size, max_size);
}
