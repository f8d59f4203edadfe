// SPDX-License-Identifier: Apache-2.0
// A line is {"n":…,"time":…,"actor":…,"what":…,"object":…,"detail":…,"prev":HASH,"sign":SIGN}.
// HASH is BLAKE2b-256 of the whole line before, without its end; SIGN is over what stands before
// `,"sign"`. The head is "N HASH SIGN\n", SIGN over "clio head N HASH". It is written behind the
// line, so after a crash the log may be one line ahead of it, never behind.
#include "access/access_log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIGN_HEX (2 * SIGN_BYTES)
#define MOST_LINE ((size_t)32 << 10)
#define MOST_LOG ((size_t)1 << 31)
#define NO_HASH "0000000000000000000000000000000000000000000000000000000000000000"

struct end { // of the log
    int64_t n, time;
    char hash[DIGEST_HEX];
};
struct access_log {
    char dir[LIMIT_PATH_BYTES - 32];
    struct sign_key key;
    int fd;
    int64_t size; // of the file that `end` belongs to
    struct end end;
};

static void path_of(const char *dir, const char *name, char path[LIMIT_PATH_BYTES])
{
    snprintf(path, LIMIT_PATH_BYTES, "%s/%s", dir, name);
}

static void hash_line(struct str line, char hex[DIGEST_HEX])
{
    struct digest d;
    digest_init(&d);
    digest_add(&d, line);
    digest_hex(&d, hex);
}

// Keys ------------------------------------------------------------------------------------------

static int read_small(const char *dir, const char *name, char text[256], size_t *len,
                      struct err *err)
{
    char path[LIMIT_PATH_BYTES];
    struct arena a = { 0 };
    struct str content;
    path_of(dir, name, path);
    int rc = file_read(&a, path, 255, &content, err);
    if (!rc) {
        memcpy(text, content.ptr, content.len);
        text[content.len] = 0;
        *len = content.len;
    }
    arena_release(&a);
    return rc;
}

static int write_hex(const char *dir, const char *name, const unsigned char bytes[32], bool secret,
                     struct err *err)
{
    char path[LIMIT_PATH_BYTES], hex[2 * 32 + 2];
    path_of(dir, name, path);
    crypto_hex(bytes, 32, hex);
    memcpy(hex + 64, "\n", 2);
    int rc =
        secret ? file_write_private(path, str_of(hex), err) : file_write(path, str_of(hex), err);
    crypto_wipe(hex, sizeof hex);
    return rc;
}

static int load_shown(const char *dir, const char *given, unsigned char shown[32], struct err *err)
{
    char text[256];
    size_t len = 0;
    int rc = given ? 0 : read_small(dir, "access.pub", text, &len, err);
    struct str hex = given ? str_of(given) : str_trim(str_make(text, len));
    if (!rc && !crypto_unhex(hex, shown, 32))
        rc = given
                 ? err_set(err, ERR_USAGE,
                           "--key takes the 64 hex digits of an access.pub that was kept "
                           "elsewhere")
                 : err_set(err, ERR_DATA, "the public key of the access log is not 64 hex digits");
    return rc;
}

// access.pub must be the public half of the key; it is written beside a log that is still empty.
static int meet_shown(const char *dir, bool fresh, const struct sign_key *key, struct err *err)
{
    char path[LIMIT_PATH_BYTES];
    unsigned char shown[32];
    path_of(dir, "access.pub", path);
    bool there = file_exists(path);
    if (fresh && !there)
        return write_hex(dir, "access.pub", key->shown, false, err);
    int rc = there ? load_shown(dir, NULL, shown, err) : 0;
    if (!rc && (!there || memcmp(shown, key->shown, sizeof shown) != 0))
        rc = err_set(err, ERR_PRIVACY,
                     "%s is not the public half of access.key: one of the two was replaced or "
                     "taken away; restore them from a backup",
                     path);
    return rc;
}

