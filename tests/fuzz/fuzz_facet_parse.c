// SPDX-License-Identifier: Apache-2.0
// Input: a byte (bit 0: the answer had no end), then a model's answer. Whatever it is, a value is
// one short line of well-formed text without tags, and the rules and the transcript bear it too.
#include "base/utf8.h"
#include "facet/facet_parse.h"
#include "facet/facet_rule.h"
#include "facet/transcript.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = { 0 };
    struct str value, request, whole;
    struct transcript_limits limits = { 300, 200 };
    if (size == 0)
        return 0;
    struct str text = str_make((const char *)data + 1, size - 1);
    const char *why = facet_parse(facet_catalog(FACET_REQUEST), text, data[0] & 1, &a, &value);
    assert((why != NULL) == (value.len == 0));
    assert(value.len <= 300 && utf8_is_valid(value, NULL));
    assert(str_find(value, STR_LIT("\n"), 0) == SIZE_MAX);
    assert(str_find(value, STR_LIT("<"), 0) == SIZE_MAX);
    struct turn turn = { (enum turn_role)(data[0] >> 1 & 3), raw_of(utf8_repair(&a, text)) };
    rule_request(&turn, 1, &a, &request, &whole);
    assert(whole.len <= RULE_WHOLE_BYTES);
    assert(request.len <= RULE_REQUEST_BYTES + 2 && utf8_is_valid(request, NULL));
    assert(rule_task(request, &a).len <= RULE_REQUEST_BYTES + 16);
    assert(rule_concern(&turn, 1, &a) <= 5);
    struct str transcript = transcript_write(&turn, 1, &limits, &a);
    assert(transcript_cost(transcript) <= limits.total && utf8_is_valid(transcript, NULL));
    arena_release(&a);
    return 0;
}
