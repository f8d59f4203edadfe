// SPDX-License-Identifier: Apache-2.0
#include "phrase/subject.h"

const char *subject_lines(void); // subjects.txt, embedded at build
unsigned long subject_lines_size(void);

static size_t find_colon(struct str s)
{
    for (size_t i = 0; i + 1 < s.len; i++)
        if (s.ptr[i] == ':' && s.ptr[i + 1] == ' ')
            return i;
    return s.len;
}

struct str subject_group(struct str value)
{
    return str_head(value, find_colon(value));
}

struct str subject_name(struct str value)
{
    size_t colon = find_colon(value);
    return colon < value.len ? str_from(value, colon + 2) : value;
}

void subject_read(struct arena *a, struct subject_list *list)
{
    struct str rest = str_make(subject_lines(), subject_lines_size()), line;
    size_t n_room = 0;
    *list = (struct subject_list){ 0 };
    while (str_cut(&rest, '\n', &line)) {
        struct str hint = subject_name(line);
        if (!line.len)
            continue;
        if (list->n == n_room) {
            list->items = arena_grow(a, list->items, n_room * sizeof *list->items,
                                     (n_room + 64) * sizeof *list->items);
            n_room += 64;
        }
        size_t end = (size_t)(hint.ptr - line.ptr) + find_colon(hint);
        list->items[list->n++] = (struct subject){ str_head(line, end), hint };
    }
}
