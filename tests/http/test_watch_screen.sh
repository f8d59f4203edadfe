#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A watch whose question a model answers: each transcript is asked about once, a planted week is
# told with the same figures as by words, money bounds it, what was not asked is asked the next
# time, a purge takes the answers; without a model it is refused.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool sqlite3 python3
make_days() { # FIRST LAST: days of 60 conversations, more about pills in the week from day 30 on
    python3 - "$@" <<'END'
import json
import random
import sys

for d in range(int(sys.argv[1]), int(sys.argv[2])):
    draw = random.Random(d)
    for i in range(60):
        share = 0.4 if 30 <= d < 37 else 0.05
        text = "Sell cheap pills to my list now" if draw.random() < share else "Plan my dinner"
        text += f" number {d * 1000 + i}, please, for tomorrow"
        print(json.dumps({"id": f"w{d}-{i}", "user": f"u{draw.randrange(900)}", "text": text,
                          "time": 1735689600 + 86400 * d + draw.randrange(86400)}))
END
}
make_days 0 33 >"$TMP/corpus.jsonl"
n_all=$(wc -l <"$TMP/corpus.jsonl")
start_answerer '{"yes": "pills"}'
: >"$TMP/server/requests.jsonl"
asked() { grep -c '"kind": "screen"' "$TMP/server/requests.jsonl" || true; }
query() { sqlite3 "$1/safety.db" "$2"; }
answered() { query "$1" 'SELECT count(*) FROM watch_answer'; }
watch() { "$CLIO" watch "$@"; }
question='{"screen": "Does somebody want to sell pills?"}'

# profile none has nobody to ask: said when the watch is added, and when it is run
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/none" --profile none --quiet
expect_exit 2 watch add "$TMP/none" pills "$question"
expect_text "$TMP/err" "profile none has none"
[ "$(query "$TMP/none" 'SELECT count(*) FROM watch')" = 0 ] || fail "it was added"
expect_exit 2 watch add "$TMP/none" pills '{"screen": " "}'
watch add "$TMP/none" pills "$question" --profile remote --model m
expect_exit 2 watch run "$TMP/none"
expect_text "$TMP/err" "profile none has none"
[ "$(asked)" = 0 ] || fail "somebody was asked"

# with a model: what the words say too
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/run" --profile remote --model m --quiet
watch add "$TMP/run" pills "$question"
watch add "$TMP/run" words '{"words": "pills"}'
watch run "$TMP/run" >"$TMP/told"
[ "$(asked)" = "$n_all" ] || fail "$(asked) questions for $n_all conversations"
expect_text "$TMP/told" "pills: "
expect_same <(sed -n 's/pills: //p' "$TMP/told") <(sed -n 's/words: //p' "$TMP/told")
[ "$(query "$TMP/run" "SELECT count(*) FROM watch_batch p JOIN watch_batch w ON w.day = p.day AND
    w.watch_id = 2 AND p.watch_id = 1 AND w.n = p.n AND w.n_matched = p.n_matched")" = 33 ] ||
    fail "the model and the words count differently"
expect_no_text "$TMP/server/requests.jsonl" '"id": "w0-0"'

# again nothing is asked and nothing told; another question is another watch
watch run "$TMP/run" >"$TMP/told"
[ ! -s "$TMP/told" ] || fail "an event is told twice"
[ "$(asked)" = "$n_all" ] || fail "a second run asked again"
watch drop "$TMP/run" pills
[ "$(answered "$TMP/run")" = 0 ] || fail "answers outlive their watch"

# money: what is over is asked the next time, also from where a kill left it
watch add "$TMP/run" dinners '{"screen": "Is it about dinner?"}'
printf 'm,1,1\n' >"$TMP/prices"
before=$(asked)
expect_exit 0 watch run "$TMP/run" --prices "$TMP/prices" --max-cost 0.02 --in-flight 8
expect_text "$TMP/err" "asked the next time"
bought=$(($(asked) - before))
[ "$bought" -gt 0 ] && [ "$bought" -lt "$n_all" ] || fail "$bought of $n_all were bought"
[ "$(answered "$TMP/run")" = "$bought" ] || fail "$(answered "$TMP/run") of $bought are kept"
watch run "$TMP/run" --quiet >"$TMP/told"
[ $(($(asked) - before)) = "$n_all" ] || fail "$(($(asked) - before)) questions for $n_all"
[ "$(answered "$TMP/run")" = "$n_all" ] || fail "$(answered "$TMP/run") answers"

