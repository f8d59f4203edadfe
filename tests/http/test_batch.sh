#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `--batch` against both vendors' interfaces on loopback: the same atlas as without it, whatever
# goes wrong with a batch, and nothing paid for twice by a run that was stopped, killed, or lost the
# id.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool curl sqlite3 jq python3
unset OPENAI_API_KEY OPENAI_BASE_URL OPENAI_API_BASE ANTHROPIC_API_KEY ANTHROPIC_BASE_URL \
    ANTHROPIC_AUTH_TOKEN OLLAMA_HOST

start() { # polls until a batch has ended
    start_oracle --polls "$1"
    export CLIO_BASE_URL=$url
}
set_fault() { curl -sf "$url/set/$1" >/dev/null; }
count() { curl -sf "$url/count" | jq ".$1"; }
facets() { sqlite3 "$1/vault.db" 'SELECT facet, seq, value FROM facet_value ORDER BY facet, seq'; }

# The whole line through batches is the line without them. The vendor takes no form of the answer,
# which the first questions, those of the screen, do not ask for: that costs no batch.
oracle_corpus 600
start 1
set_fault no-schema
run() { # DIR [flag…]
    "$CLIO" run "$TMP/corpus.jsonl" --out "$1" --profile remote --model oracle --retry-wait 0.02 \
        --screen "Is it about anything at all?" "${@:2}"
}
expect_exit 0 run "$TMP/direct" --quiet
[ "$(count batches)" = 0 ] || fail "batches without --batch"
expect_exit 0 run "$TMP/batched" --batch
expect_text "$TMP/err" "zero retention"
for run in direct batched; do sqlite3 "$TMP/$run/atlas.db" .dump >"$TMP/$run.sql"; done
expect_same "$TMP/direct.sql" "$TMP/batched.sql"
n=$(wc -l <"$TMP/direct/answers.jsonl")
[ "$(count questions)" -ge $((n * 9 / 10)) ] || fail "only $(count questions) of $n in batches"
[ "$(count questions)" -lt "$n" ] || fail "$(count questions) questions in batches for $n"
[ "$(count deleted)" = $((2 * $(count batches))) ] || fail "files stay at the vendor"
[ ! -s "$TMP/batched/batches.jsonl" ] || fail "ended batches are still listed"
[ "$(stat -c %a "$TMP/batched/batches.jsonl")" = 600 ] || fail "batches.jsonl can be read by others"

