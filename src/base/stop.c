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

void stop_watch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal };
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
