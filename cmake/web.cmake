# SPDX-License-Identifier: Apache-2.0
# The explorer: tools/build-web makes build/web/explorer.{js,css} of web/, once for all presets.
# It is asked only when a source of web/ is newer, and does nothing when the contents are the same.
file(GLOB clio_web_sources CONFIGURE_DEPENDS web/src/*.ts web/src/*.tsx web/src/*.css
  web/package.json web/package-lock.json web/tsconfig.json web/vite.config.ts)
set(clio_web ${CMAKE_SOURCE_DIR}/build/web)
add_custom_command(OUTPUT ${clio_web}/explorer.js ${clio_web}/explorer.css
  COMMAND ${CMAKE_SOURCE_DIR}/tools/build-web
  DEPENDS ${clio_web_sources} ${CMAKE_SOURCE_DIR}/tools/build-web
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} COMMENT "web" VERBATIM)
