// SPDX-License-Identifier: Apache-2.0
// What tools/build-web made of web/, embedded at build by cmake/embed.cmake.
#ifndef SERVE_ASSET_H
#define SERVE_ASSET_H

const char *asset_explorer_js(void);
const char *asset_explorer_css(void);
const char *asset_sign_in_css(void); // src/serve/sign_in.css, as it is
const char *asset_private_css(void); // src/serve/private.css

#endif
