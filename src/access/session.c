// SPDX-License-Identifier: Apache-2.0
#include "access/session.h"

#include "access/access_int.h"
#include "access/totp.h"

#include <stdio.h>
#include <stdlib.h>

#define FREE_FAILURES 5
#define LONGEST_LOCK 3600
#define KEEP_ATTEMPTS 86400 // seconds

static void hash_token(struct str token, char hex[DIGEST_HEX])
{
    struct digest d;
    digest_init(&d);
    digest_add(&d, STR_LIT("session"));
    digest_add(&d, token);
    digest_hex(&d, hex);
}

static void form_of(struct str token, char form[SESSION_TOKEN])
{
    unsigned char sum[HMAC_BYTES];
    hmac_sha256(token, STR_LIT("form"), sum);
    crypto_hex(sum, sizeof sum, form);
}

// Signing in ------------------------------------------------------------------------------------

// Each user has a ring of their own, and names that are not there share one: who floods the page
// keeps nobody else out.
static struct attempt_ring *ring_of(struct access *access, struct str name, bool known)
{
    bool is_new;
    if (!known)
        return &access->strangers;
    size_t i = map_add(&access->ring_of, name, 0, &is_new);
    if (i >= access->n_rings_room) {
        size_t room = 2 * access->n_rings_room + 16;
        struct attempt_ring *rings = realloc(access->rings, room * sizeof *rings);
        if (!rings)
            BUG("out of memory");
        memset(rings + access->n_rings_room, 0, (room - access->n_rings_room) * sizeof *rings);
        access->rings = rings;
        access->n_rings_room = room;
    }
    return &access->rings[i];
}

// Full of tries from this minute: no more are let in.
static bool is_busy(struct attempt_ring *ring, int64_t now)
{
    int64_t *oldest = &ring->at[ring->next];
    if (*oldest && now >= *oldest && now - *oldest < 60)
        return true;
    *oldest = now;
    ring->next = (ring->next + 1) % MOST_ATTEMPTS_A_MINUTE;
    return false;
}

int session_tell_beyond(struct access *access, struct err *err)
{
    char detail[64];
    if (!access->n_beyond)
        return 0;
    snprintf(detail, sizeof detail, "%lld more tries were let in no more",
             (long long)access->n_beyond);
    access->n_beyond = 0;
    int rc = access_change_begin(access, err);
    if (rc)
        return rc;
    rc = access_note(access, STR_LIT("-"), "sign-in refused", STR_LIT(""), str_of(detail), err);
    return access_change_end(access, rc, err);
}

// *busy: this try is one too many. Those stand in the log together, a line a minute.
static int let_in(struct access *access, struct str name, int64_t now, bool *busy, struct err *err)
{
    struct user_row user;
    bool known = false;
    int rc = access_store_get_user(access->store, name, &user, &known, err);
    crypto_wipe(&user, sizeof user);
    *busy = !rc && is_busy(ring_of(access, name, known), now);
    if (!rc && (now - access->beyond_since >= 60 || now < access->beyond_since))
        rc = session_tell_beyond(access, err);
    if (*busy && !access->n_beyond++)
        access->beyond_since = now;
    return rc;
}

static int get_attempt(struct access *access, struct str name, int64_t now,
                       struct attempt_row *attempt, struct err *err)
{
    int rc = access_store_get_attempt(access->store, name_hash_of(name), attempt, err);
    if (!rc && attempt->last > now) { // the clock was set back: a lock begins anew, no more
        attempt->locked_until -= attempt->last - now;
        attempt->last = now;
    }
    return rc;
}

static void count_failure(struct attempt_row *attempt, int64_t now)
{
    attempt->n_failed++;
    if (attempt->n_failed < FREE_FAILURES)
        return;
    int64_t doubled = attempt->n_failed - FREE_FAILURES;
    int64_t lock = doubled > 6 ? LONGEST_LOCK : (int64_t)60 << doubled;
    attempt->locked_until = now + (lock < LONGEST_LOCK ? lock : LONGEST_LOCK);
}

struct proof { // what came, and whether it is enough
    struct str name, password, code;
    struct user_row user;
    bool known, enough;
    int64_t step;                // of the code that was taken
    char renewed[PASSWORD_HASH]; // at today's cost; "" when it is that already
};

