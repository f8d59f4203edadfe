#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# --embeddings remote: vectors by a server's /v1/embeddings. Batches, address and key, the same
# vectors through faults, answers that are no vectors refused, interruption, --offline, ceilings,
# nothing asked twice, and a replay.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool curl sqlite3 jq python3
start_provider
unset OPENAI_API_KEY OPENAI_BASE_URL OPENAI_API_BASE ANTHROPIC_API_KEY ANTHROPIC_BASE_URL \
    ANTHROPIC_AUTH_TOKEN OLLAMA_HOST
set_server() { curl -sf "http://$host/set?$1" >/dev/null; }
count() { curl -sf "http://$host/count" | jq -r ".$1"; }
vectors() { sqlite3 "$1/vault.db" 'SELECT hex(vectors) FROM vector_block ORDER BY 1'; }
python3 "$SOURCE/tests/corpus.py" 240 >"$TMP/corpus.jsonl"
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/start" --profile remote --model oracle --quiet
"$CLIO" bound "$TMP/start" --quiet
"$CLIO" facet "$TMP/start" --base-url "http://$host" --quiet
fresh() { rm -rf "$TMP/run" && cp -r "$TMP/start" "$TMP/run"; }
embed() {
    "$CLIO" embed "$TMP/run" --embeddings remote --embedder little --retry-wait 0.02 --tries 4 \
        --timeout 1 "$@"
}

# what is missing is said
fresh
expect_exit 78 "$CLIO" embed "$TMP/run" --embeddings remote --base-url "http://$host"
expect_text "$TMP/err" "--embedder NAME"
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/none" --profile none --embeddings remote \
    --embedder little --base-url "http://$host" >"$TMP/out" 2>"$TMP/err" &&
    fail "profile none sends"
expect_text "$TMP/err" "only --profile remote"

# the host is named, the key is sent, texts go in batches, the vectors are of unit length
set_server ""
expect_exit 0 env OPENAI_API_KEY=key-1 "$CLIO" embed "$TMP/run" --embeddings remote \
    --embedder little --base-url "http://$host"
expect_text "$TMP/err" "goes to $host on this machine, model little"
[ "$(count path) $(count key)" = "/v1/embeddings Bearer key-1" ] || fail "$(count path)"
n=$(sqlite3 "$TMP/run/vault.db" "SELECT count(*) FROM facet_value WHERE facet = 'request'")
[ "$(count requests)" -le $((n / 64 + 6)) ] || fail "$(count requests) requests for $n texts"
vectors "$TMP/run" >"$TMP/want"
[ "$(stat -c %a "$TMP/run/vectors.jsonl")" = 600 ] || fail "vectors.jsonl can be read by others"

# made anew they are those that are kept, whatever else was asked together with them
sqlite3 "$TMP/run/vault.db" 'DELETE FROM vector_block; DELETE FROM stage_run WHERE stage = "embed"'
set_server ""
expect_exit 0 embed --base-url "http://$host"
[ "$(count requests)" = 0 ] || fail "$(count requests) requests for what is kept"
vectors "$TMP/run" | cmp -s "$TMP/want" - || fail "other vectors from the file"
python3 - "$TMP/want" "$n" <<'PY' || fail "see the line above"
import math, struct, sys
rows = 0
for line in open(sys.argv[1]):
    data = bytes.fromhex(line.strip())
    numbers = struct.unpack(f"<{len(data) // 4}f", data)
    for i in range(0, len(numbers), 8):
        assert abs(math.hypot(*numbers[i:i + 8]) - 1) < 1e-5, "a vector is not of unit length"
        rows += 1
assert rows == int(sys.argv[2]), f"{rows} vectors of 8 numbers for {sys.argv[2]} texts"
PY

# the same vectors through what passes; an end with a sentence, and nothing wrong, for what does not
for fault in 429 429-after-ms 500-tenth reset close-in-body stall json-cut page; do
    fresh
    set_server "fault=$fault"
    expect_exit 0 embed --embeddings-url "http://$host/v1"
    vectors "$TMP/run" | cmp -s "$TMP/want" - || fail "$fault: other vectors"
done
while read -r fault want; do
    fresh
    set_server "fault=$fault&mode=all"
    expect_exit "$want" embed --embeddings-url "http://$host"
    [ $fault != 404 ] || expect_text "$TMP/err" "check --embeddings-url and --embedder"
    [ "$(vectors "$TMP/run" | wc -l)" = 0 ] || fail "$fault: vectors were kept"
    set_server ""
    expect_exit 0 embed --embeddings-url "http://$host"
    vectors "$TMP/run" | cmp -s "$TMP/want" - || fail "$fault: other vectors when gone on with"
