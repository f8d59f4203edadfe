#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Profile remote against a server on loopback: which address and key are used, both dialects, that
# keys stay where they are, ceilings of money and time, resuming, replay, and finding the server's
# limit.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool curl sqlite3 jq python3
start_provider
unset OPENAI_API_KEY OPENAI_BASE_URL OPENAI_API_BASE ANTHROPIC_API_KEY ANTHROPIC_BASE_URL \
    ANTHROPIC_AUTH_TOKEN OLLAMA_HOST
set_server() { curl -sf "http://$host/set?$1" >/dev/null; }
count() { curl -sf "http://$host/count" | jq -r ".$1"; }
facets() { sqlite3 "$1/vault.db" 'SELECT facet, seq, value FROM facet_value ORDER BY facet, seq'; }
python3 "$SOURCE/tests/corpus.py" 240 >"$TMP/corpus.jsonl"
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/start" --profile remote --model oracle --quiet
"$CLIO" bound "$TMP/start" --quiet
facet() { # directory [flag…]
    "$CLIO" facet "$1" --retry-wait 0.02 --tries 4 "${@:2}"
}
fresh() { rm -rf "$TMP/run" && cp -r "$TMP/start" "$TMP/run"; }

# no provider, and two of them
fresh
expect_exit 78 facet "$TMP/run"
expect_text "$TMP/err" OPENAI_API_KEY
expect_exit 78 env OPENAI_API_KEY=a ANTHROPIC_API_KEY=b "$CLIO" facet "$TMP/run"
expect_text "$TMP/err" --provider

# a query stays behind the path; a fragment, or a key in a query, is refused before anything is read
for wrong in "#x" "?key=x"; do
    expect_exit 78 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/wrong" --profile remote --model m \
        --base-url "http://$host/v1$wrong"
    expect_text "$TMP/err" "the URL of --base-url has a"
    [ "$(sqlite3 "$TMP/wrong/vault.db" 'SELECT count(*) FROM conversation')" = 0 ] ||
        fail "the corpus was read"
done

# addresses, with and without /v1, by flag and by variable; the key as each dialect has it
expect_exit 0 env OPENAI_API_KEY=key-1 "$CLIO" facet "$TMP/run" --base-url "http://$host"
expect_text "$TMP/err" "goes to $host"
facets "$TMP/run" >"$TMP/want"
n=$(($(wc -l <"$TMP/want") / 5))
[ "$(count requests) $(count path) $(count key)" = "$n /v1/chat/completions Bearer key-1" ] ||
    fail "$(curl -sf "http://$host/count")"
try_address() { # path key variable=value…
    fresh
    set_server ""
    expect_exit 0 env "${@:3}" "$CLIO" facet "$TMP/run"
    [ "$(count path) $(count key)" = "$1 $2" ] || fail "${*:3}: $(curl -sf "http://$host/count")"
    facets "$TMP/run" | cmp -s "$TMP/want" - || fail "${*:3}: other facets"
}
try_address /v1/chat/completions "Bearer k2" OPENAI_API_KEY=k2 OPENAI_BASE_URL="http://$host/v1/"
try_address /x/v3/chat/completions "Bearer k2" OPENAI_API_BASE="http://$host/x/v3"
try_address /v1/chat/completions "Bearer k2" OLLAMA_HOST="$host"
try_address /v1/messages k3 ANTHROPIC_API_KEY=k3 ANTHROPIC_BASE_URL="http://$host"
try_address /v1/messages "Bearer k4" ANTHROPIC_AUTH_TOKEN=k4 ANTHROPIC_BASE_URL="http://$host/v1"
CLIO_BASE_URL=http://$host
export CLIO_BASE_URL

# a run directory of somebody else does not choose where a key of the environment goes: an address
# that only the directory names gets none, but for loopback and the vendors' own
fresh
sqlite3 "$TMP/run/vault.db" \
    "UPDATE setting SET value = 'https://collector.example/v1' WHERE key = 'base-url'"
