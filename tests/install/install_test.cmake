# Run with cmake -P: installs BUILD_DIR to a temporary prefix, builds tests/install against it and runs the program.
set(prefix ${WORK_DIR}/prefix)
file(REMOVE_RECURSE ${WORK_DIR})
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGV}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${prefix})
run(${CMAKE_COMMAND} -S ${SOURCE_DIR} -B ${WORK_DIR}/build -G Ninja -DCMAKE_PREFIX_PATH=${prefix}
  -DCMAKE_CXX_FLAGS=${CXX_FLAGS})
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
run(${WORK_DIR}/build/user)
if(NOT output MATCHES "recommended item1")
  message(FATAL_ERROR "unexpected output: ${output}")
endif()
run(${prefix}/bin/akin --version)

# What is installed is what akin.h includes: no solver, no container of files.
file(GLOB_RECURSE headers RELATIVE ${prefix}/include/akin ${prefix}/include/akin/*.h)
list(LENGTH headers count)
if(count GREATER 54)
  message(FATAL_ERROR "${count} headers are installed: ${headers}")
endif()
foreach(header ${headers})
  if(header MATCHES "solver|safetensors|kernels|fit/")
    message(FATAL_ERROR "${header} is no header for users")
  endif()
endforeach()

# The examples build as a project of their own, and do what they say.
run(${CMAKE_COMMAND} -S ${SOURCE_DIR}/../../examples/cpp -B ${WORK_DIR}/examples -G Ninja -DCMAKE_PREFIX_PATH=${prefix}
  "-DCMAKE_CXX_FLAGS=${CXX_FLAGS} -Wall -Wextra -Werror")
run(${CMAKE_COMMAND} --build ${WORK_DIR}/examples)
function(run_example pattern)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${WORK_DIR} RESULT_VARIABLE result OUTPUT_VARIABLE output
    ERROR_VARIABLE errors)
  if(NOT result EQUAL 0 OR NOT output MATCHES "${pattern}")
    message(FATAL_ERROR "${ARGN}: exit code ${result}\n${output}${errors}")
  endif()
endfunction()
set(events ${SOURCE_DIR}/../../examples/cpp/events.csv)
run_example("15 epochs, HR@10 0\\.[0-9]+\n.*u7 may like i[0-9]+.*after i1 and i4: i[0-9]+.*like i1: i[0-9]+"
  ${WORK_DIR}/examples/train_and_recommend ${events})
run_example("popularity: NDCG@10 0.*item-knn: NDCG@10 0.*bpr: NDCG@10 0.*(beats every other one|is best)"
  ${WORK_DIR}/examples/compare_models ${events})
run_example("accuracy 1\n.*bad [(]0[.][0-9]+[)]\n  wooden adds [0-9]"
  ${WORK_DIR}/examples/texts)
if(NETS)
  run_example("accuracy 1\n0[.]00[0-9e.-]* 0[.]99[0-9]* 0[.]99[0-9]* 0[.]00" ${WORK_DIR}/examples/net)
endif()