# from here on the facets of fewer conversations
oracle_corpus 150
start 1
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/start" --profile remote --model oracle --quiet
"$CLIO" bound "$TMP/start" --quiet
cp -r "$TMP/start" "$TMP/good"
"$CLIO" facet "$TMP/good" --quiet
facets "$TMP/good" >"$TMP/want"
n=$(wc -l <"$TMP/good/answers.jsonl")
[ "$n" -gt 100 ] || fail "only $n questions"
fresh() { rm -rf "$TMP/run" && cp -r "$TMP/start" "$TMP/run"; }
facet() { # [flag…]
    "$CLIO" facet "$TMP/run" --batch --provider "$vendor" --retry-wait 0.02 "$@"
}
redraw() { "$CLIO" bound "$@" --quiet 2>/dev/null || [ $? = 4 ]; } # 4: what was not asked yet
same() { facets "$TMP/run" | cmp -s "$TMP/want" - || fail "$vendor, $1: other facets"; }
try_fault() { # fault most-questions most-batches
    local questions batches
    fresh
    set_fault "$1"
    questions=$(count questions)
    batches=$(count batches)
    expect_exit 0 facet
    same "$1"
    questions=$(($(count questions) - questions))
    batches=$(($(count batches) - batches))
    [ $questions -le "$2" ] && [ $batches -le "$3" ] ||
        fail "$vendor, $1: $questions questions in $batches batches for $n"
    [ "$(wc -l <"$TMP/run/answers.jsonl")" = "$n" ] || fail "$vendor, $1: another number of answers"
    [ "$(count files)" = 0 ] || fail "$vendor, $1: questions stay at the vendor"
}
for vendor in openai anthropic; do
    try_fault none $n 1
    try_fault missing $((n + n / 4)) 2
    try_fault double $n 1
    try_fault unknown $n 1
    try_fault expired $((n + n * 6 / 10)) 2
    try_fault errored $((n + n / 6)) 2
    try_fault half-line $((n + 7)) 2
    try_fault gone $((2 * n)) 2
    try_fault lost $n 1
    try_fault busy $n 1
    try_fault batch-schema $((2 * n)) 2
    [ $vendor = anthropic ] || try_fault failed $((2 * n)) 2
    set_fault none

    # what no batch answers is a gap that the next run asks about
    fresh
    set_fault all-expired
    expect_exit 5 facet
    expect_text "$TMP/err" unreachable
    set_fault none
    expect_exit 0 facet
    same "all-expired, afterwards"

    # a question that the vendor rejects is one gap
    fresh
    set_fault rejected
    expect_exit 5 facet
    [ "$(sqlite3 "$TMP/run/vault.db" 'SELECT DISTINCT reason FROM facet_gap')" = rejected ] ||
        fail "$vendor, rejected: other gaps"

    # an answer that ends the run: the others are taken, and the next run asks for that one alone
    fresh
    set_fault line-stop
    expect_exit 78 facet
    [ ! -s "$TMP/run/batches.jsonl" ] || fail "$vendor: one answer keeps a batch open"
    [ "$(wc -l <"$TMP/run/answers.jsonl")" = $((n - 1)) ] ||
        fail "$vendor: $(wc -l <"$TMP/run/answers.jsonl") of $n answers behind one that ends a run"
    expect_exit 0 facet
    expect_text "$TMP/err" "(this command: 1 requests sent, $((n - 1)) answers from before,"
    same line-stop

    # Stopped and killed: the batch goes on, and nothing is asked or paid for again
    for signal in TERM KILL; do
        fresh
        set_fault stuck
        batches=$(count batches)
        "$CLIO" facet "$TMP/run" --batch --provider $vendor --retry-wait 0.02 >"$TMP/all" 2>&1 &
        busy=$!
        for _ in $(seq 100); do [ "$(count batches)" -gt "$batches" ] && break; sleep 0.05; done
        sleep 0.3
        kill -$signal $busy
        status=0
        wait $busy || status=$?
        [ $signal = KILL ] || [ $status = 143 ] || fail "$vendor: exit $status when interrupted"
        [ $signal = KILL ] || expect_text "$TMP/all" "nothing is cancelled"
        [ -s "$TMP/run/batches.jsonl" ] || fail "$vendor: the batch is not written down"
        expect_no_text "$TMP/run/batches.jsonl" recipe
        # the id was never written down: found by what the vendor lists
        [ $signal = TERM ] || sed -i '/"named"/d' "$TMP/run/batches.jsonl"
        printf '{"named":"cut off in the' >>"$TMP/run/batches.jsonl"
        set_fault none
        # batches of other runs stand before it in the list, whose pages have two
        others=$(count batches)
        for other in one two; do
            [ $signal = KILL ] || break
            rm -rf "$TMP/other" && cp -r "$TMP/start" "$TMP/other"
            set_fault gone
            "$CLIO" facet "$TMP/other" --batch --provider $vendor --retry-wait 0.02 --quiet \
                --facet-calls each 2>"$TMP/other.err"
        done
        others=$(($(count batches) - others))
        expect_exit 0 facet
        same "$signal"
        [ "$(count batches)" = $((batches + 1 + others)) ] ||
            fail "$vendor, $signal: $(($(count batches) - batches - others)) batches for one"
        [ "$(count files)" = 0 ] || fail "$vendor, $signal: questions stay at the vendor"
        [ "$(wc -l <"$TMP/run/answers.jsonl")" = "$n" ] || fail "$vendor, $signal: answers twice"
    done
done

