// SPDX-License-Identifier: Apache-2.0
// Which human language a text is in, without a model. language_guess.cc is the one door to CLD2.
#ifndef SCAN_LANGUAGE_GUESS_H
#define SCAN_LANGUAGE_GUESS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// Full English name with static storage ("English", "Haitian Creole"), or "Unknown". At most the
// first 64 KiB are looked at. Texts too short for CLD2 are judged by script and by common words.
const char *language_guess(const char *text, size_t len);
// The name of what a corpus or a model says: ISO 639 code, code with region ("pt-BR"), or English
// name in any case, of the languages that CLD2 or Unicode's CLDR knows. Where both do, CLD2's name.
// NULL when it is none of them.
const char *language_from_name(const char *name, size_t len);

#ifdef __cplusplus
}
#endif
#endif
