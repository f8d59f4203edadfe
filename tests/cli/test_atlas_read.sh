#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/atlas-format.md holds: the second reader accepts a real atlas, gives the same export as clio,
# and objects to each promise when it is broken.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3 jq
read_atlas() { python3 "$SOURCE/tools/atlas-read" "$@"; }
python3 "$SOURCE/tests/corpus.py" 700 >"$TMP/corpus.jsonl"
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --quiet
[ "$(ls "$TMP/run/atlas.db"*)" = "$TMP/run/atlas.db" ] || fail "there are files beside the atlas"
read_atlas "$TMP/run/atlas.db" | jq -S . >"$TMP/theirs.json"
"$CLIO" export "$TMP/run" --format json | jq -S . >"$TMP/ours.json"
expect_same "$TMP/ours.json" "$TMP/theirs.json"
sqlite3 "$TMP/run/atlas.db" 'SELECT * FROM tree; SELECT * FROM top_uses; SELECT * FROM languages' \
    >"$TMP/views"
[ -s "$TMP/views" ] || fail "the views are empty"

breaks() { # STATEMENT TEXT
    cp "$TMP/run/atlas.db" "$TMP/broken.db"
    sqlite3 "$TMP/broken.db" "PRAGMA ignore_check_constraints = 1; $1"
    expect_exit 1 read_atlas --check "$TMP/broken.db"
    expect_text "$TMP/err" "$2"
}
breaks 'UPDATE cluster SET n_conversations = 3 WHERE id = (SELECT max(id) FROM cluster)' \
    'at least min_conversations'
breaks 'UPDATE cluster SET n_accounts = 2 WHERE id = 1' 'at least min_accounts'
breaks 'UPDATE cluster SET share = share / 2 WHERE id = 1' 'share is n_conversations of all'
breaks 'UPDATE cluster SET parent_id = id WHERE id = 3' 'parents are on a higher level'
breaks "UPDATE run_info SET value = 9 WHERE key = 'n_withheld'" 'n_withheld'
breaks "DELETE FROM run_info WHERE key = 'min_accounts'" 'run_info has min_accounts'
breaks 'UPDATE corpus_facet SET n_conversations = 4' 'every facet cell'
breaks "UPDATE corpus_facet SET facet = 'A Name' WHERE facet = 'turns'" 'names in small letters'
cp "$TMP/run/atlas.db" "$TMP/own.db" # a facet of the user's own breaks nothing
sqlite3 "$TMP/own.db" "UPDATE cluster_facet SET facet = 'mood' WHERE facet = 'turns'"
expect_exit 0 read_atlas --check "$TMP/own.db"
breaks 'UPDATE cluster_period SET n_conversations = 4' 'every cell over time'
breaks 'UPDATE facet_pair SET n_conversations = 4' 'every pair'
breaks 'UPDATE cluster_measure SET value = 0.512' 'steps of 0.05'
breaks "INSERT INTO cluster_measure VALUES (1, 'coherence', 0.5)" 'of base clusters'
breaks "DELETE FROM run_info WHERE key = 'period_step'" 'period_step'
breaks 'ALTER TABLE density ADD COLUMN account TEXT' 'density has the columns'
breaks 'PRAGMA user_version = 3' 'user_version is 1 or 2'
breaks 'PRAGMA user_version = 2' 'user_version is 2 with more than one tree'
breaks "INSERT INTO tree_info VALUES (2, 'n_clusters', '0'); PRAGMA user_version = 2" 'n_trees'
breaks 'INSERT INTO density VALUES (2, 1, 1, 0.5)' 'of another tree'
breaks 'PRAGMA journal_mode = wal' 'needs no file beside it'
head -c 2000 "$TMP/run/atlas.db" >"$TMP/cut.db"
expect_exit 1 read_atlas --check "$TMP/cut.db"

# A cluster under the top that fits in no group is shown as such.
cp "$TMP/run/atlas.db" "$TMP/apart.db"
"$CLIO" tree "$TMP/apart.db" >"$TMP/tree"
! grep -q 'stands apart' "$TMP/tree" || fail "a cluster with a parent is said to stand apart"
sqlite3 "$TMP/apart.db" 'UPDATE cluster SET parent_id = NULL WHERE id = (SELECT min(id)
    FROM cluster WHERE level = 0)'
"$CLIO" tree "$TMP/apart.db" >"$TMP/tree"
[ "$(grep -c 'stands apart' "$TMP/tree")" = 1 ] || fail "a cluster apart is not marked"

