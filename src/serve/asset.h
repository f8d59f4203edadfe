// SPDX-License-Identifier: Apache-2.0
// The files of web/, embedded at build by cmake/embed.cmake.
#ifndef SERVE_ASSET_H
#define SERVE_ASSET_H

const char *asset_page_html(void);
const char *asset_page_css(void);
const char *asset_page_data_js(void);
const char *asset_page_tree_js(void);
const char *asset_page_map_js(void);
const char *asset_page_panels_js(void);

#endif
