// SPDX-License-Identifier: Apache-2.0
// A shim over SQLite's VFS (sqlite.org/vfs.html). Page N of the database stands at N * 4096 of the
// file, behind the block of seal.h. SQLite's log is a header of 32 bytes and frames of 24 + 4096;
// here both headers take 40 bytes more, so offsets are translated. Methods are of version 1: no
// shared memory and no mapped pages, therefore the database must be opened with
// locking_mode = EXCLUSIVE, where SQLite keeps the index of the log in its own memory.
#include "store/sealed_vfs.h"

#include "store/sql.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define HEAD_ON_DISK (SEAL_LOG_HEAD + SEAL_EXTRA)
#define FRAME_HEAD_ON_DISK (SEAL_FRAME_HEAD + SEAL_EXTRA)
#define FRAME_ON_DISK (FRAME_HEAD_ON_DISK + SEAL_PAGE)
#define SALTS 8 // bytes of a frame's header that name the generation of the log

struct sealed_vfs {
    sqlite3_vfs vfs; // first
    sqlite3_vfs *system;
    struct seal *seal;
    char name[40], damage[60];
    bool cut;
};

struct sealed_file {
    sqlite3_file file; // first
    struct sealed_vfs *owner;
    bool is_log;
    unsigned char page[SEAL_PAGE], head[FRAME_HEAD_ON_DISK + SEAL_LOG_HEAD];
    sqlite3_file inner; // last: the system's file, longer than this
};

static int damaged(struct sealed_file *f, const char *what, uint64_t number)
{
    snprintf(f->owner->damage, sizeof f->owner->damage, "%s %llu%s", what,
             (unsigned long long)number, f->is_log ? " of its log (-wal)" : "");
    return SQLITE_IOERR_DATA;
}

static int read_raw(struct sealed_file *f, void *out, size_t n, uint64_t at)
{
    return f->inner.pMethods->xRead(&f->inner, out, (int)n, (sqlite3_int64)at);
}

static int write_raw(struct sealed_file *f, const void *from, size_t n, uint64_t at)
{
    return f->inner.pMethods->xWrite(&f->inner, from, (int)n, (sqlite3_int64)at);
}

static int size_on_disk(struct sealed_file *f, uint64_t *size)
{
    sqlite3_int64 n = 0;
    int rc = f->inner.pMethods->xFileSize(&f->inner, &n);
    *size = (uint64_t)n;
    return rc;
}

// The database ---------------------------------------------------------------------------------

// The page into f->page; SQLITE_IOERR_SHORT_READ when the file ends before it.
static int read_page(struct sealed_file *f, uint64_t number)
{
    uint64_t size, at = SEAL_BLOCK + (number - 1) * SEAL_PAGE;
    int rc = read_raw(f, f->page, SEAL_PAGE, at);
    if (rc == SQLITE_IOERR_SHORT_READ) {
        rc = size_on_disk(f, &size);
        return rc ? rc : size > at ? damaged(f, "page", number) : SQLITE_IOERR_SHORT_READ;
    }
    if (rc == SQLITE_OK && !unseal_page(f->owner->seal, SEAL_PIECE_PAGE, number, f->page))
        rc = damaged(f, "page", number);
    return rc;
}

// SQLite reads whole pages, and the head of the first.
static int read_database(struct sealed_file *f, unsigned char *out, size_t n, uint64_t at)
{
    size_t from = at % SEAL_PAGE;
    memset(out, 0, n);
    if (from + n > SEAL_PAGE)
        return SQLITE_IOERR_READ;
    int rc = read_page(f, at / SEAL_PAGE + 1);
    if (rc == SQLITE_OK)
        memcpy(out, f->page + from, n);
    return rc;
}

// What SQLite leaves unused must be zero: it is what is read back there.
static bool is_unused_zero(const unsigned char *page)
{
    unsigned char any = 0;
    for (size_t i = SEAL_TEXT; i < SEAL_PAGE; i++)
        any |= page[i];
    return any == 0;
}

