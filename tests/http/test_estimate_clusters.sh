#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `clio estimate` says of the questions about clusters holds what the oracle is then asked:
# titles, those that are told apart, tree and audit, in each of two trees.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3 jq
oracle_corpus 400
start_oracle --errors 0.3
printf 'oracle,2,10\n' >"$TMP/prices"
ask=(--profile remote --model oracle --base-url "$url"
    --prices "$TMP/prices" --quiet)

for trees in request request,task; do
    run=$TMP/$trees
    "$CLIO" estimate "$TMP/corpus.jsonl" --out "$run" --clusters 24 --cluster-facet "$trees" \
        --min-conversations 8 --min-accounts 3 "${ask[@]}" --json >"$TMP/estimate"
    "$CLIO" estimate --out "$run" "${ask[@]}" >"$TMP/text"
    expect_text "$TMP/text" "told apart"
    # 5: of an oracle that is wrong this often, some answers can be used in no try
    "$CLIO" run --out "$run" "${ask[@]}" || [ $? = 5 ] || fail "the run ended with an error"
    tables="SELECT * FROM stage_run"
    notes="SELECT * FROM stage_note"
    if [ "$trees" != request ]; then
        tables+=" UNION ALL SELECT * FROM tree_2_stage_run"
        notes+=" UNION ALL SELECT * FROM tree_2_stage_note"
    fi
    read -r tokens_in tokens_out < <(sqlite3 -separator ' ' "$run/vault.db" \
        "SELECT sum(n_prompt_tokens), sum(n_reply_tokens) FROM ($tables)
        WHERE stage IN ('describe', 'hierarchy', 'audit')")
    # two questions a pair that is told apart, each asked three times at most
    pairs=$(sqlite3 "$run/vault.db" "SELECT sum(value) FROM ($notes)
        WHERE stage = 'describe' AND key = 'confusable'")
    [ "$pairs" -ge 1 ] || fail "no titles were told apart"
    n_facets=$(sqlite3 "$run/vault.db" "SELECT count(*) FROM facet_value WHERE facet = 'turns'")
    questions=$(($(grep -vc '"forgotten":true}$' "$run/answers.jsonl") - n_facets))
    dollars=$(jq -n "($tokens_in * 2 + $tokens_out * 10) / 1000000")
    for pair in "questions $questions" "told_apart $((2 * pairs))" "tokens_in $tokens_in" \
        "tokens_out $tokens_out" "dollars $dollars"; do
        read -r name value <<<"$pair"
        jq -e ".about_clusters.$name | .low <= $value and $value <= .high" "$TMP/estimate" \
            >/dev/null || fail "$trees: $name is $value: $(jq -c .about_clusters "$TMP/estimate")"
    done
    # it is no bound that holds whatever comes
    jq -e ".about_clusters.questions.high < 30 * $questions" "$TMP/estimate" >/dev/null ||
        fail "$trees: $questions of $(jq .about_clusters.questions.high "$TMP/estimate")"
done
expect_exit 2 "$CLIO" estimate --out "$TMP/request" --profile none
