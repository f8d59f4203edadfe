#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `clio estimate`: sends nothing unless asked to, measures on conversations whose answers are not
# paid for again, and its intervals hold what the run then takes.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool curl sqlite3 jq python3
start_provider
count() { curl -sf "http://$host/count" | jq -r ".$1"; }
python3 "$SOURCE/tests/corpus.py" 900 >"$TMP/corpus.jsonl"
printf 'oracle,2,10\n' >"$TMP/prices"
estimate() { # directory [flag…]
    "$CLIO" estimate --out "$1" --prices "$TMP/prices" --json --quiet "${@:2}" >"$TMP/estimate"
}
# who only counts needs no key; who measures is told before anything is read
unset OPENAI_API_KEY OPENAI_BASE_URL OPENAI_API_BASE ANTHROPIC_API_KEY ANTHROPIC_BASE_URL
unset ANTHROPIC_AUTH_TOKEN OLLAMA_HOST
expect_exit 78 "$CLIO" estimate "$TMP/corpus.jsonl" --out "$TMP/keyless" --profile remote \
    --model gpt-4o-mini --measure 5
expect_text "$TMP/err" "no provider is named"
expect_no_text "$TMP/err" "clio: ingest"
expect_exit 0 "$CLIO" estimate "$TMP/corpus.jsonl" --out "$TMP/keyless" --profile remote \
    --model gpt-4o-mini
expect_text "$TMP/out" "All of that together."
expect_exit 0 "$CLIO" estimate --out "$TMP/keyless" --json
jq -e '(.total.dollars.high - .dollars.high - .about_clusters.dollars.high | fabs) < 1e-9 and
    .total.tokens_in.low == .tokens_in.low + .about_clusters.tokens_in.low' "$TMP/out" >/dev/null ||
    fail "the total: $(cat "$TMP/out")"
expect_exit 2 "$CLIO" estimate "$TMP/corpus.jsonl" --out "$TMP/none" --profile none
expect_text "$TMP/err" "profile remote"
"$CLIO" estimate "$TMP/corpus.jsonl" --out "$TMP/start" --profile remote --model oracle \
    --base-url "http://$host" >"$TMP/text" 2>"$TMP/err"
expect_text "$TMP/text" "nothing was asked"
[ "$(count requests)" = 0 ] || fail "$(count requests) requests were sent"
# vectors by a server come on top, and a batch may take a day
cp -r "$TMP/start" "$TMP/batch"
"$CLIO" estimate --out "$TMP/batch" --embeddings remote --embedder little --batch >"$TMP/text" \
    2>"$TMP/err"
expect_text "$TMP/text" "to 1440.0, a guess: a vendor may take a day for a batch"
expect_text "$TMP/text" "Vectors of --embeddings remote come on top, a guess."
expect_text "$TMP/text" "no table has a price for this embedder"
printf 'little,1,0\noracle,0,0\n' >"$TMP/prices-little"
"$CLIO" estimate --out "$TMP/batch" --prices "$TMP/prices-little" --json >"$TMP/text"
jq -e '.conversations as $n | .seconds.high == 86400 and .vectors.tokens_in.low >= $n and
    (.vectors.dollars.high - .vectors.tokens_in.high / 1e6 | fabs) < 1e-9' "$TMP/text" >/dev/null ||
    fail "$(cat "$TMP/text")"
n=$(jq .conversations <(estimate "$TMP/start" && cat "$TMP/estimate"))
cp -r "$TMP/start" "$TMP/all"
"$CLIO" facet "$TMP/all" --quiet
read -r tokens_in tokens_out < <(sqlite3 -separator ' ' "$TMP/all/vault.db" \
    "SELECT n_prompt_tokens, n_reply_tokens FROM stage_run WHERE stage = 'facet'")
dollars=$(jq -n "($tokens_in * 2 + $tokens_out * 10) / 1000000")
holds() { # name value: whether the interval holds it
    jq -e ".$1.low <= $2 and $2 <= .$1.high" "$TMP/estimate" >/dev/null
}
# what is answered already is said
estimate "$TMP/all"
[ "$(jq .answered "$TMP/estimate")" = "$n" ] || fail "answered: $(cat "$TMP/estimate")"
"$CLIO" estimate --out "$TMP/all" >"$TMP/text" 2>"$TMP/err"
expect_text "$TMP/text" "$n of these questions are answered already"
estimate "$TMP/start"
[ "$(jq .answered "$TMP/estimate")" = 0 ] || fail "answered: $(cat "$TMP/estimate")"
for pair in "tokens_in $tokens_in" "tokens_out $tokens_out" "dollars $dollars"; do
    # shellcheck disable=SC2086 # two words
    holds $pair || fail "the guess does not hold $pair: $(cat "$TMP/estimate")"
done
held=0
for seed in $(seq 101 108); do
    rm -rf "$TMP/run" && cp -r "$TMP/start" "$TMP/run"
    estimate "$TMP/run" --measure 40 --seed $seed
    for pair in "tokens_in $tokens_in" "tokens_out $tokens_out" "dollars $dollars"; do
        # shellcheck disable=SC2086
        if holds $pair; then held=$((held + 1)); fi
    done
    jq -e "(.tokens_in.high - .tokens_in.low) / .tokens_in.middle < 0.1" "$TMP/estimate" \
        >/dev/null || fail "an interval as wide as a guess: $(cat "$TMP/estimate")"
done
[ $held -ge 21 ] || fail "only $held of 24 intervals of 95 % hold the truth"
# what was asked for the estimate is not asked again
curl -sf "http://$host/set?fault=" >/dev/null
"$CLIO" facet "$TMP/run" --quiet
[ "$(count requests)" = $((n - 40)) ] || fail "$(count requests) asked of $n after 40 were measured"
