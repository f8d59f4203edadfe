// SPDX-License-Identifier: Apache-2.0
// Signals that come while texts are embedded change no vector and harm no memory.
#include "base/crypto.h"
#include "base/stop.h"
#include "check.h"
#include "embed/embedder.h"
#include "embed_models.h"

#include <signal.h>
#include <sys/wait.h>

#define N_TEXTS ((size_t)50)

static struct arena arena;

// Sends SIGTERM, which only asks, again and again until the parent is gone or has seen enough.
static pid_t start_sender(void)
{
    pid_t parent = getpid(), child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        while (getppid() == parent) {
            kill(parent, SIGTERM);
            usleep(300);
        }
        _exit(0);
    }
    return child;
}

static void test_embedding_under_signals(void **state)
{
    const char *dir = installed_model(&arena, false);
    struct embedder *e = NULL;
    struct err err = { 0 };
    struct matrix quiet, loud;
    struct str texts[N_TEXTS];
    (void)state;
    if (!dir)
        skip();
    for (size_t i = 0; i < N_TEXTS; i++)
        texts[i] = arena_printf(&arena,
                                "How do I plant %zu trees, and when should each of the %zu "
                                "be watered in the first summer?",
                                i, i % 7);
    assert_ok(embedder_open(&e, dir, EMBEDDER_FP32, NULL, &err));
    assert_ok(matrix_make(&quiet, N_TEXTS, embedder_dims(e), &arena, "test", &err));
    assert_ok(matrix_make(&loud, N_TEXTS, embedder_dims(e), &arena, "test", &err));
    assert_ok(embedder_encode(e, texts, N_TEXTS, &quiet, &err));
    stop_watch_signals();
    pid_t sender = start_sender();
    for (int i = 0; i < 3; i++) {
        assert_ok(embedder_encode(e, texts, N_TEXTS, &loud, &err));
        assert_memory_equal(loud.data, quiet.data, N_TEXTS * quiet.n_cols * sizeof(float));
    }
    kill(sender, SIGKILL);
    waitpid(sender, NULL, 0);
    assert_true(stop_asked());
    embedder_close(e);
}

static int start(void **state)
{
    struct err err = { 0 };
    (void)state;
    return crypto_start(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_embedding_under_signals) };
    int rc = cmocka_run_group_tests(tests, start, NULL);
    arena_release(&arena);
    return rc;
}
