// SPDX-License-Identifier: Apache-2.0
// A prompt file: instruction, examples, and the place of the conversation, in blocks that lines of
// `---` part. An example ends in a line that begins with the facet's stem: its answer. The last
// block holds {conversation}. Examples become earlier exchanges of user and assistant. All before
// that is the same for every conversation and computed once.
#ifndef FACET_FACET_PROMPT_H
#define FACET_FACET_PROMPT_H

#include "base/arena.h"

#define PROMPT_MOST_EXAMPLES 8

struct facet_prompt {
    struct str instruction, stem;
    struct str examples[PROMPT_MOST_EXAMPLES], answers[PROMPT_MOST_EXAMPLES]; // without the stem
    size_t n_examples;
    struct str before, after; // the conversation
};

// Views into `text`, which must live as long. ERR_SOFTWARE when the file has another form.
int facet_prompt_read(struct str text, const char *stem, struct facet_prompt *prompt,
                      struct err *err) MUST_USE;
// What is shared, without the example numbered `without` (n_examples: with all).
struct str facet_prompt_prefix(const struct facet_prompt *prompt, size_t without, struct arena *a);
// The example whose answer this value is; n_examples when it is none.
size_t facet_prompt_copied(const struct facet_prompt *prompt, struct str value);

#endif
