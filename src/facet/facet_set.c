// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_set.h"

#include "facet/facet_rule.h"

int facet_set_by_rule(const struct conversation *conversation, struct arena *a,
                      struct facet_set *set, struct err *err)
{
    struct turn *turns;
    struct str request;
    size_t n;
    *set = (struct facet_set){ .seq = conversation->seq };
    int rc = vault_parse_turns(conversation->turns, a, &turns, &n, err);
    if (rc)
        return rc;
    enum rule_source source = rule_request(turns, n, a, &request);
    set->no_human_turn = source != RULE_HUMAN;
    bool nothing = source == RULE_NOTHING;
    set->is_empty = nothing;
    struct str task = nothing ? STR_LIT(FACET_NO_REQUEST) : rule_task(request, a);
    set->values[FACET_REQUEST] = raw_of(nothing ? STR_LIT(FACET_NO_REQUEST) : request);
    set->values[FACET_TASK] = raw_of(task.len ? task : request);
    set->values[FACET_LANGUAGE] = raw_of(rule_language(turns, n, conversation->language, a));
    set->values[FACET_CONCERN] = raw_of(arena_printf(a, "%d", rule_concern(turns, n, a)));
    set->values[FACET_TURNS] = raw_of(arena_printf(a, "%lld", (long long)conversation->n_turns));
    return 0;
}

int facet_set_scrub(struct facet_set *set, struct scanner *scanner, struct arena *a,
                    struct err *err)
{
    int rc = 0;
    for (int i = 0; !rc && i < N_FACETS; i++) {
        struct str out;
        if (facet_catalog((enum facet_id)i)->kind != FACET_TEXT || !set->values[i].s.ptr)
            continue;
        rc = scan_scrub(scanner, set->values[i].s, a, &out, NULL, err);
        if (!rc)
            set->values[i] = raw_of(out);
    }
    return rc;
}
