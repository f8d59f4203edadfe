// SPDX-License-Identifier: Apache-2.0
#include "base/stop.h"

#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t asked; // the signal's number

static void on_signal(int number)
{
    if (asked && number == SIGINT)
        _exit(ERR_INTERRUPTED);
    asked = number;
}

// The handler has a stack of its own: on the running one, a signal that comes while oneDNN
// multiplies on a CPU with AVX2 at most breaks the heap (2.6.3; test_stop_in_embedding). Threads of
// base/pool.c hear no signal.
void stop_watch_signals(void)
{
    static char room[64 << 10];
    const stack_t own = { .ss_sp = room, .ss_size = sizeof room };
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
    sigaltstack(&own, NULL);
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

void stop_request(int signal_number)
{
    asked = signal_number;
}

bool stop_asked(void)
{
    return asked != 0;
}

int stop_check(struct err *err)
{
    if (!asked)
        return 0;
    return err_set(err, asked == SIGTERM ? ERR_TERMINATED : ERR_INTERRUPTED,
                   "stopped as asked; what is done is kept, run the same command again to go on");
}
