// SPDX-License-Identifier: Apache-2.0
// Text -> token ids as BERT's uncased tokenizers make them: cleaning, spaces around Chinese
// characters, NFD without combining marks, lower case, words and punctuation, then the greedy
// longest pieces of the vocabulary (Wu et al. 2016; Devlin et al. 2018). The ids equal those of
// HuggingFace's `tokenizers`, special tokens written out in a text included.
#ifndef EMBED_WORDPIECE_H
#define EMBED_WORDPIECE_H

#include "base/arena.h"

struct wordpiece;

// vocab: the content of vocab.txt, a piece a line, its id is the number of the line from 0. The
// kind of vocabulary is told by its special tokens: [CLS] [SEP] (BERT) or <s> </s> (MPNet).
// ERR_DATA says what is wrong. Pieces are copied.
int wordpiece_open(struct wordpiece **w, struct str vocab, struct err *err) MUST_USE;
void wordpiece_close(struct wordpiece *w); // accepts NULL
size_t wordpiece_size(const struct wordpiece *w);  // pieces
bool wordpiece_is_mpnet(const struct wordpiece *w);

// Writes the ids of `text` between the ids of begin and end; returns how many, 2 … max. Cut as the
// reference does: the first max - 2 pieces stay. max >= 2. Malformed UTF-8 is left out. Several
// threads may use one w, each with its own scratch (left as it was).
size_t wordpiece_encode(const struct wordpiece *w, struct str text, struct arena *scratch,
                        uint32_t *ids, size_t max);

#endif
