-- SPDX-License-Identifier: Apache-2.0
-- The vault: people's words and all that derives from one person. Never leaves the machine.
-- Every stage owns the tables under its heading and clears them before it works anew.
-- `seq` is the order in which conversations were read: all work goes in that order, so that the
-- result does not depend on the run's secret key. Ids are SipHash values under that key.
PRAGMA application_id = 1129072982; -- 'CLIV'
PRAGMA user_version = 10;

-- the run ----------------------------------------------------------------------------------
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE stage_run (
    stage TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,      -- of the settings that matter and of the stages before
    done INTEGER NOT NULL,          -- 0 while it works, 1 when all its rows are there
    n_in INTEGER NOT NULL, n_out INTEGER NOT NULL,
    ms INTEGER NOT NULL, n_prompt_tokens INTEGER NOT NULL, n_reply_tokens INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE stage_note (           -- what a stage found and the person should know
    stage TEXT NOT NULL, key TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (stage, key)
) STRICT, WITHOUT ROWID;

-- ingest -----------------------------------------------------------------------------------
CREATE TABLE source (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL, format TEXT NOT NULL,
    n_bytes INTEGER NOT NULL,       -- read so far: reading goes on here after an interruption
    n_records INTEGER NOT NULL, n_bad INTEGER NOT NULL, done INTEGER NOT NULL,
    state BLOB                      -- the record cutter's own
) STRICT;
CREATE TABLE bad_record (
    source_id INTEGER NOT NULL REFERENCES source (id), byte_offset INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE TABLE account (
    id INTEGER PRIMARY KEY,         -- keyed hash of the caller's id
    external_id TEXT NOT NULL
) STRICT;
CREATE TABLE conversation (
    seq INTEGER PRIMARY KEY,        -- 1, 2, 3 … in the order read
    id INTEGER NOT NULL UNIQUE,     -- keyed hash of the caller's id
    external_id TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id), -- NULL: the corpus has no accounts
    time INTEGER,                   -- unix seconds, UTC; NULL: not known
    language TEXT, model TEXT,      -- as the corpus says
    n_turns INTEGER NOT NULL,       -- messages of the person and the assistant
    transcript_hash INTEGER NOT NULL, -- of `turns`
    source_id INTEGER NOT NULL REFERENCES source (id), byte_offset INTEGER NOT NULL,
    -- Last what is long, so that nobody has to walk over it to the rest.
    columns TEXT,                   -- classifier and other columns kept, a JSON map
    turns TEXT NOT NULL             -- JSON: [["user","text"],["assistant","text"],…]
) STRICT;
CREATE TABLE renamed (              -- stored as "ID#2" …, as another record had its id already
    id INTEGER PRIMARY KEY REFERENCES conversation (id) ON DELETE CASCADE,
    given_id INTEGER NOT NULL       -- keyed hash of the caller's id
) STRICT;
CREATE INDEX conversation_by_transcript ON conversation (transcript_hash);
-- Without this one deleting an account walks the whole table.
CREATE INDEX conversation_by_account ON conversation (account_id) WHERE account_id IS NOT NULL;
-- Who has the transcript of an earlier one and does not count: that one weighs one more for each.
-- Not in `conversation`: marking a row there writes its transcript again.
CREATE TABLE copy (
    seq INTEGER PRIMARY KEY REFERENCES conversation (seq) ON DELETE CASCADE,
    first_seq INTEGER NOT NULL REFERENCES conversation (seq) -- no copy itself
) STRICT;
CREATE INDEX copy_by_first ON copy (first_seq);
CREATE TABLE sample_rank (          -- while reading with --sample: what is in it so far
    rank INTEGER NOT NULL, seq INTEGER NOT NULL,
    n_turns INTEGER NOT NULL,       -- --sample-by output: turns up to that output; 0: all
    PRIMARY KEY (rank, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX sample_rank_by_seq ON sample_rank (seq);

-- screen: the model's answer to --screen, and who does not go on -----------------------------------
CREATE TABLE screen_answer (
    seq INTEGER PRIMARY KEY REFERENCES conversation (seq),
    answer TEXT NOT NULL            -- yes, no, or one of our words for why there is none
) STRICT;
CREATE TABLE screened_out (seq INTEGER PRIMARY KEY REFERENCES conversation (seq)) STRICT;

-- bound: conversations that do not count -----------------------------------------------------
CREATE TABLE left_out (
    seq INTEGER PRIMARY KEY REFERENCES conversation (seq),
    first_seq INTEGER REFERENCES conversation (seq) -- it is a near-copy of; NULL: over the bound
) STRICT;
CREATE INDEX left_out_by_first ON left_out (first_seq) WHERE first_seq IS NOT NULL;

-- facet: one row a conversation and facet; only conversations that count: not in copy and not
-- in left_out. `seq` refers to nothing: a reference would walk all values for every conversation
-- that is deleted; who deletes one (vault_purge.c) deletes its values too -------------------------
CREATE TABLE facet_value (
    seq INTEGER NOT NULL,
    facet TEXT NOT NULL,            -- request, task, language, concern, turns, …
    value TEXT NOT NULL,            -- after names, numbers and contacts were taken out
    PRIMARY KEY (facet, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE facet_gap (seq INTEGER PRIMARY KEY, reason TEXT NOT NULL) STRICT;

-- embed: blocks of vectors in the order of seq, unit length, little-endian float32 ---------------
CREATE TABLE vector_block (
    i_block INTEGER PRIMARY KEY,    -- 0, 1, 2 …
    seqs BLOB NOT NULL,             -- int64 a row
    vectors BLOB NOT NULL           -- n_rows × n_dims float32
) STRICT;

CREATE TABLE subject (              -- of the public list, nearest to the vector
    seq INTEGER PRIMARY KEY REFERENCES conversation (seq), value TEXT NOT NULL
) STRICT;

-- cluster ----------------------------------------------------------------------------------
CREATE TABLE base_cluster (
    id INTEGER PRIMARY KEY,         -- 1 … k
    n_members INTEGER NOT NULL, centroid BLOB NOT NULL -- float32, unit length
) STRICT;
CREATE TABLE member (
    seq INTEGER PRIMARY KEY REFERENCES conversation (seq),
    cluster_id INTEGER REFERENCES base_cluster (id), -- NULL: emerging, it fits nowhere yet
    similarity REAL NOT NULL        -- cosine to the centroid; emerging: to the nearest one
) STRICT;
CREATE INDEX member_by_cluster ON member (cluster_id, seq);
CREATE TABLE filed (                -- what came with an append and was filed, not clustered
    seq INTEGER PRIMARY KEY REFERENCES conversation (seq),
    fit REAL NOT NULL               -- share of what the cluster was made of that is less similar
) STRICT;

-- threshold: where each conversation counts in the end --------------------------------------------
CREATE TABLE kept_cluster (
    id INTEGER PRIMARY KEY REFERENCES base_cluster (id),
    n_conversations INTEGER NOT NULL, n_accounts INTEGER NOT NULL, -- noisy in the mode guarded
    kept INTEGER NOT NULL,          -- 1: both floors are met
    centroid BLOB NOT NULL          -- of all that count here now
) STRICT;
CREATE TABLE placed (
    seq INTEGER PRIMARY KEY REFERENCES conversation (seq),
    cluster_id INTEGER REFERENCES base_cluster (id) -- NULL: unclustered
) STRICT;
CREATE INDEX placed_by_cluster ON placed (cluster_id, seq);

-- describe ---------------------------------------------------------------------------------
CREATE TABLE phrase (               -- released phrases: each shared by enough accounts
    cluster_id INTEGER NOT NULL REFERENCES base_cluster (id), rank INTEGER NOT NULL,
    phrase TEXT NOT NULL, n_accounts INTEGER NOT NULL, n_conversations INTEGER NOT NULL,
    score REAL NOT NULL, PRIMARY KEY (cluster_id, rank)
) STRICT, WITHOUT ROWID;
CREATE TABLE description (
    cluster_id INTEGER PRIMARY KEY REFERENCES base_cluster (id),
    title TEXT NOT NULL, summary TEXT NOT NULL
) STRICT;

-- hierarchy: the whole tree; base clusters keep their id, parents go on from there ----------------
CREATE TABLE node (
    id INTEGER PRIMARY KEY, level INTEGER NOT NULL, -- 0 = base
    parent_id INTEGER REFERENCES node (id) DEFERRABLE INITIALLY DEFERRED,
    title TEXT NOT NULL, summary TEXT NOT NULL,
    n_conversations INTEGER NOT NULL, n_accounts INTEGER NOT NULL
) STRICT;
CREATE TABLE node_phrase (
    node_id INTEGER NOT NULL REFERENCES node (id), rank INTEGER NOT NULL,
    phrase TEXT NOT NULL, n_accounts INTEGER NOT NULL, n_conversations INTEGER NOT NULL,
    PRIMARY KEY (node_id, rank)
) STRICT, WITHOUT ROWID;
CREATE TABLE node_word (             -- words that enough accounts share: what a model may write with
    node_id INTEGER NOT NULL REFERENCES node (id), word TEXT NOT NULL,
    n_supporters INTEGER NOT NULL,   -- accounts; conversations where the corpus has no accounts
    PRIMARY KEY (node_id, word)
) STRICT, WITHOUT ROWID;

CREATE TABLE identity (              -- who it is in the atlas; without a row: by its place there
    node_id INTEGER PRIMARY KEY REFERENCES node (id), atlas_id INTEGER NOT NULL UNIQUE
) STRICT;

-- audit ------------------------------------------------------------------------------------
CREATE TABLE verdict (
    node_id INTEGER PRIMARY KEY REFERENCES node (id),
    grade INTEGER NOT NULL,         -- 1 … 5 as in the paper; 3 and above passes
    reason TEXT NOT NULL,           -- code of what was found, "" when it passes
    title TEXT, summary TEXT        -- what is published; NULL: the node's own
) STRICT;

-- map --------------------------------------------------------------------------------------
CREATE TABLE position (
    node_id INTEGER PRIMARY KEY REFERENCES node (id), x REAL NOT NULL, y REAL NOT NULL
) STRICT;
CREATE TABLE density (
    i_x INTEGER NOT NULL, i_y INTEGER NOT NULL, n_conversations REAL NOT NULL,
    PRIMARY KEY (i_x, i_y)
) STRICT, WITHOUT ROWID;

-- noise (mode dp): what is released. Every number is noisy, every word public ---------------------
CREATE TABLE released (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    release TEXT NOT NULL,          -- digest of all that it was made of
    seeded INTEGER NOT NULL,        -- 1: drawn from a seed for a test
    epsilon REAL NOT NULL, delta REAL NOT NULL, max_per_account INTEGER NOT NULL,
    n_rest INTEGER NOT NULL,        -- noisy: conversations in no cluster that is shown
    has_accounts INTEGER NOT NULL
) STRICT;
CREATE TABLE released_cluster (
    id INTEGER PRIMARY KEY,         -- 0, 1, 2 …
    n_conversations INTEGER NOT NULL, n_accounts INTEGER NOT NULL,
    subject TEXT NOT NULL,          -- of the public list
    centre BLOB NOT NULL            -- float32
) STRICT;
CREATE TABLE released_word (
    cluster INTEGER NOT NULL REFERENCES released_cluster (id), word TEXT NOT NULL,
    n_accounts INTEGER NOT NULL, PRIMARY KEY (cluster, word)
) STRICT, WITHOUT ROWID;
CREATE TABLE released_cell (
    cluster INTEGER NOT NULL,       -- -1: conversations in no cluster that is shown
    facet TEXT NOT NULL, value TEXT NOT NULL, n_conversations INTEGER NOT NULL,
    PRIMARY KEY (cluster, facet, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE released_cost (        -- as in the ledger, before it is charged
    what TEXT PRIMARY KEY, square INTEGER NOT NULL, num INTEGER NOT NULL, den INTEGER NOT NULL,
    rho INTEGER NOT NULL, delta INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- These two belong to no stage: they outlive every change of settings.
CREATE TABLE release_key (          -- what the noise of a release is drawn from, once
    release TEXT PRIMARY KEY, key BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger (               -- what was published: L2 sensitivity (squared), variance of the
    release TEXT NOT NULL, what TEXT NOT NULL, -- noise num/den, and the cost: rho in 2^-40,
    square INTEGER NOT NULL, num INTEGER NOT NULL, den INTEGER NOT NULL, -- delta in 2^-60
    rho INTEGER NOT NULL CHECK (rho >= 0), delta INTEGER NOT NULL CHECK (delta >= 0),
    PRIMARY KEY (release, what)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER ledger_stays BEFORE DELETE ON ledger
BEGIN SELECT raise(ABORT, 'the ledger is never shortened'); END;
CREATE TRIGGER ledger_holds BEFORE UPDATE ON ledger
BEGIN SELECT raise(ABORT, 'the ledger is never changed'); END;

-- append: these belong to no stage. Batches of conversations that came after the first run, what was
-- released last (kept before the line takes its rows away), and what became of whom ---------------
CREATE TABLE batch (
    id INTEGER PRIMARY KEY,         -- 1, 2, 3 …; the first run is none
    first_seq INTEGER NOT NULL,     -- its conversations are this one and those behind
    n_sources INTEGER NOT NULL,     -- inputs that were there before
    state INTEGER NOT NULL,         -- 0: is read, 1: the line works on it, 2: is released
    recluster INTEGER NOT NULL,     -- 1: base clusters are found from where they are, 2: from nothing, 3: to be decided
    settings TEXT NOT NULL          -- how it is read: entries name=value and notes, each ended by U+001F
) STRICT;
CREATE TABLE clustered_batch (      -- what the stage cluster did about it, once a tree as are past_cluster, past_member
    batch_id INTEGER PRIMARY KEY,
    recluster INTEGER NOT NULL,     -- 0 … 2: as it decided
    clustered INTEGER NOT NULL      -- 1: it is through with it
) STRICT;
CREATE TABLE publication (          -- every release
    id INTEGER PRIMARY KEY,         -- 1, 2, 3 …
    last_day TEXT,                  -- of its conversations, as published; NULL: not known
    n_conversations INTEGER NOT NULL, n_base INTEGER NOT NULL -- as published, of all trees
) STRICT;
CREATE TABLE past_cluster (
    id INTEGER PRIMARY KEY,         -- in the atlas
    parent_id INTEGER, level INTEGER NOT NULL,
    title TEXT, summary TEXT,       -- as released; NULL: withheld
    n_conversations INTEGER NOT NULL, n_accounts INTEGER NOT NULL, grade INTEGER NOT NULL,
    x REAL, y REAL
) STRICT;
CREATE TABLE past_member (
    seq INTEGER PRIMARY KEY REFERENCES conversation (seq),
    cluster_id INTEGER NOT NULL REFERENCES past_cluster (id) -- of the base
) STRICT;
CREATE TABLE lineage (
    publication_id INTEGER NOT NULL, rank INTEGER NOT NULL,
    kind TEXT NOT NULL,             -- born, split, merged, died, retitled
    cluster_id INTEGER NOT NULL,    -- in the atlas, of now or of before
    other_id INTEGER,               -- split from, merged into
    title TEXT,                     -- of one that is gone, as released; NULL: not to be told
    n_accounts INTEGER NOT NULL, n_conversations INTEGER NOT NULL, grade INTEGER NOT NULL,
    tree INTEGER NOT NULL,          -- 1, 2, 3 …
    PRIMARY KEY (publication_id, rank)
) STRICT, WITHOUT ROWID;

-- The number of every node in the atlas. A first release numbers them from the top, large ones
-- first (the order of vault_gate_nodes); later ones keep what `identity` says. In mode dp there are
-- no nodes but released clusters (placed.cluster_id is one more than their id), and in front of
-- them the groups of their subjects (privacy/dp_atlas.c).
CREATE VIEW numbered (node_id, atlas_id) AS
SELECT n.id, coalesce(i.atlas_id, row_number() OVER
    (ORDER BY n.level DESC, n.n_conversations DESC, n.id))
FROM node n LEFT JOIN identity i ON i.node_id = n.id
WHERE NOT EXISTS (SELECT 1 FROM released_cluster)
UNION ALL
SELECT id + 1, (SELECT count(DISTINCT substr(subject, 1, instr(subject, ':')))
        FROM released_cluster) + row_number() OVER
    (ORDER BY n_conversations DESC, substr(subject, 1, instr(subject, ':')), id)
FROM released_cluster;
-- For the caller: where each of their conversations went, with their own ids. A copy of a
-- transcript, or a near-copy, goes where the first one went; cluster_id is that of the export,
-- NULL = unclustered. What is over the bound of its account is not here.
CREATE VIEW assignment (conversation_id, account_id, cluster_id) AS
SELECT c.external_id, a.external_id, k.atlas_id
FROM conversation c
LEFT JOIN account a ON a.id = c.account_id
LEFT JOIN copy d ON d.seq = c.seq
LEFT JOIN left_out l ON l.seq = coalesce(d.first_seq, c.seq)
JOIN placed p ON p.seq = coalesce(l.first_seq, d.first_seq, c.seq)
LEFT JOIN numbered k ON k.node_id = p.cluster_id;
