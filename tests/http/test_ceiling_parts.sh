#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Questions about conversations that reach a ceiling leave a part of it to the titles and to the
# auditor, without whose verdicts all titles would be withheld; and each tree leaves theirs to the
# trees behind it.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3 sqlite3
oracle_corpus 400
start_oracle
printf 'oracle,1,10\n' >"$TMP/prices"
expect_exit 4 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/judged" --profile remote --model oracle \
    --base-url "$url" --prices "$TMP/prices" --max-cost 0.25
expect_text "$TMP/err" "but for a part that is kept for what comes after"
expect_text "$TMP/err" "facets by rule, not by the model"
"$CLIO" tree "$TMP/judged" >"$TMP/tree.txt"
[ "$(grep -c '%.*[0-9]  [^(u]' "$TMP/tree.txt")" -gt 3 ] || fail "$(cat "$TMP/tree.txt")"
expect_no_text "$TMP/tree.txt" "(withheld:"

# two trees at half of what they need: neither is the one whose titles are withheld
oracle_corpus 600
start_oracle
printf 'facets:\n  - name: task\n    clustered: yes\n' >"$TMP/facets.yaml"
expect_exit 4 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/two" --profile remote --model oracle \
    --base-url "$url" --prices "$TMP/prices" --max-cost 0.15 --facets "$TMP/facets.yaml"
for table in verdict tree_2_verdict; do
    most=$(sqlite3 "$TMP/two/vault.db" "SELECT sum(grade < 3) <= count(*) / 2 FROM $table")
    [ "$most" = 1 ] || fail "most titles are withheld: $(sqlite3 "$TMP/two/vault.db" \
        "SELECT count(*), sum(grade < 3) FROM $table") in $table"
done
