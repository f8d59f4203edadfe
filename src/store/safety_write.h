// SPDX-License-Identifier: Apache-2.0
// Writing DIR/safety.db: only safety/ includes this. Each verb clears its own tables and writes
// them in one transaction, so a reader sees the old state or the new one.
#ifndef STORE_SAFETY_WRITE_H
#define STORE_SAFETY_WRITE_H

#include "store/safety.h"

// Opens DIR/safety.db, making it with mode 0600 when it is not there.
int safety_open_to_write(struct safety **safety, const char *dir, struct err *err) MUST_USE;
int safety_begin(struct safety *safety, struct err *err) MUST_USE;
int safety_commit(struct safety *safety, struct err *err) MUST_USE;
void safety_rollback(struct safety *safety); // nothing happens when no transaction is open
// Commits when rc is 0, else takes back what was begun; closes the file (accepts NULL). Returns rc,
// or what the commit says.
int safety_end(struct safety *safety, int rc, struct err *err) MUST_USE;
int safety_set_info(struct safety *safety, const char *key, struct str value,
                    struct err *err) MUST_USE;

// All below: inside a transaction.
enum safety_part_of { SAFETY_RUN, SAFETY_COORDINATED }; // whose tables
int safety_clear(struct safety *safety, enum safety_part_of whose, struct err *err) MUST_USE;
// Clusters before their conversations.
int safety_add_cluster(struct safety *safety, const struct safety_cluster *c,
                       struct err *err) MUST_USE;
int safety_add_conversation(struct safety *safety, const struct safety_conversation *c,
                            struct err *err) MUST_USE;
int safety_add_language(struct safety *safety, const struct safety_language *l,
                        struct err *err) MUST_USE;
int safety_add_group(struct safety *safety, const struct safety_group *g, struct err *err) MUST_USE;
int safety_add_part(struct safety *safety, int64_t group_id, const struct safety_part *part,
                    struct err *err) MUST_USE;
int safety_add_member(struct safety *safety, int64_t group_id, const struct safety_member *m,
                      struct err *err) MUST_USE;
// All that is kept of a column; *found false when there is nothing.
int safety_drop_classifier(struct safety *safety, struct str column, bool *found,
                           struct err *err) MUST_USE;
// Takes the place of what was there of the same column.
int safety_put_classifier(struct safety *safety, const struct safety_classifier *c,
                          struct err *err) MUST_USE;
int safety_add_classifier_cluster(struct safety *safety, struct str column,
                                  const struct safety_classifier_cluster *c,
                                  struct err *err) MUST_USE;

// Watches. add: ERR_USAGE when the name is taken; drop: *found false when there is none.
int safety_add_watch(struct safety *safety, struct str name, struct str question, int64_t made,
                     int64_t *id, struct err *err) MUST_USE;
int safety_set_question(struct safety *safety, int64_t watch_id, struct str question,
                        struct err *err) MUST_USE;
struct safety_watch_cluster { // that a question names by its number
    struct str digest;        // of its centroid; len 0: not known
    int64_t atlas_id;         // who it is in the atlas of a run that grows; 0: nobody
};
int safety_put_watch_cluster(struct safety *safety, int64_t watch_id,
                             const struct safety_watch_cluster *cluster, struct err *err) MUST_USE;
int safety_drop_watch(struct safety *safety, struct str name, bool *found,
                      struct err *err) MUST_USE;
// Empty and 0 where nothing was noted.
int safety_get_watch_cluster(struct safety *safety, int64_t watch_id, struct arena *a,
                             struct safety_watch_cluster *cluster, struct err *err) MUST_USE;
// The last day that it counted or that was told; *any false: none.
int safety_last_watch_day(struct safety *safety, int64_t watch_id, bool *any, int64_t *day,
                          struct err *err) MUST_USE;
int safety_put_watch_day(struct safety *safety, int64_t watch_id, int64_t day, int64_t n,
                         int64_t n_matched, struct err *err) MUST_USE;
// Takes the place of an answer that was there. answer: yes, no, or a word of ours.
int safety_put_answer(struct safety *safety, int64_t watch_id, int64_t transcript,
                      const char *answer, struct err *err) MUST_USE;
// *id 0 when this watch has an alert of that day: nothing is written.
int safety_add_alert(struct safety *safety, const struct safety_alert *alert, int64_t *id,
                     struct err *err) MUST_USE;
// The alert is still to be told on this channel; then that it is told. *was_due false: it is told.
int safety_add_due(struct safety *safety, int64_t alert_id, const char *channel,
                   struct err *err) MUST_USE;
int safety_take_due(struct safety *safety, int64_t alert_id, const char *channel, bool *was_due,
                    struct err *err) MUST_USE;

// Empties all but the watches themselves, who their clusters are in the atlas, and the days that
// were told, so that no byte of a purged conversation is left in DIR/safety.db; nothing happens
// when the file is not there. Outside of a transaction.
int safety_purge(const char *dir, struct err *err) MUST_USE;

#endif
