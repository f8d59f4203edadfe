#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A ceiling that is reached while vectors are asked of a server: what has one becomes a valid atlas
# that says what is missing, the exit code is 4, a replay gives the same atlas, and the next command
# ends as a run that never had a ceiling. Questions leave a part of the ceiling to the vectors.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool curl sqlite3 jq python3
unset OPENAI_API_KEY OPENAI_BASE_URL OPENAI_API_BASE ANTHROPIC_API_KEY ANTHROPIC_BASE_URL \
    ANTHROPIC_AUTH_TOKEN OLLAMA_HOST
oracle_corpus 420
mv "$TMP/corpus.jsonl" "$TMP/all.jsonl"
head -n 300 "$TMP/all.jsonl" >"$TMP/corpus.jsonl"
tail -n +301 "$TMP/all.jsonl" >"$TMP/more.jsonl"
"$(dirname "$CLIO")/tests/tool_provider" 0 "$TMP/truth.tsv" >"$TMP/port" &
at_exit "kill $! 2>/dev/null; wait 2>/dev/null"
wait_for "$TMP/port"
host=127.0.0.1:$(cat "$TMP/port")
prices() { printf 'little,%s,0\noracle,%s,%s\n' "$1" "$2" "$2" >"$TMP/prices"; }
ask=(--base-url "http://$host" --prices "$TMP/prices")
run() { # DIR [flag…]
    "$CLIO" run "$TMP/corpus.jsonl" --out "$1" --profile remote --model oracle \
        --embeddings remote --embedder little --clusters 12 --top-level 3 --tree linkage \
        "${ask[@]}" "${@:2}"
}
dump() { sqlite3 "$1/atlas.db" .dump >"$1.sql"; }
query() { sqlite3 "$1/vault.db" "$2"; }

prices 1000 0
expect_exit 0 run "$TMP/good"
dump "$TMP/good"
n_all=$(query "$TMP/good" "SELECT count(*) FROM placed")

# in the middle of the vectors
expect_exit 4 run "$TMP/part" --max-cost 14
n=$(query "$TMP/part" "SELECT count(*) FROM placed")
[ "$n" -gt 100 ] && [ "$n" -lt "$n_all" ] || fail "$n of $n_all conversations have a vector"
left=$((n_all - n))
expect_text "$TMP/err" "gaps: $left of $n_all conversations have no vector and are left out"
expect_text "$TMP/err" "the same command with a higher ceiling asks again"
spent=$(sed -n 's/.*vectors, \([0-9.]*\) dollars$/\1/p' "$TMP/err")
awk -v s="$spent" 'BEGIN { exit !(s > 0 && s <= 14) }' || fail "spent: $spent"
"$CLIO" status "$TMP/part" >"$TMP/status"
expect_text "$TMP/status" "embed: $left questions have no answer that can be used; not asked: $left"
"$CLIO" status "$TMP/part" --json |
    jq -e ".stages[] | select(.name == \"embed\") |
        .n_left_out == $left and .n_not_asked == $left" >/dev/null ||
    fail "status --json does not say so"
"$CLIO" tree "$TMP/part" >"$TMP/tree.txt"
grep -qE 'With gaps: about [0-9]+ conversations have no vector' "$TMP/tree.txt" ||
    fail "$(cat "$TMP/tree.txt")"
"$CLIO" export "$TMP/part" --format json | jq -e '.run.note_embed_without_vector > 0' >/dev/null ||
    fail "the atlas does not say what is missing"
expect_exit 0 "$CLIO" audit "$TMP/part"
dump "$TMP/part"

# again from the answers and vectors alone
mkdir "$TMP/again"
cp "$TMP/part/answers.jsonl" "$TMP/part/vectors.jsonl" "$TMP/again/"
expect_exit 4 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/again" --profile remote --model oracle \
    --embeddings remote --embedder little --clusters 12 --top-level 3 --tree linkage --replay
dump "$TMP/again"
expect_same "$TMP/part.sql" "$TMP/again.sql"

# the same command without the ceiling
expect_exit 0 "$CLIO" run --out "$TMP/part" --max-cost 0 "${ask[@]}"
expect_no_text "$TMP/err" "no vector"
dump "$TMP/part"
expect_same "$TMP/good.sql" "$TMP/part.sql"
[ "$(query "$TMP/part" "SELECT count(*) FROM stage_note WHERE key = 'without_vector'")" = 0 ] ||
    fail "the note of what is missing stays"

# vectors that are kept count wherever they lie: what is missing stands before and between them
mkdir "$TMP/holes"
awk 'NR % 3 == 0' "$TMP/good/vectors.jsonl" >"$TMP/third"
cat <(head -n 400 "$TMP/good/vectors.jsonl" | grep -vFf "$TMP/third") "$TMP/third" \
    >"$TMP/holes/vectors.jsonl"
