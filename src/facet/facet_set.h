// SPDX-License-Identifier: Apache-2.0
// The values of all facets of one conversation on their way to the vault.
#ifndef FACET_FACET_SET_H
#define FACET_FACET_SET_H

#include "run/facet_catalog.h"
#include "scan/scan.h"
#include "store/vault_conversation.h"

struct facet_set {
    int64_t seq;
    struct raw values[FACET_MOST]; // as in the list of facets; in an arena
    struct str whole;            // what the rule cut the request from (facet_rule.h); in the arena
    struct raw by_rule[2];       // request and task as facet_set_by_rule gave them
    const char *gap;             // why the model's answer is missing; NULL = nothing is missing
    size_t n_dropped;            // words of a model's answers that are not the conversation's own
    size_t n_cut, n_refused;     // answers that lost some; of these, where the rule stands in
    bool no_human_turn;          // the request comes from the assistant's words, or there is none
    bool is_empty;               // no text at all
};

// Values of a conversation without any text; every conversation has a value for every facet, as all
// of them are to be counted somewhere.
#define FACET_NO_REQUEST "nothing was asked"

// All facets by rule. ERR_DATA when the turns are not in the vault's form.
int facet_set_by_rule(const struct conversation *conversation, struct arena *a,
                      struct facet_set *set, struct err *err) MUST_USE;
// The user's own facets: computed ones by program; the others stand at "Unknown", texts at the
// request, until a model answers. Behind facet_set_by_rule.
int facet_set_own(const struct facet_list *list, const struct conversation *conversation,
                  struct arena *a, struct facet_set *set, struct err *err) MUST_USE;
// Takes names, numbers, addresses and contacts out of the free texts. `told`: the conversation that
// a model retells, to whose own words the answers are then held (scan/own_words.h; where little is
// left the rule's text stands in), and whose contacts go in pieces too (scan/scan_parts.h); NULL
// where the texts are the person's own words, of which these are cut: contacts that a cut goes
// through go in pieces.
int facet_set_scrub(const struct facet_list *list, const struct conversation *told,
                    struct facet_set *set, struct scanner *scanner, struct arena *a,
                    struct err *err) MUST_USE;

#endif