expect_exit 78 env -u CLIO_BASE_URL OPENAI_API_KEY=key-7 "$CLIO" facet "$TMP/run"
expect_text "$TMP/err" "add --base-url https://collector.example/v1"
expect_no_text "$TMP/err" key-7
set_server ""
expect_exit 0 env -u CLIO_BASE_URL OPENAI_API_KEY=key-7 "$CLIO" facet "$TMP/run" \
    --base-url "http://$host"
[ "$(count key)" = "Bearer key-7" ] || fail "a server that is named got no key"

# a key that the server repeats in its errors stands nowhere but in its header
key=sk-canary-0123456789abcdef
for fault in 401-echo 500-echo 429-after-day close-all page-all stall; do
    fresh
    set_server "fault=$fault"
    status=0
    OPENAI_API_KEY=$key facet "$TMP/run" --timeout 1 --verbose >"$TMP/all" 2>&1 || status=$?
    [ $status = 75 ] || [ $status = 78 ] || [ $fault = stall ] || fail "$fault: exit $status"
    expect_no_text "$TMP/all" canary
    if grep -rqF canary "$TMP/run"; then fail "$fault: the key is in the run directory"; fi
done
fresh
set_server "fault=stall&mode=all"
OPENAI_API_KEY=$key "$CLIO" facet "$TMP/run" --quiet &
busy=$!
for _ in $(seq 50); do [ "$(count requests)" -gt 0 ] && break; sleep 0.1; done
grep -q 'Max core file size *0 *0' /proc/$busy/limits || fail "the process could leave a core dump"
if tr '\0' ' ' </proc/$busy/cmdline | grep -q canary; then fail "the key is an argument"; fi
kill -9 $busy
wait $busy 2>/dev/null || true

# nobody listens: the run ends with nothing written, and goes on when somebody does
fresh
expect_exit 75 facet "$TMP/run" --base-url http://127.0.0.1:1
expect_text "$TMP/err" "no connection can be made, 4 times for one request"
[ -z "$(facets "$TMP/run")" ] || fail "values from nobody"
set_server ""
expect_exit 0 facet "$TMP/run" --base-url "http://$host"
[ "$(count requests)" = "$n" ] || fail "$(count requests) requests for $n"
facets "$TMP/run" | cmp -s "$TMP/want" - || fail "other facets after nobody listened"

# killed and gone on with: what was answered is not asked for again
fresh
set_server "latency=60&capacity=0"
"$CLIO" facet "$TMP/run" --in-flight 8 --quiet &
busy=$!
for _ in $(seq 100); do [ "$(count requests)" -gt $((n / 3)) ] && break; sleep 0.02; done
kill -9 $busy
wait $busy 2>/dev/null || true
set_server ""
known=$(wc -l <"$TMP/run/answers.jsonl")
[ "$known" -gt 5 ] || fail "nothing was kept of what was answered"
printf '{"key":"cut off in the mid' >>"$TMP/run/answers.jsonl"
expect_exit 0 facet "$TMP/run"
[ "$(count requests)" = $((n - known)) ] || fail "$(count requests) asked, $known of $n known"
facets "$TMP/run" | cmp -s "$TMP/want" - || fail "other facets after a kill"
[ "$(stat -c %a "$TMP/run/answers.jsonl")" = 600 ] || fail "answers.jsonl can be read by others"

# the whole line, and the same from the answers alone, with nobody to ask
set_server ""
expect_exit 0 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/whole" --profile remote --model oracle \
    --titles phrases
# what that took: the tokens that the server counted, the paper's table for as many conversations
printf 'oracle,10,20\n' >"$TMP/prices"
"$CLIO" evaluate spend "$TMP/whole" --prices "$TMP/prices" --json >"$TMP/spend.json"
jq -e --argjson tokens "$(count tokens)" '
    (.steps[-1] | .step == "total" and .tokens_in + .tokens_out == $tokens and
        (.dollars - (.tokens_in * 10 + .tokens_out * 20) / 1e6 | fabs) < 1e-4) and
    (.n as $n | .steps[1] | .step == "facet" and .paper_in == (1300 * $n))
    ' "$TMP/spend.json" >/dev/null || fail "$(cat "$TMP/spend.json"), $(count tokens) counted"
