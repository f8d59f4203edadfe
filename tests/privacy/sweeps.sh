#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The sweeps over what a release shows, at full size: differencing over ten releases (COMBINATIONS,
# in worlds of ACCOUNTS), suppressed against absent cells, floors over made-up stores before the
# tree (FLOORS; test_floors.sh is for those through every export, test_suppressed.sh for the
# server), families of near-copies. RECORD=1 puts their counts into tests/quality/results.csv.
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/privacy/record.sh"
TESTS=${TESTS:-$SOURCE/build/release/tests}
COMBINATIONS=${COMBINATIONS:-1000000} ACCOUNTS=${ACCOUNTS:-200000}
export COMBINATIONS ACCOUNTS FLOORS=${FLOORS:-100000}

# sweep TEST CLAIM-PATTERN: runs it, shows what it says; the first line that fits goes to $line.
sweep() {
    "$TESTS/$1" >"$TMP/$1" || { tail -n 20 "$TMP/$1"; fail "$1"; }
    line=$(grep -m1 -E "$2" "$TMP/$1")
    printf '%s: %s\n' "$1" "$line"
}
number() { grep -oE "[0-9]+ $1" <<<"$line" | head -n1 | cut -d' ' -f1; } # number WORD

sweep test_differencing '[0-9]+ combinations'
record "differencing, ten releases, $ACCOUNTS accounts" "combinations that isolate somebody" \
    "$(number leaks)" "$(number combinations)"
line=$(grep -E '[0-9]+ combinations' "$TMP/test_differencing" | tail -n 1)
record "differencing, ten releases, $ACCOUNTS accounts" "the same without noise" \
    "$(number leaks)" "$(number combinations)"
sweep test_cells 'pairs the same'
record "suppressed against absent cells" "pairs that differ" "$((10000 - ${line%% *}))" 10000
sweep test_floors 'stores,'
record "floors over made-up stores, bound to cells" "stores with a violation" \
    "$(number violations)" "$(number stores)"
sweep test_near_copy 'near-copies found'
record "near-copies of 200 words, two changed" "found" "${line%% *}" 1000