# Two runs of the same conversations ask the same questions at the same time. One never learned the
# id of its batch: it takes its own, not the newer one, and leaves the other run its answers.
vendor=anthropic
again() { "$CLIO" facet "$TMP/other" --batch --provider anthropic --retry-wait 0.02 "$@"; }
fresh
set_fault stuck
expect_exit 4 facet --max-time 0.02
rm -rf "$TMP/other" && cp -r "$TMP/start" "$TMP/other"
expect_exit 4 again --max-time 0.02
sed -i '/"named"/d' "$TMP/run/batches.jsonl"
expect_exit 4 facet --max-time 0.02
expect_text "$TMP/err" "may be one of these or another run's"
set_fault none
batches=$(count batches) deleted=$(count deleted)
expect_exit 0 facet
same "one of two of a size"
[ "$(count deleted)" = $((deleted + 1)) ] || fail "another run's batch is deleted"
expect_exit 0 again
facets "$TMP/other" | cmp -s "$TMP/want" - || fail "the other of two of a size: other facets"
[ "$(count batches)" = "$batches" ] || fail "one of two runs asks again"
[ "$(count deleted)" = $((deleted + 2)) ] || fail "a batch stays at the vendor"
# One whose batch never left waits for the other run's, and then asks itself.
rm -rf "$TMP/other" && cp -r "$TMP/start" "$TMP/other"
set_fault stuck
expect_exit 4 again --max-time 0.02
fresh
jq -c 'select(.made) | .made |= (explode | reverse | implode)' "$TMP/other/batches.jsonl" \
    >"$TMP/run/batches.jsonl"
expect_exit 4 facet --max-time 0.02
set_fault none
batches=$(count batches) deleted=$(count deleted)
expect_exit 0 facet
same "a batch that never left"
[ "$(count batches)" = $((batches + 1)) ] || fail "a batch that never left is not sent"
expect_exit 0 again
[ "$(count batches)" = $((batches + 1)) ] || fail "the other run asks again"

# A vendor that takes no more before a batch has ended is waited for. The one under way has other
# questions, those with one call for all facets.
first=$url
start 6
fresh
set_fault stuck
expect_exit 4 facet --provider openai --base-url "$url" --max-time 0.005
set_fault full
expect_exit 0 facet --provider openai --base-url "$url" --facet-calls each
[ "$(count batches)" -gt 2 ] || fail "the batch was taken although another was under way"
[ "$(count batches)" -le 4 ] || fail "$(count batches) batches sent while the vendor took none"
[ "$(count files)" = 0 ] || fail "questions stay at the vendor when it takes no more"
url=$first
export CLIO_BASE_URL=$url

# A budget that is used up while batches are sent ends the run at the first that is not taken.
fresh
set_fault no-money
batches=$(count batches)
expect_exit 69 facet --provider openai
expect_text "$TMP/err" "quota or credit is used up (billing_hard_limit_reached)"
[ "$(count batches)" = $((batches + 1)) ] || fail "more batches without money"
set_fault none
expect_exit 0 facet --provider openai
same no-money

# a run that waits no longer than it may; without --batch it warns of what is under way
fresh
set_fault stuck
expect_exit 4 facet --max-time 0.02
expect_text "$TMP/err" "stay under way"
expect_exit 0 "$CLIO" facet "$TMP/run" --batch=no
expect_text "$TMP/err" "paid for, again"
same "without --batch in the end"
set_fault none

# the ceiling of money holds at the price of a batch, and lets twice as much through
printf 'oracle,10,10,0.5\n' >"$TMP/half"
printf 'oracle,10,10\n' >"$TMP/full"
for table in half full; do
    fresh
    expect_exit 4 facet --prices "$TMP/$table" --max-cost 0.4
    expect_text "$TMP/err" "--max-cost"
    grep -c '"reply":' "$TMP/run/answers.jsonl" >"$TMP/$table-answers"
    tokens=$(jq -s 'map(.in + .out) | add' "$TMP/run/answers.jsonl")
    case $table in
    half) most=80000 ;;
    full) most=40000 ;;
    esac
    [ "$tokens" -le $most ] || fail "$tokens tokens for 0.4 dollars with the table $table"
done
half=$(cat "$TMP/half-answers") full=$(cat "$TMP/full-answers")
[ "$half" -gt $((full * 3 / 2)) ] || fail "$half answers at half the price, $full at the full one"

