# SPDX-License-Identifier: Apache-2.0
# clio_embed(out name=file …): makes C sources with `const char *name(void)` and `name_size` for
# text files, by embed.c.in. The compiler copies the bytes with .incbin; CMake does not see such
# inputs, hence OBJECT_DEPENDS.
function(clio_embed out)
  set(sources "")
  foreach(pair IN LISTS ARGN)
    string(REPLACE "=" ";" pair "${pair}")
    list(GET pair 0 EMBED_NAME)
    list(GET pair 1 file)
    get_filename_component(EMBED_PATH ${file} ABSOLUTE)
    set(source ${CMAKE_BINARY_DIR}/embedded/${EMBED_NAME}.c)
    configure_file(${CMAKE_SOURCE_DIR}/cmake/embed.c.in ${source} @ONLY)
    set_source_files_properties(${source} PROPERTIES
      OBJECT_DEPENDS ${EMBED_PATH} COMPILE_OPTIONS "-Wno-pedantic")
    list(APPEND sources ${source})
  endforeach()
  set(${out} ${sources} PARENT_SCOPE)
endfunction()