// The password is always hashed once and a code always computed, for whomever and whatever comes.
static int prove(struct access *access, struct proof *p, bool locked, int64_t now, struct err *err)
{
    int64_t needs_codes;
    struct user_row *user = &p->user;
    int rc = access_store_get_user(access->store, p->name, user, &p->known, err);
    if (!rc)
        rc = access_get_policy(access, POLICY_TOTP, &needs_codes, err);
    if (rc)
        return rc;
    if (!p->known)
        *user = (struct user_row){ .has_totp = false };
    bool password = password_fits(p->known ? user->password : access->nobody, p->password);
    bool code = totp_fits(str_make((char *)user->totp, TOTP_BYTES), p->code, now, user->totp_step,
                          &p->step);
    bool used = true;
    rc = access_store_is_code_used(access->store, p->name, p->step, &used, err);
    code = code && !rc && !used;
    enum role role = p->known ? user_role_of(user) : ROLE_NONE;
    bool must = needs_codes && (role & (ROLE_SAFETY | ROLE_ADMIN));
    bool code_enough = user->has_totp ? code : !must;
    p->enough = password && code_enough && role != ROLE_NONE && !locked;
    if (!rc && p->enough && password_is_old(user->password, &access->options.cost))
        rc = password_hash(p->password, &access->options.cost, p->renewed, err);
    return rc;
}

static bool is_same(const struct user_row *a, const struct user_row *b)
{
    return a->disabled == b->disabled && a->has_totp == b->has_totp &&
           a->totp_step == b->totp_step && strcmp(a->role, b->role) == 0 &&
           strcmp(a->password, b->password) == 0 && memcmp(a->totp, b->totp, TOTP_BYTES) == 0;
}

// In the transaction: what was proved holds only if user and attempts are still those that it was
// proved for. Hashing took its time, and another process may have disabled the user meanwhile.
static int prove_again(struct access *access, struct proof *p, struct attempt_row *attempt,
                       int64_t now, struct err *err)
{
    struct user_row user = { .disabled = true };
    bool found = false;
    int rc = get_attempt(access, p->name, now, attempt, err);
    if (!rc)
        rc = access_store_get_user(access->store, p->name, &user, &found, err);
    p->enough =
        !rc && p->enough && found && is_same(&user, &p->user) && attempt->locked_until <= now;
    crypto_wipe(&user, sizeof user);
    return rc;
}

static int begin_session(struct access *access, struct proof *p, int64_t now,
                         char token[SESSION_TOKEN], struct err *err)
{
    unsigned char bytes[32];
    struct session_row row = { .born = now, .seen = now };
    crypto_random(bytes, sizeof bytes);
    crypto_hex(bytes, sizeof bytes, token);
    hash_token(str_of(token), row.token_hash);
    memcpy(row.name, p->user.name, sizeof row.name);
    if (p->renewed[0])
        memcpy(p->user.password, p->renewed, sizeof p->user.password);
    if (p->user.has_totp)
        p->user.totp_step = p->step;
    int rc = access_store_put_user(access->store, &p->user, err);
    if (!rc && p->user.has_totp)
        rc = access_store_use_code(access->store, str_of(p->user.name), p->step, err);
    return rc ? rc : access_store_put_session(access->store, &row, err);
}

// A name that is not there may be a password in the wrong field: it is not written down.
static int note_proof(struct access *access, const struct proof *p, bool locked, struct err *err)
{
    struct str actor = p->known ? str_of(p->user.name) : STR_LIT("-");
    return access_note(access, actor, p->enough ? "sign-in" : "sign-in refused", STR_LIT(""),
                       str_of(locked ? "locked" : ""), err);
}

static int write_outcome(struct access *access, struct proof *p, int64_t now, struct str old,
                         char token[SESSION_TOKEN], struct err *err)
{
    char old_hash[DIGEST_HEX];
    struct attempt_row attempt;
    int rc = prove_again(access, p, &attempt, now, err);
    bool locked = !rc && attempt.locked_until > now;
    if (!rc)
        rc = note_proof(access, p, locked, err);
    if (rc)
        return rc;
    if (p->enough)
        attempt.n_failed = attempt.locked_until = 0;
    else if (!locked)
        count_failure(&attempt, now);
    attempt.last = now;
    hash_token(old, old_hash);
    rc = access_store_put_attempt(access->store, &attempt, now - KEEP_ATTEMPTS, err);
    if (!rc)
        rc = access_store_drop_session(access->store, old_hash, err);
    return !rc && p->enough ? begin_session(access, p, now, token, err) : rc;
}

