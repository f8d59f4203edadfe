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

# clio_prompt_table(pairs table file …): for files of prompts/, pairs for clio_embed (x.txt
# becomes prompt_x) and a source with the table behind ask/prompt.h. A new file needs no line.
function(clio_prompt_table pairs table)
  set(list "")
  set(PROMPT_DECLARATIONS "")
  set(PROMPT_ROWS "")
  foreach(file IN LISTS ARGN)
    get_filename_component(name ${file} NAME_WE)
    file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${file})
    list(APPEND list "prompt_${name}=${path}")
    string(APPEND PROMPT_DECLARATIONS
      "const char *prompt_${name}(void);\nunsigned long prompt_${name}_size(void);\n")
    string(APPEND PROMPT_ROWS "    { \"${name}\", prompt_${name}, prompt_${name}_size },\n")
  endforeach()
  set(source ${CMAKE_BINARY_DIR}/embedded/prompt_table.c)
  configure_file(${CMAKE_SOURCE_DIR}/cmake/prompt_table.c.in ${source} @ONLY)
  set(${pairs} ${list} PARENT_SCOPE)
  set(${table} ${source} PARENT_SCOPE)
endfunction()
