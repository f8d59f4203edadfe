// SPDX-License-Identifier: Apache-2.0
// Which of the common flags --help shows: those that a verb is mostly called with, or all of them,
// in groups. A verb without a row shows all that it takes; a flag of no group stands under "more".
#include "cli/command.h"

#include <string.h>

static const struct flag_group groups[] = {
    { "what is read", "map account-from roles where limit sample sample-by strict input" },
    { "the run", "out replace recluster seed threads memory vault-key vault-passphrase-from "
                 "keep-days" },
    { "privacy", "privacy min-accounts min-conversations max-per-account near-copies epsilon delta "
                 "budget noise-seed" },
    { "who answers, and what", "profile model facets facet-calls screen titles language-of-titles "
                               "tree auditor offline" },
    { "a server that answers", "provider base-url effort batch max-cost max-time prices measure "
                               "in-flight tries retry-wait timeout" },
    { "vectors and groups", "embedder embeddings embeddings-url precision cluster-facet clusters "
                            "top-level" },
    { "signals for review", "classifier column flag-from flag-words least-concern least-score "
                            "address-columns agent-columns" },
    { "alerts", "alert-file mail-to mail-from mail-port webhook webhook-hosts" },
    { "more", "" },
    { "what is said", "quiet verbose json" },
    { NULL, NULL },
};

#define STAGE_OFTEN "profile model seed threads memory vault-key quiet"

static const struct {
    const char *verb, *names;
} often[] = {
    { "run",
      "map account-from where sample out vault-key privacy min-accounts profile model facets "
      "max-cost embedder clusters quiet" },
    { "append", "map account-from where strict recluster vault-key max-cost alert-file mail-to "
                "webhook webhook-hosts quiet json" },
    { "estimate", "map account-from sample out profile model facets base-url batch prices measure "
                  "json" },
    { "ingest", "map account-from roles where limit sample sample-by strict out vault-key "
                "keep-days quiet" },
    { "screen", "screen " STAGE_OFTEN },
    { "bound", "privacy max-per-account near-copies seed vault-key quiet" },
    { "facet", "facets facet-calls language-of-titles max-cost " STAGE_OFTEN },
    { "embed", "embedder embeddings precision threads memory vault-key quiet" },
    { "cluster", "clusters seed min-accounts min-conversations threads memory vault-key quiet" },
    { "threshold", "privacy min-accounts min-conversations max-per-account vault-key quiet" },
    { "describe",
      "titles language-of-titles min-accounts min-conversations max-cost " STAGE_OFTEN },
    { "hierarchy", "tree titles top-level min-accounts max-cost " STAGE_OFTEN },
    { "audit", "auditor profile model max-cost vault-key quiet json" },
    { "map", "seed threads memory vault-key quiet" },
    { "publish", "privacy classifier flag-from flag-words min-accounts min-conversations vault-key "
                 "quiet" },
    { "evaluate", "profile model base-url max-cost limit seed vault-key quiet json" },
    { "safety", "column flag-from flag-words least-concern least-score address-columns "
                "agent-columns vault-key quiet json" },
    { "watch", "alert-file mail-to mail-from mail-port webhook webhook-hosts max-cost max-time "
               "vault-key quiet json" },
};

const struct flag_group *flag_groups(void)
{
    return groups;
}

bool flag_in(const char *names, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = names; *at; at += strcspn(at, " "), at += *at == ' ')
        if (strcspn(at, " ") == len && strncmp(at, name, len) == 0)
            return true;
    return false;
}

bool flag_in_group(const struct flag_group *group, const char *name)
{
    if (*group->names)
        return flag_in(group->names, name);
    for (const struct flag_group *g = groups; g->title; g++)
        if (flag_in(g->names, name))
            return false;
    return true;
}

const char *flags_often(const struct command *command)
{
    for (size_t i = 0; i < sizeof often / sizeof *often; i++)
        if (strcmp(often[i].verb, command->name) == 0)
            return often[i].names;
    return NULL;
}