// Under the lock of the log. A key is made only for a log that is empty (`fresh`) and never had
// one.
static int load_key(const char *dir, bool fresh, struct sign_key *key, struct err *err)
{
    char path[LIMIT_PATH_BYTES], public[LIMIT_PATH_BYTES], text[256];
    unsigned char seed[SIGN_SEED];
    size_t len = 0;
    int rc = 0;
    path_of(dir, "access.key", path);
    path_of(dir, "access.pub", public);
    bool there = file_exists(path);
    if (!there && (!fresh || file_exists(public)))
        return err_set(err, ERR_PRIVACY,
                       "%s is gone, and entries signed with another key would hide that the log "
                       "was written anew; restore it from a backup",
                       path);
    if (there)
        rc = read_small(dir, "access.key", text, &len, err);
    else
        crypto_random(seed, SIGN_SEED);
    if (!rc && there && !crypto_unhex(str_trim(str_make(text, len)), seed, sizeof seed))
        rc = err_set(err, ERR_DATA, "%s is no key of the access log; restore it from a backup",
                     path);
    if (!rc && !there)
        rc = write_hex(dir, "access.key", seed, true, err);
    if (!rc)
        sign_key_of_seed(seed, key);
    crypto_wipe(seed, sizeof seed);
    crypto_wipe(text, sizeof text);
    return rc ? rc : meet_shown(dir, fresh, key, err);
}

// One line --------------------------------------------------------------------------------------

// Cuts `,"sign":"…"}` off the end of a line and decodes it.
static bool cut_sign(struct str line, struct str *body, unsigned char sign[SIGN_BYTES])
{
    const struct str before = STR_LIT(",\"sign\":\""), after = STR_LIT("\"}");
    size_t tail = before.len + SIGN_HEX + after.len;
    if (line.len <= tail || line.len > MOST_LINE || !str_ends(line, after))
        return false;
    *body = str_head(line, line.len - tail);
    struct str rest = str_from(line, body->len);
    return str_starts(rest, before) &&
           crypto_unhex(str_head(str_from(rest, before.len), SIGN_HEX), sign, SIGN_BYTES);
}

// n, time and prev of a line; what is wrong with it, or NULL.
static const char *read_line(struct str line, struct json **root, int64_t *n, int64_t *time,
                             struct str *prev)
{
    struct err ignored = { 0 };
    if (json_open(root, line, &ignored))
        return "is no entry";
    *prev = json_str(json_member(*root, "prev"));
    if (!json_whole(json_member(*root, "n"), n) ||
        !time_parse(json_str(json_member(*root, "time")), time))
        return "has no number or time";
    return NULL;
}

// What is wrong with the line behind `end`, or NULL; then *end is behind it.
static const char *check_line(struct str line, const unsigned char shown[32], struct end *end)
{
    unsigned char sign[SIGN_BYTES];
    struct json *root = NULL;
    struct str body, prev;
    int64_t n = 0, time = 0;
    if (!cut_sign(line, &body, sign) || !sign_fits(shown, body, sign))
        return "was changed, or was not written by clio";
    const char *fault = read_line(line, &root, &n, &time, &prev);
    if (!fault && (n != end->n + 1 || !str_equal(prev, str_of(end->hash))))
        fault = "does not follow the one before it: some were dropped, added or moved";
    if (!fault && time < end->time)
        fault = "is older than the one before it";
    json_close(root);
    if (fault)
        return fault;
    end->n = n;
    end->time = time;
    hash_line(line, end->hash);
    return NULL;
}

// The head --------------------------------------------------------------------------------------

static struct str head_body(const struct end *end, char text[160])
{
    snprintf(text, 160, "clio head %lld %s", (long long)end->n, end->hash);
    return str_of(text);
}

static int write_head(struct access_log *log, struct err *err)
{
    char path[LIMIT_PATH_BYTES], body[160], hex[SIGN_HEX + 1], text[400];
    unsigned char sign[SIGN_BYTES];
    sign_text(&log->key, head_body(&log->end, body), sign);
    crypto_hex(sign, sizeof sign, hex);
    snprintf(text, sizeof text, "%s %s\n", body + strlen("clio head "), hex);
    path_of(log->dir, "access.head", path);
    return file_write(path, str_of(text), err);
}

