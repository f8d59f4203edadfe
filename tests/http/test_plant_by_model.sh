#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `clio evaluate plant` with a model that writes the messages: each is asked for once and kept, what
# does not come is left out, counted and asked for again, and the result says who wrote the texts.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3 jq
start_answerer '{}'
plant() { # DIR [flag…]
    "$CLIO" evaluate plant "$TMP/$1" --profile remote --model "scribe 7" --limit 45 "${@:2}"
}
asked() { wc -l <"$TMP/server/requests.jsonl"; }

expect_exit 2 "$CLIO" evaluate plant "$TMP/all" --profile remote --model m
expect_text "$TMP/err" "--limit"
expect_exit 0 plant good
expect_text "$TMP/err" "90 requests sent"
for kind in ordinary concerning; do
    [ "$(head -n 1 "$TMP/good/$kind.tsv" | cut -f1)" = "conversation (texts by scribe 7)" ] ||
        fail "the truth says: $(head -n 1 "$TMP/good/$kind.tsv")"
    [ "$(wc -l <"$TMP/good/$kind.jsonl")" = 45 ] || fail "not 45 messages, $kind"
    [ "$(jq -r .text "$TMP/good/$kind.jsonl" | sort -u | wc -l)" = 45 ] || fail "some are alike"
    paste <(jq -r '.id + "\t" + (.text | capture("^In (?<l>\\w+): ").l)' \
        "$TMP/good/$kind.jsonl") <(tail -n +2 "$TMP/good/$kind.tsv" | cut -f1,4) |
        awk -F'\t' '$1 != $3 || $2 != $4 { exit 1 }' || fail "a language is another's, $kind"
done
jq -r 'select(.kind == "plant") | .prompt' "$TMP/server/requests.jsonl" >"$TMP/prompts"
expect_text "$TMP/prompts" "cooking meals at home" # the wish is told in English

# again: from its answers alone, and the same
n=$(asked)
cp -r "$TMP/good" "$TMP/again"
expect_exit 0 plant again --provider replay
[ "$(asked)" = "$n" ] || fail "what was answered is asked again"
for file in ordinary.jsonl ordinary.tsv concerning.jsonl ordinary-texts.tsv; do
    expect_same "$TMP/good/$file" "$TMP/again/$file"
done

# no message, and then one
echo '{"plant": "I would rather not."}' >"$TMP/server/rules.json"
expect_exit 5 plant gaps
expect_text "$TMP/err" "90 of 90 messages did not come and are left out (unusable 90)"
[ ! -s "$TMP/gaps/ordinary.jsonl" ] || fail "there are messages that nobody wrote"
echo '{"plant": "<message>Help me, please.</message>"}' >"$TMP/server/rules.json"
expect_exit 5 plant gaps --seed 2
expect_text "$TMP/err" "89 of 90 messages" # one text is one message
echo '{}' >"$TMP/server/rules.json"
expect_exit 0 plant gaps
expect_same "$TMP/good/ordinary.jsonl" "$TMP/gaps/ordinary.jsonl"

# a ceiling leaves some out, and says so by its own code
printf 'scribe*,1000,1000\n' >"$TMP/prices.csv"
expect_exit 4 plant dear --prices "$TMP/prices.csv" --max-cost 20 --in-flight 1
expect_text "$TMP/err" "a higher ceiling asks for them"
[ -s "$TMP/dear/ordinary.jsonl" ] || fail "nothing came under the ceiling"

# the result repeats who wrote
"$CLIO" run "$TMP/good/ordinary.jsonl" --out "$TMP/run" --profile remote --model m --clusters 4 \
    --min-accounts 2 --min-conversations 3 --privacy local --auditor program --quiet
"$CLIO" evaluate reconstruct "$TMP/run" --truth "$TMP/good/ordinary.tsv" --json >"$TMP/scores"
[ "$(jq -r .texts_by "$TMP/scores")" = "scribe 7" ] || fail "by $(jq .texts_by "$TMP/scores")"
[ "$(jq .n_unanswered "$TMP/scores")" = 0 ] || fail "some were not answered"

# who names no category is not given one
echo '{"assign": "hello there"}' >"$TMP/server/rules.json"
"$CLIO" evaluate reconstruct "$TMP/run" --truth "$TMP/good/ordinary.tsv" --model other --json \
    >"$TMP/scores" 2>"$TMP/err"
expect_text "$TMP/err" "named no category; their conversations count as wrong"
jq -e '.n_unanswered == .n_clusters and .scores[0].accuracy == 0' "$TMP/scores" >/dev/null ||
    fail "a figure that is not the model's: $(cat "$TMP/scores")"
