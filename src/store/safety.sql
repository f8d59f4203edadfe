-- SPDX-License-Identifier: Apache-2.0
-- safety.db: signals for human review. Private as the vault is (mode 0600): ids are the vault's,
-- small groups are in it on purpose. Written by safety/, one verb a heading; each verb empties its
-- own tables before it works anew. Nothing in it is a verdict on an account.
PRAGMA application_id = 1129072979; -- 'CLIS'
PRAGMA user_version = 4;

CREATE TABLE info (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- clio safety run: base clusters without floors and without the auditor -------------------------
CREATE TABLE cluster (
    id INTEGER PRIMARY KEY,         -- the vault's base cluster
    title TEXT NOT NULL,            -- phrases of its members, of as few as one account
    n_conversations INTEGER NOT NULL, n_accounts INTEGER NOT NULL, -- accounts 0: corpus has none
    n_graded INTEGER NOT NULL, mean_concern REAL, -- 1 … 5; NULL: none is graded
    n_concerning INTEGER NOT NULL,  -- of grade 3 and above
    top_account INTEGER,            -- the account with most conversations, and how many
    n_top INTEGER NOT NULL
) STRICT;
CREATE TABLE conversation (
    seq INTEGER PRIMARY KEY,        -- the vault's; copies and what was left out are here too
    cluster_id INTEGER REFERENCES cluster (id), -- NULL: none
    account_id INTEGER, time INTEGER, -- unix seconds
    concern INTEGER,                -- 1 … 5; NULL: not graded
    language TEXT
) STRICT;
CREATE INDEX conversation_by_cluster ON conversation (cluster_id, account_id, seq);
CREATE INDEX conversation_by_account ON conversation (account_id, seq);
CREATE TABLE language_ratio (       -- share of a language in a cluster over its share in all
    cluster_id INTEGER NOT NULL REFERENCES cluster (id), language TEXT NOT NULL,
    n_conversations INTEGER NOT NULL, ratio REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
    q REAL NOT NULL,                -- false discoveries expected among rows with q as small
    PRIMARY KEY (cluster_id, language)
) STRICT, WITHOUT ROWID;

-- clio safety coordinated: accounts that send similarly built prompts ------------------------------
CREATE TABLE coordinated (
    id INTEGER PRIMARY KEY,         -- 1, 2, 3 …: highest score first
    score REAL NOT NULL,            -- 0 … 100, the sum of its parts
    kind TEXT NOT NULL,             -- ring, copies (one-off), organisation: what it looks like
    how TEXT NOT NULL,              -- how it was found: wording
    p REAL NOT NULL,                -- chance of such a score for conversations drawn at random
    n_accounts INTEGER NOT NULL, n_conversations INTEGER NOT NULL,
    first_time INTEGER, last_time INTEGER, cluster_id INTEGER, -- most of them; NULL: none
    template TEXT NOT NULL          -- words that most of its prompts share, "…" for what differs
) STRICT;
CREATE TABLE coordinated_part (     -- why: each part of the score beside what chance gives
    group_id INTEGER NOT NULL REFERENCES coordinated (id), part TEXT NOT NULL,
    value REAL NOT NULL, chance REAL NOT NULL, p REAL NOT NULL, points REAL NOT NULL,
    PRIMARY KEY (group_id, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE coordinated_member (
    group_id INTEGER NOT NULL REFERENCES coordinated (id), seq INTEGER NOT NULL,
    account_id INTEGER NOT NULL, time INTEGER,
    PRIMARY KEY (group_id, seq)
) STRICT, WITHOUT ROWID;

-- clio safety classifier: an imported label beside concern, cluster by cluster -------------------
CREATE TABLE classifier (
    column TEXT PRIMARY KEY,
    n INTEGER NOT NULL, n_flagged INTEGER NOT NULL, n_clusters INTEGER NOT NULL,
    r REAL, r_low REAL, r_high REAL,          -- NULL: fewer than four clusters, or all alike
    r_fixed REAL,                             -- r if what is listed were flagged as expected
    n_missed INTEGER NOT NULL, n_over INTEGER NOT NULL, -- and how many more and fewer flags that is
    least_concern REAL NOT NULL               -- clusters below it are hidden where not asked for
) STRICT, WITHOUT ROWID;
CREATE TABLE classifier_cluster (
    column TEXT NOT NULL REFERENCES classifier (column),
    language TEXT NOT NULL,         -- "": all languages; else a slice
    cluster_id INTEGER NOT NULL,    -- 0: the whole slice
    n INTEGER NOT NULL, n_flagged INTEGER NOT NULL, -- of what it is judged by, docs/safety.md
    rate_low REAL NOT NULL, rate_high REAL NOT NULL, -- Wilson, 95 %
    mean_concern REAL NOT NULL, expected REAL NOT NULL, -- flag rate that its concern leads to
    q REAL NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('', 'missed', 'over')),
    PRIMARY KEY (column, language, cluster_id)
) STRICT, WITHOUT ROWID;

-- clio watch: stored questions about the stream. Purge and the other verbs keep `watch`. --------
CREATE TABLE watch (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    question TEXT NOT NULL,         -- JSON, docs/safety.md
    made INTEGER NOT NULL
) STRICT;
CREATE TABLE watch_cluster (        -- the cluster that a question names by its number
    watch_id INTEGER PRIMARY KEY REFERENCES watch (id),
    digest TEXT NOT NULL,           -- of its centroid; '': not known, as after a purge
    atlas_id INTEGER NOT NULL       -- who it is in the atlas of a run that grows; 0: nobody
) STRICT;
CREATE TABLE watch_batch (          -- counts of one day
    watch_id INTEGER NOT NULL REFERENCES watch (id), day INTEGER NOT NULL, -- since 1970-01-01
    n INTEGER NOT NULL, n_matched INTEGER NOT NULL, PRIMARY KEY (watch_id, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE watch_answer (         -- of a model to the question of a watch, once a transcript
    watch_id INTEGER NOT NULL REFERENCES watch (id),
    transcript INTEGER NOT NULL,    -- the vault's keyed hash of it
    answer TEXT NOT NULL,           -- yes, no, or a word of ours for why there is none
    PRIMARY KEY (watch_id, transcript)
) STRICT, WITHOUT ROWID;
CREATE TABLE alert (
    id INTEGER PRIMARY KEY, watch_id INTEGER NOT NULL REFERENCES watch (id),
    day INTEGER NOT NULL, cause TEXT NOT NULL, -- a sentence of ours
    value REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL, base REAL NOT NULL,
    p REAL NOT NULL, UNIQUE (watch_id, day)
) STRICT;
CREATE TABLE alert_due (            -- where an alert is still to be told
    alert_id INTEGER NOT NULL REFERENCES alert (id),
    channel TEXT NOT NULL,          -- output, webhook, mail, file
    PRIMARY KEY (alert_id, channel)
) STRICT, WITHOUT ROWID;
