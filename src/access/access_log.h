// SPDX-License-Identifier: Apache-2.0
// The log of who signed in, looked at what, why, and changed what: text, one entry a line, only
// ever added to. Every line names the hash of the line before it and is signed (Ed25519), and a
// signed head beside the log says how many lines there are; so an edited, dropped, added or
// reordered line and a cut tail are all found, without the secret key. What only an anchor kept
// elsewhere can show (docs/access.md): log and head put back together as they once were.
//
// Files of the run's directory: access.log, access.head, access.key (0600), access.pub.
// Adding costs one write, one sync and one signature; verifying about 0.1 ms an entry, verifying on
// from what was seen that for new entries and a hash over the rest.
#ifndef ACCESS_ACCESS_LOG_H
#define ACCESS_ACCESS_LOG_H

#include "base/arena.h"
#include "base/hash.h"

#define LOG_MOST_TEXT 1000 // bytes of one field; longer ones are cut

struct access_event {
    int64_t time;      // unix seconds; an entry never stands before the one above it
    struct str actor;  // who: a user's name, "-" when nobody is known
    struct str what;   // "sign-in", "look", …
    struct str object; // what it is about: "cluster 12", "user ada"
    struct str detail; // the reason that was written; never text of a conversation
};
struct access_entry {
    int64_t n; // 1, 2, 3 …
    struct str time, actor, what, object, detail;
};
#define ANCHOR_TEXT 96 // "17:<64 hex digits>" and a NUL

// One process adds at a time: the file is locked for each entry, so a server and the command may
// both have it open.
struct access_log;
// Makes the files when they are not there. What a crash left of a line is taken off again.
int access_log_open(struct access_log **log, const char *dir, struct err *err) MUST_USE;
void access_log_close(struct access_log *log); // accepts NULL
// Returns when the entry is on the disk. ERR_PRIVACY when the log does not end as its head says.
int access_log_add(struct access_log *log, const struct access_event *event,
                   struct err *err) MUST_USE;

// The number of the last entry, whoever wrote it; 0: there is none.
int access_log_last(struct access_log *log, int64_t *n, struct err *err) MUST_USE;

// Reads all of it. ERR_PRIVACY and a sentence with the first entry that is wrong; ERR_NO_INPUT when
// there is no log. `anchor` (NULL: none) is what an earlier verify returned: that entry must still
// be there as it was. `shown` (NULL: access.pub) is the public key, 64 hex digits.
int access_log_verify(const char *dir, const char *anchor, const char *shown, int64_t *n_entries,
                      char now[ANCHOR_TEXT], struct err *err) MUST_USE;
// The same, for one who asks again and again: what was seen the last time is only hashed, what came
// since is verified. Finds what access_log_verify finds. A zeroed struct at first.
struct access_seen {
    unsigned char key[32];  // access.pub
    size_t n_bytes;         // of the log, up to an entry's end
    char whole[DIGEST_HEX]; // of these bytes
    int64_t n, time;        // of the last entry in them
    char hash[DIGEST_HEX];
};
int access_log_verify_on(const char *dir, struct access_seen *seen, int64_t *n_entries,
                         char now[ANCHOR_TEXT], struct err *err) MUST_USE;
// The last `most` entries, newest first, in the arena; not verified.
int access_log_read(const char *dir, size_t most, struct arena *a, struct access_entry **list,
                    size_t *n, struct err *err) MUST_USE;

#endif
