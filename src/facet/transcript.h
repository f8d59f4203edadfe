// SPDX-License-Identifier: Apache-2.0
// A conversation as one text for a model: a run of elements,
//
//     <user>first human turn</user> <omitted turns="7"/> <assistant>…</assistant> <user>last</user>
//
// one a turn: user, assistant, system, tool, other. Tags inside a turn's text that look like ours
// are neutralised (their `<` becomes `‹`), so no conversation can end its own element. Over the
// length cap, whole turns go from the middle: the first human turn stays, then the last turns; a
// turn that alone is too long keeps its head and its tail. A turn of system, tool or other takes at
// most an eighth of the cap; what an assistant thought (<think>) is left out. Pure: no store, no
// clock. (Clio paper, G.2: one XML form; tags and cap are ours.)
#ifndef FACET_TRANSCRIPT_H
#define FACET_TRANSCRIPT_H

#include "store/vault_conversation.h"

// Index of the first human turn with any text; n when there is none.
size_t first_human_turn(const struct turn *turns, size_t n);

struct transcript_limits {
    size_t total; // cost of the whole, see transcript_cost
    size_t first; // share of it that is the first human turn's; more when the others leave room
};
// What a text costs of the cap: 1 a byte of ASCII, 2 a byte of anything else, as tokenizers of
// small models cut other scripts finer.
size_t transcript_cost(struct str text);
// The text within limits->total (at least 128). In the arena.
struct str transcript_write(const struct turn *turns, size_t n,
                            const struct transcript_limits *limits, struct arena *a);

#endif
