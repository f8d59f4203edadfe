// SPDX-License-Identifier: Apache-2.0
// The only state here is what the process's one standard error needs: level and progress line.
#include "base/log.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum log_level current = LOG_NORMAL;

static struct {
    char what[64];
    int64_t start_ms, shown_ms;
    uint64_t start_done;
    bool drawn; // a line stands on the terminal
} progress;

void log_set_level(enum log_level level)
{
    current = level;
}

enum log_level log_level(void)
{
    return current;
}

static bool is_terminal(void)
{
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

static void clear_line(void)
{
    if (progress.drawn)
        fputs("\r\033[K", stderr);
    progress.drawn = false;
}

static void say(const char *head, const char *fmt, va_list args)
{
    clear_line();
    fputs(head, stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
}

#define SAY(head)                                                                                 \
    do {                                                                                          \
        va_list args;                                                                             \
        va_start(args, fmt);                                                                      \
        say(head, fmt, args);                                                                     \
        va_end(args);                                                                             \
    } while (0)

void log_warning(const char *fmt, ...)
{
    SAY("clio: warning: ");
}

void log_note(const char *fmt, ...)
{
    if (current >= LOG_NORMAL)
        SAY("clio: ");
}

void log_detail(const char *fmt, ...)
{
    if (current >= LOG_VERBOSE)
        SAY("clio: ");
}

static void time_left(int64_t now, uint64_t done, uint64_t total, char *out, size_t size)
{
    out[0] = 0;
    int64_t spent = now - progress.start_ms;
    if (!total || done <= progress.start_done || done >= total || spent < 500)
        return;
    double rate = (double)(done - progress.start_done) / (double)spent;
    int64_t left = (int64_t)((double)(total - done) / rate / 1000.0) + 1;
    if (left >= 5400)
        snprintf(out, size, ", about %lld h %lld min left", (long long)left / 3600,
                 (long long)left % 3600 / 60);
    else if (left >= 90)
        snprintf(out, size, ", about %lld min left", (long long)(left + 30) / 60);
    else
        snprintf(out, size, ", about %lld s left", (long long)left);
}

static bool is_due(int64_t now, uint64_t done, uint64_t total, bool terminal)
{
    int64_t pause = terminal ? 200 : 10000;
    return now - progress.shown_ms >= pause || (terminal && total && done == total);
}

void log_progress(const char *what, uint64_t done, uint64_t total)
{
    if (current < LOG_NORMAL)
        return;
    int64_t now = clock_ms();
    bool terminal = is_terminal();
    if (strncmp(what, progress.what, sizeof progress.what - 1) != 0) {
        log_progress_end();
        snprintf(progress.what, sizeof progress.what, "%s", what);
        progress.start_ms = now;
        progress.start_done = done;
        progress.shown_ms = terminal ? 0 : now;
    }
    if (!is_due(now, done, total, terminal))
        return;
    char left[48];
    time_left(now, done, total, left, sizeof left);
    progress.shown_ms = now;
    if (terminal)
        fputs("\r\033[K", stderr);
    if (total)
        fprintf(stderr, "%s: %llu of %llu (%.0f %%)%s", what, (unsigned long long)done,
                (unsigned long long)total, 100.0 * (double)done / (double)total, left);
    else
        fprintf(stderr, "%s: %llu", what, (unsigned long long)done);
    if (!terminal)
        fputc('\n', stderr);
    progress.drawn = terminal;
}

void log_progress_end(void)
{
    clear_line();
    progress.what[0] = 0;
}
