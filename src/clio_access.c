// SPDX-License-Identifier: Apache-2.0
// The façade of include/clio_access.h.
#include "clio_access.h"

#include "access/access.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int give(const struct err *err, struct clio_error *error)
{
    error->code = (int)err->code;
    memcpy(error->text, err->text, sizeof error->text);
    return error->code;
}

// Whoever has the directory's files needs no password: the log names their account on the machine.
static struct str actor_of(struct arena *a)
{
    return arena_printf(a, "command line, uid %ld", (long)getuid());
}

// One is let in no more once codes are asked for: said while the person who can help is there.
static int warn_without_codes(struct access *access, const char *dir, struct err *err)
{
    struct arena a = { 0 };
    struct user *list;
    size_t n = 0;
    int64_t codes = 0;
    int rc = access_get_policy(access, POLICY_TOTP, &codes, err);
    if (!rc && codes)
        rc = user_list(access, &a, &list, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        if ((list[i].role & (ROLE_SAFETY | ROLE_ADMIN)) && !list[i].has_totp && !list[i].disabled)
            log_warning("%.*s (%s) has no codes and cannot sign in before `clio access user totp "
                        "%s %.*s`",
                        STR_ARG(list[i].name), role_name(list[i].role), dir, STR_ARG(list[i].name));
    arena_release(&a);
    return rc;
}

// Opens what is there, or with `create` makes it.
static int open_access(struct access **access, const char *dir, bool create, struct err *err)
{
    int rc = access_check_dir(dir, err);
    if (!rc)
        rc = access_open(access, dir, create, NULL, err);
    if (rc == ERR_NO_INPUT && !create)
        return err_set(err, ERR_NO_INPUT,
                       "nobody has access to %.200s yet; begin with `clio access user add %.200s "
                       "NAME --role admin`",
                       dir, dir);
    return rc;
}

bool clio_access_has_role(const char *name)
{
    return name && role_find(str_of(name)) != ROLE_NONE;
}

static int take_role(const char *value, enum role *role, struct err *err)
{
    *role = value ? role_find(str_of(value)) : ROLE_NONE;
    return *role != ROLE_NONE
               ? 0
               : err_set(err, ERR_USAGE, "--role is viewer, analyst, safety or admin");
}

static int make_totp(struct access *access, struct str actor, struct str name, FILE *out,
                     struct err *err)
{
    struct arena a = { 0 };
    struct str uri;
    int rc = user_make_totp(access, actor, name, &a, &uri, err);
    if (!rc)
        fprintf(out, "%.*s\n", STR_ARG(uri));
    arena_release(&a);
    return rc;
}

static int change_user(struct access *access, const char *change, struct str name,
                       const char *value, const char *secret, FILE *out, struct err *err)
{
    struct arena a = { 0 };
    struct str actor = actor_of(&a);
    enum role role = ROLE_NONE;
    bool add = strcmp(change, "add") == 0, set = strcmp(change, "role") == 0;
    bool disable = strcmp(change, "disable") == 0;
    int rc = add || set ? take_role(value, &role, err) : 0;
    if (rc)
        ;
    else if (add)
        rc = user_add(access, actor, name, role, str_of(secret), err);
    else if (set)
        rc = user_set_role(access, actor, name, role, err);
    else if (strcmp(change, "password") == 0)
        rc = user_set_password(access, actor, name, str_of(secret), err);
    else if (strcmp(change, "totp") == 0)
        rc = make_totp(access, actor, name, out, err);
    else if (disable || strcmp(change, "enable") == 0)
        rc = user_set_disabled(access, actor, name, disable, err);
    else
        rc = err_set(err, ERR_USAGE,
                     "a user can be added, disabled and enabled, and get a role, "
                     "a password or codes (totp); not \"%.40s\"",
                     change);
    arena_release(&a);
    return rc;
}

int clio_access_user(const char *dir, const char *change, const char *name, const char *value,
                     const char *secret, FILE *out, struct clio_error *error)
{
    struct err err = { 0 };
    struct access *access = NULL;
    int rc = open_access(&access, dir, strcmp(change, "add") == 0, &err);
    if (!rc)
        rc = change_user(access, change, str_of(name), value, secret, out, &err);
    if (!rc && strcmp(change, "disable") != 0)
        rc = warn_without_codes(access, dir, &err);
    access_close(access);
    return rc ? give(&err, error) : 0;
}

int clio_access_users(const char *dir, bool json, FILE *out, struct clio_error *error)
{
    struct err err = { 0 };
    struct access *access = NULL;
    struct arena a = { 0 };
    struct user *list = NULL;
    size_t n = 0;
    int rc = open_access(&access, dir, false, &err);
    if (!rc)
        rc = user_list(access, &a, &list, &n, &err);
    for (size_t i = 0; !rc && i < n; i++) {
        const char *role = role_name(list[i].role);
        if (json)
            fprintf(out, "{\"name\":\"%.*s\",\"role\":\"%s\",\"codes\":%s,\"disabled\":%s}\n",
                    STR_ARG(list[i].name), role, list[i].has_totp ? "true" : "false",
                    list[i].disabled ? "true" : "false");
        else
            fprintf(out, "%-24.*s %-8s %s%s\n", STR_ARG(list[i].name), role,
                    list[i].has_totp ? "codes" : "no codes", list[i].disabled ? ", disabled" : "");
    }
    arena_release(&a);
    access_close(access);
    return rc ? give(&err, error) : 0;
}

static int list_policies(struct access *access, bool json, FILE *out, struct err *err)
{
    const struct policy_row *table = policy_table();
    int rc = 0;
    for (int i = 0; !rc && i < N_POLICIES; i++) {
        int64_t value;
        rc = access_get_policy(access, (enum policy)i, &value, err);
        if (!rc)
            fprintf(out,
                    json ? "{\"name\":\"%s\",\"value\":%lld,\"is\":\"%s\"}\n" : "%-16s %6lld  %s\n",
                    table[i].name, (long long)value, table[i].help);
    }
    return rc;
}

int clio_access_policy(const char *dir, const char *name, const char *value, bool json, FILE *out,
                       struct clio_error *error)
{
    struct err err = { 0 };
    struct access *access = NULL;
    struct arena a = { 0 };
    int64_t number = 0;
    int rc = open_access(&access, dir, false, &err);
    if (!rc && name && !str_to_i64(str_of(value), &number))
        rc = err_set(&err, ERR_USAGE, "\"%.40s\" is no number", value);
    if (!rc)
        rc = name ? access_set_policy(access, actor_of(&a), str_of(name), number, &err)
                  : list_policies(access, json, out, &err);
    if (!rc && name && strcmp(name, "totp") == 0)
        rc = warn_without_codes(access, dir, &err);
    arena_release(&a);
    access_close(access);
    return rc ? give(&err, error) : 0;
}

int clio_access_log_verify(const char *dir, const char *anchor, const char *key, bool json,
                           FILE *out, struct clio_error *error)
{
    struct err err = { 0 };
    int64_t n;
    char now[ANCHOR_TEXT];
    int rc = access_log_verify(dir, anchor, key, &n, now, &err);
    if (rc)
        return give(&err, error);
    fprintf(out,
            json ? "{\"n\":%lld,\"anchor\":\"%s\"}\n"
                 : "%lld entries, whole. Keep this elsewhere and give it to the next verify:\n"
                   "--anchor %s\n",
            (long long)n, now);
    return 0;
}

static int put_entry_json(const struct access_entry *e, struct buf *b, struct err *err)
{
    const struct str values[] = { e->time, e->actor, e->what, e->object, e->detail };
    static const char *const names[] = { "time", "actor", "what", "object", "detail" };
    int rc = buf_printf(b, err, "{\"n\":%lld", (long long)e->n);
    for (size_t i = 0; !rc && i < COUNT_OF(names); i++) {
        rc = buf_printf(b, err, ",\"%s\":", names[i]);
        if (!rc)
            rc = json_put_str(b, values[i], err);
    }
    return rc ? rc : buf_add(b, STR_LIT("}\n"), err);
}

// Text that somebody wrote, for a terminal: nothing in it can move the cursor or end the line.
static int put_plain(struct buf *b, struct str s, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool c1 = c == 0xC2 && i + 1 < s.len && (unsigned char)s.ptr[i + 1] < 0xA0; // two bytes
        rc = buf_add_char(b, c < 0x20 || c == 0x7F || c1 ? ' ' : (char)c, err);
        i += c1;
    }
    return rc;
}

static int put_entry(const struct access_entry *e, struct buf *b, struct err *err)
{
    const struct str values[] = { e->time, e->actor, e->what, e->object, e->detail };
    int rc = buf_printf(b, err, "%lld", (long long)e->n);
    for (size_t i = 0; !rc && i < COUNT_OF(values); i++) {
        rc = buf_add(b, STR_LIT("  "), err);
        if (!rc)
            rc = put_plain(b, values[i], err);
    }
    return rc ? rc : buf_add_char(b, '\n', err);
}

int clio_access_log_show(const char *dir, size_t most, bool json, FILE *out,
                         struct clio_error *error)
{
    struct err err = { 0 };
    struct arena a = { 0 };
    struct access_entry *list;
    size_t n = 0;
    struct buf text;
    buf_init(&text, (size_t)1 << 30, "access log");
    int rc = access_log_read(dir, most, &a, &list, &n, &err);
    for (size_t i = 0; !rc && i < n; i++)
        rc = json ? put_entry_json(&list[i], &text, &err) : put_entry(&list[i], &text, &err);
    if (!rc)
        fwrite(buf_view(&text).ptr, 1, text.len, out);
    buf_release(&text);
    arena_release(&a);
    return rc ? give(&err, error) : 0;
}
