// SPDX-License-Identifier: Apache-2.0
#include "access/permit.h"

#include "access/access_int.h"
#include "base/clock.h"

#include <stdio.h>

#define MOST_LISTED 200
#define HOUR 3600

const char *look_name(enum look_depth depth)
{
    static const char *const names[N_LOOKS] = { "nothing",
#define LOOK_NAME(look, name, subject) name,
                                                LOOKS(LOOK_NAME)
#undef LOOK_NAME
    };
    return depth < N_LOOKS ? names[depth] : "";
}

static const char *subject_name(enum look_depth depth)
{
    static const char *const names[N_LOOKS] = { "",
#define LOOK_SUBJECT(look, name, subject) subject,
                                                LOOKS(LOOK_SUBJECT)
#undef LOOK_SUBJECT
    };
    return names[depth];
}

static enum permit_state state_of(const struct permit_row *row, int64_t now)
{
    if (row->closed || now + CLOCK_SLACK < row->asked || // the clock was set back
        now >= (row->expires ? row->expires : row->asked + PERMIT_MOST_WAIT))
        return PERMIT_OVER;
    return row->expires ? PERMIT_OPEN : PERMIT_WAITS;
}

static struct permit permit_of(const struct permit_row *row, int64_t now, struct arena *a)
{
    return (struct permit){ row->id,
                            row->cluster_id,
                            row->asked,
                            row->expires,
                            arena_str(a, str_of(row->name)),
                            arena_str(a, str_of(row->approver)),
                            row->reason,
                            state_of(row, now),
                            row->clusters };
}

static int note_permit(struct access *access, const struct visitor *visitor, const char *what,
                       const struct permit_row *row, struct err *err)
{
    struct arena a = { 0 };
    struct str object = arena_printf(&a, "cluster %lld, permit %lld of %s",
                                     (long long)row->cluster_id, (long long)row->id, row->name);
    int rc = access_note(access, str_of(visitor->name), what, object, row->reason, err);
    arena_release(&a);
    return rc;
}

static int check_reason(struct str reason, struct err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < reason.len; i++)
        n += (unsigned char)reason.ptr[i] > ' ';
    if (n < PERMIT_LEAST_REASON || reason.len > PERMIT_MOST_REASON)
        return err_set(err, ERR_USAGE, "Write the reason in a sentence: at least %d letters.",
                       PERMIT_LEAST_REASON);
    return 0;
}

static int start_time(struct access *access, struct permit_row *row, struct err *err)
{
    int64_t minutes;
    int rc = access_get_policy(access, POLICY_PERMIT_MINUTES, &minutes, err);
    if (!rc)
        row->expires = access_now(access) + 60 * minutes;
    return rc;
}

// Row and entry of the log together, in a transaction that is open and ends here: one does not stay
// without the other.
static int end_change(struct access *access, const struct visitor *visitor, const char *what,
                      struct permit_row *row, struct err *err)
{
    int rc = access_store_put_permit(access->store, row, err);
    if (!rc)
        rc = note_permit(access, visitor, what, row, err);
    return access_change_end(access, rc, err);
}

int permit_ask(struct access *access, const struct visitor *visitor, int64_t cluster_id,
               struct str clusters, struct str reason, int64_t *id, struct err *err)
{
    int64_t second = 0;
    struct permit_row row = { .cluster_id = cluster_id,
                              .clusters = clusters,
                              .asked = access_now(access),
                              .reason = str_trim(reason) };
    if (visitor->role != ROLE_SAFETY)
        return err_set(err, ERR_USAGE, "Only the role safety may look closer.");
    snprintf(row.name, sizeof row.name, "%s", visitor->name);
    int rc = check_reason(row.reason, err);
    if (!rc)
        rc = access_get_policy(access, POLICY_SECOND_PERSON, &second, err);
    if (!rc && !second)
        rc = start_time(access, &row, err);
    if (!rc)
        rc = access_change_begin(access, err);
    if (!rc)
        rc = end_change(access, visitor, second ? "permit asked" : "permit opened", &row, err);
    if (!rc)
        *id = row.id;
    return rc;
}

static int get_permit(struct access *access, int64_t id, struct arena *a, struct permit_row *row,
                      struct err *err)
{
    bool found;
    int rc = access_store_get_permit(access->store, id, a, row, &found, err);
    if (!rc && !found)
        rc = err_set(err, ERR_USAGE, "There is no such permit.");
    return rc;
}