static int write_database(struct sealed_file *f, const unsigned char *from, size_t n, uint64_t at)
{
    if (n != SEAL_PAGE || at % SEAL_PAGE || !is_unused_zero(from))
        return SQLITE_IOERR_WRITE;
    seal_page(f->owner->seal, SEAL_PIECE_PAGE, at / SEAL_PAGE + 1, from, f->page);
    return write_raw(f, f->page, SEAL_PAGE, SEAL_BLOCK + at);
}

// The log --------------------------------------------------------------------------------------

static uint64_t frame_on_disk(uint64_t frame)
{
    return HEAD_ON_DISK + frame * FRAME_ON_DISK;
}

static bool unseal_log_head(struct sealed_file *f, unsigned char plain[SEAL_LOG_HEAD])
{
    return read_raw(f, f->head, HEAD_ON_DISK, 0) == SQLITE_OK &&
           unseal_head(f->owner->seal, SEAL_PIECE_LOG_HEAD, 0, f->head, SEAL_LOG_HEAD, plain);
}

static bool unseal_frame_head(struct sealed_file *f, uint64_t frame,
                              unsigned char plain[SEAL_FRAME_HEAD])
{
    return read_raw(f, f->head, FRAME_HEAD_ON_DISK, frame_on_disk(frame)) == SQLITE_OK &&
           unseal_head(f->owner->seal, SEAL_PIECE_FRAME_HEAD, frame, f->head, SEAL_FRAME_HEAD,
                       plain);
}

// Whether a frame of the same generation as the log's head that ends a transaction stands behind
// `frame`: then it was changed later, else it is of a transaction that did not come to its end.
static int has_later_frame(struct sealed_file *f, uint64_t frame, bool *later)
{
    unsigned char log[SEAL_LOG_HEAD], head[SEAL_FRAME_HEAD];
    uint64_t size;
    int rc = size_on_disk(f, &size);
    *later = false;
    if (rc != SQLITE_OK || !unseal_log_head(f, log))
        return rc;
    for (uint64_t i = frame + 1; !*later && frame_on_disk(i + 1) <= size; i++)
        *later = unseal_frame_head(f, i, head) && memcmp(head + 8, log + 16, SALTS) == 0 &&
                 memcmp(head + 4, (const char[4]){ 0 }, 4) != 0; // pages of the whole database
    return SQLITE_OK;
}

// A head that cannot be unsealed is only that of an empty log.
static int read_log_head(struct sealed_file *f, unsigned char *out)
{
    uint64_t size;
    int rc = size_on_disk(f, &size);
    memset(out, 0, SEAL_LOG_HEAD);
    if (rc != SQLITE_OK || size < HEAD_ON_DISK)
        return rc ? rc : SQLITE_IOERR_SHORT_READ;
    if (unseal_log_head(f, out))
        return SQLITE_OK;
    f->owner->cut = true;
    return size > HEAD_ON_DISK ? damaged(f, "header", 0) : SQLITE_OK;
}

// Head and page of a frame, as SQLite reads them when it opens the log. Zeros, which it takes for
// the end, when the frame was not written whole.
static int read_frame(struct sealed_file *f, uint64_t frame, unsigned char *out)
{
    bool later;
    int rc = read_raw(f, f->page, SEAL_PAGE, frame_on_disk(frame) + FRAME_HEAD_ON_DISK);
    bool whole = rc == SQLITE_OK && unseal_frame_head(f, frame, out) &&
                 unseal_page(f->owner->seal, SEAL_PIECE_FRAME, frame, f->page);
    if (whole) {
        memcpy(out + SEAL_FRAME_HEAD, f->page, SEAL_PAGE);
        return SQLITE_OK;
    }
    memset(out, 0, SEAL_FRAME);
    rc = has_later_frame(f, frame, &later);
    if (rc == SQLITE_OK && later)
        return damaged(f, "frame", frame);
    f->owner->cut = true;
    return rc;
}

static int read_frame_page(struct sealed_file *f, uint64_t frame, unsigned char *out, size_t n)
{
    int rc = read_raw(f, f->page, SEAL_PAGE, frame_on_disk(frame) + FRAME_HEAD_ON_DISK);
    if (rc != SQLITE_OK)
        return rc;
    if (!unseal_page(f->owner->seal, SEAL_PIECE_FRAME, frame, f->page))
        return damaged(f, "frame", frame);
    memcpy(out, f->page, n);
    return SQLITE_OK;
}

