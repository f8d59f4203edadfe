#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Mode dp through the whole line: the atlas keeps its promises and says what it cost; the same
# release again is the same, byte for byte, and free; another one is over the budget; noise from a
# seed is not published; what would make one account matter to others is refused. The word of a few
# accounts, and a lone account's conversation, are nowhere.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3
python3 "$SOURCE/tests/corpus.py" 1500 >"$TMP/corpus.jsonl"
for i in 1 2 3 4; do # four accounts with a public word that nobody else uses
    printf '{"id":"rare%s","user":"rare%s","text":"Write a marketing email about a walrus"}\n' $i $i
done >>"$TMP/corpus.jsonl"

run() { "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --privacy dp --quiet "$@"; }
expect_exit 3 run --budget 4
expect_text "$TMP/err" 'a release of --epsilon 8 could not be published with --budget 4'
[ "$(sqlite3 "$TMP/run/vault.db" "SELECT count(*) FROM conversation")" = 0 ] ||
    fail "what could not be published was read"
run --max-per-account 3
"$SOURCE/tools/atlas-read" --check "$TMP/run/atlas.db" || fail "the atlas breaks a promise"
atlas() { sqlite3 "$TMP/run/atlas.db" "$1"; }
vault() { sqlite3 "$TMP/run/vault.db" "$1"; }
[ "$(atlas "SELECT count(*) FROM cluster WHERE level = 0")" -gt 5 ] || fail "nothing is seen"
[ "$(atlas "SELECT count(*) FROM cluster_phrase")" -gt 5 ] || fail "no word is released"
for table in period cluster_period facet_pair stage; do
    [ "$(atlas "SELECT count(*) FROM $table")" = 0 ] || fail "$table would be exact"
done
"$CLIO" tree "$TMP/run" >"$TMP/tree"
expect_text "$TMP/tree" 'Privacy: dp; unit: account, at most 3 conversations each.'
expect_text "$TMP/tree" 'at delta 1e-06 for this release'
expect_no_text "$TMP/tree" 'walrus'
if grep -qa walrus "$TMP/run/atlas.db"; then fail "a word of four accounts is in the atlas"; fi

# The owner's view speaks the atlas's numbers: what each group has there is within its noise, of a
# deviation of 30: no group five times that, all of them together 1.7 times.
[ "$(sqlite3 "$TMP/run/vault.db" "ATTACH '$TMP/run/atlas.db' AS shown;
    SELECT max(abs(apart)) < 150 AND avg(apart * apart) < 2600 FROM (SELECT s.n_conversations -
        (SELECT count(*) FROM assignment a WHERE a.cluster_id = s.id) AS apart
        FROM shown.cluster s WHERE s.level = 0)")" = 1 ] ||
    fail "the view assignment has other groups than the atlas"
[ "$(vault "SELECT count(*) > 500 FROM assignment WHERE cluster_id IS NOT NULL")" = 1 ] ||
    fail "the view assignment is empty"

# Nothing in the atlas is a count of conversations as they are.
exact=$(vault "SELECT count(*) AS n FROM assignment WHERE cluster_id IS NOT NULL
               GROUP BY cluster_id ORDER BY n")
[ "$(atlas "SELECT n_conversations AS n FROM cluster WHERE level = 0 ORDER BY n")" != "$exact" ] ||
    fail "the numbers of conversations are exact"

# Where a group is on the map is public: not its noisy centre.
[ "$(vault "SELECT count(*) FROM released_cluster r
    JOIN base_cluster b ON b.centroid = r.centre")" = 0 ] ||
    fail "a noisy centre is released"

# Again, and again without its product: free and the same.
cp "$TMP/run/atlas.db" "$TMP/first.db"
run --max-per-account 3
rm "$TMP/run/atlas.db"
run --max-per-account 3
expect_same "$TMP/first.db" "$TMP/run/atlas.db"
[ "$(vault "SELECT count(DISTINCT release) FROM ledger")" = 1 ] || fail "it was charged twice"

# The gate before a release: the atlas is row for row what was released; looking charges nothing.
expect_exit 0 "$CLIO" audit "$TMP/run"
expect_text "$TMP/out" '0 faults: the atlas is, row for row, what was released'
for change in "UPDATE cluster SET n_conversations = n_conversations + 1 WHERE id = 2" \
    "INSERT INTO run_info VALUES ('note', 'somebody')" \
    "DELETE FROM cluster_phrase WHERE rank = 1"; do
    sqlite3 "$TMP/run/atlas.db" "$change"
    expect_exit 3 "$CLIO" audit "$TMP/run"
    grep -q '^FAIL .* row for row' "$TMP/out" || fail "the gate does not see: $change"
    cp "$TMP/first.db" "$TMP/run/atlas.db"
done
[ "$(vault "SELECT count(DISTINCT release) FROM ledger")" = 1 ] || fail "looking was charged"
[ ! -e "$TMP/run/atlas.db.again" ] || fail "the gate leaves a file behind"

# Killed after its rows were written and before it was marked as done: the same again, and free.
vault "UPDATE stage_run SET done = 0 WHERE stage = 'noise'; DELETE FROM stage_run
    WHERE stage IN ('describe', 'hierarchy', 'audit', 'map', 'publish')"
run --max-per-account 3
expect_same "$TMP/first.db" "$TMP/run/atlas.db"
[ "$(vault "SELECT count(DISTINCT release) FROM ledger")" = 1 ] || fail "it was charged twice"

# Other settings are another release. It is over the budget, and the old atlas stays.
expect_exit 3 run --max-per-account 3 --seed 2
expect_text "$TMP/err" 'over the budget of 8'
expect_same "$TMP/first.db" "$TMP/run/atlas.db"
[ "$(vault "SELECT count(DISTINCT release) FROM ledger")" = 1 ] || fail "a refused one was charged"
run --max-per-account 3 --seed 2 --budget 20
[ "$(vault "SELECT count(DISTINCT release) FROM ledger")" = 2 ] || fail "it was not charged"
# --budget was of that command; the gate knows what it allowed
expect_exit 0 "$CLIO" audit "$TMP/run"
[ "$(atlas "SELECT value FROM run_info WHERE key = 'n_releases'")" = 2 ] || fail "the label lies"
run --max-per-account 3 # the first one again: its noise is kept; only what was spent in all differs
clusters='SELECT * FROM cluster; SELECT * FROM cluster_phrase; SELECT * FROM cluster_facet'
sqlite3 "$TMP/first.db" "$clusters" >"$TMP/one"
atlas "$clusters" >"$TMP/two"
expect_same "$TMP/one" "$TMP/two"

# Fewer conversations are another release with other noise: a difference tells nothing.
"$CLIO" purge "$TMP/run" --conversation rare1 >"$TMP/purged"
expect_exit 3 run --max-per-account 3
[ "$(vault "SELECT count(*) FROM release_key")" = 3 ] || fail "the purged release kept its noise"

expect_exit 3 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/seeded" --profile none --privacy dp \
    --noise-seed 5 --quiet
expect_text "$TMP/err" '--noise-seed'
[ ! -e "$TMP/seeded/atlas.db" ] || fail "noise from a seed was published"
expect_exit 2 run --sample 100
expect_text "$TMP/err" 'mode dp does not go with'
expect_exit 2 run --max-per-account 0
run --max-per-account 3 --budget 50
expect_exit 2 "$CLIO" threshold "$TMP/run"
expect_text "$TMP/err" 'has no stage threshold'

# From dp to guarded and back: nothing of the other mode stays.
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --privacy guarded --quiet
[ "$(vault "SELECT count(*) FROM released_cluster")" = 0 ] || fail "released rows stay"
"$SOURCE/tools/atlas-read" --check "$TMP/run/atlas.db"
