#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The wall clock is set forward and back by a day at every second look while a server is waited for:
# backing off, Retry-After and timeouts take as long as they do with a calm clock, and nothing else
# comes out. A date in Retry-After is read beside the server's own Date (429-after-ahead in
# tests/tool/provider_faults.inc).
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool curl sqlite3 python3
jumping=$(dirname "$CLIO")/tests/libjumping.so
[ -e "$jumping" ] || skip "libjumping.so is not built (sanitizers come with clocks of their own)"
start_provider
export CLIO_BASE_URL=http://$host
unset OPENAI_API_KEY OPENAI_BASE_URL ANTHROPIC_API_KEY ANTHROPIC_BASE_URL OLLAMA_HOST
facets() { sqlite3 "$1/vault.db" 'SELECT facet, seq, value FROM facet_value ORDER BY facet, seq'; }
python3 "$SOURCE/tests/corpus.py" 48 >"$TMP/corpus.jsonl"
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/start" --profile remote --model oracle --quiet
"$CLIO" bound "$TMP/start" --quiet
curl -sf "http://$host/set?fault=" >/dev/null
cp -r "$TMP/start" "$TMP/good"
"$CLIO" facet "$TMP/good" --quiet
facets "$TMP/good" >"$TMP/want"

try() { # fault least-milliseconds
    local start ms
    rm -rf "$TMP/run"
    cp -r "$TMP/start" "$TMP/run"
    curl -sf "http://$host/set?fault=$1" >/dev/null
    start=$(date +%s%N)
    timeout 60 env LD_PRELOAD="$jumping" JUMP=86400 JUMP_COUNT="$TMP/looks" "$CLIO" facet \
        "$TMP/run" --tries 5 --timeout 1 --retry-wait 0.1 --in-flight 16 --quiet 2>"$TMP/err" ||
        fail "$1: exit $?: $(tail -n 2 "$TMP/err")"
    ms=$((($(date +%s%N) - start) / 1000000))
    facets "$TMP/run" >"$TMP/got"
    cmp -s "$TMP/got" "$TMP/want" || fail "$1: other facets"
    [ $ms -ge "$2" ] && [ $ms -lt 20000 ] || fail "$1: took $ms ms, $2 at least"
    read -r wall monotonic <"$TMP/looks"
    [ "$wall" -gt 0 ] && [ "$monotonic" -gt 0 ] || fail "no clock was looked at: $wall, $monotonic"
    echo "$1: $ms ms"
}
try 429-after-1 1000
try 429-after-ahead 1000
try 503 0
try stall 1000
