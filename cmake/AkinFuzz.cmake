# The build for fuzzing (preset fuzz): clang, sanitizers, coverage, and no more than the readers and containers need.

option(AKIN_FUZZ "Build the fuzz targets, and the tests of readers and containers, under clang's sanitizers" OFF)

# The tests that this build has; the others have the preset asan.
set(AKIN_FUZZ_TESTS base data nn store)
# Modules that read what others wrote: compiled with -O1, so that a target runs thousands of inputs a second.
set(AKIN_FUZZ_READERS akin_base akin_data akin_fuzz_targets)

# Null and alignment checks stand at every member call and would double the compile time; a null pointer crashes anyway.
set(AKIN_FUZZ_UNDEFINED bool,bounds,builtin,enum,float-cast-overflow,integer-divide-by-zero,nonnull-attribute,return,shift,signed-integer-overflow,unreachable,vla-bound)

# akin_fuzz_compile(TARGET): options and precompiled headers of a library or test.
function(akin_fuzz_compile target)
  set(kind REST)
  set(headers ${AKIN_COMMON_HEADERS} <numeric> <ranges> <thread> <mutex> <atomic> <nlohmann/json.hpp>)
  if(target IN_LIST AKIN_FUZZ_READERS)
    set(kind READERS)
    target_compile_options(${target} PRIVATE -O1)
  elseif(target MATCHES "_test$")
    set(kind TESTS)
    list(APPEND headers <gtest/gtest.h>)
  endif()
  get_property(first GLOBAL PROPERTY AKIN_FUZZ_FIRST_${kind})
  if(first)
    target_precompile_headers(${target} REUSE_FROM ${first})
  else()
    target_precompile_headers(${target} PRIVATE ${headers})
    set_property(GLOBAL PROPERTY AKIN_FUZZ_FIRST_${kind} ${target})
  endif()
endfunction()

if(AKIN_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "AKIN_FUZZ needs clang: configure with --preset fuzz")
  endif()
  add_compile_options(-gline-tables-only -fno-omit-frame-pointer -fsanitize=address,fuzzer-no-link
    -fsanitize=${AKIN_FUZZ_UNDEFINED} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,fuzzer-no-link -fsanitize=${AKIN_FUZZ_UNDEFINED})
  # Indices are checked inside a vector's capacity too; of the kernels one instruction set is enough.
  add_compile_definitions(_GLIBCXX_ASSERTIONS HWY_COMPILE_ONLY_STATIC)
endif()
