# The library that speaks MPI: akin opens it where mpirun has started it, so that akin alone needs no MPI.

# akin_mpi_library(): builds libakin_mpi.so and tells module distributed where it lies.
function(akin_mpi_library)
  find_path(AKIN_MPI_INCLUDE_DIR mpi.h HINTS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openmpi/include PATH_SUFFIXES openmpi mpi)
  find_library(AKIN_MPI_LIBRARY mpi HINTS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openmpi/lib)
  if(NOT AKIN_MPI_INCLUDE_DIR OR NOT AKIN_MPI_LIBRARY)
    message(FATAL_ERROR "Fits on several machines need Open MPI (Debian: libopenmpi-dev); -DAKIN_MPI=OFF builds akin without them")
  endif()
  set(dir ${PROJECT_SOURCE_DIR}/src/akin/distributed)
  add_library(akin_mpi SHARED ${dir}/mpi/mpi_communicator.cc)
  target_include_directories(akin_mpi SYSTEM PRIVATE ${AKIN_MPI_INCLUDE_DIR})
  target_link_libraries(akin_mpi PRIVATE akin_distributed akin_warnings ${AKIN_MPI_LIBRARY})
  target_compile_definitions(akin_mpi PRIVATE OMPI_SKIP_MPICXX)  # the C interface alone
  set_target_properties(akin_mpi PROPERTIES CXX_VISIBILITY_PRESET hidden)
  install(TARGETS akin_mpi LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  set_source_files_properties(${dir}/mpi_library.cc PROPERTIES SKIP_PRECOMPILE_HEADERS ON COMPILE_DEFINITIONS
    "AKIN_MPI_BUILD_LIBRARY=\"${PROJECT_BINARY_DIR}/libakin_mpi.so\";AKIN_MPI_INSTALL_LIBRARY=\"${CMAKE_INSTALL_FULL_LIBDIR}/libakin_mpi.so\"")
  add_dependencies(akin akin_mpi)
endfunction()
