-- SPDX-License-Identifier: Apache-2.0
-- Who may look: users, sessions, permits. No text of conversations is in it; docs/access.md.
PRAGMA application_id = 1129072981; -- 'CLIU'
PRAGMA user_version = 2;

CREATE TABLE setting (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE user (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, disabled INTEGER NOT NULL,
    password TEXT NOT NULL,         -- Argon2id with its salt and cost
    totp BLOB,                      -- secret of RFC 6238; NULL: none yet
    totp_step INTEGER NOT NULL      -- of the last code that was taken: the next one is later
) STRICT, WITHOUT ROWID;
CREATE TABLE used_code (            -- steps whose codes were taken: none is taken twice, whatever
    name TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE, -- the clock does
    step INTEGER NOT NULL, PRIMARY KEY (name, step)
) STRICT, WITHOUT ROWID;
CREATE TABLE attempt (              -- failed sign-ins by name, whether such a user is there or not
    name_hash INTEGER PRIMARY KEY, n_failed INTEGER NOT NULL, last INTEGER NOT NULL,
    locked_until INTEGER NOT NULL
) STRICT;
CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,    -- of the cookie; the cookie itself is kept nowhere
    name TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    born INTEGER NOT NULL, seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE permit (               -- to look closer at one cluster, for a while, for a reason
    id INTEGER PRIMARY KEY, name TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    cluster_id INTEGER NOT NULL, clusters TEXT NOT NULL, -- the clustering that the id is of
    reason TEXT NOT NULL, asked INTEGER NOT NULL,
    approver TEXT,                  -- NULL: not approved yet, or none is needed
    expires INTEGER NOT NULL,       -- 0: waits for a second person
    closed INTEGER NOT NULL
) STRICT;
CREATE TABLE looked (               -- how deep each thing was opened under a permit
    permit_id INTEGER NOT NULL REFERENCES permit (id) ON DELETE CASCADE,
    subject INTEGER NOT NULL, depth INTEGER NOT NULL, time INTEGER NOT NULL, name TEXT NOT NULL
) STRICT;
CREATE INDEX looked_by_subject ON looked (permit_id, subject, depth);
CREATE INDEX looked_by_time ON looked (name, time);