static int read_head(const char *dir, const unsigned char shown[32], struct end *head,
                     struct err *err)
{
    char text[256], body[160];
    unsigned char sign[SIGN_BYTES];
    size_t len;
    struct str n, hash, hex;
    int rc = read_small(dir, "access.head", text, &len, err);
    if (rc)
        return err_set(err, ERR_PRIVACY,
                       "the head of the access log, access.head, is gone or "
                       "cannot be read: entries may have been cut off");
    struct str rest = str_make(text, len && text[len - 1] == '\n' ? len - 1 : 0);
    bool good = str_cut(&rest, ' ', &n) && str_cut(&rest, ' ', &hash) &&
                str_cut(&rest, ' ', &hex) && str_to_i64(n, &head->n) && head->n >= 0 &&
                hash.len == DIGEST_HEX - 1 && crypto_unhex(hex, sign, sizeof sign);
    if (good) {
        memcpy(head->hash, hash.ptr, hash.len);
        head->hash[hash.len] = 0;
        struct str signed_text = head_body(head, body);
        // Written back it must be the very same: "017" is no other way to say 17.
        good = sign_fits(shown, signed_text, sign) &&
               str_equal(str_from(signed_text, strlen("clio head ")),
                         str_make(text, n.len + 1 + hash.len));
    }
    return good ? 0
                : err_set(err, ERR_PRIVACY, "the head of the access log, access.head, was changed");
}

// Reading the whole log -----------------------------------------------------------------------

struct verify {
    const unsigned char *shown;
    struct end head, anchor;
    bool has_anchor, head_met, anchor_met;
};

static void meet(const struct end *wanted, const struct end *end, bool *met)
{
    if (wanted->n == end->n && strcmp(wanted->hash, end->hash) == 0)
        *met = true;
}

// How much of the log was seen as it is, to the byte; *end is behind that.
static size_t find_seen(struct str text, const struct verify *v, const struct access_seen *seen,
                        struct end *end)
{
    char whole[DIGEST_HEX];
    *end = (struct end){ .hash = NO_HASH };
    if (!seen->n_bytes || seen->n_bytes > text.len || memcmp(seen->key, v->shown, 32) != 0)
        return 0;
    hash_line(str_head(text, seen->n_bytes), whole);
    if (strcmp(whole, seen->whole) != 0)
        return 0;
    *end = (struct end){ .n = seen->n, .time = seen->time };
    memcpy(end->hash, seen->hash, DIGEST_HEX);
    return seen->n_bytes;
}

// All but the last entry: a head that is one entry behind must still be met the next time.
static void keep_seen(struct str before_last, const struct verify *v, const struct end *end,
                      struct access_seen *seen)
{
    *seen = (struct access_seen){ .n_bytes = before_last.len, .n = end->n, .time = end->time };
    memcpy(seen->key, v->shown, sizeof seen->key);
    memcpy(seen->hash, end->hash, DIGEST_HEX);
    hash_line(before_last, seen->whole);
}

// seen: NULL, or where to begin and what to keep.
static int verify_lines(struct str all, struct verify *v, struct access_seen *seen, struct end *end,
                        struct err *err)
{
    struct end before = { 0 };
    size_t at = 0;
    *end = (struct end){ .hash = NO_HASH };
    if (seen)
        at = find_seen(all, v, seen, end);
    struct str text = str_from(all, at);
    meet(&v->head, end, &v->head_met);
    while (text.len) {
        before = *end;
        at = all.len - text.len;
        size_t len = str_find(text, STR_LIT("\n"), 0);
        const char *fault = len == SIZE_MAX ? "has no end" : NULL;
        if (!fault)
            fault = check_line(str_head(text, len), v->shown, end);
        if (fault)
            return err_set(err, ERR_PRIVACY, "entry %lld of the access log %s",
                           (long long)(end->n + 1), fault);
        text = str_from(text, len + 1);
        meet(&v->head, end, &v->head_met);
        meet(&v->anchor, end, &v->anchor_met);
    }
    if (!v->head_met || end->n > v->head.n + 1)
        return err_set(err, ERR_PRIVACY,
                       "the access log has %lld entries but its head speaks of %lld: entries were "
                       "cut off or put in",
                       (long long)end->n, (long long)v->head.n);
    if (v->has_anchor && !v->anchor_met)
        return err_set(err, ERR_PRIVACY,
                       "entry %lld of the access log is not the one that the anchor names: the log "
                       "was put back to an earlier state or written anew",
                       (long long)v->anchor.n);
    if (seen && before.n)
        keep_seen(str_head(all, at), v, &before, seen);
    return 0;
}

static int read_anchor(const char *text, struct verify *v, struct err *err)
{
    struct str rest = str_of(text), n;
    unsigned char hash[DIGEST_HEX / 2];
    v->has_anchor = text != NULL;
    v->anchor.n = -1;
    if (!text)
        return 0;
    if (!str_cut(&rest, ':', &n) || !str_to_i64(n, &v->anchor.n) || v->anchor.n < 1 ||
        !crypto_unhex(rest, hash, sizeof hash))
        return err_set(err, ERR_USAGE,
                       "an anchor looks like 17: and 64 hex digits, as `clio access "
                       "log verify` prints it");
    crypto_hex(hash, sizeof hash, v->anchor.hash);
    return 0;
}

