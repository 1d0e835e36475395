# One function declares a folder of src/akin as a library with its tests; one installs them all as the CMake package akin.

add_library(akin_warnings INTERFACE)
# No -Wshadow where files are compiled as one (akin_unity()): names of one would shadow those of another.
target_compile_options(akin_warnings INTERFACE -Wall -Wextra -Wpedantic
  $<$<NOT:$<STREQUAL:$<TARGET_PROPERTY:UNITY_BUILD_MODE>,GROUP>>:-Wshadow> -Wconversion -Wno-sign-conversion
  -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual $<$<BOOL:${AKIN_WERROR}>:-Werror>
  # False alarms of GCC 12 on std::string concatenation at -O3 (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-array-bounds;-Wno-stringop-overread;-Wno-stringop-overflow>)

# What nearly every file includes, precompiled once for all libraries and once, with GoogleTest, for all tests: half
# the time of a build goes into reading headers. -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON builds each file by itself (preset asan does).
set(AKIN_COMMON_HEADERS <algorithm> <cmath> <cstdint> <functional> <map> <memory> <optional> <span> <string>
  <string_view> <utility> <vector> <fmt/format.h>)

set_property(GLOBAL PROPERTY AKIN_MODULES "")
set_property(GLOBAL PROPERTY AKIN_TESTS "")

# akin_test(TARGET): compile settings of a test program. -O1: most tests run once, and compile in four fifths of the time.
function(akin_test target)
  if(AKIN_FUZZ)
    akin_fuzz_compile(${target})
    return()
  endif()
  if(CMAKE_BUILD_TYPE MATCHES "^Rel")
    target_compile_options(${target} PRIVATE -O1)
  endif()
  get_property(tests GLOBAL PROPERTY AKIN_TESTS)
  if(tests)
    list(GET tests 0 first)
    target_precompile_headers(${target} REUSE_FROM ${first})
  else()
    target_precompile_headers(${target} PRIVATE ${AKIN_COMMON_HEADERS} <gtest/gtest.h>)
  endif()
  set_property(GLOBAL APPEND PROPERTY AKIN_TESTS ${target})
endfunction()

# akin_unity(TARGET FILES): in the builds of users and of scripts/test.sh, four files are compiled as one, and what they include is
# read and instantiated once. The files of a group are far apart: neighbors often have helpers of the same names. Files that Highway
# compiles once for each instruction set stay alone.
function(akin_unity target files)
  if(NOT CMAKE_BUILD_TYPE MATCHES "^(Release|Fuzz)$" OR CMAKE_DISABLE_PRECOMPILE_HEADERS)
    return()
  endif()
  set(together "")
  foreach(file IN LISTS files)
    file(STRINGS ${file} alone REGEX "foreach_target" LIMIT_COUNT 1)
    if(NOT alone)
      list(APPEND together ${file})
    endif()
  endforeach()
  list(LENGTH together n)
  if(n LESS 4)
    return()
  endif()
  math(EXPR groups "(${n} + 3) / 4")
  set(k 0)
  foreach(file IN LISTS together)
    math(EXPR group "${k} % ${groups}")
    set_source_files_properties(${file} PROPERTIES UNITY_GROUP "g${group}")
    math(EXPR k "${k} + 1")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()

# akin_add_tests(TARGET SHARDS): the tests of a program, as so many entries of ctest in the builds of scripts/test.sh, since a process
# for each test would load libtorch hundreds of times; as one entry for each test elsewhere (`ctest -R Name`).
function(akin_add_tests target shards)
  if(NOT CMAKE_BUILD_TYPE MATCHES "^(Release|Fuzz)$")
    include(GoogleTest)
    gtest_discover_tests(${target} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT ${AKIN_TEST_TIMEOUT})
    return()
  endif()
  math(EXPR last "${shards} - 1")
  foreach(shard RANGE ${last})
    add_test(NAME ${target}.${shard} COMMAND ${target} --gtest_brief=1)
    set_tests_properties(${target}.${shard} PROPERTIES TIMEOUT ${AKIN_TEST_TIMEOUT}
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${shards};GTEST_SHARD_INDEX=${shard}")
  endforeach()
endfunction()

# akin_precompile(TARGET COLD): the first target of each kind makes the precompiled headers of all.
function(akin_precompile target cold)
  if(AKIN_FUZZ)
    akin_fuzz_compile(${target})
    return()
  endif()
  set(kind HOT)
  set(headers ${AKIN_COMMON_HEADERS})
  if(cold)
    set(kind COLD)
    list(APPEND headers <nlohmann/json.hpp>)
    if(CMAKE_BUILD_TYPE MATCHES "^Rel")
      target_compile_options(${target} PRIVATE -O1)
    endif()
  endif()
  get_property(first GLOBAL PROPERTY AKIN_FIRST_${kind})
  if(first)
    target_precompile_headers(${target} REUSE_FROM ${first})
  else()
    target_precompile_headers(${target} PRIVATE ${headers})
    set_property(GLOBAL PROPERTY AKIN_FIRST_${kind} ${target})
  endif()
endfunction()

# akin_module(NAME [DEPS module...] [LINK target...] [PRIVATE_LINK target...] [TEST_LINK target...] [EXCLUDE regex]
#             [COLD] [UNITY] [NO_INSTALL])
# Library akin_NAME (alias akin::NAME) of src/akin/NAME/**/*.cc; its *_test.cc files become the test program NAME_test.
# COLD: no loop over data runs in it; it is compiled with -O1, in two thirds of the time, and with nlohmann/json precompiled.
# UNITY: its files are compiled four at a time (akin_unity()). Files whose path matches EXCLUDE belong to another library. NO_INSTALL keeps it out of the package: it belongs to the program, not to the library.
function(akin_module name)
  cmake_parse_arguments(ARG "COLD;UNITY;NO_INSTALL" "EXCLUDE" "DEPS;LINK;PRIVATE_LINK;TEST_LINK" ${ARGN})
  set(dir ${PROJECT_SOURCE_DIR}/src/akin/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*.cc)
  if(ARG_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${ARG_EXCLUDE}")
  endif()
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|/main|/make_[a-z]+)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  add_library(akin_${name} STATIC ${sources})
  add_library(akin::${name} ALIAS akin_${name})
  set_target_properties(akin_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(akin_${name} PUBLIC cxx_std_20)
  target_include_directories(akin_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  list(TRANSFORM ARG_DEPS PREPEND akin_)
  target_link_libraries(akin_${name} PUBLIC ${ARG_DEPS} ${ARG_LINK}
    PRIVATE ${ARG_PRIVATE_LINK} $<BUILD_INTERFACE:akin_warnings>)
  akin_precompile(akin_${name} "${ARG_COLD}")
  if(ARG_UNITY)
    akin_unity(akin_${name} "${sources}")
  endif()
  if(NOT ARG_NO_INSTALL)
    set_property(GLOBAL APPEND PROPERTY AKIN_MODULES ${name})
  endif()

  if(AKIN_BUILD_TESTS AND tests AND (NOT AKIN_FUZZ OR name IN_LIST AKIN_FUZZ_TESTS))
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE akin_${name} akin_warnings ${ARG_PRIVATE_LINK} ${ARG_TEST_LINK} GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE AKIN_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    akin_test(${name}_test)
    akin_unity(${name}_test "${tests}")
    list(LENGTH tests n)
    math(EXPR shards "(${n} + 15) / 16")
    akin_add_tests(${name}_test ${shards})
  endif()
endfunction()

# akin_public_header(): the library of users, akin::akin, with akin.h and the configs.h that is made for it.
function(akin_public_header)
  get_property(modules GLOBAL PROPERTY AKIN_MODULES)
  list(TRANSFORM modules PREPEND akin_ OUTPUT_VARIABLE targets)
  add_executable(akin_make_configs ${PROJECT_SOURCE_DIR}/src/akin/catalog/make_configs.cc)
  target_link_libraries(akin_make_configs PRIVATE akin_catalog akin_warnings)
  set(configs ${PROJECT_BINARY_DIR}/include/akin/configs.h)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/include/akin)
  add_custom_command(OUTPUT ${configs} COMMAND akin_make_configs ${configs} DEPENDS akin_make_configs
    COMMENT "Writing the typed parameters of the models" VERBATIM)
  add_custom_target(akin_configs ALL DEPENDS ${configs})
  add_library(akin_all INTERFACE)
  add_library(akin::akin ALIAS akin_all)
  add_dependencies(akin_all akin_configs)
  set_target_properties(akin_all PROPERTIES EXPORT_NAME akin)
  target_include_directories(akin_all INTERFACE $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>)
  target_link_libraries(akin_all INTERFACE ${targets})
endfunction()

# Headers, libraries and akinConfig.cmake, so that another project can find_package(akin) and link akin::akin.
function(akin_install_package)
  include(CMakePackageConfigHelpers)
  get_property(modules GLOBAL PROPERTY AKIN_MODULES)
  list(TRANSFORM modules PREPEND akin_ OUTPUT_VARIABLE targets)
  install(TARGETS ${targets} akin_all EXPORT akinTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  # akin.h and what it includes, nothing else: the test install.find_package fails if one is missing here.
  foreach(header akin ${AKIN_PUBLIC_HEADERS})
    get_filename_component(folder ${header} DIRECTORY)
    install(FILES ${PROJECT_SOURCE_DIR}/src/akin/${header}.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/akin/${folder})
  endforeach()
  install(FILES ${PROJECT_BINARY_DIR}/include/akin/configs.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/akin)
  set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/akin)
  install(EXPORT akinTargets NAMESPACE akin:: DESTINATION ${config_dir})
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/akinConfig.cmake.in
    ${PROJECT_BINARY_DIR}/akinConfig.cmake INSTALL_DESTINATION ${config_dir})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/akinConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/akinConfig.cmake ${PROJECT_BINARY_DIR}/akinConfigVersion.cmake
    ${PROJECT_SOURCE_DIR}/cmake/Findre2.cmake DESTINATION ${config_dir})
endfunction()