"$CLIO" evaluate spend "$TMP/whole" >"$TMP/spend.txt"
expect_text "$TMP/spend.txt" "the paper's table"
expect_exit 65 "$CLIO" evaluate spend "$TMP/start"
mkdir "$TMP/again"
cp "$TMP/whole/answers.jsonl" "$TMP/again/"
expect_exit 0 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/again" --profile remote --model oracle \
    --titles phrases --provider replay
for run in whole again; do sqlite3 "$TMP/$run/atlas.db" .dump >"$TMP/$run.sql"; done
expect_same "$TMP/whole.sql" "$TMP/again.sql"
rm "$TMP/again/answers.jsonl"
expect_exit 66 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/none" --profile remote --model oracle \
    --provider replay

# a run that is missing something is repeated from its answers with the same things missing: in a
# fresh directory, and in a copy of its own
replays() { # DIR exit [flag…]
    rm -rf "$TMP/again" "$TMP/copy"
    cp -r "$1" "$TMP/copy"
    mkdir "$TMP/again"
    cp "$1/answers.jsonl" "$TMP/again/"
    expect_exit "$2" "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/again" --profile remote \
        --model oracle --replay "${@:3}"
    expect_exit "$2" "$CLIO" run --out "$TMP/copy" --replay
    for run in "$1" "$TMP/again" "$TMP/copy"; do
        sqlite3 "$run/atlas.db" .dump >"$TMP/$(basename "$run").sql"
    done
    expect_same "$TMP/$(basename "$1").sql" "$TMP/again.sql"
    expect_same "$TMP/$(basename "$1").sql" "$TMP/copy.sql"
    cmp "$1/answers.jsonl" "$TMP/copy/answers.jsonl" || fail "a replay writes answers"
}

# a ceiling of money: never passed, a valid atlas with what is there, gone on with later
printf '# dollars\noracle,10,10\n' >"$TMP/prices"
set_server ""
expect_exit 78 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/cost" --profile remote --model oracle \
    --titles phrases --prices /dev/null --max-cost 1 --base-url http://192.0.2.1
expect_text "$TMP/err" "price of oracle"
rm -rf "$TMP/cost"
expect_exit 4 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/cost" --profile remote --model oracle \
    --titles phrases --prices "$TMP/prices" --max-cost 0.5 --base-url "http://$host"
expect_text "$TMP/err" "not-asked"
[ "$(count tokens)" -le 50000 ] || fail "$(count tokens) tokens for 0.5 dollars at 10 a million"
[ "$(count tokens)" -ge 5000 ] || fail "the ceiling lets nearly nothing through"
"$CLIO" tree "$TMP/cost" >"$TMP/tree" || fail "no valid atlas at the ceiling"
"$CLIO" export "$TMP/cost" --format json | jq -e '.run.note_facet_by_rule_instead > 0' >/dev/null ||
    fail "the atlas does not say what is missing"
replays "$TMP/cost" 4 --titles phrases
# a second ceiling, with other conversations without an answer
expect_exit 4 "$CLIO" run --out "$TMP/cost" --prices "$TMP/prices" --max-cost 0.5
replays "$TMP/cost" 4 --titles phrases
expect_exit 0 "$CLIO" run --out "$TMP/cost"
replays "$TMP/cost" 0 --titles phrases
facets "$TMP/cost" | cmp -s "$TMP/want" - || fail "other facets after the ceiling was lifted"
expect_exit 4 "$CLIO" run --out "$TMP/cost" --titles model --prices "$TMP/prices" --max-cost 0.001
expect_text "$TMP/err" "questions about clusters have no answer"
expect_text "$TMP/err" "describe: not-asked"
"$CLIO" tree "$TMP/cost" >"$TMP/tree" || fail "no valid atlas at the ceiling of titles"
expect_text "$TMP/tree" "without an answer about titles (not asked "
"$CLIO" status "$TMP/cost" >"$TMP/status"
expect_text "$TMP/status" "questions have no answer that can be used"
replays "$TMP/cost" 4 --titles model
# under a higher ceiling they are asked; what this server says about clusters is no use
expect_exit 5 "$CLIO" run --out "$TMP/cost" --prices "$TMP/prices" --max-cost 10
expect_text "$TMP/err" "describe: unusable"
expect_no_text "$TMP/err" "not-asked"
replays "$TMP/cost" 5 --titles model
# faults that stay are repeated as well, by their reasons
for fault in page-always 500-always 400-some refusal prose; do
    set_server "fault=$fault"
    rm -rf "$TMP/gaps"
    expect_exit 5 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/gaps" --profile remote \
        --model oracle --titles phrases --tries 2 --retry-wait 0.02 --quiet
    replays "$TMP/gaps" 5 --titles phrases
