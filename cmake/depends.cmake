# SPDX-License-Identifier: Apache-2.0
# Libraries, all from Debian but llama.cpp, which tools/setup builds and links to build/llama.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(clio_pkg REQUIRED IMPORTED_TARGET
  yaml-0.1 sqlite3 jansson libcurl libmicrohttpd libsodium nettle libutf8proc libhs zlib)
find_library(clio_dnnl dnnl REQUIRED)
find_library(clio_cld2 cld2 REQUIRED)
pkg_check_modules(clio_cmocka REQUIRED IMPORTED_TARGET cmocka)

set(clio_llama ${CMAKE_SOURCE_DIR}/build/llama)
if(NOT EXISTS ${clio_llama}/include/llama.h)
  message(FATAL_ERROR "llama.cpp is not built yet. Run tools/setup (or make demo) first: it "
    "installs the libraries, fetches the models and builds llama.cpp once.")
endif()

function(clio_link_dependencies target)
  target_include_directories(${target} SYSTEM PRIVATE ${clio_llama}/include)
  target_link_libraries(${target} PUBLIC PkgConfig::clio_pkg ${clio_dnnl} ${clio_cld2}
    ${clio_llama}/lib/libllama.a ${clio_llama}/lib/libggml.a ${clio_llama}/lib/libggml-cpu.a
    ${clio_llama}/lib/libggml-base.a Threads::Threads gomp stdc++ m dl)
endfunction()
