# SPDX-License-Identifier: Apache-2.0
# Tests are found by their names. tests/unit/test_x.c: a cmocka program, a process of its own.
# tests/<kind>/x.sh: a script that gets CLIO (the program) and SOURCE (this directory).
add_library(clio_oracle STATIC tests/oracle.c tests/oracle_batch.c) # answers from planted truth
clio_target(clio_oracle)
target_include_directories(clio_oracle PUBLIC ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(clio_oracle PUBLIC clio_lib)
file(GLOB unit_tests CONFIGURE_DEPENDS tests/unit/test_*.c)
foreach(file IN LISTS unit_tests)
  get_filename_component(name ${file} NAME_WE)
  add_executable(${name} ${file})
  clio_target(${name})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE clio_oracle clio_lib PkgConfig::clio_cmocka)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME unit/${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(unit/${name} PROPERTIES LABELS unit TIMEOUT 900)
endforeach()

# Tests of the label long run the whole line dozens of times or on a whole corpus, a small language
# model, or a browser for minutes. `make check` and the sanitizers' part of CI leave them out,
# `make soak` does not.
set(long_tests
  cli/test_append_held cli/test_append_settings cli/test_append_trees cli/test_audit cli/test_gguf
  cli/test_masked_cpu cli/test_threads cli/test_trees cli/test_trees_of
  http/test_confirm http/test_estimate_clusters http/test_facets http/test_filled_gaps
  http/test_hostile http/test_long_answers http/test_page http/test_page_slow http/test_page_stats
  http/test_page_trees http/test_planted http/test_safety_pages http/test_screen
  http/test_titles_language http/test_tree_gaps http/test_trees http/test_watch_screen
  quality/test_oracle_whole)
foreach(kind cli http fault privacy quality gates)
  file(GLOB scripts CONFIGURE_DEPENDS tests/${kind}/test_*.sh)
  foreach(file IN LISTS scripts)
    get_filename_component(name ${file} NAME_WE)
    set(labels ${kind})
    if(${kind}/${name} IN_LIST long_tests)
      list(APPEND labels long)
    endif()
    set(seconds 1800)
    if(kind STREQUAL "fault") # with EVERY=1 and FAULT_POINTS=100 (make fault) some take an hour
      set(seconds 10800)
    endif()
    add_test(NAME ${kind}/${name} COMMAND bash ${file} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${kind}/${name} PROPERTIES LABELS "${labels}" TIMEOUT ${seconds}
      ENVIRONMENT "CLIO=${CMAKE_BINARY_DIR}/clio;SOURCE=${CMAKE_SOURCE_DIR}"
      SKIP_RETURN_CODE 77)
  endforeach()
endforeach()

# tests/tool/tool_x.c: a program that scripts of tests and bench run; no test of its own.
file(GLOB tools CONFIGURE_DEPENDS tests/tool/tool_*.c)
foreach(file IN LISTS tools)
  get_filename_component(name ${file} NAME_WE)
  add_executable(${name} ${file})
  clio_target(${name})
  target_link_libraries(${name} PRIVATE clio_oracle clio_lib)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
endforeach()
target_link_options(tool_kmeans PRIVATE -Wl,--wrap=assigner_run) # it sees each iteration

# The command with every gate open, for the canary test: tests/privacy/gateless.c takes the place of
# the gates when it is linked. It is never installed and there is no such switch in clio.
if(clio_cli_sources)
  add_executable(clio_gateless ${clio_cli_sources} tests/privacy/gateless.c)
  clio_target(clio_gateless)
  target_link_libraries(clio_gateless PRIVATE clio_lib)
  set_target_properties(clio_gateless PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
endif()

# tests/fuzz/fuzz_x.c: an entry for libFuzzer (`make fuzz`). In the other presets it is built with
# replay.c, which needs no clang, and run over tests/fuzz/corpus/x and mutations of it.
file(GLOB fuzz_entries CONFIGURE_DEPENDS tests/fuzz/fuzz_*.c)
foreach(file IN LISTS fuzz_entries)
  get_filename_component(name ${file} NAME_WE)
  string(REPLACE "fuzz_" "" subject ${name})
  file(GLOB seeds CONFIGURE_DEPENDS tests/fuzz/corpus/${subject}/*)
  add_executable(${name} ${file} $<$<NOT:$<BOOL:${CLIO_FUZZ}>>:tests/fuzz/replay.c>)
  target_link_options(${name} PRIVATE $<$<BOOL:${CLIO_FUZZ}>:-fsanitize=fuzzer>)
  clio_target(${name})
  target_link_libraries(${name} PRIVATE clio_lib)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME fuzz/${subject} COMMAND ${name} ${seeds} -n 20000)
  set_tests_properties(fuzz/${subject} PROPERTIES LABELS fuzz TIMEOUT 300)
endforeach()

# Loaded before the C library: tests/fault/failing.c lets the n-th call fail, jumping.c sets the
# wall clock. Sanitizers bring their own of what these stand for, so there they are not built and
# their tests say so.
if(NOT CLIO_SANITIZE AND NOT CLIO_TSAN)
  foreach(name failing jumping)
    add_library(${name} SHARED tests/fault/${name}.c)
    target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  endforeach()
endif()
