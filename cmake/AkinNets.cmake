# The library of neural nets: torch and HDF5 cost every program that links them 0.4 s and 6 ms at its start, so they
# stay in a library of their own, which akin opens when a net is first named.

set(AKIN_TORCH_DIR "" CACHE PATH "A libtorch (include/, lib/) to link without its CMake package, which wants nvcc if it has CUDA")

# akin_nets_library(): builds libakin_nn_torch.so and tells module nn where it lies.
function(akin_nets_library)
  if(AKIN_TORCH_DIR)
    set(TORCH_INCLUDE_DIRS ${AKIN_TORCH_DIR}/include ${AKIN_TORCH_DIR}/include/torch/csrc/api/include)
    set(lib ${AKIN_TORCH_DIR}/lib)
    if(NOT EXISTS ${lib}/libtorch.so)
      message(FATAL_ERROR "AKIN_TORCH_DIR: there is no ${lib}/libtorch.so")
    endif()
    # libtorch.so brings CUDA where there is one, though akin names none of its symbols.
    set(TORCH_LIBRARIES -Wl,--no-as-needed ${lib}/libtorch.so -Wl,--as-needed ${lib}/libtorch_cpu.so ${lib}/libc10.so)
    set(Torch_FOUND ON)
  else()
    find_package(Torch QUIET)
  endif()
  find_path(HDF5_INCLUDE_DIR hdf5.h PATH_SUFFIXES hdf5/serial)
  find_library(HDF5_LIBRARY NAMES hdf5_serial hdf5)
  if(NOT Torch_FOUND OR NOT HDF5_INCLUDE_DIR OR NOT HDF5_LIBRARY)
    message(FATAL_ERROR "Neural nets need libtorch and libhdf5 (Debian: libtorch-dev, libhdf5-dev); "
      "-DAKIN_NN=OFF builds akin without them")
  endif()
  set(dir ${PROJECT_SOURCE_DIR}/src/akin/nn)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/torch/*.cc ${dir}/keras/*.cc)
  add_library(akin_nn_torch SHARED ${sources})
  target_include_directories(akin_nn_torch SYSTEM PRIVATE ${TORCH_INCLUDE_DIRS} ${HDF5_INCLUDE_DIR})
  target_link_libraries(akin_nn_torch PRIVATE akin_nn akin_optim hwy::hwy akin_warnings ${TORCH_LIBRARIES} ${HDF5_LIBRARY})
  target_precompile_headers(akin_nn_torch PRIVATE <ATen/ATen.h>)
  if(CMAKE_BUILD_TYPE MATCHES "^Rel")
    target_compile_options(akin_nn_torch PRIVATE -O1)  # torch computes, this only calls it, but for these:
    set_source_files_properties(${dir}/torch/gate_kernels.cc ${dir}/torch/max_kernels.cc ${dir}/torch/layers/embedding.cc ${dir}/torch/multinomial.cc ${dir}/torch/narrow_kernels.cc
      ${dir}/torch/row_kernels.cc ${dir}/torch/row_sums.cc ${dir}/torch/row_table.cc ${dir}/torch/softmax_kernels.cc
      ${dir}/torch/tanh_kernels.cc
      PROPERTIES COMPILE_OPTIONS -O2 SKIP_PRECOMPILE_HEADERS ON)
  endif()
  find_package(OpenMP QUIET COMPONENTS CXX)
  if(OpenMP_CXX_FOUND)
    target_link_libraries(akin_nn_torch PRIVATE OpenMP::OpenMP_CXX)  # of at::parallel_for
  endif()
  set_target_properties(akin_nn_torch PROPERTIES CXX_VISIBILITY_PRESET hidden INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS akin_nn_torch LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

  set(definitions AKIN_NN_BUILD_LIBRARY="${PROJECT_BINARY_DIR}/libakin_nn_torch.so"
    AKIN_NN_INSTALL_LIBRARY="${CMAKE_INSTALL_FULL_LIBDIR}/libakin_nn_torch.so")
  if(NOT AKIN_TORCH_DIR)
    list(APPEND definitions AKIN_NN_SYSTEM_BLAS=true)
  endif()
  # Of this file alone: other targets reuse the precompiled headers of akin_nn.
  set_source_files_properties(${dir}/engine_library.cc PROPERTIES COMPILE_DEFINITIONS "${definitions}" SKIP_PRECOMPILE_HEADERS ON)
  add_dependencies(akin akin_nn_torch)
  if(TARGET nn_test)
    add_dependencies(nn_test akin_nn_torch)
    if(Torch_VERSION AND Torch_VERSION VERSION_LESS 2)
      target_compile_definitions(nn_test PRIVATE AKIN_EXACT_TORCH)
    endif()
  endif()
  foreach(test nets_test encode_test)
    if(TARGET ${test})
      add_dependencies(${test} akin_nn_torch)
    endif()
  endforeach()
endfunction()
