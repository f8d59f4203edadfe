// SPDX-License-Identifier: Apache-2.0
// Input: a file that says it is a model. It passes or is refused with a sentence; nothing outside
// of it is read.
#include "llm/gguf_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = { 0 };
    int rc = gguf_check(str_make((const char *)data, size), 1e9, "fuzz.gguf", &err);
    assert(rc == (int)err.code && (rc == 0 || rc == ERR_DATA));
    return 0;
}