// Lines of one moment, with the head where `v` asks for it: whoever adds holds the lock for both.
static int read_whole(const char *path, const char *dir, struct verify *v, struct arena *a,
                      struct str *text, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || flock(fd, LOCK_SH) != 0) {
        int failed = errno;
        if (fd >= 0)
            close(fd);
        return err_set_errno(err, ERR_IO, failed, "%s cannot be read", path);
    }
    int rc = v ? read_head(dir, v->shown, &v->head, err) : 0;
    if (!rc)
        rc = file_read(a, path, MOST_LOG, text, err);
    close(fd);
    return rc;
}

static int check_there(const char *path, struct err *err)
{
    return file_exists(path) ? 0
                             : err_set(err, ERR_NO_INPUT,
                                       "%s is not there: nobody was ever given access, or the "
                                       "whole log was taken away",
                                       path);
}

static int verify_whole(const char *dir, const char *anchor, const char *shown,
                        struct access_seen *seen, int64_t *n_entries, char now[ANCHOR_TEXT],
                        struct err *err)
{
    char path[LIMIT_PATH_BYTES];
    unsigned char key[32];
    struct verify v = { .shown = key };
    struct end end;
    struct arena a = { 0 };
    struct str text;
    path_of(dir, "access.log", path);
    int rc = check_there(path, err);
    if (!rc)
        rc = load_shown(dir, shown, key, err);
    if (!rc)
        rc = read_anchor(anchor, &v, err);
    if (!rc)
        rc = read_whole(path, dir, &v, &a, &text, err);
    if (!rc)
        rc = verify_lines(text, &v, seen, &end, err);
    if (!rc) {
        *n_entries = end.n;
        snprintf(now, ANCHOR_TEXT, "%lld:%s", (long long)end.n, end.hash);
    }
    arena_release(&a);
    return rc;
}

int access_log_verify(const char *dir, const char *anchor, const char *shown, int64_t *n_entries,
                      char now[ANCHOR_TEXT], struct err *err)
{
    return verify_whole(dir, anchor, shown, NULL, n_entries, now, err);
}

int access_log_verify_on(const char *dir, struct access_seen *seen, int64_t *n_entries,
                         char now[ANCHOR_TEXT], struct err *err)
{
    return verify_whole(dir, NULL, NULL, seen, n_entries, now, err);
}

// Adding ----------------------------------------------------------------------------------------

// The last whole line of the file into *end; what a crash left behind it is taken off.
static int find_end(struct access_log *log, int64_t size, struct err *err)
{
    char tail[MOST_LINE + 1];
    size_t want = size_min((size_t)size, MOST_LINE);
    ssize_t got = pread(log->fd, tail, want, size - (int64_t)want);
    if (got != (ssize_t)want)
        return err_set_errno(err, ERR_IO, errno, "the access log cannot be read");
    size_t len = want;
    while (len && tail[len - 1] != '\n')
        len--;
    if (!len && want == MOST_LINE) // no crash leaves so much
        return err_set(
            err, ERR_PRIVACY,
            "the access log ends in what is no entry; nothing is added to a log that was "
            "tampered with. See `clio access log verify`");
    if (len < want && ftruncate(log->fd, size - (int64_t)(want - len)) != 0)
        return err_set_errno(err, ERR_IO, errno, "the access log cannot be mended");
    log->size = size - (int64_t)(want - len);
    log->end = (struct end){ .hash = NO_HASH };
    if (!len)
        return 0;
    size_t from = len - 1;
    while (from && tail[from - 1] != '\n')
        from--;
    struct str line = str_make(tail + from, len - 1 - from), prev;
    struct json *root = NULL;
    const char *fault = read_line(line, &root, &log->end.n, &log->end.time, &prev);
    json_close(root);
    hash_line(line, log->end.hash);
    return fault ? err_set(err, ERR_PRIVACY,
                           "the last entry of the access log %s; see `clio access "
                           "log verify`",
                           fault)
                 : 0;
}

