// SPDX-License-Identifier: Apache-2.0
// Users. A change reads the row, writes the log and the row in one transaction: what is not logged
// does not happen, and what another process changed meanwhile is not undone. Passwords are hashed
// before it begins.
#include "access/access_int.h"
#include "access/totp.h"

#include <stdio.h>

enum role user_role_of(const struct user_row *row)
{
    return row->disabled ? ROLE_NONE : role_find(str_of(row->role));
}

uint64_t name_hash_of(struct str name)
{
    return hash_text(name) & INT64_MAX;
}

static bool is_name(struct str name)
{
    bool good = name.len > 0 && name.len <= USER_MOST_NAME;
    for (size_t i = 0; good && i < name.len; i++) {
        char c = name.ptr[i];
        good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    }
    return good && name.ptr[0] != '-'; // "-" is nobody in the log
}

// `easy` is in lower case, as names are.
static bool holds(struct str password, struct str easy)
{
    bool found = false;
    for (size_t at = 0; !found && at + easy.len <= password.len; at++)
        found = str_equal_ci(str_head(str_from(password, at), easy.len), easy);
    return found;
}

// Length matters most (NIST SP 800-63B); what is only one thing repeated, or the name, is no
// password.
static int check_password(struct str name, struct str password, struct err *err)
{
    bool same = true;
    for (size_t i = 1; i < password.len; i++)
        same = same && password.ptr[i] == password.ptr[0];
    if (password.len < USER_LEAST_PASSWORD || password.len > 1024)
        return err_set(err, ERR_USAGE, "a password has %d to 1024 bytes; several words are good",
                       USER_LEAST_PASSWORD);
    if (same || holds(password, name) || holds(password, STR_LIT("password")) ||
        holds(password, STR_LIT("123456")))
        return err_set(err, ERR_USAGE,
                       "this password is too easy to guess; take several words that "
                       "are not the name");
    return 0;
}

static int get_user(struct access *access, struct str name, struct user_row *row, struct err *err)
{
    bool found;
    int rc = access_store_get_user(access->store, name, row, &found, err);
    if (!rc && !found)
        rc = err_set(err, ERR_USAGE,
                     "there is no user \"%.*s\"; `clio access user list DIR` shows "
                     "them",
                     (int)size_min(name.len, 60), name.ptr);
    return rc;
}

static int note_user(struct access *access, struct str actor, const char *what, struct str name,
                     const char *detail, struct err *err)
{
    struct arena a = { 0 };
    int rc = access_note(access, actor, what, arena_printf(&a, "user %.*s", STR_ARG(name)),
                         str_of(detail), err);
    arena_release(&a);
    return rc;
}

// Begins the transaction and reads the user's row as it is now.
static int begin_change(struct access *access, struct str name, struct user_row *row,
                        struct err *err)
{
    int rc = access_change_begin(access, err);
    if (rc)
        return rc;
    rc = get_user(access, name, row, err);
    return rc ? access_change_end(access, rc, err) : 0;
}

// Writes the entry and the row, ends what the user had open, and ends the transaction.
static int end_change(struct access *access, struct str actor, const char *what, const char *detail,
                      const struct user_row *row, struct err *err)
{
    struct str name = str_of(row->name);
    struct attempt_row free_again = { .name_hash = name_hash_of(name) };
    int rc = note_user(access, actor, what, name, detail, err);
    if (!rc)
        rc = access_store_put_user(access->store, row, err);
    if (!rc)
        rc = access_store_drop_sessions_of(access->store, name, err);
    if (!rc)
        rc = access_store_put_attempt(access->store, &free_again, 0, err);
    return access_change_end(access, rc, err);
}

int user_add(struct access *access, struct str actor, struct str name, enum role role,
             struct str password, struct err *err)
{
    struct user_row row = { 0 }, there;
    bool found = false;
    if (!is_name(name))
        return err_set(err, ERR_USAGE,
                       "a name has 1 to %d of a-z, 0-9, dot, _ and -, and does not "
                       "begin with -",
                       USER_MOST_NAME);
    int rc = check_password(name, password, err);
    if (!rc)
        rc = password_hash(password, &access->options.cost, row.password, err);
    if (!rc)
        rc = access_change_begin(access, err);
    if (rc)
        return rc;
    memcpy(row.name, name.ptr, name.len);
    snprintf(row.role, sizeof row.role, "%s", role_name(role));
    rc = access_store_get_user(access->store, name, &there, &found, err);
    if (!rc && found)
        rc = err_set(err, ERR_USAGE, "there is already a user %.*s", STR_ARG(name));
    return rc ? access_change_end(access, rc, err)
              : end_change(access, actor, "user added", row.role, &row, err);
}

int user_set_password(struct access *access, struct str actor, struct str name, struct str password,
                      struct err *err)
{
    struct user_row row;
    char hash[PASSWORD_HASH];
    int rc = get_user(access, name, &row, err); // says so before a password is hashed
    if (!rc)
        rc = check_password(name, password, err);
    if (!rc)
        rc = password_hash(password, &access->options.cost, hash, err);
    if (!rc)
        rc = begin_change(access, name, &row, err);
    if (rc)
        return rc;
    memcpy(row.password, hash, sizeof row.password);
    return end_change(access, actor, "password set", "", &row, err);
}

int user_set_role(struct access *access, struct str actor, struct str name, enum role role,
                  struct err *err)
{
    struct user_row row;
    int rc = begin_change(access, name, &row, err);
    if (rc)
        return rc;
    snprintf(row.role, sizeof row.role, "%s", role_name(role));
    return end_change(access, actor, "role set", row.role, &row, err);
}

int user_set_disabled(struct access *access, struct str actor, struct str name, bool disabled,
                      struct err *err)
{
    struct user_row row;
    int rc = begin_change(access, name, &row, err);
    if (rc)
        return rc;
    row.disabled = disabled;
    return end_change(access, actor, disabled ? "user disabled" : "user enabled", "", &row, err);
}

int user_make_totp(struct access *access, struct str actor, struct str name, struct arena *a,
                   struct str *uri, struct err *err)
{
    struct user_row row;
    int rc = begin_change(access, name, &row, err);
    if (rc)
        return rc;
    row.has_totp = true;
    row.totp_step = 0;
    crypto_random(row.totp, sizeof row.totp);
    rc = access_store_forget_codes(access->store, name, err);
    if (rc)
        return access_change_end(access, rc, err);
    rc = end_change(access, actor, "codes set", "", &row, err);
    if (!rc)
        *uri = totp_uri(str_make((char *)row.totp, sizeof row.totp), name, a);
    crypto_wipe(&row, sizeof row);
    return rc;
}

int user_list(struct access *access, struct arena *a, struct user **list, size_t *n,
              struct err *err)
{
    struct user_row *rows;
    int rc = access_store_list_users(access->store, a, &rows, n, err);
    if (rc)
        return rc;
    *list = arena_array(a, *n, sizeof **list);
    for (size_t i = 0; i < *n; i++)
        (*list)[i] = (struct user){ str_of(rows[i].name), role_find(str_of(rows[i].role)),
                                    rows[i].disabled, rows[i].has_totp };
    return 0;
}
