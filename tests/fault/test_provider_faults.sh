#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything that a model's server can do wrong (tests/tool/provider_faults.inc), one after the
# other, at the facet stage: no wrong row, nothing asked for in vain, gone on with afterwards.
# Usage: test_provider_faults.sh [FAULT…]
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool curl sqlite3 jq python3
tool=$(dirname "$CLIO")/tests/tool_provider
n_conversations=48

start_server() { # number
    "$tool" 0 >"$TMP/port$1" &
    servers+=($!)
    wait_for "$TMP/port$1"
}
servers=()
at_exit 'kill "${servers[@]}" 2>/dev/null; wait 2>/dev/null'
start_server 0
start_server 1
python3 "$SOURCE/tests/corpus.py" $n_conversations >"$TMP/corpus.jsonl"
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/start" --profile remote --model oracle --quiet
"$CLIO" bound "$TMP/start" --quiet

ask() { # server directory [flag…]
    local port
    port=$(cat "$TMP/port$1")
    "$CLIO" facet "$2" --base-url "http://127.0.0.1:$port" --tries 5 --retry-wait 0.02 --timeout 1 \
        --in-flight 16 --quiet "${@:3}"
}
set_fault() { curl -sf "http://127.0.0.1:$(cat "$TMP/port$1")/set?fault=$2" >"$TMP/set$1"; }
count() { curl -sf "http://127.0.0.1:$(cat "$TMP/port$1")/count" | jq ".$2"; }
gap_seqs() { sqlite3 "$1/vault.db" 'SELECT seq FROM facet_gap ORDER BY seq'; }
answered_seqs() { # directory language: who was answered in it
    sqlite3 "$1/vault.db" "SELECT seq FROM facet_value WHERE facet = 'language' AND value = '$2'"
}

cp -r "$TMP/start" "$TMP/good"
set_fault 0 ""
ask 0 "$TMP/good"
facets() { sqlite3 "$1/vault.db" 'SELECT facet, seq, value FROM facet_value ORDER BY facet, seq'; }
facets "$TMP/good" >"$TMP/want"
n=$(($(wc -l <"$TMP/want") / 5))
[ "$n" -ge 40 ] || fail "the corpus has only $n conversations that count"
tokens=$(count 0 tokens)
grep -q 'request|1|Give me a recipe' "$TMP/want" || fail "the server does not read the prompt"
cp -r "$TMP/start" "$TMP/ruled"
"$CLIO" facet "$TMP/ruled" --profile none --quiet
facets "$TMP/ruled" >"$TMP/by_rule"

complain() { echo "FAULT $1: $2" >>"$TMP/failed"; }

# One fault: the run with it, what must come of it, then the same directory with a healthy server.
try_fault() { # server name mode expected…
    local server=$1 name=$2 mode=$3 kind=$4 what=${5:-} dir=$TMP/run$1 status=0 want=0 sent spent
    local flags=()
    rm -rf "$dir"
    cp -r "$TMP/start" "$dir"
    set_fault "$server" "$name"
    if [[ $name = anthropic-* ]]; then flags=(--provider anthropic); fi
    if [[ $name = *no-effort ]]; then flags+=(--effort low); fi
    ask "$server" "$dir" "${flags[@]}" >"$TMP/out$server" 2>&1 || status=$?
    sent=$(count "$server" requests)
    spent=$(count "$server" tokens)
    case $kind in
    gap) want=5 ;;
    stop) want=$what ;;
    esac
    if [ "$status" != "$want" ]; then
        complain "$name" "exit $status, wanted $want: $(tail -n 1 "$TMP/out$server")"
        return
    fi
    facets "$dir" >"$TMP/got$server"
    if [ "$kind" = same ]; then
        cmp -s "$TMP/want" "$TMP/got$server" || complain "$name" "other facets"
        # each shown fault costs one more request, and money only when an answer was begun
        [ "$sent" -le $((n + n * 45 / 100)) ] || [ "$mode" = all ] ||
            complain "$name" "$sent requests for $n"
        if grep -q "^$name " "$TMP/uncharged" && [ $((20 * spent)) -gt $((21 * tokens)) ]; then
            complain "$name" "$spent tokens, $tokens without faults"
        fi
    elif [ "$kind" = rule ]; then
        [ "$sent" = "$n" ] || complain "$name" "$sent requests for $n"
        answered_seqs "$dir" "$what" >"$TMP/seqs$server"
        [ -s "$TMP/seqs$server" ] || complain "$name" "no answer was taken"
        awk -F'|' 'NR == FNR { is[$1]; next } /^(request|task)\|/ && ($2 in is)' \
            "$TMP/seqs$server" "$TMP/got$server" | grep -vxFf "$TMP/by_rule" >"$TMP/not$server" &&
            complain "$name" "words of the answer: $(head -n 1 "$TMP/not$server")"
    elif [ "$kind" = gap ]; then
        sqlite3 "$dir/vault.db" 'SELECT DISTINCT reason FROM facet_gap' >"$TMP/reasons$server"
        [ "$(cat "$TMP/reasons$server")" = "$what" ] ||
            complain "$name" "wanted gaps $what, has $(paste -sd, "$TMP/reasons$server")"
        [ "$(gap_seqs "$dir" | wc -l)" -lt $((n / 3)) ] || complain "$name" "too many gaps"
    fi
    # no wrong row: whatever has no gap is as in the run without faults
    { gap_seqs "$dir" && answered_seqs "$dir" "$what"; } >"$TMP/other$server"
    awk -F'|' 'NR == FNR { gap[$1]; next } !($2 in gap)' "$TMP/other$server" "$TMP/got$server" \
        >"$TMP/rows$server"
    if [ -n "$(comm -13 <(sort "$TMP/want") <(sort "$TMP/rows$server"))" ]; then
        complain "$name" "wrong rows"
    fi
    if [ "$kind" = stop ] || [ "$what" = unreachable ] || [ "$what" = malformed ]; then
        local before
        before=$(grep -c '"reply":' "$dir/answers.jsonl" || true)
        set_fault "$server" ""
        ask "$server" "$dir" >"$TMP/out$server" 2>&1 || complain "$name" "does not go on: $?"
        facets "$dir" | cmp -s "$TMP/want" - || complain "$name" "gone on with, other facets"
        sent=$(count "$server" requests)
        [ "$sent" = $((n - before)) ] ||
            complain "$name" "asked again for what was answered: $sent, $before known of $n"
    fi
    echo "$name" >>"$TMP/tried"
}

"$tool" --list >"$TMP/list"
"$tool" --uncharged >"$TMP/uncharged"
[ $# = 0 ] || grep -E "^($(IFS='|'; echo "$*")) " "$TMP/list" >"$TMP/some"
[ $# = 0 ] || mv "$TMP/some" "$TMP/list"
: >"$TMP/tried"
: >"$TMP/failed"
half() { awk -v r="$1" 'NR % 2 == r' "$TMP/list"; }
run_half() {
    local name mode kind what
    while read -r name mode kind what; do try_fault "$1" "$name" "$mode" "$kind" "$what"; done \
        < <(half "$1")
}
run_half 0 &
other=$!
run_half 1
wait "$other"
cat "$TMP/failed" >&2
[ ! -s "$TMP/failed" ] || fail "$(wc -l <"$TMP/failed") complaints"
echo "$(wc -l <"$TMP/tried") faults, $n conversations, $tokens tokens without faults"
[ $# -gt 0 ] || [ "$(wc -l <"$TMP/tried")" = "$(wc -l <"$TMP/list")" ] || fail "not all were tried"
