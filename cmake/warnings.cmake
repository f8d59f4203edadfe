# SPDX-License-Identifier: Apache-2.0
# Compiler flags of our own sources.
set(clio_warnings -Wall -Wextra -Wpedantic -Wshadow -Wwrite-strings -Wpointer-arith -Wundef
  -Wdouble-promotion -Wformat=2 -Wimplicit-fallthrough -Wvla -fno-common
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>)
set(clio_flags -fstack-protector-strong -fno-math-errno -ffp-contract=off
  $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
# Assertions stay in release: a wrong count must stop the run, not reach the atlas.
foreach(flags CMAKE_C_FLAGS_RELEASE CMAKE_CXX_FLAGS_RELEASE
    CMAKE_C_FLAGS_RELWITHDEBINFO CMAKE_CXX_FLAGS_RELWITHDEBINFO)
  string(REPLACE "-DNDEBUG" "" ${flags} "${${flags}}")
endforeach()

if(CLIO_WERROR)
  list(APPEND clio_warnings -Werror)
endif()
if(CLIO_SANITIZE)
  list(APPEND clio_flags -fsanitize=address,undefined -fno-omit-frame-pointer
    -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
endif()
if(CLIO_FUZZ)
  # An empty view is NULL and 0; clang objects to their sum, which nobody reads.
  list(APPEND clio_flags -fsanitize=fuzzer-no-link -fno-sanitize=pointer-overflow)
endif()
if(CLIO_TSAN)
  list(APPEND clio_flags -fsanitize=thread)
  add_link_options(-fsanitize=thread)
endif()
if(CLIO_COVERAGE)
  list(APPEND clio_flags --coverage)
  add_link_options(--coverage)
endif()
if(CLIO_ANALYZE)
  # A view whose ptr is NULL has length 0, and a matrix without rows is not walked; GCC 12 cannot
  # know. Unchecked results of malloc are still reported (possible-null-*). What is kept by the
  # address of its first member looks lost; LeakSanitizer finds what really is. A shift of a vector
  # of numbers is measured by the bits of something else; -Wall judges shifts too.
  list(APPEND clio_flags $<$<COMPILE_LANGUAGE:C>:-fanalyzer>
    $<$<COMPILE_LANGUAGE:C>:-Wno-analyzer-null-dereference>
    $<$<COMPILE_LANGUAGE:C>:-Wno-analyzer-null-argument>
    $<$<COMPILE_LANGUAGE:C>:-Wno-analyzer-malloc-leak>
    $<$<COMPILE_LANGUAGE:C>:-Wno-analyzer-shift-count-overflow>)
endif()

function(clio_target target)
  target_compile_options(${target} PRIVATE ${clio_warnings} ${clio_flags}
    $<$<COMPILE_LANGUAGE:C>:SHELL:-include ${CMAKE_SOURCE_DIR}/src/base/banned.h>)
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE CLIO_VERSION="${PROJECT_VERSION}"
    $<$<BOOL:${CLIO_HOSTILE}>:CLIO_HOSTILE>)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
endfunction()
# Silent loss of bits is an error where it would be arithmetic that is wrong.
file(GLOB clio_strict CONFIGURE_DEPENDS src/vec/*.c src/embed/*.c)
set_source_files_properties(${clio_strict} PROPERTIES COMPILE_OPTIONS "-Wconversion;-O3")
