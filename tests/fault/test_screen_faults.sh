#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The screen, beside a server that goes wrong (tests/tool/provider_faults.inc) and killed at its
# writes: no answer is wrong, and the same command ends with the same answers without asking again
# for what was answered. tests/fault/test_provider_faults.sh has the facets.
# Usage: test_screen_faults.sh [FAULT…]; EVERY=1 tries all faults, else one in six; FAULT_POINTS:
# writes at which it is killed (default 12).
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool curl sqlite3 jq python3
unset OPENAI_API_KEY OPENAI_BASE_URL OPENAI_API_BASE ANTHROPIC_API_KEY ANTHROPIC_BASE_URL \
    ANTHROPIC_AUTH_TOKEN OLLAMA_HOST
tool=$(dirname "$CLIO")/tests/tool_provider
failing=$(dirname "$CLIO")/tests/libfailing.so
every=${EVERY:-6} points=${FAULT_POINTS:-12}
[ $# = 0 ] || every=1

start_provider
set_fault() { curl -sf "http://$host/set?fault=$1" >/dev/null; }
count() { curl -sf "http://$host/count" | jq ".${1:-requests}"; }
screen() { # directory [flag…]
    "$CLIO" screen "$1" --base-url "http://$host" --tries 5 --retry-wait 0.02 --timeout 1 \
        --in-flight 16 --quiet "${@:2}"
}
answers() { sqlite3 "$1/vault.db" 'SELECT seq, answer FROM screen_answer ORDER BY seq'; }
out() { sqlite3 "$1/vault.db" 'SELECT seq FROM screened_out ORDER BY seq'; }
kept() { cat "$1"/answers.jsonl 2>/dev/null | grep -c '"reply":' || true; }

python3 "$SOURCE/tests/corpus.py" 40 >"$TMP/corpus.jsonl"
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/start" --profile remote --model oracle --quiet \
    --screen "Is it like most of them?"
set_fault ""
cp -r "$TMP/start" "$TMP/good"
screen "$TMP/good"
answers "$TMP/good" >"$TMP/want"
out "$TMP/good" >"$TMP/want-out"
n=$(count) tokens=$(count tokens)
"$tool" --uncharged >"$TMP/uncharged"
[ "$n" -ge 30 ] && [ "$(wc -l <"$TMP/want")" -ge "$n" ] || fail "$n questions"
for answer in yes no; do
    [ "$(grep -c "|$answer\$" "$TMP/want")" -ge 4 ] || fail "hardly a $answer"
done

# The same directory with a healthy server: the answers of a calm run, nothing asked twice.
go_on() { # what
    local before sent
    before=$(kept "$TMP/run")
    set_fault ""
    screen "$TMP/run" >"$TMP/out" 2>&1 || complain "$1" "does not go on: $?"
    answers "$TMP/run" | cmp -s "$TMP/want" - || complain "$1" "gone on with, other answers"
    out "$TMP/run" | cmp -s "$TMP/want-out" - || complain "$1" "gone on with, others are out"
    sent=$(count)
    [ "$sent" = $((n - before)) ] ||
        complain "$1" "asked again for what was answered: $sent, $before known of $n"
}
complain() { echo "FAULT $1: $2" >>"$TMP/failed"; }

try_fault() { # name mode kind what
    local name=$1 kind=$3 what=${4:-} status=0 spent flags=()
    rm -rf "$TMP/run"
    cp -r "$TMP/start" "$TMP/run"
    set_fault "$name"
    if [[ $name = anthropic-* ]]; then flags=(--provider anthropic); fi
    if [[ $name = *no-effort ]]; then flags+=(--effort low); fi
    screen "$TMP/run" "${flags[@]}" >"$TMP/out" 2>&1 || status=$?
    spent=$(count tokens)
    case $kind:$status in
    rule:0 | rule:5) ;;
    same:0 | gap:0 | gap:5) ;; # an object where yes or no was asked for may hold one
    stop:"$what") ;;
    *) complain "$name" "exit $status, $kind $what: $(tail -n 1 "$TMP/out")" ;;
    esac
    answers "$TMP/run" >"$TMP/got"
    if [ "$kind" = same ] && grep -q "^$name " "$TMP/uncharged"; then
        [ $((20 * spent)) -le $((21 * tokens)) ] ||
            complain "$name" "$spent tokens, $tokens without faults"
    fi
    if [ "$kind" = same ]; then
        cmp -s "$TMP/want" "$TMP/got" || complain "$name" "other answers"
    elif grep -E '\|(yes|no)$' "$TMP/got" | sort | comm -13 <(sort "$TMP/want") - | grep -q .; then
        complain "$name" "wrong answers"
    fi
    out "$TMP/run" | cmp -s - <(sed -n '/|yes$/d; s/|.*//p' "$TMP/got") ||
        complain "$name" "not those are out who have no yes"
    if [ "$kind" = stop ] || [ "$what" = unreachable ] || [ "$what" = malformed ]; then
        go_on "$name"
    fi
    echo "$name" >>"$TMP/tried"
}

: >"$TMP/tried"
: >"$TMP/failed"
"$tool" --list >"$TMP/all"
[ $# = 0 ] || grep -E "^($(IFS='|'; echo "$*")) " "$TMP/all" >"$TMP/some"
[ $# = 0 ] || mv "$TMP/some" "$TMP/all"
awk -v e="$every" 'NR % e == 0' "$TMP/all" >"$TMP/list"
while read -r name mode kind what; do try_fault "$name" "$mode" "$kind" "$what"; done <"$TMP/list"

# Killed at a write. What was on its way then is lost; at a calm end nothing is.
killed_at() { # write; sets `status`
    status=0
    rm -rf "$TMP/run"
    cp -r "$TMP/start" "$TMP/run"
    set_fault ""
    LD_PRELOAD=$failing FAIL_CALL=write FAIL_HOW=kill FAIL_AT=$1 FAIL_COUNT=$TMP/count \
        screen "$TMP/run" >"$TMP/out" 2>&1 || status=$?
}
if [ -e "$failing" ]; then # sanitizers bring an allocator of their own
    killed_at 0
    total=$(cat "$TMP/count")
    [ "$status" = 0 ] && [ "$total" -gt "$n" ] || fail "$total writes, exit $status"
    [ "$points" -lt "$total" ] || points=$total
    for ((i = 0; i < points; i++)); do
        at=$((1 + i * total / points))
        killed_at $at
        [ "$status" = 137 ] || fail "write $at of $total: ended with $status"
        go_on "killed at write $at of $total"
    done
    echo "killed at $points of $total writes"
fi
cat "$TMP/failed" >&2
[ ! -s "$TMP/failed" ] || fail "$(wc -l <"$TMP/failed") complaints"
[ "$(wc -l <"$TMP/tried")" = "$(wc -l <"$TMP/list")" ] || fail "not all were tried"
echo "$(wc -l <"$TMP/tried") faults, $n questions"
