#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the gates cost the product: 3,000 conversations of ShareGPT (profile none) in the modes
# guarded and local; how much is left out, how many titles are replaced, withheld or say only
# "Various requests", how many hold a word of a special category. With RECORD=1 the rows go to
# tests/quality/results.csv.
# Usage: tests/privacy/cost.sh
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/record.sh"
SENSITIVE=${SENSITIVE:-$(dirname "$CLIO")/tests/tool_sensitive}
need CLIO EMBEDDER SHAREGPT SENSITIVE
need_tool sqlite3

vault() { sqlite3 "$TMP/$1/vault.db" "$2"; }
note() { vault "$1" "SELECT value FROM stage_note WHERE stage = '$2' AND key = '$3'"; }

for mode in guarded local; do
    "$CLIO" run "$SHAREGPT" --account-from id-prefix --profile none --sample 3000 --quiet \
        --privacy $mode --out "$TMP/$mode" 2>"$TMP/err" || fail "the run ended with an error"
    n=$(vault $mode 'SELECT count(*) FROM conversation WHERE duplicate_of IS NULL')
    titles=$(vault $mode 'SELECT count(*) FROM node')
    various=$(sqlite3 "$TMP/$mode/atlas.db" "SELECT count(*) FROM cluster
        WHERE title = 'Various requests' OR title LIKE 'Various requests (%'")
    case="gates on 3,000 of ShareGPT, $mode"
    record "$case" "near-copies left out" "$(note $mode bound near_copies)" "$n"
    record "$case" "over the bound of an account" "$(note $mode bound over_bound)" "$n"
    record "$case" "titles replaced" "$(note $mode audit replaced)" "$titles"
    record "$case" "titles withheld" "$(note $mode audit withheld)" "$titles"
    record "$case" "titles that say nothing" "$various" "$titles"
    sensitive=$(sqlite3 "$TMP/$mode/atlas.db" 'SELECT title FROM cluster' | "$SENSITIVE")
    record "$case" "titles with a sensitive word" "$sensitive" "$titles"
    echo "$case: $sensitive of $titles titles hold a sensitive word"
    echo "$case: $various of $titles titles say nothing"
    [ $((3 * various)) -lt "$titles" ] || fail "a third of the titles say nothing"
done