done
rm -rf "$TMP/gaps"
set_server ""

# a ceiling of time: 1.2 s of answers that take 0.4 s are three rounds of four, and on a slow
# machine fewer
fresh
set_server "latency=400"
expect_exit 4 facet "$TMP/run" --max-time 0.02 --in-flight 4
[ "$(count requests)" -le 12 ] || fail "$(count requests) requests in 1.2 s, four at a time"

# a request on a connection that breaks off goes out once, and each attempt is counted
fresh
set_server "fault=close"
expect_exit 0 facet "$TMP/run" --in-flight 1
facets "$TMP/run" | cmp -s "$TMP/want" - || fail "other facets from a server that breaks off"
sent=$(grep -o '[0-9]* requests sent' "$TMP/err" | tail -n 1)
[ "$sent" = "$(count requests) requests sent" ] || fail "$sent, $(count requests) came"

# answers of another server with the same name of a model are named
fresh
set_server ""
facet "$TMP/run" --quiet
rm -rf "$TMP/moved" && cp -r "$TMP/start" "$TMP/moved" && cp "$TMP/run/answers.jsonl" "$TMP/moved"
expect_exit 0 facet "$TMP/moved" --base-url "http://127.0.0.2:1"
expect_text "$TMP/err" "holds answers of $host"
rm -rf "$TMP/moved" && cp -r "$TMP/start" "$TMP/moved" && cp "$TMP/run/answers.jsonl" "$TMP/moved"
expect_exit 0 facet "$TMP/moved"
expect_no_text "$TMP/err" "holds answers of"

# the server's limit is found: of all requests few are turned away
fresh
set_server "latency=20&capacity=24"
expect_exit 0 facet "$TMP/run" --in-flight 512 --tries 30
facets "$TMP/run" | cmp -s "$TMP/want" - || fail "other facets from a server with a limit"
[ "$(count busy)" -le $((n / 3)) ] || fail "$(count busy) of $(count requests) turned away"
[ "$(count most)" -ge 12 ] || fail "at most $(count most) at a time where 24 are possible"

# answers that say that none is left for a moment: each wave waits for it
fresh
set_server "fault=limit-told"
from=$(date +%s%N)
expect_exit 0 facet "$TMP/run" --in-flight 8
[ $((($(date +%s%N) - from) / 1000000)) -ge $((n / 8 * 30)) ] || fail "no wave waited"
facets "$TMP/run" | cmp -s "$TMP/want" - || fail "other facets from a server that tells its limit"

# where only gaps are left to ask for, a quota that is used up ends the run all the same
fresh
set_server "fault=page-always"
expect_exit 5 facet "$TMP/run" --quiet
set_server "fault=quota"
expect_exit 69 facet "$TMP/run"
expect_text "$TMP/err" "quota or credit is used up"

# answers that the next run asks for, and a whole line with gaps
fresh
set_server "fault=prose"
expect_exit 5 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/gaps" --profile remote --model oracle \
    --titles phrases --quiet
expect_text "$TMP/err" "no-json"
"$CLIO" tree "$TMP/gaps" >"$TMP/tree" || fail "no valid atlas with gaps"