// The head must speak of the last line or of the one before it (a crash came between the two).
static int meet_head(struct access_log *log, struct err *err)
{
    char path[LIMIT_PATH_BYTES];
    struct end head;
    path_of(log->dir, "access.head", path);
    if (!log->end.n && !file_exists(path))
        return write_head(log, err);
    int rc = read_head(log->dir, log->key.shown, &head, err);
    bool same = !rc && head.n == log->end.n && strcmp(head.hash, log->end.hash) == 0;
    if (rc || same)
        return rc;
    if (head.n + 1 == log->end.n)
        return write_head(log, err);
    return err_set(err, ERR_PRIVACY,
                   "the access log has %lld entries but its head speaks of %lld; nothing is added "
                   "to a log that was tampered with. See `clio access log verify`",
                   (long long)log->end.n, (long long)head.n);
}

// Under the lock: the end of the log as it is now, whoever wrote it.
static int catch_up(struct access_log *log, struct err *err)
{
    struct stat st, named;
    char path[LIMIT_PATH_BYTES];
    path_of(log->dir, "access.log", path);
    if (fstat(log->fd, &st) != 0)
        return err_set_errno(err, ERR_IO, errno, "the access log cannot be read");
    if (lstat(path, &named) != 0 || named.st_dev != st.st_dev || named.st_ino != st.st_ino)
        return err_set(err, ERR_PRIVACY,
                       "%s was moved, deleted or replaced while it was open; nothing is done that "
                       "it would not show. Put it back, or start again",
                       path);
    if (st.st_size == log->size && log->size)
        return 0;
    int rc = find_end(log, st.st_size, err);
    return rc ? rc : meet_head(log, err);
}

// Two first starts make one key, since both hold the lock for it.
static int open_locked(struct access_log *log, struct err *err)
{
    struct stat st;
    if (fstat(log->fd, &st) != 0)
        return err_set_errno(err, ERR_IO, errno, "the access log cannot be read");
    int rc = load_key(log->dir, st.st_size == 0, &log->key, err);
    return rc ? rc : catch_up(log, err);
}

int access_log_open(struct access_log **out, const char *dir, struct err *err)
{
    char path[LIMIT_PATH_BYTES];
    struct access_log *log = calloc(1, sizeof *log);
    if (!log)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    log->fd = -1;
    int rc = 0;
    if ((size_t)snprintf(log->dir, sizeof log->dir, "%s", dir) >= sizeof log->dir)
        rc = err_set(err, ERR_CANNOT_CREATE, "the directory name is too long");
    path_of(log->dir, "access.log", path);
    if (!rc)
        log->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (!rc && log->fd < 0)
        rc = err_set_errno(err, ERR_CANNOT_CREATE, errno, "%s cannot be opened", path);
    if (!rc && flock(log->fd, LOCK_EX) != 0)
        rc = err_set_errno(err, ERR_IO, errno, "%s cannot be locked", path);
    if (!rc) {
        rc = open_locked(log, err);
        flock(log->fd, LOCK_UN);
    }
    if (rc) {
        access_log_close(log);
        return rc;
    }
    *out = log;
    return 0;
}

void access_log_close(struct access_log *log)
{
    if (!log)
        return;
    if (log->fd >= 0)
        close(log->fd);
    crypto_wipe(&log->key, sizeof log->key);
    free(log);
}

static int put_field(struct buf *b, const char *name, struct str value, struct err *err)
{
    size_t len = size_min(value.len, LOG_MOST_TEXT);
    while (len && len < value.len && ((unsigned char)value.ptr[len] & 0xC0) == 0x80)
        len--; // not inside a character
    int rc = buf_printf(b, err, ",\"%s\":", name);
    return rc ? rc : json_put_str(b, str_head(value, len), err);
}

static int compose(const struct access_log *log, const struct access_event *event, int64_t time,
                   struct buf *line, struct err *err)
{
    long long n = log->end.n + 1;
    char text[TIME_TEXT];
    unsigned char sign[SIGN_BYTES];
    char hex[SIGN_HEX + 1];
    time_format(time, text);
    int rc = buf_printf(line, err, "{\"n\":%lld,\"time\":\"%s\"", n, text);
    if (!rc)
        rc = put_field(line, "actor", event->actor, err);
    if (!rc)
        rc = put_field(line, "what", event->what, err);
    if (!rc)
        rc = put_field(line, "object", event->object, err);
    if (!rc)
        rc = put_field(line, "detail", event->detail, err);
    if (!rc)
        rc = buf_printf(line, err, ",\"prev\":\"%s\"", log->end.hash);
    if (rc)
        return rc;
    sign_text(&log->key, buf_view(line), sign);
    crypto_hex(sign, sizeof sign, hex);
    return buf_printf(line, err, ",\"sign\":\"%s\"}\n", hex);
}