// Why the visitor may not say yes; 0 when nothing is against it.
static int check_approval(const struct visitor *visitor, const struct permit_row *row, int64_t now,
                          struct err *err)
{
    if (!(visitor->role & (ROLE_SAFETY | ROLE_ADMIN)))
        return err_set(err, ERR_USAGE, "Only the roles safety and admin may approve.");
    if (strcmp(row->name, visitor->name) == 0)
        return err_set(err, ERR_USAGE, "Somebody else has to approve what you asked for.");
    if (state_of(row, now) != PERMIT_WAITS)
        return err_set(err, ERR_USAGE, "This permit does not wait for approval.");
    return 0;
}

int permit_approve(struct access *access, const struct visitor *visitor, int64_t id,
                   struct err *err)
{
    struct arena a = { 0 };
    struct permit_row row;
    int64_t now = access_now(access);
    int rc = access_change_begin(access, err);
    if (rc)
        return rc;
    rc = get_permit(access, id, &a, &row, err);
    if (!rc)
        rc = check_approval(visitor, &row, now, err);
    if (!rc)
        rc = start_time(access, &row, err);
    if (!rc) {
        snprintf(row.approver, sizeof row.approver, "%s", visitor->name);
        rc = end_change(access, visitor, "permit approved", &row, err);
    } else {
        rc = access_change_end(access, rc, err);
    }
    arena_release(&a);
    return rc;
}

int permit_close(struct access *access, const struct visitor *visitor, int64_t id, struct err *err)
{
    struct arena a = { 0 };
    struct permit_row row;
    int64_t now = access_now(access);
    int rc = access_change_begin(access, err);
    if (rc)
        return rc;
    rc = get_permit(access, id, &a, &row, err);
    bool own = !rc && strcmp(row.name, visitor->name) == 0;
    if (!rc && !own && !(visitor->role & (ROLE_SAFETY | ROLE_ADMIN)))
        rc = err_set(err, ERR_USAGE, "Only its own user, safety and admin may end a permit.");
    if (!rc && state_of(&row, now) == PERMIT_OVER)
        rc = err_set(err, ERR_USAGE, "This permit is over already.");
    if (!rc) {
        row.closed = true;
        rc = end_change(access, visitor, own ? "permit ended" : "permit refused", &row, err);
    } else {
        rc = access_change_end(access, rc, err);
    }
    arena_release(&a);
    return rc;
}

int permit_list(struct access *access, struct arena *a, struct permit **list, size_t *n,
                struct err *err)
{
    struct permit_row *rows;
    int64_t now = access_now(access);
    int rc = access_store_list_permits(access->store, MOST_LISTED, now, now - PERMIT_MOST_WAIT, a,
                                       &rows, n, err);
    if (rc)
        return rc;
    *list = arena_array(a, *n + 1, sizeof **list);
    for (size_t i = 0; i < *n; i++)
        (*list)[i] = permit_of(&rows[i], now, a);
    return 0;
}

int permit_find(struct access *access, const struct visitor *visitor, int64_t cluster_id,
                struct str clusters, struct arena *a, struct permit *permit, bool *found,
                struct err *err)
{
    struct permit_row *rows;
    size_t n;
    int64_t now = access_now(access);
    *found = false;
    int rc = access_store_find_permits(access->store, str_of(visitor->name), cluster_id, a, &rows,
                                       &n, err);
    for (size_t i = 0; !rc && i < n && !*found; i++) {
        *found = state_of(&rows[i], now) != PERMIT_OVER && str_equal(rows[i].clusters, clusters);
        if (*found)
            *permit = permit_of(&rows[i], now, a);
    }
    return rc;
}

// Looking ---------------------------------------------------------------------------------------

// Looks of every kind, permit and session count together. The next one is free an hour after that
// look which has as many behind it as an hour may hold.
static int check_rate(struct access *access, const struct visitor *visitor, struct err *err)
{
    int64_t most, time = 0, now = access_now(access);
    char from[TIME_TEXT];
    int rc = access_get_policy(access, POLICY_LOOKS, &most, err);
    if (!rc)
        rc = access_store_nth_looked(access->store, str_of(visitor->name), most, now - HOUR + 1,
                                     now + CLOCK_SLACK, &time, err);
    if (rc || !time)
        return rc;
    int64_t minutes = (time + HOUR - now + 59) / 60;
    time_format(time + HOUR + 59, from); // the whole minute after
    return err_set(err, ERR_USAGE,
                   "You have looked %lld time%s within an hour, which is the most. Look again at "
                   "%.5s UTC, in %lld minute%s.",
                   (long long)most, most == 1 ? "" : "s", from + 11, (long long)minutes,
                   minutes == 1 ? "" : "s");
}