static int copy_part(unsigned char *out, size_t n, const unsigned char *head, size_t len,
                     uint64_t from)
{
    if (from + n > len)
        return SQLITE_IOERR_READ;
    memcpy(out, head + from, n);
    return SQLITE_OK;
}

// SQLite reads heads and pages, and of a head the checksum alone, when it wrote a page again that
// had left its cache within the same transaction: then the checksums behind it are reckoned anew.
static int read_log(struct sealed_file *f, unsigned char *out, size_t n, uint64_t at)
{
    unsigned char head[SEAL_LOG_HEAD];
    if (at == 0 && n == SEAL_LOG_HEAD)
        return read_log_head(f, out);
    if (at < SEAL_LOG_HEAD)
        return unseal_log_head(f, head) ? copy_part(out, n, head, SEAL_LOG_HEAD, at)
                                        : damaged(f, "header", 0);
    uint64_t frame = (at - SEAL_LOG_HEAD) / SEAL_FRAME, within = (at - SEAL_LOG_HEAD) % SEAL_FRAME;
    if (within == 0 && n == SEAL_FRAME)
        return read_frame(f, frame, out);
    if (within < SEAL_FRAME_HEAD)
        return unseal_frame_head(f, frame, head) ? copy_part(out, n, head, SEAL_FRAME_HEAD, within)
                                                 : damaged(f, "frame", frame);
    if (within == SEAL_FRAME_HEAD && n <= SEAL_PAGE)
        return read_frame_page(f, frame, out, n);
    return SQLITE_IOERR_READ;
}

static int write_log(struct sealed_file *f, const unsigned char *from, size_t n, uint64_t at)
{
    struct seal *seal = f->owner->seal;
    if (at == 0 && n == SEAL_LOG_HEAD) {
        seal_head(seal, SEAL_PIECE_LOG_HEAD, 0, from, n, f->head);
        return write_raw(f, f->head, HEAD_ON_DISK, 0);
    }
    if (at < SEAL_LOG_HEAD)
        return SQLITE_IOERR_WRITE;
    uint64_t frame = (at - SEAL_LOG_HEAD) / SEAL_FRAME, within = (at - SEAL_LOG_HEAD) % SEAL_FRAME;
    if (within == 0 && n == SEAL_FRAME_HEAD) {
        seal_head(seal, SEAL_PIECE_FRAME_HEAD, frame, from, n, f->head);
        return write_raw(f, f->head, FRAME_HEAD_ON_DISK, frame_on_disk(frame));
    }
    if (within != SEAL_FRAME_HEAD || n != SEAL_PAGE || !is_unused_zero(from))
        return SQLITE_IOERR_WRITE;
    seal_page(seal, SEAL_PIECE_FRAME, frame, from, f->page);
    return write_raw(f, f->page, SEAL_PAGE, frame_on_disk(frame) + FRAME_HEAD_ON_DISK);
}

// Sizes as SQLite counts them and as they are on the disk.
static uint64_t log_size_of(uint64_t on_disk)
{
    if (on_disk < HEAD_ON_DISK)
        return 0;
    return SEAL_LOG_HEAD + (on_disk - HEAD_ON_DISK) / FRAME_ON_DISK * SEAL_FRAME;
}

static uint64_t log_on_disk(uint64_t size)
{
    return size < SEAL_LOG_HEAD ? 0 : frame_on_disk((size - SEAL_LOG_HEAD) / SEAL_FRAME);
}

// Methods of a file ----------------------------------------------------------------------------

static struct sealed_file *sealed(sqlite3_file *file)
{
    return (struct sealed_file *)file;
}

static int on_close(sqlite3_file *file)
{
    struct sealed_file *f = sealed(file);
    int rc = f->inner.pMethods->xClose(&f->inner);
    crypto_wipe(f->page, sizeof f->page);
    crypto_wipe(f->head, sizeof f->head);
    return rc;
}

