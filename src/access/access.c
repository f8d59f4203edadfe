// SPDX-License-Identifier: Apache-2.0
#include "access/access_int.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"

#include <stdlib.h>

const char *role_name(enum role role)
{
    switch (role) {
#define ROLE_CASE(role, bit, name)                                                                 \
    case role:                                                                                     \
        return name;
        ROLES(ROLE_CASE)
#undef ROLE_CASE
    }
    return "";
}

enum role role_find(struct str name)
{
    static const enum role roles[] = { ROLE_VIEWER, ROLE_ANALYST, ROLE_SAFETY, ROLE_ADMIN };
    for (size_t i = 0; i < COUNT_OF(roles); i++)
        if (str_equal(name, str_of(role_name(roles[i]))))
            return roles[i];
    return ROLE_NONE;
}

// A password that nobody knows, hashed at the usual cost, for names that are not there.
static int make_nobody(struct access *access, struct err *err)
{
    char bytes[32], hex[65];
    crypto_random(bytes, sizeof bytes);
    crypto_hex(bytes, sizeof bytes, hex);
    int rc = password_hash(str_of(hex), &access->options.cost, access->nobody, err);
    crypto_wipe(hex, sizeof hex);
    return rc;
}

int access_check_dir(const char *dir, struct err *err)
{
    char path[LIMIT_PATH_BYTES];
    snprintf(path, sizeof path, "%s/vault.db", dir);
    return file_exists(path) ? 0
                             : err_set(err, ERR_NO_INPUT,
                                       "%.200s is no run directory; make one with `clio run FILE "
                                       "--out DIR`",
                                       dir);
}

int access_open(struct access **out, const char *dir, bool create,
                const struct access_options *options, struct err *err)
{
    struct access *access = calloc(1, sizeof *access);
    if (!access)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    if (options)
        access->options = *options;
    if (!access->options.cost.bytes)
        access->options.cost = (struct password_cost){ (size_t)64 << 20, 3 };
    int rc = crypto_start(err);
    if (!rc)
        rc = access_store_open(&access->store, dir, create, err);
    if (!rc)
        rc = access_log_open(&access->log, dir, err);
    if (!rc)
        rc = access_change_begin(access, err); // says what a killed program left undone
    if (!rc)
        rc = access_change_end(access, 0, err);
    if (!rc)
        rc = make_nobody(access, err);
    if (rc) {
        access_close(access);
        return rc;
    }
    *out = access;
    return 0;
}

void access_close(struct access *access)
{
    struct err ignored = { 0 };
    if (!access)
        return;
    if (access->log && access->n_beyond && session_tell_beyond(access, &ignored))
        log_warning("%s", ignored.text);
    map_release(&access->ring_of);
    free(access->rings);
    access_log_close(access->log);
    access_store_close(access->store);
    free(access);
}

int64_t access_now(const struct access *access)
{
    return access->options.now ? access->options.now(access->options.context) : clock_unix();
}

// Changes and their entries ---------------------------------------------------------------------
//
// An entry is written before the transaction that it belongs to ends, and that transaction keeps
// its number. A program that is killed between the two leaves entries behind that number, of what
// never came to be; the next change, or opening, says so with an entry of its own.

#define LAST_ENTRY "last-entry" // in the table of settings
#define UNDONE "undone"

static int say_undone(struct access *access, int64_t first, int64_t last, struct err *err)
{
    struct arena a = { 0 };
    struct str object =
        first == last ? arena_printf(&a, "entry %lld", (long long)first)
                      : arena_printf(&a, "entries %lld to %lld", (long long)first, (long long)last);
    int rc = access_note(access, STR_LIT("-"), UNDONE, object,
                         STR_LIT("the program ended before it was done"), err);
    arena_release(&a);
    return rc;
}

// In a transaction, so that nobody else's entry is under way.
static int settle(struct access *access, struct err *err)
{
    int64_t kept = 0, last = 0;
    int rc = access_log_last(access->log, &last, err);
    if (!rc)
        rc = access_store_get_setting(access->store, LAST_ENTRY, last, &kept, err);
    if (!rc && kept > last)
        rc =
            err_set(err, ERR_PRIVACY,
                    "access.db knows of entry %lld of the access log, which has %lld: entries were "
                    "taken away; restore both from one backup",
                    (long long)kept, (long long)last);
    return rc || kept == last ? rc : say_undone(access, kept + 1, last, err);
}

int access_change_begin(struct access *access, struct err *err)
{
    int rc = access_store_begin(access->store, err);
    if (rc)
        return rc;
    rc = settle(access, err);
    return rc ? access_store_end(access->store, rc, err) : 0;
}

int access_change_end(struct access *access, int rc, struct err *err)
{
    int64_t last = 0;
    if (!rc)
        rc = access_log_last(access->log, &last, err);
    if (!rc)
        rc = access_store_put_setting(access->store, LAST_ENTRY, last, err);
    return access_store_end(access->store, rc, err);
}

int access_note(struct access *access, struct str actor, const char *what, struct str object,
                struct str detail, struct err *err)
{
    struct access_event event = { access_now(access), actor, str_of(what), object, detail };
    return access_log_add(access->log, &event, err);
}

static const struct policy_row policies[N_POLICIES] = {
#define POLICY_ROW(policy, name, initial, least, most, help) { name, help, initial, least, most },
    POLICIES(POLICY_ROW)
#undef POLICY_ROW
};

const struct policy_row *policy_table(void)
{
    return policies;
}

int access_get_policy(struct access *access, enum policy policy, int64_t *value, struct err *err)
{
    const struct policy_row *row = &policies[policy];
    return access_store_get_setting(access->store, row->name, row->initial, value, err);
}

int access_set_policy(struct access *access, struct str actor, struct str name, int64_t value,
                      struct err *err)
{
    const struct policy_row *row = NULL;
    for (size_t i = 0; i < N_POLICIES && !row; i++)
        if (str_equal(name, str_of(policies[i].name)))
            row = &policies[i];
    if (!row)
        return err_set(err, ERR_USAGE,
                       "there is no rule \"%.*s\"; `clio access policy list DIR` "
                       "shows them",
                       (int)size_min(name.len, 40), name.ptr);
    if (value < row->least || value > row->most)
        return err_set(err, ERR_USAGE, "%s takes a number from %lld to %lld", row->name,
                       (long long)row->least, (long long)row->most);
    struct arena a = { 0 };
    int rc = access_change_begin(access, err);
    if (rc)
        return rc;
    rc =
        access_note(access, actor, "policy", name, arena_printf(&a, "%lld", (long long)value), err);
    if (!rc)
        rc = access_store_put_setting(access->store, row->name, value, err);
    arena_release(&a);
    return access_change_end(access, rc, err);
}
