# How Benchfleet's own targets are made: one place for warnings, sanitizers, ccache and the linker.

# -O3 gains nothing here and costs a quarter more compile time.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")

find_program(BENCHFLEET_CCACHE ccache)
if(BENCHFLEET_CCACHE)
  # With these two, a second build directory or a second clone shares the cache.
  foreach(lang C CXX)
    set(CMAKE_${lang}_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
        CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=time_macros ${BENCHFLEET_CCACHE})
  endforeach()
endif()

find_program(BENCHFLEET_MOLD mold)
if(BENCHFLEET_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Every target of ours, generated code included.
function(benchfleet_common target)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR})
  target_include_directories(${target} SYSTEM PRIVATE ${CMAKE_BINARY_DIR}/generated)
  if(BENCHFLEET_SANITIZE)
    target_link_options(${target} PRIVATE -fsanitize=${BENCHFLEET_SANITIZE})
  endif()
endfunction()

# Warnings are errors; sanitizers instrument what we wrote (not protoc's output, which is slow under UBSan).
function(benchfleet_written_by_us target)
  benchfleet_common(${target})
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow -Werror
                         $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
  # GCC 12 sees uninitialised members in every std::variant of strings; and a class hidden by a pointer
  # (struct State) may well be made of its file's own, which it warns of when files are compiled together.
  target_compile_options(${target} PRIVATE
                         $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-maybe-uninitialized$<SEMICOLON>-Wno-subobject-linkage>)
  if(BENCHFLEET_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${BENCHFLEET_SANITIZE}
                           -fno-omit-frame-pointer -fno-sanitize-recover=all)
    if(BENCHFLEET_SANITIZE MATCHES "thread")
      # protobuf's maps change their layout under this macro, and Debian's libprotobuf has the other one.
      target_compile_options(${target} PRIVATE -U__SANITIZE_THREAD__)
    endif()
  endif()
endfunction()

# Sixteen files of a library at a time are compiled as one: most of a file's time goes to the headers that
# its neighbours include as well. OFF (preset debug) for quick turns on one file, and to find missing includes.
option(BENCHFLEET_TOGETHER "Compile several files of a library together" ON)

# benchfleet_library(NAME SRCS a.cc b.cc DEPS x::y)
function(benchfleet_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SRCS})
  benchfleet_written_by_us(${name})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS})
  set_target_properties(${name} PROPERTIES UNITY_BUILD ${BENCHFLEET_TOGETHER} UNITY_BUILD_BATCH_SIZE 16)
endfunction()

# For what reads flags and prints: a quarter less to compile, and nobody waits for it. What measures,
# moves samples or judges them keeps -O2.
function(benchfleet_build_quickly target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# benchfleet_program(NAME SRCS main.cc DEPS ...): installed to bin/; the work is done in libraries.
function(benchfleet_program name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  benchfleet_written_by_us(${name})
  benchfleet_build_quickly(${name})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# benchfleet_test(NAME SRCS a_test.cc DEPS ... [TIMEOUT SECONDS]): one GoogleTest binary, one ctest entry.
# BENCHFLEET_BIN_DIR in the test's environment is the folder of the built programs.
function(benchfleet_test name)
  if(NOT BENCHFLEET_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "TIMEOUT" "SRCS;DEPS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_SRCS})
  benchfleet_written_by_us(${name})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT
    "BENCHFLEET_BIN_DIR=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};BENCHFLEET_SOURCE_DIR=${CMAKE_SOURCE_DIR};TSAN_OPTIONS=ignore_noninstrumented_modules=1 report_thread_leaks=0;UBSAN_OPTIONS=print_stacktrace=1")
endfunction()

# benchfleet_tests_with_grpc(NAME...): label grpc. Debian's gRPC is not built for ThreadSanitizer, which
# sees nothing of how it synchronises and calls each hand-over between its threads a race: there these
# tests are disabled, by name.
function(benchfleet_tests_with_grpc)
  if(NOT BENCHFLEET_BUILD_TESTS)
    return()
  endif()
  set_property(TEST ${ARGN} APPEND PROPERTY LABELS grpc)
  if(BENCHFLEET_SANITIZE MATCHES "thread")
    set_tests_properties(${ARGN} PROPERTIES DISABLED TRUE)
  endif()
endfunction()