// A conversation's transcript only behind its redacted form, that only behind its facets; an
// account's id only behind the list of accounts.
static int check_order(struct access *access, const struct look *look, int64_t cluster_id,
                       struct err *err)
{
    bool of_cluster = look->depth == LOOK_ACCOUNTS;
    bool first = look->depth == LOOK_ACCOUNT_ID || look->depth == LOOK_FACETS;
    int64_t depth;
    if (of_cluster)
        return look->subject == cluster_id
                   ? 0
                   : err_set(err, ERR_USAGE, "This permit is for another cluster.");
    int rc = access_store_get_depth(access->store, look->permit_id,
                                    first ? cluster_id : look->subject, &depth, err);
    int64_t least = first ? LOOK_ACCOUNTS : (int64_t)look->depth - 1;
    if (!rc && depth < least)
        rc = err_set(err, ERR_USAGE, "Look at the %s first: least comes first.",
                     look_name((enum look_depth)least));
    return rc;
}

static int check_look(struct access *access, const struct visitor *visitor, const struct look *look,
                      struct arena *a, struct permit_row *row, struct err *err)
{
    if (visitor->role != ROLE_SAFETY)
        return err_set(err, ERR_USAGE, "Only the role safety may look closer.");
    if (look->depth <= LOOK_NOTHING || look->depth >= N_LOOKS)
        return err_set(err, ERR_USAGE, "There is nothing of that kind to look at.");
    int rc = get_permit(access, look->permit_id, a, row, err);
    if (rc)
        return rc;
    enum permit_state state = state_of(row, access_now(access));
    if (strcmp(row->name, visitor->name) != 0)
        return err_set(err, ERR_USAGE, "There is no such permit.");
    if (state != PERMIT_OPEN)
        return err_set(err, ERR_USAGE,
                       state == PERMIT_WAITS ? "This permit waits for a second person."
                                             : "This permit is over. Ask for a new one.");
    rc = check_rate(access, visitor, err);
    return rc ? rc : check_order(access, look, row->cluster_id, err);
}

static int add_entry(struct access *access, const struct visitor *visitor, const struct look *look,
                     const struct permit_row *row, struct arena *a, struct err *err)
{
    // An account's number as the page of accounts writes it.
    struct str subject = look->depth == LOOK_ACCOUNT_ID
                             ? arena_printf(a, "%016llx", (unsigned long long)look->subject)
                             : arena_printf(a, "%lld", (long long)look->subject);
    struct str page =
        look->page > 0 ? arena_printf(a, " page %lld,", (long long)look->page + 1) : STR_LIT("");
    struct str object =
        arena_printf(a, "%s %s,%s cluster %lld, permit %lld", subject_name(look->depth),
                     subject.ptr, page.ptr, (long long)row->cluster_id, (long long)row->id);
    struct str what = arena_printf(a, "look: %s", look_name(look->depth));
    int rc = access_store_add_looked(access->store, row->id, look->subject, look->depth,
                                     str_of(visitor->name), access_now(access), err);
    return rc ? rc : access_note(access, str_of(visitor->name), what.ptr, object, row->reason, err);
}

// Checks once more, in the transaction: the permit may have ended while things were read.
static int record(struct access *access, const struct visitor *visitor, const struct look *look,
                  struct arena *a, struct err *err)
{
    struct permit_row row;
    int rc = access_change_begin(access, err);
    if (rc)
        return rc;
    rc = check_look(access, visitor, look, a, &row, err);
    if (!rc)
        rc = add_entry(access, visitor, look, &row, a, err);
    return access_change_end(access, rc, err);
}

int look_take(struct access *access, const struct visitor *visitor, const struct look *look,
              struct err *err)
{
    struct arena a = { 0 };
    struct permit_row row = { 0 };
    bool there = false;
    int rc = check_look(access, visitor, look, &a, &row, err);
    if (!rc) {
        struct permit permit = permit_of(&row, access_now(access), &a);
        rc = look->read(look->context, &permit, look, &there, err);
    }
    if (!rc && !there)
        rc = err_set(err, ERR_NO_INPUT, "There is no such thing in this cluster.");
    if (!rc)
        rc = record(access, visitor, look, &a, err);
    arena_release(&a);
    return rc;
}
