// SPDX-License-Identifier: Apache-2.0
#include "llm/batch_list.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KEY_LEN ((size_t)DIGEST_HEX - 1)
#define MOST_LINE ((size_t)32 << 20)
#define MOST_FILE ((size_t)2 << 30)

static size_t find_name(const struct batch_list *list, struct str name)
{
    for (size_t i = list->n; i-- > 0;)
        if (str_equal(name, str_of(list->items[i].name)))
            return i;
    return SIZE_MAX;
}

static void note_end(struct batch_list *list, size_t index)
{
    struct batch *batch = &list->items[index];
    list->n_open -= batch->is_open;
    batch->is_open = false;
}

static void draw_name(struct batch_list *list)
{
    unsigned char random[(BATCH_NAME - 1) / 2];
    crypto_random(random, sizeof random);
    crypto_hex(random, sizeof random, list->next);
}

static size_t note_made(struct batch_list *list, const char *name, struct str keys, double dollars,
                        int64_t made)
{
    size_t index = list->n++;
    list->items = arena_grow(&list->arena, list->items, index * sizeof *list->items,
                             list->n * sizeof *list->items);
    struct batch *batch = &list->items[index];
    *batch = (struct batch){
        .n = keys.len / KEY_LEN, .dollars = dollars, .made = made, .is_open = true
    };
    snprintf(batch->name, sizeof batch->name, "%s", name);
    for (size_t at = 0; at + KEY_LEN <= keys.len; at += KEY_LEN) {
        size_t place = map_add(&list->keys, str_make(keys.ptr + at, KEY_LEN), index, NULL);
        list->keys.entries[place].value = index;
    }
    list->n_open++;
    return index;
}

uint64_t batch_list_find(const struct batch_list *list, struct str key)
{
    size_t place = map_find(&list->keys, key);
    uint64_t index = place == SIZE_MAX ? BATCH_NONE : list->keys.entries[place].value;
    return index != BATCH_NONE && list->items[index].is_open ? index : BATCH_NONE;
}

uint64_t batch_list_claim(struct batch_list *list, struct str key)
{
    uint64_t index = batch_list_find(list, key);
    bool is_new = false;
    if (index != BATCH_NONE && list->items[index].is_masked)
        map_add(&list->claimed, key, index, &is_new);
    if (is_new)
        list->items[index].n_claimed++;
    return index;
}

bool batch_list_keeps(const struct batch_list *list, size_t index, struct str key)
{
    return !list->items[index].is_masked || map_find(&list->claimed, key) != SIZE_MAX;
}

static void note_mask(struct batch_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        list->items[i].is_masked = true;
}

// ---- reading

static void read_made(struct batch_list *list, const struct json *root, struct map *elsewhere)
{
    char name[BATCH_NAME];
    double dollars = 0;
    int64_t at = 0;
    struct str given = json_str(json_member(root, "made"));
    snprintf(name, sizeof name, "%.*s", STR_ARG(str_head(given, BATCH_NAME - 1)));
    json_number(json_member(root, "dollars"), &dollars);
    json_whole(json_member(root, "at"), &at);
    if (str_equal(json_str(json_member(root, "host")), str_of(list->host)))
        note_made(list, name, json_str(json_member(root, "keys")), dollars, at);
    else
        map_add(elsewhere, given, 1, NULL);
}

// False when the line is none of ours: what is behind it is not trusted either.
static bool read_line(struct batch_list *list, struct str line, struct map *elsewhere)
{
    struct json *root = NULL;
    struct err why = { 0 };
    if (list->is_sealed && !crypto_unseal_line(&list->seal, line, &list->sealed))
        return false;
    if (json_open(&root, list->is_sealed ? buf_view(&list->sealed) : line, &why))
        return false;
    struct str named = json_str(json_member(root, "named"));
    struct str ended = json_str(json_member(root, "ended"));
    if (json_member(root, "made"))
        read_made(list, root, elsewhere);
    if (json_truth(json_member(root, "masked")))
        note_mask(list);
    size_t index = find_name(list, named.len ? named : ended);
    size_t place = map_find(elsewhere, ended);
    if (index != SIZE_MAX && ended.len)
        note_end(list, index);
    else if (index != SIZE_MAX) {
        batch_read_id(json_member(root, "id"), list->items[index].id);
        batch_read_id(json_member(root, "file"), list->items[index].file);
    } else if (place != SIZE_MAX)
        elsewhere->entries[place].value = 0;
    json_close(root);
    return true;
}

// Drops what was cut off; a file without open batches begins anew.
static int cut_file(struct batch_list *list, size_t good, struct err *err)
{
    bool none = list->n_open == 0 && list->n_elsewhere == 0;
    if (ftruncate(list->fd, none ? 0 : (off_t)good) != 0 || lseek(list->fd, 0, SEEK_END) < 0)
        return err_set_errno(err, ERR_IO, errno, "%s cannot be written", list->path);
    return 0;
}

static int read_file(struct batch_list *list, struct err *err)
{
    struct arena a = { 0 };
    struct map elsewhere = { 0 };
    struct str text, line;
    size_t good = 0;
    int rc = file_read(&a, list->path, MOST_FILE, &text, err);
    struct str rest = rc ? str_make(NULL, 0) : text;
    while (!rc && rest.len && memchr(rest.ptr, '\n', rest.len) && str_cut(&rest, '\n', &line)) {
        if (!read_line(list, line, &elsewhere)) {
            log_warning("%s has a line that cannot be read; batches behind it are not known any "
                        "more",
                        list->path);
            break;
        }
        good = (size_t)(line.ptr - text.ptr) + line.len + 1;
    }
    for (size_t i = 0; i < elsewhere.n; i++)
        list->n_elsewhere += elsewhere.entries[i].value;
    map_release(&elsewhere);
    arena_release(&a);
    list->is_read = rc == 0;
    return rc ? rc : cut_file(list, good, err);
}

