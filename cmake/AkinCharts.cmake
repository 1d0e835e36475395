# The scripts of HTML reports: web/src bundled with Apache ECharts and compiled into a library.

option(AKIN_CHARTS "Draw charts in HTML reports; needs npm and its registry, or npm's cache, at build time" ON)

# akin_page_scripts(): the library akin_page.
function(akin_page_scripts)
  set(web ${PROJECT_SOURCE_DIR}/web)
  add_library(akin_page STATIC)
  add_library(akin::page ALIAS akin_page)
  set_target_properties(akin_page PROPERTIES EXPORT_NAME page)
  target_include_directories(akin_page PRIVATE ${PROJECT_SOURCE_DIR}/src)
  set_property(GLOBAL APPEND PROPERTY AKIN_MODULES page)
  if(NOT AKIN_CHARTS)
    target_sources(akin_page PRIVATE ${web}/no_scripts.cc)
    return()
  endif()
  find_program(AKIN_NODE NAMES node nodejs)
  find_program(AKIN_NPM npm)
  if(NOT AKIN_NODE OR NOT AKIN_NPM)
    message(FATAL_ERROR "Charts in reports need node and npm. Install them (scripts/setup.sh does), or configure "
      "with -DAKIN_CHARTS=OFF for reports that have tables only.")
  endif()
  # Packages go into the build folder, by the checksums of the lock file, from npm's cache where it has them.
  set(dir ${PROJECT_BINARY_DIR}/web)
  set(packages ${web}/package.json ${web}/package-lock.json ${web}/.npmrc)
  add_custom_command(OUTPUT ${dir}/packages.stamp
    COMMAND ${CMAKE_COMMAND} -E make_directory ${dir}
    COMMAND ${CMAKE_COMMAND} -E copy ${packages} ${dir}
    COMMAND ${CMAKE_COMMAND} -E chdir ${dir} ${AKIN_NPM} ci --prefer-offline --no-audit --no-fund --ignore-scripts
      --no-update-notifier --loglevel=error
    COMMAND ${CMAKE_COMMAND} -E touch ${dir}/packages.stamp
    DEPENDS ${packages} COMMENT "Fetching the packages of web/package-lock.json" VERBATIM)
  file(GLOB sources CONFIGURE_DEPENDS ${web}/src/*.js)
  add_custom_command(OUTPUT ${dir}/page_script.cc
    COMMAND ${AKIN_NODE} ${web}/build.mjs ${dir}/page_script.cc ${dir}/node_modules
    DEPENDS ${dir}/packages.stamp ${web}/build.mjs ${sources} COMMENT "Bundling the scripts of reports" VERBATIM)
  target_sources(akin_page PRIVATE ${dir}/page_script.cc)
  set_source_files_properties(${dir}/page_script.cc PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  if(AKIN_BUILD_TESTS)
    file(GLOB tests CONFIGURE_DEPENDS ${web}/test/*.test.js)
    add_test(NAME web.charts COMMAND ${AKIN_NODE} --test ${tests})
  endif()
endfunction()
