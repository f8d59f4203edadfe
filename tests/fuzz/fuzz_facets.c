// SPDX-License-Identifier: Apache-2.0
// A user's file of facets: YAML into a catalogue, and the questions that are made of it.
#include "facet/facet_question.h"
#include "run/facet_catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = { 0 };
    struct err err = { 0 };
    struct facet_list list;
    int rc =
        facet_list_read(str_make((const char *)data, size), "fuzz.yaml", NULL, &a, &list, &err);
    assert((rc != 0) == (err.code != ERR_NONE));
    for (int each = 0; !rc && each < 2; each++) {
        struct facet_questions made = facet_questions_make(&list, each, "English", &a);
        assert(made.n >= 1 && made.n <= list.n);
    }
    for (size_t i = 0; !rc && i < list.n; i++)
        assert(list.items[i].n_values <= COUNT_OF(list.items[i].values));
    arena_release(&a);
    return 0;
}
