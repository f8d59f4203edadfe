#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Mode dp and ceilings: who is asked about before one is reached depends on what others wrote, so
# that there is no atlas and nothing is charged; the next command ends as a run without a ceiling.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3
oracle_corpus 600
start_oracle
printf 'oracle,10,10\n' >"$TMP/prices"
run() { # DIR [flag…]
    "$CLIO" run "$TMP/corpus.jsonl" --out "$1" --profile remote --model oracle --privacy dp \
        --noise-seed 7 --base-url "$url" --prices "$TMP/prices" "${@:2}"
}
# A seed makes noise that can be compared, and `publish` refuses it: looked at is what was drawn.
drawn() {
    sqlite3 "$1/vault.db" "SELECT * FROM released_cluster; SELECT * FROM released_word;
        SELECT * FROM released_cell" >"$1.drawn"
    [ -s "$1.drawn" ] || fail "nothing was drawn in $1"
}
nothing() { # DIR
    [ "$(sqlite3 "$1/vault.db" "SELECT (SELECT count(*) FROM released) +
        (SELECT count(*) FROM ledger)")" = 0 ] || fail "$1: something was drawn or charged"
    [ ! -e "$1/atlas.db" ] || fail "$1 has an atlas"
}

expect_exit 3 run "$TMP/good"
drawn "$TMP/good"
expect_exit 4 run "$TMP/part" --max-cost 1
expect_text "$TMP/err" "conversations were not asked about when a ceiling was reached"
expect_text "$TMP/err" "run the same command with a higher ceiling"
n=$(sqlite3 "$TMP/part/vault.db" "SELECT value FROM stage_note WHERE key = 'not_asked'")
[ "$n" -gt 10 ] && [ "$n" -lt 500 ] || fail "$n were not asked about"
nothing "$TMP/part"
expect_exit 3 run "$TMP/part" --max-cost 0
drawn "$TMP/part"
expect_same "$TMP/good.drawn" "$TMP/part.drawn"

expect_exit 4 run "$TMP/late" --max-time 1e-9
expect_text "$TMP/err" "conversations were not asked about when a ceiling was reached"
nothing "$TMP/late"

# the screen
expect_exit 4 run "$TMP/screen" --screen "Is this about a trip?" --max-cost 0.3
expect_text "$TMP/err" "ceiling"
nothing "$TMP/screen"
