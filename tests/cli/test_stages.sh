#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Stage by stage gives what one run gives; a second run does nothing; a changed setting runs only
# what depends on it.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3 jq
python3 "$SOURCE/tests/corpus.py" 600 >"$TMP/corpus.jsonl"
(umask 0 && "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/whole" --profile none --quiet)
# whatever the umask: nobody else reads anything of the run's, or writes what may be shown
find "$TMP/whole" ! -name atlas.db -printf '%m %f\n' | sort >"$TMP/modes"
[ "$(grep -cE '^(600 .*|700 whole)$' "$TMP/modes")" = "$(wc -l <"$TMP/modes")" ] ||
    fail "others may look: $(cat "$TMP/modes")"
[ "$(stat -c %a "$TMP/whole/atlas.db")" = 644 ] || fail "the atlas is not for reading alone"
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/steps" --profile none --quiet
# reading does not hash the models of the stages behind it
hashed() {
    sqlite3 "$TMP/steps/vault.db" \
        "SELECT count(*) FROM setting WHERE key LIKE 'digest of %safetensors%'"
}
[ "$(hashed)" = 0 ] || fail "ingest alone hashed the embedder"
for stage in bound facet embed cluster threshold describe hierarchy audit map publish; do
    "$CLIO" $stage "$TMP/steps" --quiet
done
[ "$(hashed)" = 1 ] || fail "no digest of the embedder is kept"
sqlite3 "$TMP/whole/atlas.db" .dump >"$TMP/whole.sql"
sqlite3 "$TMP/steps/atlas.db" .dump >"$TMP/steps.sql"
expect_same "$TMP/whole.sql" "$TMP/steps.sql"

# the owner's view: who is where, by the ids of the export; in this mode its counts are exact, and
# copies count once
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/own" --profile none --privacy local --quiet
"$CLIO" export "$TMP/own" --format json |
    jq -r '.clusters[] | select(.level == 0) | "\(.id)|\(.n_conversations)"' | sort >"$TMP/shown"
sqlite3 "$TMP/own/vault.db" 'SELECT cluster_id, count(*) FROM assignment
    JOIN conversation ON external_id = conversation_id
    WHERE cluster_id IS NOT NULL AND seq NOT IN (SELECT seq FROM copy)
    AND seq NOT IN (SELECT seq FROM left_out) GROUP BY cluster_id' | sort >"$TMP/view"
expect_same "$TMP/shown" "$TMP/view"

states() { "$CLIO" status "$1" --json | jq -r '.stages[] | "\(.name) \(.state) \(.ms)"'; }
states "$TMP/whole" >"$TMP/before"
[ "$(grep -c ' done ' "$TMP/before")" = 11 ] || fail "not every stage is done"
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/whole" --profile none --quiet
states "$TMP/whole" >"$TMP/after"
expect_same "$TMP/before" "$TMP/after" # milliseconds too: nothing worked again

# a setting of one stage: that stage and the ones behind it work again, nothing before it
before=$(states "$TMP/whole" | head -n 7)
"$CLIO" hierarchy "$TMP/whole" --top-level 3 --quiet
[ "$(states "$TMP/whole" | grep -c ' done ')" = 8 ] || fail "not what is up to hierarchy is done"
[ "$(states "$TMP/whole" | head -n 7)" = "$before" ] || fail "a stage before hierarchy worked again"
"$CLIO" run --out "$TMP/whole" --quiet # goes on with what it was made from
[ "$(states "$TMP/whole" | grep -c ' done ')" = 11 ] || fail "the run did not go on"
n=$(sqlite3 "$TMP/whole/atlas.db" 'SELECT count(*) FROM cluster WHERE parent_id IS NULL')
[ "$n" -le 3 ] || fail "$n clusters are at the top, wanted at most 3"
"$CLIO" run --out "$TMP/whole" --min-conversations 20 --quiet
n=$(sqlite3 "$TMP/whole/atlas.db" 'SELECT count(*) FROM cluster WHERE n_conversations < 20')
[ "$n" = 0 ] || fail "$n clusters are under the new floor"

rm "$TMP/whole/atlas.db"
"$CLIO" run --out "$TMP/whole" --quiet
[ -s "$TMP/whole/atlas.db" ] || fail "the atlas was not made anew"