done <<'ROWS'
401 78
404 78
quota 69
500 75
page 69
vectors-few 69
vectors-twice 69
vectors-text 69
vectors-uneven 69
vectors-far 69
vectors-zero 69
ROWS

# the faults of the other stages, one in twelve (EVERY=1: all): the same vectors, or an end with
# none; what is the answer of a chat is none here
set_server ""
fresh
embed --embeddings-url "http://$host" --quiet
calm=$(count requests) n_tried=0 n_shown=0
"$(dirname "$CLIO")/tests/tool_provider" --list | grep -v ^anthropic >"$TMP/list"
while read -r fault mode kind what; do
    if [ "$kind" != same ] || [ "$mode" = always ]; then mode=all; fi # there are few requests
    fresh
    set_server "fault=$fault&mode=$mode"
    status=0
    embed --embeddings-url "http://$host" --quiet >"$TMP/out" 2>&1 || status=$?
    n_shown=$((n_shown + (status > 0 || $(count requests) > calm))) n_tried=$((n_tried + 1))
    case $kind:$status in
    same:0 | same:69 | stop:"$what" | stop:69 | rule:69 | gap:69 | gap:75 | gap:78) ;;
    *) fail "$fault: exit $status, $kind $what: $(tail -n 1 "$TMP/out")" ;;
    esac
    if [ $status != 0 ]; then
        [ "$(vectors "$TMP/run" | wc -l)" = 0 ] || fail "$fault: vectors were kept"
        set_server ""
        expect_exit 0 embed --embeddings-url "http://$host"
    fi
    vectors "$TMP/run" | cmp -s "$TMP/want" - || fail "$fault: other vectors"
    echo "$fault $kind $what: $status"
done < <(awk -v e="${EVERY:-12}" 'NR % e == 0' "$TMP/list")
echo "$n_tried faults, $n_shown shown, $calm requests without"
[ $((4 * n_shown)) -ge $((3 * n_tried)) ] || fail "most faults were not seen"

# lists of long vectors
fresh
set_server "fault=vectors-wide&mode=all"
expect_exit 0 embed --embeddings-url "http://$host"

# nothing leaves this machine with --offline, and the ceiling counts these requests too
fresh
expect_exit 78 embed --offline --embeddings-url http://192.0.2.1
printf 'little,100000,0\noracle,0,0\n' >"$TMP/prices"
set_server ""
expect_exit 4 embed --embeddings-url "http://$host" --prices "$TMP/prices" --max-cost 1
[ "$(count requests)" -le 2 ] || fail "$(count requests) requests under a ceiling of one or none"

# the whole line
expect_exit 0 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/whole" --profile remote --model oracle \
    --titles phrases --embeddings remote --embedder little --base-url "http://$host" \
    --prices "$TMP/prices"
grep -qE '^clio: embed: [0-9]+ tokens in for vectors, [0-9.]+ dollars' "$TMP/err" ||
    fail "what the vectors took is not said: $(grep embed "$TMP/err")"
"$CLIO" evaluate spend "$TMP/whole" --prices "$TMP/prices" --json >"$TMP/spend"
jq -e '.steps | map(select(.step == "embed")) |
    .[0].tokens_in > 0 and (.[0].dollars - .[0].tokens_in / 10 | fabs) < 1e-6' \
    "$TMP/spend" >/dev/null ||
    fail "no row of vectors: $(cat "$TMP/spend")"
"$CLIO" export "$TMP/whole" --format json | jq -e '.run.embedder == "little"' >/dev/null ||
    fail "the atlas does not say who made the vectors"

# and again from the answers and vectors alone, with nobody to ask
mkdir "$TMP/again"
cp "$TMP/whole/answers.jsonl" "$TMP/whole/vectors.jsonl" "$TMP/again/"
replay() {
    "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/again" --profile remote --model oracle \
        --titles phrases --embeddings remote --embedder little --quiet --replay
}
expect_exit 0 replay
for run in whole again; do sqlite3 "$TMP/$run/atlas.db" .dump >"$TMP/$run.sql"; done
expect_same "$TMP/whole.sql" "$TMP/again.sql"
head -n 3 "$TMP/whole/vectors.jsonl" >"$TMP/few"
rm -r "$TMP/again" && mkdir "$TMP/again"
cp "$TMP/whole/answers.jsonl" "$TMP/again/" && cp "$TMP/few" "$TMP/again/vectors.jsonl"
expect_exit 66 replay
