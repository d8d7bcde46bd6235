# What most files include, compiled once: one header set for the rooms and programs, one for tests, which
# have GoogleTest besides. A build from scratch takes half as long. A file still includes what it uses.
set(precompiled_headers
  <algorithm> <array> <charconv> <chrono> <cstdint> <cstring> <deque> <expected> <filesystem> <functional> <map>
  <memory> <mutex> <optional> <set> <span> <stop_token> <string> <string_view> <thread> <utility> <variant> <vector>
  <fmt/format.h>)

# precompiled_set(<name> LIBS <libraries>... HEADERS <headers>...)
function(precompiled_set name)
  cmake_parse_arguments(SET "" "" "LIBS;HEADERS" ${ARGN})
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/precompiled/${name}.cc CONTENT "")
  add_library(precompiled_${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/precompiled/${name}.cc)
  target_link_libraries(precompiled_${name} PRIVATE ${SET_LIBS})
  target_precompile_headers(precompiled_${name} PRIVATE ${SET_HEADERS})
endfunction()

precompiled_set(rooms LIBS fmt::fmt spdlog::spdlog Threads::Threads HEADERS ${precompiled_headers})
if(REPROCESS_TESTS)
  precompiled_set(tests LIBS fmt::fmt spdlog::spdlog Threads::Threads GTest::gmock
                  HEADERS ${precompiled_headers} <gmock/gmock.h> <gtest/gtest.h>)
endif()

# use_precompiled(rooms|tests <target>...)
function(use_precompiled set)
  foreach(target ${ARGN})
    target_precompile_headers(${target} REUSE_FROM precompiled_${set})
  endforeach()
endfunction()