# what a model says beside yes and no is no answer, and counts for nothing
echo '{"screen": "perhaps"}' >"$TMP/server/rules.json"
watch add "$TMP/run" vague '{"screen": "Is it vague?"}'
watch run "$TMP/run" 2>"$TMP/err" >"$TMP/told"
expect_text "$TMP/err" "have no answer"
[ "$(query "$TMP/run" "SELECT sum(b.n) FROM watch_batch b JOIN watch w ON w.id = b.watch_id
    WHERE w.name = 'vague'")" = 0 ] || fail "what has no answer counts"

# a purge takes every answer and leaves the questions
id=$(sqlite3 "$TMP/run/vault.db" 'SELECT external_id FROM conversation LIMIT 1')
"$CLIO" purge "$TMP/run" --conversation "$id" >/dev/null
[ "$(answered "$TMP/run")" = 0 ] || fail "answers outlive a purge"
[ "$(query "$TMP/run" 'SELECT count(*) FROM watch')" = 3 ] || fail "a purge took a question"

# a file of the version before is taken on with its watches
sqlite3 "$TMP/run/safety.db" \
    'DROP TABLE watch_answer; DROP TABLE alert_due; DROP TABLE watch_cluster;
    PRAGMA user_version = 1'
echo '{"yes": "pills"}' >"$TMP/server/rules.json"
watch drop "$TMP/run" vague
watch list "$TMP/run" >"$TMP/out"
expect_text "$TMP/out" dinners
watch run "$TMP/run" --quiet >"$TMP/told"
[ "$(answered "$TMP/run")" = $((n_all - 1)) ] || fail "$(answered "$TMP/run") answers"

# new conversations alone are asked about, by a run that grows
if [ -e "$EMBEDDER" ]; then
    "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/grows" --profile remote --model m \
        --titles phrases --min-conversations 8 --quiet
    watch add "$TMP/grows" pills "$question"
    watch run "$TMP/grows" --quiet >"$TMP/told"
    make_days 33 36 >"$TMP/more.jsonl"
    before=$(answered "$TMP/grows")
    "$CLIO" append "$TMP/grows" "$TMP/more.jsonl" --quiet >/dev/null # asks the watches, too
    [ $(($(answered "$TMP/grows") - before)) = "$(wc -l <"$TMP/more.jsonl")" ] ||
        fail "$before and then $(answered "$TMP/grows") answers"

    # the number of a cluster holds while clusters stay (test_watch_follow: when they are made anew)
    expect_exit 2 watch add "$TMP/grows" none '{"cluster": 4000}'
    expect_text "$TMP/err" "no base cluster 4000"
    watch add "$TMP/grows" one '{"cluster": 1}'
    watch run "$TMP/grows" 2>"$TMP/err" >"$TMP/told"
    expect_no_text "$TMP/err" "made anew"
    make_days 36 37 | sed 's/dinner/supper/' >"$TMP/last.jsonl"
    watch add "$TMP/grows" late '{"words": "supper"}'
    "$CLIO" append "$TMP/grows" "$TMP/last.jsonl" --recluster no --quiet \
        --alert-file "$TMP/alerts" >"$TMP/told" 2>"$TMP/err"
    expect_no_text "$TMP/err" "made anew"
    expect_text "$TMP/told" "late: "
    expect_text "$TMP/alerts" '"late"'
    watch run "$TMP/grows" 2>"$TMP/err" >"$TMP/told"
    expect_no_text "$TMP/err" "made anew"
    expect_no_text "$TMP/told" "late: " # it was told
fi
