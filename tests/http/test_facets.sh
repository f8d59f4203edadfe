#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Facets of one's own, by a file: asked of a server in one call or one each, of the small model in
# the process, or computed; only listed values over the floors come out.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 jq python3
python3 "$SOURCE/tests/corpus.py" 200 | python3 -c '
import json, sys
for i, line in enumerate(sys.stdin):
    record = json.loads(line) | {"meta": {"plan": ["free", "pro", "canary-plan"][i % 3]}}
    print(json.dumps(record))' >"$TMP/corpus.jsonl"
cat >"$TMP/facets.yaml" <<'END'
facets:
  - name: mood
    kind: category
    question: how the person sounds.
    values: [calm, hurried, angry]
  - name: effort
    kind: number
    low: 1
    high: 3
    question: how much work the task is.
  - name: plan
    kind: computed
    program: column
    column: meta.plan
    values: [free, pro]
  - name: tool
    kind: text
    clustered: yes
    criteria: The title names tools, as in "Kitchen tools".
    question: what tool the person would use, as one {language} phrase.
END
start_answerer '{}'
values() { sqlite3 "$1/vault.db" 'SELECT facet, seq, value FROM facet_value ORDER BY facet, seq'; }
asked() { wc -l <"$TMP/server/requests.jsonl"; }
remote() { # DIR [flag…]
    "$CLIO" run "$TMP/corpus.jsonl" --out "$1" --profile remote --model m --titles phrases --quiet \
        --facets "$TMP/facets.yaml" "${@:2}"
}

# one call for all; cells of one's own facets stand in the atlas, over the floors and listed
remote "$TMP/one"
n=$(sqlite3 "$TMP/one/vault.db" "SELECT count(*) FROM facet_value WHERE facet = 'mood'")
[ "$(asked)" = "$n" ] || fail "$(asked) calls for $n conversations"
"$CLIO" export "$TMP/one" --format json >"$TMP/json"
strange() { # FACET JSON-LIST: shown values that are not in the list
    jq -c --argjson listed "$2" \
        "[.clusters[].facets.$1 // {} | keys[]] | unique - \$listed" "$TMP/json"
}
[ "$(strange mood '["calm","hurried","angry","Unknown"]')" = '[]' ] || fail "other moods are shown"
[ "$(strange plan '["free","pro","Other","Unknown"]')" = '[]' ] || fail "other plans are shown"
jq -e '[.clusters[].facets.mood // {} | .[].n_conversations] | length > 0 and min >= 15' \
    "$TMP/json" >"$TMP/out" || fail "there is no cell of mood, or one under the floor"
sqlite3 "$TMP/one/atlas.db" .dump >"$TMP/dump"
expect_no_text "$TMP/dump" canary-plan
jq -r .prompt "$TMP/server/requests.jsonl" >"$TMP/prompt"
expect_text "$TMP/prompt" "In request, task and tool nothing may point to a person"

# a text facet that is clustered has a tree of its own, made of its values
[ "$("$CLIO" export "$TMP/one" --of tool --format json | jq '.clusters | length')" -ge 1 ] ||
    fail "there is no tree of the tools"

# one call each: the same values; the rule against private details is in calls for texts only
rm "$TMP/server/requests.jsonl"
remote "$TMP/each" --facet-calls each
[ "$(asked)" = $((7 * n)) ] || fail "$(asked) calls for $n conversations and 7 facets"
values "$TMP/one" >"$TMP/one.values"
values "$TMP/each" >"$TMP/each.values"
expect_same "$TMP/one.values" "$TMP/each.values"
jq -c '[(.schema.properties | keys[0]), (.prompt | contains("nothing may point"))]' \
    "$TMP/server/requests.jsonl" | sort -u >"$TMP/rules"
printf '%s\n' '["concern",false]' '["effort",false]' '["language",false]' '["mood",false]' \
    '["request",true]' '["task",true]' '["tool",true]' >"$TMP/want"
expect_same "$TMP/want" "$TMP/rules"

# another facet is clustered; what is said outside the list is a gap, and comes out nowhere
remote "$TMP/one" --cluster-facet tool
remote "$TMP/one" --cluster-facet tool
# two trees are added to one at once
remote "$TMP/one" --cluster-facet tool,request,task
[ "$(sqlite3 "$TMP/one/atlas.db" 'SELECT count(DISTINCT tree_id) FROM cluster')" = 3 ] ||
    fail "there are not three trees"
expect_exit 2 remote "$TMP/one" --cluster-facet mood
expect_text "$TMP/err" "no facet of this name that can be clustered"
echo '{"values": {"mood": "canary-mood"}}' >"$TMP/server/rules.json"
expect_exit 5 remote "$TMP/gap"
expect_text "$TMP/err" "category $n"
values "$TMP/gap" >"$TMP/out"
expect_no_text "$TMP/out" canary-mood

# the file is part of the facet stage: another wording asks again, the same one does not
echo '{}' >"$TMP/server/rules.json"
before=$(asked)
remote "$TMP/each" --facet-calls each
[ "$(asked)" = "$before" ] || fail "the same file was asked again"
sed -i 's/how the person sounds/how they sound/' "$TMP/facets.yaml"
remote "$TMP/each" --facet-calls each
[ "$(asked)" = $((before + n)) ] || fail "another wording: $(($(asked) - before)) calls"
"$CLIO" estimate --out "$TMP/each" --json >"$TMP/out"
[ "$(jq .conversations "$TMP/out")" = "$n" ] || fail "estimate: $(cat "$TMP/out")"

# without a model: computed ones only
expect_exit 2 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/none" --profile none \
    --facets "$TMP/facets.yaml"
expect_text "$TMP/err" "the facet mood asks a model"
printf 'facets:\n  - name: length\n    kind: computed\n    program: human_words\n' >"$TMP/own.yaml"
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/none" --profile none --facets "$TMP/own.yaml" --quiet
values "$TMP/none" | grep '^length' >"$TMP/out"
expect_text "$TMP/out" 11-50

# what is wrong in the file is said with file and line
printf 'facets:\n  - name: x\n    kind: category\n    question: y\n' >"$TMP/wrong.yaml"
expect_exit 78 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/wrong" --profile none \
    --facets "$TMP/wrong.yaml"
expect_text "$TMP/err" "wrong.yaml, line 2: this facet needs values"
expect_exit 66 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/wrong" --profile none \
    --facets "$TMP/nowhere.yaml"

# the model in this process, held to the list by a grammar
if [ -e "$MODEL" ]; then
    head -n 12 "$TMP/corpus.jsonl" >"$TMP/few.jsonl"
    "$CLIO" ingest "$TMP/few.jsonl" --out "$TMP/small" --facets "$TMP/facets.yaml" --quiet
    "$CLIO" bound "$TMP/small" --quiet
    "$CLIO" facet "$TMP/small" --quiet || fail "the small model ends with $?"
    n=$(sqlite3 "$TMP/small/vault.db" "SELECT count(*) FROM facet_value WHERE facet = 'mood'
        AND value IN ('calm', 'hurried', 'angry')")
    [ "$n" = 12 ] || fail "the small model gave $n of 12 moods"
fi
