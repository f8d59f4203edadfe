// SPDX-License-Identifier: Apache-2.0
#include "run/vault_key.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define KEY_BYTES sizeof(struct seal_key)
#define LEAST_PASSPHRASE 8

// Key files --------------------------------------------------------------------------------------

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_key(struct str text, struct seal_key *key)
{
    if (text.len == KEY_BYTES) {
        memcpy(key->bytes, text.ptr, KEY_BYTES);
        return true;
    }
    text = str_trim(text);
    if (text.len != 2 * KEY_BYTES)
        return false;
    for (size_t i = 0; i < KEY_BYTES; i++) {
        int high = digit_of(text.ptr[2 * i]), low = digit_of(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        key->bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static int make_key_file(const char *path, struct seal_key *key, struct err *err)
{
    char text[2 * KEY_BYTES + 2];
    crypto_random_key(key);
    for (size_t i = 0; i < KEY_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", key->bytes[i]);
    text[2 * KEY_BYTES] = '\n';
    int rc = file_write_private(path, str_make(text, 2 * KEY_BYTES + 1), err);
    crypto_wipe(text, sizeof text);
    if (!rc)
        log_note("made a key in %s. Keep a copy: without it nobody can open the vault", path);
    return rc;
}

// A key beside what it locks protects nothing.
static bool is_inside(const char *path, const char *dir)
{
    char folder[LIMIT_PATH_BYTES];
    struct stat of_file, of_dir;
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    return stat(slash == path ? "/" : folder, &of_file) == 0 && stat(dir, &of_dir) == 0 &&
           of_file.st_dev == of_dir.st_dev && of_file.st_ino == of_dir.st_ino;
}

static int read_key_file(const char *path, const char *dir, bool is_new, struct seal_key *key,
                         struct err *err)
{
    struct arena a = { 0 };
    struct str text;
    struct stat st;
    if (is_inside(path, dir))
        return err_set(err, ERR_CONFIG,
                       "%s lies in the run's own directory, beside what it is to protect; keep the "
                       "key elsewhere",
                       path);
    if (is_new && !file_exists(path))
        return make_key_file(path, key, err);
    int rc = file_read(&a, path, 4096, &text, err);
    if (!rc && !parse_key(text, key))
        rc = err_set(err, ERR_CONFIG,
                     "%s is no key: it must hold 32 bytes, or 64 of the digits 0-9a-f", path);
    if (!rc && stat(path, &st) == 0 && (st.st_mode & 0077))
        log_warning("%s may be read by others; chmod 600 it", path);
    if (!rc)
        crypto_wipe((char *)(uintptr_t)text.ptr, text.len);
    arena_release(&a);
    return rc;
}

// Passphrases ------------------------------------------------------------------------------------

static int keep(struct vault_key_room *room, size_t len, bool is_new, struct err *err)
{
    while (len && (room->passphrase[len - 1] == '\n' || room->passphrase[len - 1] == '\r'))
        len--;
    room->secret.kind = SEAL_PASSPHRASE;
    room->secret.passphrase = str_make(room->passphrase, len);
    if (len == 0 || (is_new && len < LEAST_PASSPHRASE))
        return err_set(err, ERR_CONFIG, "the passphrase is %s; take %d bytes or more",
                       len ? "too short" : "empty", LEAST_PASSPHRASE);
    return 0;
}

// The first line.
static int read_descriptor(int fd, const char *name, struct vault_key_room *room, bool is_new,
                           struct err *err)
{
    size_t len = 0;
    ssize_t n = 1;
    while (len < sizeof room->passphrase && n > 0 && !memchr(room->passphrase, '\n', len)) {
        n = read(fd, room->passphrase + len, sizeof room->passphrase - len);
        if (n < 0 && errno == EINTR) {
            n = 1;
            int rc = stop_check(err);
            if (rc)
                return rc;
        } else if (n < 0)
            return err_set_errno(err, ERR_CONFIG, errno, "the passphrase cannot be read from %s",
                                 name);
        else
            len += (size_t)n;
    }
    if (len == sizeof room->passphrase)
        return err_set(err, ERR_CONFIG, "the passphrase from %s is longer than %zu bytes", name,
                       sizeof room->passphrase - 1);
    const char *end = memchr(room->passphrase, '\n', len);
    return keep(room, end ? (size_t)(end - room->passphrase) : len, is_new, err);
}

static int ask_once(int tty, const char *question, struct vault_key_room *room, bool is_new,
                    struct err *err)
{
    struct termios before, quiet;
    bool had_echo = tcgetattr(tty, &before) == 0;
    if (had_echo) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(tty, TCSAFLUSH, &quiet);
    }
    dprintf(tty, "%s: ", question);
    int rc = read_descriptor(tty, "the terminal", room, is_new, err);
    dprintf(tty, "\n");
    if (had_echo)
        tcsetattr(tty, TCSAFLUSH, &before);
    return rc;
}

static int ask(struct vault_key_room *room, bool is_new, struct err *err)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (tty < 0)
        return err_set(err, ERR_CONFIG,
                       "there is no terminal to ask for the passphrase; give it with "
                       "--vault-passphrase-from fd:N or env:NAME");
    struct vault_key_room again = { 0 };
    int rc = ask_once(tty, is_new ? "New passphrase of the vault" : "Passphrase of the vault", room,
                      is_new, err);
    if (!rc && is_new)
        rc = ask_once(tty, "Once more", &again, is_new, err);
    if (!rc && is_new && !str_equal(room->secret.passphrase, again.secret.passphrase))
        rc = err_set(err, ERR_CONFIG, "the two passphrases differ; run the same command again");
    crypto_wipe(&again, sizeof again);
    close(tty);
    return rc;
}

static int read_passphrase(const char *from, struct vault_key_room *room, bool is_new,
                           struct err *err)
{
    struct str value = str_of(from);
    int64_t fd;
    if (str_equal(value, STR_LIT("ask")))
        return ask(room, is_new, err);
    if (str_starts(value, STR_LIT("fd:")) && str_to_i64(str_from(value, 3), &fd) && fd >= 0 &&
        fd < 1 << 20)
        return read_descriptor((int)fd, from, room, is_new, err);
    if (!str_starts(value, STR_LIT("env:")) || value.len == 4)
        return err_set(err, ERR_CONFIG,
                       "--vault-passphrase-from is ask, fd:N or env:NAME; never the passphrase "
                       "itself");
    const char *given = getenv(from + 4);
    if (!given || strlen(given) >= sizeof room->passphrase)
        return err_set(err, ERR_CONFIG, "the variable %s, which should hold the passphrase, %s",
                       from + 4, given ? "is too long" : "is not set");
    memcpy(room->passphrase, given, strlen(given));
    return keep(room, strlen(given), is_new, err);
}

int vault_key_read(const struct config *config, const char *dir, bool is_new,
                   struct vault_key_room *room, struct err *err)
{
    const char *file = config_text(config, "vault-key");
    const char *from = config_text(config, "vault-passphrase-from");
    *room = (struct vault_key_room){ 0 };
    if (*file && *from)
        return err_set(err, ERR_CONFIG,
                       "name either --vault-key or --vault-passphrase-from, not both");
    if (*file) {
        room->secret.kind = SEAL_KEY_FILE;
        return read_key_file(file, dir, is_new, &room->secret.key, err);
    }
    return *from ? read_passphrase(from, room, is_new, err) : 0;
}
