// SPDX-License-Identifier: Apache-2.0
// Loaded before the C library (LD_PRELOAD) into a program under test: the wall clock is set forward
// and back by JUMP seconds at every second look. The monotonic clock, which waiting has to go by,
// stays as it is. JUMP_COUNT: file that gets the number of looks at the wall clock and at the
// monotonic one when the program ends.
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long jump;
static atomic_long n_wall, n_monotonic;
static int (*real)(clockid_t, struct timespec *);

__attribute__((constructor)) static void read_settings(void)
{
    const char *text = getenv("JUMP");
    jump = text ? strtol(text, NULL, 10) : 0;
    real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
}

__attribute__((destructor)) static void write_count(void)
{
    const char *path = getenv("JUMP_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%ld %ld\n", n_wall, n_monotonic);
        fclose(file);
    }
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    if (!real)
        read_settings();
    int rc = real(id, t);
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
        t->tv_sec += atomic_fetch_add(&n_wall, 1) % 2 ? jump : -jump;
    else if (id == CLOCK_MONOTONIC)
        n_monotonic++;
    return rc;
}

time_t time(time_t *out)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (out)
        *out = t.tv_sec;
    return t.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec t;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    *out = (struct timeval){ t.tv_sec, t.tv_nsec / 1000 };
    return 0;
}
