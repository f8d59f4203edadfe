// SPDX-License-Identifier: Apache-2.0
// Loaded before the C library (LD_PRELOAD) into a program under test: lets one call fail, the n-th.
//     FAIL_CALL   memory (malloc and its kin) or write (write, fsync, truncate, rename)
//     FAIL_IN     part of the file name of the program or library that calls; empty = any
//     FAIL_AT     which call fails, from 1; 0 = none
//     FAIL_HOW    kill: the program is killed before the call; else the call fails
//     FAIL_COUNT  file that gets the number of calls seen when the program ends
// A failed allocation is NULL with ENOMEM, a failed write -1 with EIO. Only the n-th fails: what
// comes after works again, which is the harder case for the program.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum call { CALL_NONE, CALL_MEMORY, CALL_WRITE };
static enum call call;
static const char *in = "";
static uint64_t fail_at;
static bool kills;
static atomic_uint_fast64_t seen;

__attribute__((constructor)) static void read_settings(void)
{
    const char *name = getenv("FAIL_CALL"), *at = getenv("FAIL_AT"), *from = getenv("FAIL_IN");
    const char *how = getenv("FAIL_HOW");
    in = from ? from : "";
    kills = how && !strcmp(how, "kill");
    fail_at = at ? strtoull(at, NULL, 10) : 0;
    call = !name                      ? CALL_NONE
           : !strcmp(name, "memory")  ? CALL_MEMORY
           : !strcmp(name, "write")   ? CALL_WRITE
                                      : CALL_NONE;
}

__attribute__((destructor)) static void write_count(void)
{
    const char *path = getenv("FAIL_COUNT");
    call = CALL_NONE;
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file)
        return;
    fprintf(file, "%llu\n", (unsigned long long)atomic_load(&seen));
    fclose(file);
}

// The start of the caller's code is looked up once an object and thread; calls come in runs.
static bool calls_from(void *caller)
{
    static _Thread_local uintptr_t low, high;
    static _Thread_local bool wanted;
    struct dl_find_object object;
    uintptr_t at = (uintptr_t)caller;
    if (!*in)
        return true;
    if (at >= low && at < high)
        return wanted;
    if (_dl_find_object(caller, &object) != 0)
        return false;
    low = (uintptr_t)object.dlfo_map_start;
    high = (uintptr_t)object.dlfo_map_end;
    const char *name = object.dlfo_link_map->l_name;
    wanted = strstr(*name ? name : "program", in) != NULL;
    return wanted;
}

static bool fails(enum call kind, void *caller)
{
    if (call != kind || !calls_from(caller))
        return false;
    if (atomic_fetch_add(&seen, 1) + 1 != fail_at)
        return false;
    if (kills)
        kill(getpid(), SIGKILL);
    errno = kind == CALL_MEMORY ? ENOMEM : EIO;
    return true;
}

// glibc's own allocator under the names it exports; the others are looked up.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
    return fails(CALL_MEMORY, __builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails(CALL_MEMORY, __builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return fails(CALL_MEMORY, __builtin_return_address(0)) ? NULL : __libc_realloc(p, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails(CALL_MEMORY, __builtin_return_address(0)) ? NULL
                                                           : __libc_memalign(alignment, size);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t n)
{
    return fd > 2 && fails(CALL_WRITE, __builtin_return_address(0)) ? -1
                                                                    : REAL(write)(fd, bytes, n);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    return fails(CALL_WRITE, __builtin_return_address(0)) ? -1 : REAL(pwrite64)(fd, bytes, n, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    return fails(CALL_WRITE, __builtin_return_address(0)) ? -1 : REAL(pwrite)(fd, bytes, n, at);
}

int ftruncate64(int fd, off64_t size)
{
    return fails(CALL_WRITE, __builtin_return_address(0)) ? -1 : REAL(ftruncate64)(fd, size);
}

int fsync(int fd)
{
    return fails(CALL_WRITE, __builtin_return_address(0)) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    return fails(CALL_WRITE, __builtin_return_address(0)) ? -1 : REAL(fdatasync)(fd);
}

int rename(const char *from, const char *to)
{
    return fails(CALL_WRITE, __builtin_return_address(0)) ? -1 : REAL(rename)(from, to);
}
