// SPDX-License-Identifier: Apache-2.0
// tool_sensitive < LINES: how many lines hold a word of a special category (scan/sensitive.h).
#include "scan/sensitive.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    char *line = NULL;
    size_t size = 0, n = 0;
    ssize_t len;
    while ((len = getline(&line, &size, stdin)) >= 0)
        n += sensitive_has(str_make(line, (size_t)len));
    printf("%zu\n", n);
    free(line);
    return 0;
}