static int on_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
    struct sealed_file *f = sealed(file);
    return f->is_log ? read_log(f, out, (size_t)n, (uint64_t)at)
                     : read_database(f, out, (size_t)n, (uint64_t)at);
}

static int on_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
    struct sealed_file *f = sealed(file);
    struct err ignored = { 0 };
    if (seal_begin(f->owner->seal, &ignored))
        return SQLITE_IOERR_WRITE;
    return f->is_log ? write_log(f, from, (size_t)n, (uint64_t)at)
                     : write_database(f, from, (size_t)n, (uint64_t)at);
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct sealed_file *f = sealed(file);
    struct err ignored = { 0 };
    if (seal_begin(f->owner->seal, &ignored))
        return SQLITE_IOERR_TRUNCATE;
    uint64_t on_disk = f->is_log ? log_on_disk((uint64_t)size) : SEAL_BLOCK + (uint64_t)size;
    return f->inner.pMethods->xTruncate(&f->inner, (sqlite3_int64)on_disk);
}

static int on_sync(sqlite3_file *file, int flags)
{
    return sealed(file)->inner.pMethods->xSync(&sealed(file)->inner, flags);
}

static int on_size(sqlite3_file *file, sqlite3_int64 *size)
{
    struct sealed_file *f = sealed(file);
    uint64_t n;
    int rc = size_on_disk(f, &n);
    if (rc == SQLITE_OK)
        *size = (sqlite3_int64)(f->is_log ? log_size_of(n) : n < SEAL_BLOCK ? 0 : n - SEAL_BLOCK);
    return rc;
}

static int on_lock(sqlite3_file *file, int level)
{
    return sealed(file)->inner.pMethods->xLock(&sealed(file)->inner, level);
}

static int on_unlock(sqlite3_file *file, int level)
{
    return sealed(file)->inner.pMethods->xUnlock(&sealed(file)->inner, level);
}

static int on_check_lock(sqlite3_file *file, int *yes)
{
    return sealed(file)->inner.pMethods->xCheckReservedLock(&sealed(file)->inner, yes);
}

// Hints about sizes would be in SQLite's own measure; nothing else of it concerns contents.
static int on_control(sqlite3_file *file, int what, void *value)
{
    if (what == SQLITE_FCNTL_SIZE_HINT || what == SQLITE_FCNTL_CHUNK_SIZE)
        return SQLITE_OK;
    return sealed(file)->inner.pMethods->xFileControl(&sealed(file)->inner, what, value);
}

static int on_sector(sqlite3_file *file)
{
    return sealed(file)->inner.pMethods->xSectorSize(&sealed(file)->inner);
}

// With "powersafe overwrite" SQLite never cuts a page in two and adds nothing to fill a sector.
static int on_traits(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_check_lock,
    .xFileControl = on_control,
    .xSectorSize = on_sector,
    .xDeviceCharacteristics = on_traits,
};

// The journal of the file that sql_rewrite makes: that file was empty, so a journal of it holds
// nothing but its own header, and the file is deleted when it does not come to its end.
static int no_journal_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
    (void)file;
    (void)at;
    memset(out, 0, (size_t)n);
    return SQLITE_IOERR_SHORT_READ;
}

static int no_journal_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
    (void)file;
    (void)from;
    (void)n;
    (void)at;
    return SQLITE_OK;
}

static int no_journal_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    (void)file;
    (void)size;
    return SQLITE_OK;
}

static int no_journal_size(sqlite3_file *file, sqlite3_int64 *size)
{
    (void)file;
    *size = 0;
    return SQLITE_OK;
}