cp "$TMP/good/answers.jsonl" "$TMP/holes/"
expect_exit 4 run "$TMP/holes" --max-cost 0.001
n=$(query "$TMP/holes" "SELECT count(*) FROM placed")
last=$(query "$TMP/holes" "SELECT max(seq) FROM placed")
first=$(query "$TMP/holes" "SELECT min(seq) FROM facet_value WHERE facet = 'request' AND seq NOT IN
    (SELECT seq FROM placed)")
[ "$n" -lt "$n_all" ] && [ "$first" -lt "$last" ] || fail "no gap between: $n, $first, $last"
cp -r "$TMP/holes" "$TMP/part_holes"
expect_exit 0 "$CLIO" run --out "$TMP/holes" --max-cost 0 "${ask[@]}"
dump "$TMP/holes"
expect_same "$TMP/good.sql" "$TMP/holes.sql"

# a run that grows asks for them, too; what has none then is filed nowhere, and comes in later
for dir in grown capped; do cp -r "$TMP/part_holes" "$TMP/$dir"; done
expect_exit 0 "$CLIO" append "$TMP/grown" "$TMP/more.jsonl" --max-cost 0 "${ask[@]}"
expect_exit 4 "$CLIO" append "$TMP/capped" "$TMP/more.jsonl" --max-cost 0.001 "${ask[@]}"
expect_text "$TMP/err" "conversations have no vector and are left out"
"$CLIO" tree "$TMP/capped" >"$TMP/tree.txt" || fail "no valid atlas"
[ "$(query "$TMP/capped" "SELECT count(*) FROM placed WHERE seq = $first")" = 0 ] ||
    fail "conversation $first is placed without a vector"
expect_exit 0 "$CLIO" run --out "$TMP/capped" --max-cost 0 "${ask[@]}"
n=$(query "$TMP/grown" "SELECT count(*) FROM facet_value WHERE facet = 'request'")
for dir in grown capped; do
    [ "$(query "$TMP/$dir" "SELECT count(*) FROM placed")" = "$n" ] || fail "$dir lacks some of $n"
done

# too few for a cluster: a sentence, and the next command goes on
expect_exit 4 run "$TMP/few" --max-cost 3
expect_text "$TMP/err" "0 of $n_all conversations have a vector and a cluster needs 15, so there"
[ ! -e "$TMP/few/atlas.db" ] || fail "there is an atlas of nobody"
expect_exit 0 "$CLIO" run --out "$TMP/few" --max-cost 0 "${ask[@]}"
dump "$TMP/few"
expect_same "$TMP/good.sql" "$TMP/few.sql"

# --max-time, over before the first vector
expect_exit 4 run "$TMP/late_time" --max-time 1e-9
expect_text "$TMP/err" "--max-time is used up"
expect_text "$TMP/err" "0 of $n_all conversations have a vector"
expect_exit 0 "$CLIO" run --out "$TMP/late_time" --max-time 0 "${ask[@]}"
dump "$TMP/late_time"
expect_same "$TMP/good.sql" "$TMP/late_time.sql"

# vectors of titles: titles are not told apart and the tree is by linkage until they are asked for
start_answerer '{}'
at_exit 'exec 9>&-' # or the wait for the other server would never end
tree() { # DIR [flag…]; the server puts groups anywhere, with this seed under two parents at least
    "$CLIO" run "$TMP/corpus.jsonl" --out "$1" --profile remote --model m --auditor program \
        --tree model --titles model --embeddings remote --embedder little --clusters 12 \
        --top-level 3 --seed 2 --embeddings-url "http://$host" --prices "$TMP/prices" "${@:2}"
}
expect_exit 0 tree "$TMP/tree"
dump "$TMP/tree"
mkdir "$TMP/late"
cp "$TMP/tree/answers.jsonl" "$TMP/late/"
n=$(grep -c . "$TMP/tree/vectors.jsonl")
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/late" --profile remote --model m --quiet
for stage in bound facet embed; do
    "$CLIO" "$stage" "$TMP/late" --embeddings remote --embedder little --quiet \
        --embeddings-url "http://$host" --prices "$TMP/prices"
done
[ "$(grep -c . "$TMP/late/vectors.jsonl")" -lt "$n" ] || fail "titles have no vectors of their own"
expect_exit 4 tree "$TMP/late" --max-cost 0.001
expect_text "$TMP/err" "(describe: not-asked 1; hierarchy: not-asked 1)"
"$CLIO" tree "$TMP/late" >"$TMP/tree.txt" || fail "no valid atlas"
expect_exit 0 "$CLIO" run --out "$TMP/late" --max-cost 0 --embeddings-url "http://$host"
dump "$TMP/late"
expect_same "$TMP/tree.sql" "$TMP/late.sql"

# questions that reach the ceiling leave a tenth of it to the vectors
prices 1 10
unset CLIO_BASE_URL
expect_exit 4 run "$TMP/asked" --max-cost 0.8
expect_text "$TMP/err" "but for a part that is kept for what comes after"
expect_text "$TMP/err" "facets by rule, not by the model"
expect_no_text "$TMP/err" "no vector"
[ "$(query "$TMP/asked" "SELECT count(*) FROM placed")" = "$n_all" ] || fail "some have no vector"
"$CLIO" tree "$TMP/asked" >"$TMP/tree.txt" || fail "no valid atlas"
expect_exit 0 "$CLIO" run --out "$TMP/asked" --max-cost 0 "${ask[@]}"
