// SPDX-License-Identifier: Apache-2.0
// The files of prompts/ that the build embeds (cmake/embed.cmake).
#ifndef FACET_PROMPT_FILES_H
#define FACET_PROMPT_FILES_H

const char *prompt_facet_request(void); // one facet, for a small model

#endif
