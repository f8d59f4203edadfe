# SPDX-License-Identifier: Apache-2.0
# Programs that measure: bench/bench_x.c, found by name, built on demand (target `bench`).
add_custom_target(bench)
file(GLOB bench_programs CONFIGURE_DEPENDS bench/bench_*.c)
foreach(file IN LISTS bench_programs)
  get_filename_component(name ${file} NAME_WE)
  add_executable(${name} EXCLUDE_FROM_ALL ${file})
  clio_target(${name})
  target_link_libraries(${name} PRIVATE clio_lib)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
  add_dependencies(bench ${name})
endforeach()

# The command with vectors of words, for bench/growth.sh: bench/words_embedder.c takes the place of
# embed/embedder.c. Never installed.
if(clio_cli_sources)
  add_executable(clio_words EXCLUDE_FROM_ALL ${clio_cli_sources} bench/words_embedder.c)
  clio_target(clio_words)
  target_link_libraries(clio_words PRIVATE clio_lib)
  set_target_properties(clio_words PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
  add_dependencies(bench clio_words)
endif()