// Rows and entry of the log together: one does not stay without the other.
static int settle(struct access *access, struct proof *p, struct str old, char token[SESSION_TOKEN],
                  struct err *err)
{
    int64_t now = access_now(access);
    int rc = access_change_begin(access, err);
    return rc ? rc : access_change_end(access, write_outcome(access, p, now, old, token, err), err);
}

int session_begin(struct access *access, struct str name, struct str password, struct str code,
                  struct str old, enum sign_in *outcome, char token[SESSION_TOKEN], struct err *err)
{
    int64_t now = access_now(access);
    struct attempt_row attempt;
    struct proof p = { .name = name, .password = password, .code = str_trim(code) };
    token[0] = 0;
    bool busy = false;
    *outcome = SIGN_IN_BUSY;
    int rc = let_in(access, name, now, &busy, err);
    if (rc || busy)
        return rc;
    rc = get_attempt(access, name, now, &attempt, err);
    if (!rc)
        rc = prove(access, &p, attempt.locked_until > now, now, err);
    if (!rc)
        rc = settle(access, &p, old, token, err);
    if (!rc)
        *outcome = p.enough ? SIGN_IN_OK : SIGN_IN_REFUSED;
    else
        token[0] = 0;
    crypto_wipe(&p.user, sizeof p.user);
    return rc;
}

// Staying signed in -----------------------------------------------------------------------------

static int is_over(struct access *access, const struct session_row *row, int64_t now, bool *over,
                   struct err *err)
{
    int64_t idle = 0, longest = 0;
    int rc = access_get_policy(access, POLICY_IDLE_MINUTES, &idle, err);
    if (!rc)
        rc = access_get_policy(access, POLICY_SESSION_HOURS, &longest, err);
    // Since when it was idle is not known when the clock was set back.
    bool back = now + CLOCK_SLACK < row->seen || now + CLOCK_SLACK < row->born;
    *over = now - row->seen >= 60 * idle || now - row->born >= 3600 * longest || back;
    return rc;
}

static int role_now(struct access *access, const char *name, enum role *role, struct err *err)
{
    struct user_row user;
    bool found;
    int64_t needs_codes = 0;
    *role = ROLE_NONE;
    int rc = access_store_get_user(access->store, str_of(name), &user, &found, err);
    if (!rc)
        rc = access_get_policy(access, POLICY_TOTP, &needs_codes, err);
    if (rc || !found)
        return rc;
    *role = user_role_of(&user);
    if (needs_codes && !user.has_totp && (*role & (ROLE_SAFETY | ROLE_ADMIN)))
        *role = ROLE_NONE;
    crypto_wipe(&user, sizeof user);
    return 0;
}

int session_find(struct access *access, struct str token, struct visitor *visitor, struct err *err)
{
    char hash[DIGEST_HEX];
    struct session_row row;
    bool found = false, over = true;
    int64_t now = access_now(access);
    *visitor = (struct visitor){ .role = ROLE_NONE };
    if (token.len != SESSION_TOKEN_LEN)
        return 0;
    hash_token(token, hash);
    int rc = access_store_get_session(access->store, hash, &row, &found, err);
    if (rc || !found)
        return rc;
    rc = is_over(access, &row, now, &over, err);
    if (!rc && over)
        return access_store_drop_session(access->store, hash, err);
    if (!rc)
        rc = role_now(access, row.name, &visitor->role, err);
    if (rc || visitor->role == ROLE_NONE)
        return rc;
    memcpy(visitor->name, row.name, sizeof visitor->name);
    form_of(token, visitor->form);
    if (now - row.seen < 30) // not a write for every request
        return 0;
    return access_store_touch_session(access->store, hash, now, err);
}

int session_end(struct access *access, struct str token, struct err *err)
{
    char hash[DIGEST_HEX];
    struct visitor visitor;
    int rc = session_find(access, token, &visitor, err);
    if (rc || visitor.role == ROLE_NONE)
        return rc;
    hash_token(token, hash);
    rc = access_change_begin(access, err);
    if (rc)
        return rc;
    rc = access_note(access, str_of(visitor.name), "sign-out", STR_LIT(""), STR_LIT(""), err);
    if (!rc)
        rc = access_store_drop_session(access->store, hash, err);
    return access_change_end(access, rc, err);
}

bool session_fits_form(const struct visitor *visitor, struct str form)
{
    return form.len == SESSION_TOKEN_LEN && visitor->form[0] &&
           crypto_equal(form.ptr, visitor->form, SESSION_TOKEN_LEN);
}
