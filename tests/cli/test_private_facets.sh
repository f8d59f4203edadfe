#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A private detail in --facets FILE: what works on a run refuses it before anything is read or
# asked, what only reads one does not look.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3 sqlite3
python3 "$SOURCE/tests/corpus.py" 120 >"$TMP/corpus.jsonl"
facets() { # VALUE
    cat >"$TMP/own.yaml" <<YAML
facets:
  - name: plan
    kind: computed
    program: column
    column: metadata.plan
    values: [free, $1]
YAML
}
run() { # DIR [flag…]
    "$CLIO" run "$TMP/corpus.jsonl" --out "$1" --profile none --facets "$TMP/own.yaml" "${@:2}"
}
facets ada.byron@mail.example
expect_exit 78 run "$TMP/none"
expect_text "$TMP/err" "own.yaml, line 6: this looks like a private detail"
n=$(sqlite3 "$TMP/none/vault.db" "SELECT count(*) FROM conversation")
[ "$n" = 0 ] || fail "$n conversations were read"
expect_exit 78 "$CLIO" estimate "$TMP/corpus.jsonl" --out "$TMP/guess" --profile remote --model m \
    --facets "$TMP/own.yaml"
expect_text "$TMP/err" "private detail"

facets pro
expect_exit 0 run "$TMP/run" --quiet
facets ada.byron@mail.example
for work in "run --out" facet append; do
    files=()
    [ "$work" != append ] || files=("$TMP/corpus.jsonl")
    # shellcheck disable=SC2086 # two words
    expect_exit 78 "$CLIO" $work "$TMP/run" "${files[@]}"
    expect_text "$TMP/err" "private detail"
done
[ "$(sqlite3 "$TMP/run/vault.db" "SELECT count(*) FROM batch")" = 0 ] || fail "append has begun"
for read in status "watch list" tree; do
    # shellcheck disable=SC2086
    expect_exit 0 "$CLIO" $read "$TMP/run"
done

# what was looked through is what is used: the file is read once, as a pipe can be
facets pro
expect_exit 0 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/pipe" --profile none --quiet \
    --facets <(cat "$TMP/own.yaml")
