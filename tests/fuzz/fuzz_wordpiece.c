// SPDX-License-Identifier: Apache-2.0
// Input: a vocabulary, a NUL, a text. Whatever both are, ids are fewer than the pieces and no more
// than asked for, and a shorter limit only cuts.
#include "embed/wordpiece.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_IDS ((size_t)48)

static void encode(const struct wordpiece *w, struct str text)
{
    struct arena scratch = { 0 };
    uint32_t all[MAX_IDS], cut[MAX_IDS];
    size_t n = wordpiece_encode(w, text, &scratch, all, MAX_IDS);
    assert(n >= 2 && n <= MAX_IDS);
    for (size_t i = 0; i < n; i++)
        assert(all[i] < wordpiece_size(w));
    size_t n_cut = wordpiece_encode(w, text, &scratch, cut, 5);
    assert(n_cut == size_min(n, 5) && cut[n_cut - 1] == all[n - 1]);
    assert(memcmp(all, cut, (n_cut - 1) * sizeof *cut) == 0);
    arena_release(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_make((const char *)data, size), vocab;
    struct wordpiece *w = NULL;
    struct err err = { 0 };
    if (!str_cut(&rest, 0, &vocab))
        return 0;
    if (wordpiece_open(&w, vocab, &err) == 0) {
        char *exact = malloc(rest.len + 1); // no byte behind the text
        if (!exact)
            abort();
        if (rest.len)
            memcpy(exact + 1, rest.ptr, rest.len);
        encode(w, str_make(exact + 1, rest.len));
        free(exact);
    }
    wordpiece_close(w);
    return 0;
}
