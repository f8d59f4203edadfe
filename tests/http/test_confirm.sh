#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `clio run --profile remote` on a terminal says what asking will take before anything is sent, and
# sends nothing unless it is told to go on; --yes and a run without a terminal go on at once.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3
python3 "$SOURCE/tests/corpus.py" 300 >"$TMP/corpus.jsonl"
start_answerer '{"yes": "trip"}'
printf 'm,2,10\n' >"$TMP/prices"
touch "$TMP/server/requests.jsonl"
asked() { wc -l <"$TMP/server/requests.jsonl"; }
cat >"$TMP/typed.py" <<'PY'
"""typed.py ANSWER COMMAND…: COMMAND on a terminal of its own; ANSWER is typed when it asks."""
import os, pty, sys
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # keys may come before clio waits for them
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
seen = b""
while True:
    try:
        more = os.read(terminal, 65536)
    except OSError:
        break
    if not more:
        break
    seen += more
    if b"Go on? (y/N) " in seen and sys.argv[1] != "-":
        keys = {"^C": b"\x03", "^D": b"\x04"}
        os.write(terminal, keys.get(sys.argv[1], sys.argv[1].encode() + b"\n"))
        sys.argv[1] = "-"
sys.stdout.write(seen.decode().replace("\r\n", "\n"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
PY
typed() { # STATUS ANSWER [flag…]: what was shown is in $TMP/shown
    local want=$1 got=0
    timeout 120 python3 "$TMP/typed.py" "$2" "$CLIO" run --profile remote --model m \
        --prices "$TMP/prices" "${@:3}" >"$TMP/shown" || got=$?
    [ "$got" = "$want" ] || { tail -n 20 "$TMP/shown" >&2; fail "status $got, wanted $want"; }
}
is_less() { awk "BEGIN { exit !($1 < $2) }"; }
dollars() { sed -n 's/^dollars  *\([0-9.]*\).*/\1/p' "$TMP/shown"; }

# told no, or interrupted, or without a word: the estimate is shown and nothing is sent
for answer in n "" ^D; do
    typed 1 "$answer" "$TMP/corpus.jsonl" --out "$TMP/run"
    for word in "Before anything is sent" "tokens in" "tokens out" dollars minutes \
        "nothing was sent"; do
        expect_text "$TMP/shown" "$word"
    done
    [ "$(asked)" = 0 ] || fail "$(asked) requests were sent before a yes"
done
for _ in {1..10}; do typed 130 ^C --out "$TMP/run"; done
[ "$(asked)" = 0 ] || fail "$(asked) requests were sent after Ctrl-C"
expect_no_text "$TMP/shown" "list prices"
guessed=$(dollars)

# some of the answers are there: they are measured, and only the rest is counted
cp -r "$TMP/run" "$TMP/part"
"$CLIO" estimate --out "$TMP/part" --measure 100 --quiet >/dev/null
before=$(asked)
typed 1 n --out "$TMP/part"
expect_text "$TMP/shown" "100 answers that are kept were measured"
[ "$(asked)" = "$before" ] || fail "the question before anything is sent sent something"
is_less "$(dollars)" "$guessed" || fail "$(dollars) is left of $guessed"

# told yes it goes on to the end; then nothing is left to ask, and nobody is asked
typed 0 y --out "$TMP/run"
expect_text "$TMP/shown" "clio: done"
[ "$(asked)" -gt $((before + 250)) ] || fail "only $(asked) requests"
typed 0 - --out "$TMP/run"
expect_no_text "$TMP/shown" "Go on?"

# titles alone are to be asked for again: the facets, which are there, cost nothing more
before=$(asked)
typed 1 n --out "$TMP/run" --language-of-titles English --min-conversations 11
expect_text "$TMP/shown" "Before anything is sent"
is_less "$(dollars)" "$guessed" || fail "$(dollars) of $guessed"
[ "$(asked)" = "$before" ] || fail "something was sent"

# with --screen nobody knows who passes: the question counts, too
typed 1 n "$TMP/corpus.jsonl" --out "$TMP/screen" --screen "A trip?"
screened=$(sed -n 's/^questions  *about \([0-9]*\)/\1/p' "$TMP/shown")
[ "$screened" -ge 500 ] || fail "$screened questions for the screen and facets of 300"
[ "$(asked)" = "$before" ] || fail "the screen was asked"

# --yes, and a run without a terminal, ask nobody; a vendor's price is said to be unchecked
typed 0 - "$TMP/corpus.jsonl" --out "$TMP/yes" --yes
expect_no_text "$TMP/shown" "Go on?"
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/pipe" --profile remote --model m </dev/null \
    2>"$TMP/err"
expect_no_text "$TMP/err" "Go on?"
timeout 60 python3 "$TMP/typed.py" n "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/listed" \
    --profile remote --model gpt-4o-mini >"$TMP/shown" || true
day=$(sed -n 's/^# date: \(2[-0-9]*\)$/\1/p' "$SOURCE/src/llm/prices.csv")
expect_text "$TMP/shown" "list prices of ${day:?}: check with your vendor"
mkdir -p "$TMP/config/clio"
printf 'gpt-4o-mini,1000,1000\n' >"$TMP/config/clio/prices.csv"
XDG_CONFIG_HOME=$TMP/config timeout 60 python3 "$TMP/typed.py" n "$CLIO" run --out "$TMP/listed" \
    >"$TMP/shown" || true
expect_no_text "$TMP/shown" "list prices"
is_less 10 "$(dollars)" || fail "the user's own price did not count"
