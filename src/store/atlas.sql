-- SPDX-License-Identifier: Apache-2.0
-- The atlas: what may be shown. Every text in it passed threshold and auditor. docs/atlas-format.md
-- is the promise; this is the file.
PRAGMA application_id = 1129072961; -- 'CLIA'
PRAGMA user_version = 1; -- 2 with more than one tree

CREATE TABLE run_info (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- What is said of a further tree where it differs from run_info, which is of the first. The tables
-- of the whole corpus (corpus_facet, period, facet_pair) are there once, with the first tree.
CREATE TABLE tree_info (
    tree_id INTEGER NOT NULL CHECK (tree_id > 1), key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (tree_id, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE cluster (
    id INTEGER PRIMARY KEY,         -- 1, 2, 3 …: top level first, larger first; in a run that grows
                                    -- a cluster keeps its id, new ones get the next
    parent_id INTEGER REFERENCES cluster (id),
    level INTEGER NOT NULL CHECK (level >= 0), -- 0 = base
    withheld INTEGER NOT NULL CHECK (withheld IN (0, 1)), -- 1: title and summary failed the audit
    title TEXT, summary TEXT,       -- NULL when withheld
    n_conversations INTEGER NOT NULL,
    n_accounts INTEGER,             -- NULL: the corpus has no accounts
    share REAL NOT NULL,            -- of all conversations, 0 … 1
    x REAL, y REAL,                 -- on the map, both in 0 … 1
    tree_id INTEGER NOT NULL DEFAULT 1 CHECK (tree_id > 0), -- ids go on from tree to tree
    CHECK ((withheld = 1) = (title IS NULL))
) STRICT;
CREATE INDEX cluster_by_parent ON cluster (parent_id);
CREATE TABLE cluster_phrase (
    cluster_id INTEGER NOT NULL REFERENCES cluster (id), rank INTEGER NOT NULL,
    phrase TEXT NOT NULL,
    support INTEGER,                -- least of the band in which the count of those who share it lies
    PRIMARY KEY (cluster_id, rank)
) STRICT, WITHOUT ROWID;
-- Facets with a closed set of values only (language, concern, turns). Cells under a floor are
-- not here; nor is a second cell, where one missing cell could be had by subtraction.
CREATE TABLE cluster_facet (
    cluster_id INTEGER NOT NULL REFERENCES cluster (id), facet TEXT NOT NULL,
    value TEXT NOT NULL, n_conversations INTEGER NOT NULL, share REAL NOT NULL, -- of the cluster
    PRIMARY KEY (cluster_id, facet, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE corpus_facet (
    facet TEXT NOT NULL, value TEXT NOT NULL, n_conversations INTEGER NOT NULL,
    share REAL NOT NULL, PRIMARY KEY (facet, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE density (
    -- The key stands first: integrity_check of SQLite 3.40 takes other orders for damage.
    tree_id INTEGER NOT NULL DEFAULT 1,
    i_x INTEGER NOT NULL, i_y INTEGER NOT NULL, weight REAL NOT NULL, -- 0 … 1 of the fullest cell
    PRIMARY KEY (tree_id, i_x, i_y)
) STRICT, WITHOUT ROWID;
-- Time in periods of one length (run_info: period_step). Cells under a floor are not here.
CREATE TABLE period (
    i_period INTEGER PRIMARY KEY, first_day TEXT NOT NULL, -- 0, 1, 2 … without a gap
    n_conversations INTEGER         -- of all conversations; NULL: under a floor
) STRICT;
CREATE TABLE cluster_period (
    cluster_id INTEGER NOT NULL REFERENCES cluster (id),
    i_period INTEGER NOT NULL REFERENCES period (i_period), n_conversations INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, i_period)
) STRICT, WITHOUT ROWID;
-- Conversations that have both values, of those in clusters.
CREATE TABLE facet_pair (
    facet_a TEXT NOT NULL, value_a TEXT NOT NULL, facet_b TEXT NOT NULL, value_b TEXT NOT NULL,
    n_conversations INTEGER NOT NULL, PRIMARY KEY (facet_a, value_a, facet_b, value_b)
) STRICT, WITHOUT ROWID;
CREATE TABLE cluster_near (         -- nearest in meaning, of the same level
    cluster_id INTEGER NOT NULL REFERENCES cluster (id), rank INTEGER NOT NULL,
    near_id INTEGER NOT NULL REFERENCES cluster (id), PRIMARY KEY (cluster_id, rank)
) STRICT, WITHOUT ROWID;
-- Numbers of a cluster that are no counts, each over enough conversations and people, rounded so
-- that one conversation moves them by a step at most. coherence: mean cosine to the centre.
CREATE TABLE cluster_measure (
    cluster_id INTEGER NOT NULL REFERENCES cluster (id), measure TEXT NOT NULL,
    value REAL NOT NULL, PRIMARY KEY (cluster_id, measure)
) STRICT, WITHOUT ROWID;
-- What became of whom, release by release; both empty for a run that never grew (docs/append.md).
CREATE TABLE release (
    id INTEGER PRIMARY KEY,         -- 1, 2, 3 …
    last_day TEXT,                  -- as run_info says it for that release; NULL: not known
    n_conversations INTEGER NOT NULL, n_base INTEGER NOT NULL -- as published then
) STRICT;
CREATE TABLE lineage (
    release_id INTEGER NOT NULL REFERENCES release (id), rank INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('born', 'split', 'merged', 'died', 'retitled')),
    cluster_id INTEGER NOT NULL,    -- one of the atlas, or of an earlier one
    other_id INTEGER,               -- it split from, it went into
    title TEXT,                     -- of one that is gone, as released then; NULL: not told
    tree_id INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (release_id, rank)
) STRICT, WITHOUT ROWID;
CREATE TABLE stage (
    position INTEGER PRIMARY KEY, name TEXT NOT NULL, n_in INTEGER NOT NULL, n_out INTEGER NOT NULL
) STRICT;

CREATE VIEW tree (id, path, level, title, n_conversations, percent, tree_id) AS
WITH RECURSIVE walk (id, path) AS (
    SELECT id, coalesce(title, '(withheld)') FROM cluster WHERE parent_id IS NULL
    UNION ALL
    SELECT c.id, w.path || ' > ' || coalesce(c.title, '(withheld)')
    FROM cluster c JOIN walk w ON c.parent_id = w.id
)
SELECT c.id, w.path, c.level, c.title, c.n_conversations, round(100.0 * c.share, 1), c.tree_id
FROM walk w JOIN cluster c ON c.id = w.id ORDER BY c.tree_id, w.path;
CREATE VIEW top_uses (title, n_conversations, percent, tree_id) AS
SELECT title, n_conversations, round(100.0 * share, 1), tree_id
FROM cluster WHERE parent_id IS NULL AND withheld = 0
ORDER BY tree_id, n_conversations DESC, id;
CREATE VIEW languages (language, n_conversations, percent) AS
SELECT value, n_conversations, round(100.0 * share, 1)
FROM corpus_facet WHERE facet = 'language' ORDER BY n_conversations DESC, value;
