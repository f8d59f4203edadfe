// SPDX-License-Identifier: Apache-2.0
#include "serve/form.h"

#include "base/utf8.h"

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool decode(struct str s, struct arena *a, struct str *out)
{
    char *text = arena_alloc(a, s.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i] == '+' ? ' ' : s.ptr[i];
        if (c == '%') {
            int high = i + 2 < s.len ? digit(s.ptr[i + 1]) : -1;
            int low = high >= 0 ? digit(s.ptr[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (!c)
            return false;
        text[n++] = c;
    }
    text[n] = 0;
    *out = str_make(text, n);
    size_t bad;
    return utf8_is_valid(*out, &bad);
}

bool form_read(struct form *form, struct str body, struct arena *a)
{
    struct str rest = body, pair, name;
    form->n = 0;
    while (body.len && str_cut(&rest, '&', &pair)) {
        struct form_field *field = &form->fields[form->n];
        bool whole = str_find(pair, STR_LIT("="), 0) != SIZE_MAX && str_cut(&pair, '=', &name);
        if (form->n == FORM_MOST_FIELDS || !whole || !decode(name, a, &field->name) ||
            !decode(pair, a, &field->value))
            return false;
        form->n++;
    }
    return true;
}

struct str form_get(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->n; i++)
        if (str_equal(form->fields[i].name, str_of(name)))
            return form->fields[i].value;
    return STR_LIT("");
}

int64_t form_number(const struct form *form, const char *name)
{
    int64_t number = 0;
    return str_to_i64(form_get(form, name), &number) ? number : 0;
}
