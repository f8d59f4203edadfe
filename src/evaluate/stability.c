// SPDX-License-Identifier: Apache-2.0
#include "evaluate/stability.h"

#include "evaluate/agreement.h"

int stability_add(struct stability *s, struct run *run, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct placement p;
    if (s->n == STABILITY_RUNS)
        return err_set(err, ERR_USAGE, "at most %d runs can be compared", STABILITY_RUNS);
    int rc = placement_read(run, &run->scratch, &p, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < p.n; i++)
        map_add(&s->ids, p.list[i].conversation_id, 0, NULL);
    size_t n = s->ids.n;
    s->base[s->n] = arena_zero_array(&s->arena, n + 1, sizeof **s->base);
    s->top[s->n] = arena_zero_array(&s->arena, n + 1, sizeof **s->top);
    for (size_t i = 0; i < p.n; i++) {
        size_t at = map_find(&s->ids, p.list[i].conversation_id);
        s->base[s->n][at] = (uint32_t)p.list[i].base_id;
        s->top[s->n][at] = (uint32_t)placement_climb(&p, p.list[i].base_id, p.n_levels);
    }
    s->n_places[s->n++] = n;
    arena_rewind(&run->scratch, start);
    return 0;
}

// Over the conversations that both runs have in a cluster.
static void compare(struct stability *s, size_t i, size_t j, bool top, struct agreement *out)
{
    struct arena_mark start = arena_save(&s->arena);
    size_t most = size_min(s->n_places[i], s->n_places[j]), n = 0;
    uint32_t *a = arena_array(&s->arena, most + 1, sizeof *a);
    uint32_t *b = arena_array(&s->arena, most + 1, sizeof *b);
    for (size_t k = 0; k < most; k++)
        if (s->base[i][k] && s->base[j][k]) {
            a[n] = top ? s->top[i][k] : s->base[i][k];
            b[n++] = top ? s->top[j][k] : s->base[j][k];
        }
    agreement_measure(a, b, n, &s->arena, out);
    arena_rewind(&s->arena, start);
}

static int put_level(struct stability *s, bool top, bool json, struct buf *out, struct err *err)
{
    double nmi = 0, ari = 0, least_nmi = 1, least_ari = 1;
    size_t n_pairs = 0, n_least = SIZE_MAX;
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = i + 1; j < s->n; j++) {
            struct agreement m;
            compare(s, i, j, top, &m);
            if (!m.n)
                return err_set(err, ERR_DATA,
                               "runs %zu and %zu have no conversation in common that is in a "
                               "cluster of both",
                               i + 1, j + 1);
            nmi += m.nmi;
            ari += m.ari;
            least_nmi = m.nmi < least_nmi ? m.nmi : least_nmi;
            least_ari = m.ari < least_ari ? m.ari : least_ari;
            n_least = size_min(n_least, m.n);
            n_pairs++;
        }
    return buf_printf(out, err,
                      json ? "{\"level\":\"%s\",\"n\":%zu,\"nmi\":%.6f,\"least_nmi\":%.6f,"
                             "\"ari\":%.6f,\"least_ari\":%.6f}"
                           : "%-5s %13zu %8.4f %8.4f %8.4f %8.4f\n",
                      top ? "top" : "base", n_least, nmi / (double)n_pairs, least_nmi,
                      ari / (double)n_pairs, least_ari);
}

int stability_put(struct stability *s, bool json, struct buf *out, struct err *err)
{
    if (s->n < 2)
        return err_set(err, ERR_USAGE, "name two runs or more of the same conversations");
    int rc = buf_printf(out, err,
                        json ? "{\"n_runs\":%zu,\"levels\":["
                             : "%zu runs, each pair compared over what both have in clusters\n\n"
                               "level conversations      nmi    least      ari    least\n",
                        s->n);
    if (!rc)
        rc = put_level(s, false, json, out, err);
    if (!rc && json)
        rc = buf_add_char(out, ',', err);
    if (!rc)
        rc = put_level(s, true, json, out, err);
    return rc || !json ? rc : buf_add(out, STR_LIT("]}\n"), err);
}

void stability_release(struct stability *s)
{
    map_release(&s->ids);
    arena_release(&s->arena);
}
