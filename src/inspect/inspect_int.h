// SPDX-License-Identifier: Apache-2.0
// Private to inspect/: a page that is being written. After an error nothing more is put.
#ifndef INSPECT_INSPECT_INT_H
#define INSPECT_INSPECT_INT_H

#include "access/access_log.h"
#include "base/limits.h"
#include "inspect/inspect.h"
#include "scan/scan.h"

struct inspect {
    char dir[LIMIT_PATH_BYTES];
    struct scanner *scanner; // opened on first use
    struct access_seen log;  // what was verified of the log
};
struct page {
    struct inspect *inspect;
    struct access *access;
    const struct private_request *request;
    struct private_answer *answer;
    struct arena a;
    struct buf *out;
    struct err *err;
    int rc;
};

void page_put(struct page *p, const char *markup); // ours, as it is
void page_text(struct page *p, struct str text);   // anybody's: escaped, each control shown
void page_printf(struct page *p, const char *fmt, ...) PRINTF_LIKE(2, 3); // ours; no %s of others'
void page_day(struct page *p, int64_t time);    // "2026-11-26", or a dash for 0
void page_moment(struct page *p, int64_t time); // the same with hours and minutes
void page_begin(struct page *p, const char *title);
void page_end(struct page *p);
// Hidden fields and a button that posts to `action`.
struct page_field {
    const char *name;
    int64_t value;
};
void page_button(struct page *p, const char *action, const struct page_field *fields, size_t n,
                 const char *label);
// A page that only says something, with a way back.
void page_sentence(struct page *p, unsigned status, const char *title, const char *sentence);
void page_go(struct page *p, const char *path, int64_t id); // 303 to path, or path/id

// The title of a cluster out of safety.db; of one with few accounts only its number, since its
// words are close to one person's.
struct safety_cluster;
void page_cluster_title(struct page *p, const struct safety_cluster *cluster);
// The same as a link, of one of n by its id; where it is not among them, its number.
void page_cluster_name(struct page *p, const struct safety_cluster *list, size_t n, int64_t id);

// Whether safety.db has noted this name of a clustering under `key`.
struct safety;
// Begins the page and opens safety.db, or says on the page how to make it; NULL then.
struct safety *inspect_signals(struct page *p, const char *title);
bool inspect_are_of(struct page *p, struct safety *safety, const char *key, struct str clusters);
// A sentence on the page when the vault has other clusters than those under `key`. verb: what makes
// the list anew.
void inspect_age(struct page *p, struct safety *safety, const char *key, const char *verb);

// One function a page.
void inspect_overview(struct page *p);
void inspect_classifier(struct page *p);
void inspect_coordinated(struct page *p);
void inspect_group(struct page *p);
void inspect_watches(struct page *p);
void inspect_cluster(struct page *p);
void inspect_ask(struct page *p);
void inspect_look(struct page *p);
void inspect_permits(struct page *p);
void inspect_permit(struct page *p);
void inspect_log(struct page *p);

#endif