# Numbers of the label as people read them.
sqlite3 "$TMP/apart.db" "UPDATE run_info SET value = 1 WHERE key IN ('n_audited', 'n_replaced');
    UPDATE run_info SET value = 0.127305 WHERE key = 'leak_bound_95'"
"$CLIO" tree "$TMP/apart.db" >"$TMP/tree"
expect_text "$TMP/tree" '1 text judged, none seen to leak (95 % sure that at most 12.8 % hold'
expect_text "$TMP/tree" '; 1 title replaced, '
expect_text "$TMP/tree" 'standard deviation 7.1 in conversations, 2.8 in accounts'

# Our own reader of somebody else's file: no control character reaches the terminal, no two clusters
# have one number, no view stands for a table.
hostile() { # STATEMENT: $TMP/hostile.db
    cp "$TMP/run/atlas.db" "$TMP/hostile.db"
    sqlite3 "$TMP/hostile.db" "PRAGMA writable_schema = 1; $1"
}
hostile "UPDATE cluster SET title = char(27) || ']0;owned' || char(7) || char(155) || '31mred'"
for verb in tree "export --format csv"; do
    # shellcheck disable=SC2086
    "$CLIO" $verb "$TMP/hostile.db" >"$TMP/shown"
    expect_text "$TMP/shown" '0;owned'
    ! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]\|\xc2[\x80-\x9f]' "$TMP/shown" ||
        fail "$verb: control characters reach the terminal"
done
hostile "CREATE TABLE other AS SELECT * FROM cluster; INSERT INTO other SELECT * FROM cluster;
    DROP VIEW tree; DROP VIEW top_uses; DROP TABLE cluster; ALTER TABLE other RENAME TO cluster"
expect_exit 65 "$CLIO" tree "$TMP/hostile.db"
expect_text "$TMP/err" 'is no part of a tree'
hostile "DROP TABLE run_info; CREATE VIEW run_info (key, value) AS
    WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i, i FROM n"
expect_exit 65 "$CLIO" tree "$TMP/hostile.db"
expect_text "$TMP/err" 'views, triggers, virtual tables or computed columns'
# A few bytes that say that they are gigabytes: refused at once, by any verb that reads an atlas.
for title in "title TEXT AS (hex(zeroblob(3000000 + id)))" \
    "title TEXT DEFAULT ('$(printf 'x%.0s' $(seq 3000))')"; do
    hostile "ALTER TABLE cluster RENAME TO old; CREATE TABLE cluster (id INTEGER PRIMARY KEY,
        parent_id INTEGER, level INTEGER, withheld INTEGER, summary TEXT, n_conversations INTEGER,
        n_accounts INTEGER, share REAL, x REAL, y REAL, tree_id INTEGER, $title);
        INSERT INTO cluster (id, level, withheld, n_conversations, share)
        SELECT id, level, withheld, n_conversations, share FROM old"
    for verb in tree export "report -o $TMP/page.html"; do
        # shellcheck disable=SC2086
        expect_exit 65 "$CLIO" ${verb%% *} "$TMP/hostile.db" $(cut -s -d' ' -f2- <<<"$verb")
        expect_text "$TMP/err" 'was not written by clio'
    done
done
# Rows without end: each page of the table names one below it 400 times over.
hostile "SELECT rootpage FROM sqlite_schema WHERE name = 'cluster'" >"$TMP/root"
python3 - "$TMP/hostile.db" "$(cat "$TMP/root")" <<'END'
import struct, sys
path, root = sys.argv[1], int(sys.argv[2])
data = bytearray(open(path, "rb").read())
size = struct.unpack(">H", data[16:18])[0]
n = len(data) // size
def page(child):
    out = bytearray(size)
    cells = [size - 5 * (i + 1) for i in range(400)]
    struct.pack_into(">BHHHBI", out, 0, 5, 0, len(cells), cells[-1], 0, child)
    for i, at in enumerate(cells):
        struct.pack_into(">H", out, 12 + 2 * i, at)
        struct.pack_into(">IB", out, at, child, i % 100 + 1)
    return out
leaf = data[(root - 1) * size:root * size]
while leaf[0] == 5: # the first leaf of the table
    child = struct.unpack(">I", leaf[8:12])[0]
    leaf = data[(child - 1) * size:child * size]
data += leaf
for i in range(5):
    data += page(n + 1 + i)
data[(root - 1) * size:root * size] = page(n + 6)
struct.pack_into(">I", data, 28, len(data) // size)
open(path, "wb").write(data)
END
expect_exit 65 "$CLIO" tree "$TMP/hostile.db"
expect_text "$TMP/err" 'takes far more to read than its size accounts for'

