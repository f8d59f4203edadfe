#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# --where and --screen: which conversations an atlas is of. The screen asks a server and a small
# model in the process; what it leaves out is counted in status, tree and atlas.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 jq python3
python3 "$SOURCE/tests/corpus.py" 400 >"$TMP/corpus.jsonl"
start_answerer '{"yes": "trip"}'
asked() { grep -c "\"kind\": \"$1\"" "$TMP/server/requests.jsonl" || true; }
query() { sqlite3 "$1/vault.db" "$2"; }
left_out() { "$CLIO" status "$1" --json | jq -r ".stages[] | select(.name == \"$2\").n_left_out"; }

# without a question there is no such stage, and profile none refuses one before anything is read
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/plain" --profile none --quiet
"$CLIO" status "$TMP/plain" >"$TMP/out"
expect_no_text "$TMP/out" screen
expect_exit 2 "$CLIO" screen "$TMP/plain"
expect_text "$TMP/err" "no stage screen"
expect_exit 2 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/none" --profile none --screen "A trip?"
expect_text "$TMP/err" "profile none has none"
[ "$(query "$TMP/none" 'SELECT count(*) FROM conversation')" = 0 ] || fail "the corpus was read"

# only what the model says yes to goes on
screened() { # DIR [flag…]
    "$CLIO" run "$TMP/corpus.jsonl" --out "$1" --profile remote --model m --titles phrases \
        --screen "Does the person plan a trip?" --quiet "${@:2}"
}
n_all=$(wc -l <"$TMP/corpus.jsonl")
n_yes=$(grep -ci '"text": ".*trip' "$TMP/corpus.jsonl")
screened "$TMP/trips"
query "$TMP/trips" "SELECT count(*) FROM facet_value f JOIN conversation c USING (seq) WHERE
    f.facet = 'request' AND c.turns NOT LIKE '%trip%'" >"$TMP/out"
[ "$(cat "$TMP/out")" = 0 ] || fail "a conversation that was screened out has facets"
yes=$(query "$TMP/trips" "SELECT count(*) FROM screen_answer WHERE answer = 'yes'")
no=$(query "$TMP/trips" "SELECT count(*) FROM screen_answer WHERE answer = 'no'")
copies=$(query "$TMP/trips" "SELECT count(*) FROM copy")
[ $((yes + no + copies)) = "$n_all" ] || fail "$yes yes, $no no and $copies copies of $n_all"
[ "$yes" -gt 10 ] && [ "$yes" -le "$n_yes" ] || fail "$yes yes where $n_yes speak of trips"
[ "$(asked screen)" = $((yes + no)) ] || fail "$(asked screen) questions for $((yes + no))"
[ "$(left_out "$TMP/trips" screen)" = "$no" ] || fail "status: $(left_out "$TMP/trips" screen)"
"$CLIO" tree "$TMP/trips" >"$TMP/tree"
expect_text "$TMP/tree" "Chosen by --screen: the model said no to"
round=$(((no + 7) / 15 * 15))
"$CLIO" export "$TMP/trips" --format json >"$TMP/json"
[ "$(jq -r '.run | "\(.screen) \(.note_screen_said_no)"' "$TMP/json")" = "yes $round" ] ||
    fail "the atlas says $(jq -c .run "$TMP/json")"
expect_no_text "$TMP/json" "plan a trip?"
"$CLIO" evaluate spend "$TMP/trips" --json |
    jq -e '.steps[0] | .step == "screen" and .tokens_in > 0' >/dev/null ||
    fail "no row of the screen"

# run again nothing is asked; another question begins anew; no question gives the plain atlas
before=$(asked screen)
screened "$TMP/trips"
[ "$(asked screen)" = "$before" ] || fail "a second run asked again"
screened "$TMP/trips" --screen "Is a trip planned?"
[ "$(asked screen)" = $((2 * before)) ] || fail "another question was not asked"
screened "$TMP/trips" --screen "" --profile none
sqlite3 "$TMP/trips/atlas.db" .dump >"$TMP/trips.sql"
sqlite3 "$TMP/plain/atlas.db" .dump >"$TMP/plain.sql"
expect_same "$TMP/plain.sql" "$TMP/trips.sql"
[ "$(query "$TMP/trips" 'SELECT count(*) FROM screened_out')" = 0 ] || fail "old answers stayed"

# what is neither yes nor no is asked for once more and then a gap, counted by its reason; yes to
# nothing where all was answered is an error
echo '{"screen": "<answer>no</answer>"}' >"$TMP/server/rules.json"
expect_exit 65 screened "$TMP/no"
expect_text "$TMP/err" "for none of"
expect_text "$TMP/err" "ask another question"
echo '{"screen": "perhaps"}' >"$TMP/server/rules.json"
expect_exit 5 screened "$TMP/perhaps"
expect_text "$TMP/err" "(no-answer $((yes + no))), so there is no atlas; ask another question"
expect_exit 4 screened "$TMP/poor" --max-time 0.00002
expect_text "$TMP/err" "(not-asked $((yes + no))), so there is no atlas; the same command with a"
[ "$(query "$TMP/perhaps" "SELECT DISTINCT answer FROM screen_answer")" = no-answer ] ||
    fail "perhaps was taken for an answer"

# killed and gone on with: the same answers
echo '{"yes": "a"}' >"$TMP/server/rules.json"
screened "$TMP/calm" --sample 200
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/killed" --profile remote --model m --titles phrases \
    --screen "Does the person plan a trip?" --quiet --sample 200 9>&- &
busy=$!
want=$(($(asked screen) + 60))
for _ in $(seq 200); do [ "$(asked screen)" -ge $want ] && break; sleep 0.01; done
kill -9 $busy 2>/dev/null || true
wait $busy 2>/dev/null || true
screened "$TMP/killed" --sample 200
for run in calm killed; do
    sqlite3 "$TMP/$run/atlas.db" .dump >"$TMP/$run.sql"
done
expect_same "$TMP/calm.sql" "$TMP/killed.sql"

# by words, in profile none; told in tree and atlas
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/where" --profile none --where '(?i)\btrip\b' --quiet
[ "$(left_out "$TMP/where" ingest)" = $((n_all - $(grep -ciw trip "$TMP/corpus.jsonl"))) ] ||
    fail "$(left_out "$TMP/where" ingest) filtered"
"$CLIO" tree "$TMP/where" >"$TMP/tree"
expect_text "$TMP/tree" "Chosen by --where:"
expect_exit 2 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/wrong" --profile none --where 'user~['
expect_text "$TMP/err" "--where"

# the small model in this process answers too
if [ -e "$MODEL" ]; then
    head -n 20 "$TMP/corpus.jsonl" >"$TMP/few.jsonl"
    status=0
    "$CLIO" ingest "$TMP/few.jsonl" --out "$TMP/small" --screen "Is it about food?" --quiet
    "$CLIO" screen "$TMP/small" --quiet 2>"$TMP/err" || status=$?
    [ $status = 0 ] || [ $status = 65 ] || fail "the small model: $(cat "$TMP/err")"
    n=$(query "$TMP/small" "SELECT count(*) FROM screen_answer WHERE answer IN ('yes', 'no')")
    [ "$n" = 20 ] || fail "the small model said neither yes nor no"
fi
