# SPDX-License-Identifier: Apache-2.0
# What `make install` puts under a prefix: the command with its man page and completion, the library
# with headers and clio.pc, licences. Models and data stay where tools/setup put them.
set(CMAKE_INSTALL_LIBDIR lib) # whatever the prefix: clio.pc counts its steps up from there
include(GNUInstallDirs)
set_target_properties(clio_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)
install(TARGETS clio RUNTIME)
install(TARGETS clio_shared LIBRARY)
file(GLOB clio_headers CONFIGURE_DEPENDS include/clio*.h)
install(FILES ${clio_headers} TYPE INCLUDE)
install(FILES LICENSE deps.lock TYPE DOC)
install(FILES ${CMAKE_SOURCE_DIR}/build/llama/LICENSE TYPE DOC RENAME LICENSE.llama.cpp)

# The program knows its verbs and flags; both files are what it prints.
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/clio.1 ${CMAKE_BINARY_DIR}/clio.bash
  COMMAND clio help man > ${CMAKE_BINARY_DIR}/clio.1
  COMMAND clio help bash > ${CMAKE_BINARY_DIR}/clio.bash
  DEPENDS clio VERBATIM)
add_custom_target(clio_help ALL DEPENDS ${CMAKE_BINARY_DIR}/clio.1 ${CMAKE_BINARY_DIR}/clio.bash)
install(FILES ${CMAKE_BINARY_DIR}/clio.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_BINARY_DIR}/clio.bash RENAME clio
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)

# Paths in clio.pc are found from where it lies, so that any prefix will do.
configure_file(cmake/clio.pc.in ${CMAKE_BINARY_DIR}/clio.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/clio.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