// ---- writing

// A line that was not written whole (the disk is full) is taken back, so that the next one is not
// glued to it: a later start believes nothing that is behind a line which cannot be read.
static int write_line(struct batch_list *list, struct err *err)
{
    struct buf *line = &list->line;
    off_t end = lseek(list->fd, 0, SEEK_END);
    int rc = end < 0 ? err_set_errno(err, ERR_IO, errno, "%s cannot be written", list->path) : 0;
    if (!rc && list->is_sealed) {
        rc = crypto_seal_line(&list->seal, buf_view(line), &list->sealed, err);
        line = &list->sealed;
    }
    if (!rc)
        rc = buf_add_char(line, '\n', err);
    for (size_t done = 0; !rc && done < line->len;) {
        ssize_t n = write(list->fd, line->ptr + done, line->len - done);
        if (n < 0 && errno != EINTR)
            rc = err_set_errno(err, ERR_IO, errno, "%s cannot be written", list->path);
        done += n > 0 ? (size_t)n : 0;
    }
    if (!rc && fsync(list->fd) != 0)
        rc = err_set_errno(err, ERR_IO, errno, "%s cannot be written", list->path);
    if (rc && end >= 0 && ftruncate(list->fd, end) != 0)
        log_warning("%s ends in the middle of a line", list->path);
    return rc;
}

int batch_list_add(struct batch_list *list, struct str keys, double dollars, size_t *index,
                   struct err *err)
{
    int64_t now = clock_unix();
    buf_clear(&list->line);
    int rc = buf_printf(&list->line, err, "{\"made\":\"%s\",\"at\":%lld,\"dollars\":", list->next,
                        (long long)now);
    if (!rc)
        rc = json_put_number(&list->line, dollars, err);
    if (!rc)
        rc = buf_add(&list->line, STR_LIT(",\"host\":"), err);
    if (!rc)
        rc = json_put_str(&list->line, str_of(list->host), err);
    if (!rc)
        rc = buf_add(&list->line, STR_LIT(",\"keys\":\""), err);
    if (!rc)
        rc = buf_add(&list->line, keys, err);
    if (!rc)
        rc = buf_add(&list->line, STR_LIT("\"}"), err);
    if (!rc)
        rc = write_line(list, err);
    if (!rc)
        *index = note_made(list, list->next, keys, dollars, now);
    draw_name(list);
    return rc;
}

int batch_list_name(struct batch_list *list, size_t index, const char *id, const char *file,
                    struct err *err)
{
    struct batch *batch = &list->items[index];
    buf_clear(&list->line);
    int rc = buf_printf(&list->line, err, "{\"named\":\"%s\",\"id\":\"%s\",\"file\":\"%s\"}",
                        batch->name, id, file);
    if (!rc)
        rc = write_line(list, err);
    if (!rc) {
        snprintf(batch->id, sizeof batch->id, "%s", id);
        snprintf(batch->file, sizeof batch->file, "%s", file);
    }
    return rc;
}

int batch_list_end(struct batch_list *list, size_t index, struct err *err)
{
    buf_clear(&list->line);
    int rc = buf_printf(&list->line, err, "{\"ended\":\"%s\"}", list->items[index].name);
    if (!rc)
        rc = write_line(list, err);
    if (!rc)
        note_end(list, index);
    return rc;
}

// ---- opening

int batch_list_open(struct batch_list *list, const char *path, const struct seal_key *seal,
                    const char *host, struct err *err)
{
    *list = (struct batch_list){ .fd = -1, .is_sealed = seal != NULL };
    list->path = arena_copy(&list->arena, str_of(path));
    list->host = arena_copy(&list->arena, str_of(host));
    if (seal)
        list->seal = *seal;
    buf_init(&list->line, MOST_LINE, "batch");
    buf_init(&list->sealed, 2 * MOST_LINE, "batch");
    draw_name(list);
    list->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (list->fd < 0)
        return err_set_errno(err, ERR_CANNOT_CREATE, errno,
                             "the file of batches %s cannot be "
                             "opened",
                             path);
    return read_file(list, err);
}

void batch_list_release(struct batch_list *list)
{
    bool none = list->n_open == 0 && list->n_elsewhere == 0;
    if (list->path && list->fd >= 0) {
        if (none && list->is_read && ftruncate(list->fd, 0) != 0)
            errno = 0; // what has ended is known as ended to the next start too
        close(list->fd);
    }
    map_release(&list->keys);
    map_release(&list->claimed);
    buf_release(&list->line);
    buf_release(&list->sealed);
    arena_release(&list->arena);
    crypto_wipe(&list->seal, sizeof list->seal);
    *list = (struct batch_list){ .fd = -1 };
}

int batch_list_mask(const char *path, const struct seal_key *seal, size_t *n, struct err *err)
{
    struct batch_list list;
    int rc = batch_list_open(&list, path, seal, "", err);
    *n = list.n_elsewhere; // all of them: no host has that name
    if (!rc && *n)
        rc = buf_add(&list.line, STR_LIT("{\"masked\":true}"), err);
    if (!rc && *n)
        rc = write_line(&list, err);
    batch_list_release(&list);
    return rc;
}
