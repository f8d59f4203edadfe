// SPDX-License-Identifier: Apache-2.0
// Reading DIR/safety.db (safety.sql): signals for human review, private as the vault is. Ids are
// the vault's: seq of a conversation, keyed hashes of accounts. Only roles may see it. Lists are in
// the caller's arena, whole unless said otherwise, in a fixed order. Writing is safety_write.h.
#ifndef STORE_SAFETY_H
#define STORE_SAFETY_H

#include "base/arena.h"

#define SAFETY_NOTICE "Signals for human review. Nothing here is a verdict on an account."
#define SAFETY_LEAST_ACCOUNTS 3 // words of fewer stay behind a permit
struct safety;
struct sql;

// Opens DIR/safety.db. ERR_NO_INPUT when it is not there, ERR_DATA when it is another file,
// ERR_CONFIG when another version of clio made it.
int safety_open(struct safety **safety, const char *dir, struct err *err) MUST_USE;
void safety_close(struct safety *safety);      // accepts NULL
struct sql *safety_sql(struct safety *safety); // for store/ only

// What a verb noted: "made", "seed", "n_conversations" … In the order of keys.
struct safety_info {
    struct str key, value;
};
int safety_get_info(struct safety *safety, const char *key, struct arena *a, struct str *value,
                    struct err *err) MUST_USE; // ptr NULL: nothing was noted
int safety_read_info(struct safety *safety, struct arena *a, struct safety_info **list, size_t *n,
                     struct err *err) MUST_USE;

// Clusters: highest mean concern first, then larger, then by id.
struct safety_cluster {
    int64_t id;
    struct raw title;
    int64_t n_conversations, n_accounts; // n_accounts 0: the corpus has none
    int64_t n_graded, n_concerning;      // n_concerning: of grade 3 and above
    double mean_concern;                 // 1 … 5; 0 when none is graded
    int64_t top_account, n_top;          // the account with most of them; n_top 0: none
};
int64_t safety_people(const struct safety_cluster *c); // accounts, or where none are, conversations
bool safety_is_of_few(const struct safety_cluster *c); // its title stands on no page
int safety_read_clusters(struct safety *safety, struct arena *a, struct safety_cluster **list,
                         size_t *n, struct err *err) MUST_USE;

// Languages that are more common in a cluster than in all conversations: by cluster, then language.
struct safety_language {
    int64_t cluster_id, n_conversations;
    struct str language;
    double ratio, low, high, q; // q: false discoveries expected among rows with q as small
};
int safety_read_languages(struct safety *safety, struct arena *a, struct safety_language **list,
                          size_t *n, struct err *err) MUST_USE;

// Accounts in a cluster: most conversations first, then by id; at most `most`.
struct safety_account {
    int64_t account_id, n_conversations;
    double mean_concern; // of those in this cluster or group; 0 when none is graded
};
int safety_read_cluster_accounts(struct safety *safety, int64_t cluster_id, size_t most,
                                 struct arena *a, struct safety_account **list, size_t *n,
                                 struct err *err) MUST_USE;

struct safety_conversation {
    int64_t seq, cluster_id; // cluster_id 0: none
    bool has_account, has_time;
    int64_t account_id, time; // unix seconds
    int concern;              // 0: not graded
    struct str language;      // empty: not known
};
// One conversation; *found false when there is none. Then those of a cluster (0: of any) and of an
// account (NULL: of any), in the order of seq, from after_seq on, at most `most`.
int safety_get_conversation(struct safety *safety, int64_t seq, struct arena *a,
                            struct safety_conversation *out, bool *found, struct err *err) MUST_USE;
int safety_read_conversations(struct safety *safety, int64_t cluster_id, const int64_t *account_id,
                              int64_t after_seq, size_t most, struct arena *a,
                              struct safety_conversation **list, size_t *n,
                              struct err *err) MUST_USE;

// Coordinated groups, highest score first.
struct safety_group {
    int64_t id;
    double score, p;      // 0 … 100; the chance of such a score for conversations drawn at random
    struct str kind, how; // ring, copies or organisation; how it was found: wording
    int64_t n_accounts, n_conversations, cluster_id; // cluster_id 0: none
    bool has_time;
    int64_t first_time, last_time;
    struct raw template; // words that most of its prompts share
};
struct safety_part {
    struct str part; // repeat, use, together …; one-off and organisation take away
    double value, chance, p, points; // points may be negative; their sum is the score
};
struct safety_member { // in the order of accounts, then seq
    int64_t seq, account_id, time;
    bool has_time;
};
int safety_read_groups(struct safety *safety, struct arena *a, struct safety_group **list,
                       size_t *n, struct err *err) MUST_USE;
int safety_read_group_parts(struct safety *safety, int64_t group_id, struct arena *a,
                            struct safety_part **list, size_t *n, struct err *err) MUST_USE;
int safety_read_group_members(struct safety *safety, int64_t group_id, struct arena *a,
                              struct safety_member **list, size_t *n, struct err *err) MUST_USE;

// Audited classifiers by column; their clusters by id, those of one language ("" = all).
struct safety_classifier {
    struct str column;
    int64_t n, n_flagged, n_clusters, n_missed, n_over;
    bool has_r;
    double r, r_low, r_high, r_fixed, least_concern;
};
struct safety_classifier_cluster {
    int64_t cluster_id, n, n_flagged;
    double rate_low, rate_high; // 95 %, Wilson
    double mean_concern, expected, q;
    struct str language, side; // side: "", "missed" or "over"
};
int safety_read_classifiers(struct safety *safety, struct arena *a, struct safety_classifier **list,
                            size_t *n, struct err *err) MUST_USE;
int safety_read_classifier_clusters(struct safety *safety, struct str column, struct arena *a,
                                    struct safety_classifier_cluster **list, size_t *n,
                                    struct err *err) MUST_USE; // all languages, then slices

// Watches by id; alerts, newest first; those due on a channel (safety.sql), oldest first.
struct safety_watch {
    int64_t id, made;
    struct str name, question; // question: JSON
};
struct safety_alert {
    int64_t id, watch_id, day; // days since 1970-01-01
    struct str cause;
    double value, low, high, base, p;
};
struct safety_due { // to be told on a channel
    struct safety_alert alert;
    struct str watch; // its name
};
struct safety_answers {  // of a model to the question of a watch, by transcript
    int64_t *transcript; // rising
    char *answer;        // 'y', 'n', '-' where there is none
    size_t n;
};
int safety_read_answers(struct safety *safety, int64_t watch_id, struct arena *a,
                        struct safety_answers *answers, struct err *err) MUST_USE;
int safety_read_watches(struct safety *safety, struct arena *a, struct safety_watch **list,
                        size_t *n, struct err *err) MUST_USE;
int safety_read_alerts(struct safety *safety, size_t most, struct arena *a,
                       struct safety_alert **list, size_t *n, struct err *err) MUST_USE;
int safety_read_due(struct safety *safety, const char *channel, struct arena *a,
                    struct safety_due **list, size_t *n, struct err *err) MUST_USE;

#endif
