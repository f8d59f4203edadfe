# clio_embed(out name=file …): makes a C source with `const char *name(void)` for each text file.
# The compiler copies the bytes with .incbin; CMake does not see such inputs, hence OBJECT_DEPENDS.
function(clio_embed out)
  set(source ${CMAKE_BINARY_DIR}/embedded/${out}.c)
  set(text "// Made by cmake/embed.cmake.\n")
  set(files "")
  foreach(pair IN LISTS ARGN)
    string(REPLACE "=" ";" pair "${pair}")
    list(GET pair 0 name)
    list(GET pair 1 file)
    get_filename_component(path ${file} ABSOLUTE)
    list(APPEND files ${path})
    string(APPEND text "__asm__(\".section .rodata\\n.global clio_text_${name}\\nclio_text_${name}:\\n\"\n"
      "        \".incbin \\\"${path}\\\"\\n.byte 0\\n.global clio_text_${name}_end\\nclio_text_${name}_end:\\n.previous\\n\");\n"
      "extern const char clio_text_${name}[], clio_text_${name}_end[];\n"
      "const char *${name}(void);\nconst char *${name}(void) { return clio_text_${name}; }\n"
      "unsigned long ${name}_size(void);\nunsigned long ${name}_size(void) { return (unsigned long)(clio_text_${name}_end - clio_text_${name}) - 1; }\n")
  endforeach()
  file(CONFIGURE OUTPUT ${source} CONTENT "${text}" @ONLY)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${files}" COMPILE_OPTIONS "-Wno-pedantic")
  set(${out} ${source} PARENT_SCOPE)
endfunction()
