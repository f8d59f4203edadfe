// SPDX-License-Identifier: Apache-2.0
// An empty corpus before each test of phrases, and nothing behind it.
#ifndef TESTS_PHRASE_FIXTURE_H
#define TESTS_PHRASE_FIXTURE_H

#include "phrase/phrase_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena arena;
static struct phrase_corpus *corpus;

static inline int start(void **state)
{
    (void)state;
    corpus = phrase_corpus_open();
    return 0;
}

static inline void again(void)
{
    phrase_corpus_close(corpus);
    corpus = phrase_corpus_open();
}

static inline int end(void **state)
{
    (void)state;
    phrase_corpus_close(corpus);
    arena_release(&arena);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

#endif