static int no_journal_do(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

static int no_journal_with(sqlite3_file *file, int value)
{
    (void)file;
    (void)value;
    return SQLITE_OK;
}

static int no_journal_control(sqlite3_file *file, int what, void *value)
{
    (void)file;
    (void)what;
    (void)value;
    return SQLITE_NOTFOUND;
}

static int no_journal_sector(sqlite3_file *file)
{
    (void)file;
    return 512;
}

static const sqlite3_io_methods no_journal = {
    .iVersion = 1,
    .xClose = no_journal_do,
    .xRead = no_journal_read,
    .xWrite = no_journal_write,
    .xTruncate = no_journal_truncate,
    .xSync = no_journal_with,
    .xFileSize = no_journal_size,
    .xLock = no_journal_with,
    .xUnlock = no_journal_with,
    .xFileControl = no_journal_control,
    .xSectorSize = no_journal_sector,
    .xDeviceCharacteristics = on_traits,
};

static bool is_of_rewrite(const char *name)
{
    return str_ends(str_of(name), STR_LIT(SQL_REWRITTEN "-journal"));
}

// Methods of the file system -------------------------------------------------------------------

static struct sealed_vfs *owner_of(sqlite3_vfs *vfs)
{
    return (struct sealed_vfs *)vfs;
}

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct sealed_vfs *owner = owner_of(vfs);
    struct sealed_file *f = sealed(file);
    file->pMethods = NULL;
    if (name && (flags & SQLITE_OPEN_MAIN_JOURNAL) && is_of_rewrite(name)) {
        file->pMethods = &no_journal;
        if (out)
            *out = flags;
        return SQLITE_OK;
    }
    if (!name || !(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)))
        return SQLITE_CANTOPEN;
    f->owner = owner;
    f->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    int rc = owner->system->xOpen(owner->system, name, &f->inner, flags, out);
    if (f->inner.pMethods)
        file->pMethods = &methods;
    return rc;
}

static int on_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    if (is_of_rewrite(name))
        return SQLITE_OK; // there is none
    return owner_of(vfs)->system->xDelete(owner_of(vfs)->system, name, sync);
}

static int on_access(sqlite3_vfs *vfs, const char *name, int flags, int *yes)
{
    return owner_of(vfs)->system->xAccess(owner_of(vfs)->system, name, flags, yes);
}

static int on_full_path(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    return owner_of(vfs)->system->xFullPathname(owner_of(vfs)->system, name, n, out);
}

static int on_random(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    crypto_random(out, (size_t)n);
    return n;
}

static int on_sleep(sqlite3_vfs *vfs, int microseconds)
{
    return owner_of(vfs)->system->xSleep(owner_of(vfs)->system, microseconds);
}

static int on_time(sqlite3_vfs *vfs, double *days)
{
    return owner_of(vfs)->system->xCurrentTime(owner_of(vfs)->system, days);
}

static int on_last_error(sqlite3_vfs *vfs, int n, char *out)
{
    return owner_of(vfs)->system->xGetLastError(owner_of(vfs)->system, n, out);
}

int sealed_vfs_open(struct sealed_vfs **out, struct seal *seal, struct err *err)
{
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    struct sealed_vfs *vfs = calloc(1, sizeof *vfs);
    if (!vfs || !system) {
        free(vfs);
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    }
    snprintf(vfs->name, sizeof vfs->name, "clio-%p", (void *)vfs);
    vfs->system = system;
    vfs->seal = seal;
    vfs->vfs = (sqlite3_vfs){ .iVersion = 1,
                              .szOsFile = (int)sizeof(struct sealed_file) + system->szOsFile,
                              .mxPathname = system->mxPathname,
                              .zName = vfs->name,
                              .xOpen = on_open,
                              .xDelete = on_delete,
                              .xAccess = on_access,
                              .xFullPathname = on_full_path,
                              .xRandomness = on_random,
                              .xSleep = on_sleep,
                              .xCurrentTime = on_time,
                              .xGetLastError = on_last_error };
    if (sqlite3_vfs_register(&vfs->vfs, 0) != SQLITE_OK) {
        free(vfs);
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    }
    *out = vfs;
    return 0;
}

void sealed_vfs_close(struct sealed_vfs *vfs)
{
    if (!vfs)
        return;
    sqlite3_vfs_unregister(&vfs->vfs);
    free(vfs);
}

const char *sealed_vfs_name(const struct sealed_vfs *vfs)
{
    return vfs->name;
}

const char *sealed_vfs_damage(const struct sealed_vfs *vfs)
{
    return vfs->damage[0] ? vfs->damage : NULL;
}

bool sealed_vfs_cut(const struct sealed_vfs *vfs)
{
    return vfs->cut;
}