static int write_line(struct access_log *log, struct str line, struct err *err)
{
    size_t done = 0;
    while (done < line.len) {
        ssize_t n = write(log->fd, line.ptr + done, line.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (done == line.len && fsync(log->fd) == 0)
        return 0;
    int failed = errno;
    // Nothing of an entry that could not be written may stay; if even this fails, the next open
    // takes it off.
    if (ftruncate(log->fd, log->size) != 0)
        log->size = 0;
    return err_set_errno(err, ERR_IO, failed, "the access log cannot be written");
}

// Moves `end` behind the line that was written and says so in the head.
static int step_on(struct access_log *log, struct str line, int64_t time, struct err *err)
{
    struct err ignored = { 0 };
    struct end before = log->end;
    log->end.n++;
    log->end.time = time;
    hash_line(str_head(line, line.len - 1), log->end.hash);
    int rc = write_head(log, err);
    if (!rc) {
        log->size += (int64_t)line.len;
        return 0;
    }
    // An entry without its head is taken off again: a second one would look like tampering. The
    // head first, which may be there although its sync failed; so it is never ahead of the log.
    log->end = before;
    (void)write_head(log, &ignored);
    if (ftruncate(log->fd, log->size) != 0 || fsync(log->fd) != 0)
        log->size = 0;
    return rc;
}

static int add_locked(struct access_log *log, const struct access_event *event, struct err *err)
{
    struct buf line;
    buf_init(&line, MOST_LINE, "entry of the access log");
    int rc = catch_up(log, err);
    int64_t time = event->time > log->end.time ? event->time : log->end.time;
    if (!rc)
        rc = compose(log, event, time, &line, err);
    if (!rc)
        rc = write_line(log, buf_view(&line), err);
    if (!rc)
        rc = step_on(log, buf_view(&line), time, err);
    buf_release(&line);
    return rc;
}

int access_log_add(struct access_log *log, const struct access_event *event, struct err *err)
{
    if (flock(log->fd, LOCK_EX) != 0)
        return err_set_errno(err, ERR_IO, errno, "the access log cannot be locked");
    int rc = add_locked(log, event, err);
    flock(log->fd, LOCK_UN);
    return rc;
}

int access_log_last(struct access_log *log, int64_t *n, struct err *err)
{
    if (flock(log->fd, LOCK_EX) != 0)
        return err_set_errno(err, ERR_IO, errno, "the access log cannot be locked");
    int rc = catch_up(log, err);
    *n = log->end.n;
    flock(log->fd, LOCK_UN);
    return rc;
}

// Showing ---------------------------------------------------------------------------------------

static int read_entry(struct str line, struct arena *a, struct access_entry *entry, struct err *err)
{
    struct json *root;
    int rc = json_open(&root, line, err);
    if (rc)
        return err_set(err, ERR_PRIVACY,
                       "a line of the access log is no entry; see `clio access log verify`");
    json_whole(json_member(root, "n"), &entry->n);
    entry->time = arena_str(a, json_str(json_member(root, "time")));
    entry->actor = arena_str(a, json_str(json_member(root, "actor")));
    entry->what = arena_str(a, json_str(json_member(root, "what")));
    entry->object = arena_str(a, json_str(json_member(root, "object")));
    entry->detail = arena_str(a, json_str(json_member(root, "detail")));
    json_close(root);
    return 0;
}

int access_log_read(const char *dir, size_t most, struct arena *a, struct access_entry **list,
                    size_t *n, struct err *err)
{
    char path[LIMIT_PATH_BYTES];
    struct arena scratch = { 0 };
    struct str text;
    path_of(dir, "access.log", path);
    *n = 0;
    *list = arena_zero_array(a, most + 1, sizeof **list);
    int rc = check_there(path, err);
    if (!rc)
        rc = read_whole(path, dir, NULL, &scratch, &text, err);
    while (!rc && *n < most && text.len) {
        size_t from = text.len - 1;
        while (from && text.ptr[from - 1] != '\n')
            from--;
        rc = read_entry(str_trim(str_from(text, from)), a, &(*list)[*n], err);
        *n += !rc;
        text = str_head(text, from);
    }
    arena_release(&scratch);
    return rc;
}
