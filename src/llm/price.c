// SPDX-License-Identifier: Apache-2.0
// Prices of models, from a table that the user can edit.
#include "llm/llm_remote.h"

// How many characters of the pattern match; SIZE_MAX when it does not. "gpt-4o*" has a head.
static size_t match(struct str pattern, struct str model)
{
    bool head = str_ends(pattern, STR_LIT("*"));
    if (head)
        pattern.len--;
    bool same = head ? str_starts(model, pattern) : str_equal(model, pattern);
    return same ? pattern.len + !head : SIZE_MAX;
}

static bool read_line(struct str line, struct str *name, struct llm_price *price)
{
    struct str in, out, batch;
    if (!str_cut(&line, ',', name) || !line.ptr || !str_cut(&line, ',', &in) || !line.ptr)
        return false;
    str_cut(&line, ',', &out);
    *name = str_trim(*name);
    bool discount = str_cut(&line, ',', &batch);
    *price = (struct llm_price){ .known = true, .batch = 1 };
    if (discount && (!str_to_f64(str_trim(batch), &price->batch) || price->batch < 0))
        return false;
    return name->len && str_to_f64(str_trim(in), &price->in) &&
           str_to_f64(str_trim(out), &price->out) && price->in >= 0 && price->out >= 0;
}

struct str llm_price_date(struct str table)
{
    struct str head = STR_LIT("# date: "), line;
    while (table.len && str_cut(&table, '\n', &line))
        if (str_starts(line, head))
            return str_trim(str_from(line, head.len));
    return STR_LIT("");
}

int llm_find_price(struct str table, struct str model, struct llm_price *price, struct err *err)
{
    struct str line, name;
    size_t n_best = 0, n_line = 0;
    *price = (struct llm_price){ 0 };
    while (table.len && str_cut(&table, '\n', &line)) {
        struct llm_price found;
        n_line++;
        line = str_trim(line);
        if (!line.len || line.ptr[0] == '#')
            continue;
        if (!read_line(line, &name, &found))
            return err_set(err, ERR_CONFIG,
                           "the table of prices, line %zu: not of the form "
                           "NAME,dollars in,dollars out[,share in a batch]",
                           n_line);
        size_t n = match(name, model);
        if (n != SIZE_MAX && n + 1 > n_best) {
            n_best = n + 1;
            *price = found;
        }
    }
    return 0;
}