# what is under way fills the ceiling: its answers are waited for, and nothing hangs
fresh
set_fault stuck
expect_exit 4 facet --prices "$TMP/half" --max-cost 0.4 --max-time 0.02
expect_text "$TMP/err" "stay under way"
set_fault none
expect_exit 4 timeout 60 "$CLIO" facet "$TMP/run" --batch --retry-wait 0.02 \
    --prices "$TMP/half" --max-cost 0.4
expect_text "$TMP/err" "--max-cost"
[ ! -s "$TMP/run/batches.jsonl" ] || fail "a batch that fills the ceiling is not taken"

# an encrypted vault has an encrypted list of batches
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/sealed" --profile remote --model oracle --quiet \
    --vault-key "$TMP/key"
"$CLIO" bound "$TMP/sealed" --quiet --vault-key "$TMP/key"
set_fault stuck
expect_exit 4 "$CLIO" facet "$TMP/sealed" --vault-key "$TMP/key" --batch --retry-wait 0.02 \
    --max-time 0.02
[ -s "$TMP/sealed/batches.jsonl" ] || fail "no list beside an encrypted vault"
expect_no_text "$TMP/sealed/batches.jsonl" '"made"'
set_fault none
batches=$(count batches)
expect_exit 0 "$CLIO" facet "$TMP/sealed" --vault-key "$TMP/key" --batch --retry-wait 0.02
[ "$(count batches)" = "$batches" ] || fail "an encrypted list is not read again"
set_fault stuck
rm "$TMP/sealed/answers.jsonl"
expect_exit 4 "$CLIO" facet "$TMP/sealed" --vault-key "$TMP/key" --batch --retry-wait 0.02 \
    --facet-calls each --max-time 0.02
expect_exit 0 "$CLIO" purge "$TMP/sealed" --account u1 --vault-key "$TMP/key"
expect_no_text "$TMP/sealed/batches.jsonl" masked
set_fault none
batches=$(count batches)
redraw "$TMP/sealed" --vault-key "$TMP/key"
expect_exit 0 "$CLIO" facet "$TMP/sealed" --vault-key "$TMP/key" --batch --retry-wait 0.02 \
    --facet-calls each
expect_text "$TMP/err" "since a purge nobody asks for them"
[ "$(count batches)" = "$batches" ] || fail "a purge loses an encrypted list"

# A purge while a batch is under way: the others' answers are used and not paid for again, and no
# answer to a question of who is gone is ever kept.
keys() { grep -o '"key":"[0-9a-f]*"' "$1" | sort -u; }
fresh
expect_exit 0 "$CLIO" purge "$TMP/run" --account u1
redraw "$TMP/run"
expect_exit 0 facet --batch=no
facets "$TMP/run" >"$TMP/rest"
keys "$TMP/run/answers.jsonl" >"$TMP/rest-keys"
[ "$(wc -l <"$TMP/rest-keys")" -lt "$n" ] || fail "all that u1 asked others ask, too"
for vendor in openai anthropic; do
    fresh
    set_fault stuck
    expect_exit 4 facet --max-time 0.02
    expect_exit 0 "$CLIO" purge "$TMP/run" --account u1
    expect_text "$TMP/err" "keeps none of who is gone"
    set_fault none
    batches=$(count batches)
    redraw "$TMP/run"
    expect_exit 0 facet
    expect_text "$TMP/err" "since a purge nobody asks for them"
    [ "$(count batches)" = "$batches" ] || fail "$vendor: a purge loses what is paid for"
    facets "$TMP/run" | cmp -s "$TMP/rest" - || fail "$vendor, after a purge: other facets"
    keys "$TMP/run/answers.jsonl" >"$TMP/keys"
    [ -s "$TMP/keys" ] && [ -z "$(comm -23 "$TMP/keys" "$TMP/rest-keys")" ] ||
        fail "$vendor: an answer to somebody who is gone is kept"
    [ ! -s "$TMP/run/batches.jsonl" ] || fail "$vendor: the batch is listed when it came back"
    [ "$(count files)" = 0 ] || fail "$vendor: questions stay at the vendor after a purge"
done

# a server without batches
expect_exit 69 "$CLIO" facet "$TMP/start" --batch --base-url "$url/x/v3"
expect_text "$TMP/err" "--batch=no"
