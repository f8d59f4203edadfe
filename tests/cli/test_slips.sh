#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Slips of a first-time user are said: a field that is not there, roles and times that are not read,
# an account that is none, a table cut at the wrong character, settings that cannot work.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3
ingest() { "$CLIO" ingest "$@" --profile none; }
sql() { sqlite3 "$TMP/$1/vault.db" "$2"; }
accounts() { echo $(sql "$1" "SELECT external_id FROM account ORDER BY 1"); }
unset OPENAI_API_KEY OPENAI_BASE_URL ANTHROPIC_API_KEY ANTHROPIC_BASE_URL OLLAMA_HOST
python3 "$SOURCE/tests/corpus.py" 60 >"$TMP/logs.jsonl"

# a field that no record has takes the accounts away: it is a slip, not a wish
expect_exit 65 ingest "$TMP/logs.jsonl" --out "$TMP/a" --account-from nobody
expect_text "$TMP/err" 'no record has the field "nobody" that --account-from names'
expect_exit 65 ingest "$TMP/logs.jsonl" --out "$TMP/a" --map time=wen
expect_text "$TMP/err" 'that --map time= names'
expect_exit 0 ingest "$TMP/logs.jsonl" --out "$TMP/a" --account-from user
expect_exit 2 ingest "$TMP/logs.jsonl" --out "$TMP/b" --map reply=text
expect_text "$TMP/err" "--map reply= stands beside text="

# columns with blanks, and by number behind a header
printf 'User ID,Prompt Text\nann,How do I sow peas?\nbob,How do I bake bread?\n' >"$TMP/t.csv"
expect_exit 0 ingest "$TMP/t.csv" --out "$TMP/c" --map 'text=Prompt Text,user=User ID'
[ "$(accounts c)" = "ann bob" ] || fail "columns with blanks"
expect_exit 0 ingest "$TMP/t.csv" --out "$TMP/d" --map 'header=yes,text=2,user=1'
[ "$(accounts d)" = "ann bob" ] || fail "numbers and a header"
printf 'ann;peas, beans\nbob;bread, rolls, cake\n' >"$TMP/s.csv"
expect_exit 0 ingest "$TMP/s.csv" --out "$TMP/e" --map text=2,user=1
[ "$(accounts e)" = "ann bob" ] || fail "semicolons"
expect_exit 2 ingest "$TMP/t.csv" --out "$TMP/f" --map text=prompt
expect_text "$TMP/err" "2 columns with commas between"
expect_no_text "$TMP/err" "Prompt" # what is known of no column may be no header
expect_exit 2 ingest "$TMP/t.csv" --out "$TMP/f" --map 'text=Prompt Text,user=Nope'
expect_text "$TMP/err" 'no column "Nope" (2 columns with commas between: User ID, Prompt Text)'
printf 'user,text\nann,\nbob,How do I bake bread?\n' >"$TMP/u.csv"
expect_exit 0 ingest "$TMP/u.csv" --out "$TMP/g"
expect_text "$TMP/err" "its text is empty"
# JSON in cells, as exports of databases have it
cat >"$TMP/j.csv" <<'END'
user,in,out
an,"{""messages"":[{""role"":""user"",""content"":""Hm""}]}","{""role"":""bot"",""content"":""Y""}"
bob,"[{""role"":""user"",""content"":""How do I bake bread?""}]",With flour.
cid,"[{'role': 'user', 'content': 'secret'}]",With flour.
END
expect_exit 0 ingest "$TMP/j.csv" --out "$TMP/cells" --map messages=in,reply=out
expect_text "$TMP/err" "the messages are a text that is no JSON"
expect_no_text "$TMP/err" secret
n=$(sqlite3 "$TMP/cells/vault.db" 'SELECT sum(n_turns) FROM conversation')
[ "$n" = 4 ] || fail "JSON in cells: $n turns"
sed 's/user,in,out/user,messages,out/' "$TMP/j.csv" | sed 2d >"$TMP/k.csv"
expect_exit 0 ingest "$TMP/k.csv" --out "$TMP/cells2"
expect_text "$TMP/err" "the messages are a text that is no JSON"
expect_exit 2 ingest "$TMP/k.csv" --out "$TMP/cells2" --map messages=body.messages
expect_text "$TMP/err" 'no column "body.messages"'

for i in $(seq 120); do echo '{"text": broken'; done >"$TMP/broken.jsonl"
expect_exit 65 ingest "$TMP/broken.jsonl" --out "$TMP/g2"
[ "$(grep -c "bad record" "$TMP/err")" = 2 ] || fail "the same fault is told again and again"
expect_text "$TMP/err" "and 99 bad records behind it with the same fault"

# roles
roles() { # PERSON MODEL
    for i in 1 2 3; do
        printf '{"messages":[{"role":"%s","content":"how to sow %s"},' "$1" $i
        printf '{"role":"%s","content":"in spring"}]}\n' "$2"
    done
}
roles client operator >"$TMP/roles.jsonl"
expect_exit 0 ingest "$TMP/roles.jsonl" --out "$TMP/h"
expect_no_text "$TMP/err" "no turn of a person"
turns=$(sql h 'SELECT turns FROM conversation LIMIT 1')
[[ $turns == '[["user",'*'["assistant",'* ]] || fail "roles in use are not known"
roles earthling machine >"$TMP/roles.jsonl"
expect_exit 0 ingest "$TMP/roles.jsonl" --out "$TMP/i"
expect_text "$TMP/err" "3 of 3 conversations have no turn of a person"
expect_no_text "$TMP/err" earthling
expect_exit 0 ingest "$TMP/roles.jsonl" --out "$TMP/i" --roles earthling=user,machine=assistant
expect_no_text "$TMP/err" "no turn of a person"
expect_exit 2 ingest "$TMP/roles.jsonl" --out "$TMP/j" --roles earthling=human
expect_text "$TMP/err" "--roles wants NAME=user"

# times that cannot be read, and a purge that says whom it leaves
for time in 01/02/2026 "2026-01-02 03:04:05 +0000" 20260103 99999999 \
    "Sun, 04 Jan 2026 01:00:00 +0200"; do
    echo "{\"user\":\"ann\",\"time\":\"$time\",\"text\":\"how to sow on $time\"}"
done >"$TMP/times.jsonl"
expect_exit 0 ingest "$TMP/times.jsonl" --out "$TMP/k"
expect_text "$TMP/err" "2 conversations have a time that cannot be read"
expect_exit 0 "$CLIO" run "$TMP/times.jsonl" --out "$TMP/k-run" --profile none
expect_text "$TMP/err" "a time that cannot be read, and count as without one"
"$CLIO" status "$TMP/k" >"$TMP/out"
expect_text "$TMP/out" "2 conversations have a time that cannot be read"
[ "$("$CLIO" status "$TMP/k" --json | python3 -c 'import json, sys
print(json.load(sys.stdin)["n_odd_times"])')" = 2 ] || fail "status --json: n_odd_times"
days=$(sql k "SELECT date(time, 'unixepoch') FROM conversation WHERE time IS NOT NULL")
[ "$days" = $'2026-01-02\n2026-01-03\n2026-01-03' ] || fail "times: $days"
expect_exit 0 "$CLIO" purge "$TMP/k" --before 2026-01-03
expect_text "$TMP/out" "1 conversation, "
expect_text "$TMP/out" "2 conversations have no time that can be read, and stay"
before=$(sql k 'SELECT count(*) FROM conversation; SELECT * FROM stage_run')
expect_exit 1 "$CLIO" purge "$TMP/k" --account anne
expect_text "$TMP/err" "no conversation has this account"
echo '{}' >"$TMP/k/answers.jsonl" # may be of what the input had before it was edited
expect_exit 1 "$CLIO" purge "$TMP/k" --conversation nothing
[ ! -e "$TMP/k/answers.jsonl" ] || fail "answers stay after a purge"
[ "$(sql k 'SELECT count(*) FROM conversation; SELECT * FROM stage_run')" = "$before" ] ||
    fail "a purge of nobody changed the run"

# another encoding is said, in JSON and in a table
for i in $(seq 30); do echo "{\"text\":\"wie s\xe4e ich Kr\xe4uter im Mai, Nummer $i\"}"; done |
    sed 's/\\xe4/\xe4/g' >"$TMP/latin.jsonl"
expect_exit 0 ingest "$TMP/latin.jsonl" --out "$TMP/latin"
expect_text "$TMP/err" "that are not in UTF-8: 30"
"$CLIO" status "$TMP/latin" >"$TMP/out"
expect_text "$TMP/out" "that are not in UTF-8: 30"
[ "$("$CLIO" status "$TMP/latin" --json | python3 -c 'import json, sys
print(json.load(sys.stdin)["n_repaired"])')" = 30 ] || fail "status --json: n_repaired"
printf 'text\nwie s\xe4e ich im Mai\nwie backe ich Brot\n' >"$TMP/latin.csv"
expect_exit 0 ingest "$TMP/latin.csv" --out "$TMP/latin2"
expect_text "$TMP/err" "that are not in UTF-8: 1"

# records inside of a map; settings that cannot work are found before anything is read
python3 - "$TMP/logs.jsonl" >"$TMP/data.json" <<'PY'
import json, sys
print(json.dumps({"object": "list", "data": [json.loads(line) for line in open(sys.argv[1])]}))
PY
expect_exit 65 ingest "$TMP/data.json" --out "$TMP/l"
expect_text "$TMP/err" "jq -c '.data[]' FILE | clio run -"
expect_no_text "$TMP/err" "--map"
printf '{"prompt":[{"role":"user","content":"secret"}],"n":%d}\n' 1 2 3 >"$TMP/under.jsonl"
expect_exit 65 ingest "$TMP/under.jsonl" --out "$TMP/l"
expect_text "$TMP/err" 'its messages stand under "prompt"; say so: --map messages=prompt'
expect_no_text "$TMP/err" secret
expect_exit 0 ingest "$TMP/under.jsonl" --out "$TMP/l" --map messages=prompt
expect_exit 78 "$CLIO" run "$TMP/logs.jsonl" --out "$TMP/m" --profile remote
expect_text "$TMP/err" "--model NAME"
expect_no_text "$TMP/err" "ingest: 60 in"
expect_exit 0 "$CLIO" ingest "$TMP/logs.jsonl" --out "$TMP/m" --profile remote --model some
expect_exit 2 "$CLIO" estimate "$TMP/logs.jsonl" --out "$TMP/n" --profile none
expect_text "$TMP/err" "add --profile remote"
[ ! -e "$TMP/n" ] || fail "estimate made a directory for what it cannot price"

# a label that nobody has is missed once the files are read, not when all is done
expect_exit 78 "$CLIO" run "$TMP/logs.jsonl" --out "$TMP/r" --profile none --classifier toxic
expect_text "$TMP/err" 'no conversation has a label in the column "toxic"'
[ "$(sql r 'SELECT count(*) FROM conversation')" = 60 ] || fail "the files were not read first"
[ "$(sql r 'SELECT count(*) FROM facet_value')" = 0 ] || fail "a slip of the hand is found late"

# a run that shows nothing says so last, with what to do
expect_exit 0 "$CLIO" run "$TMP/roles.jsonl" --out "$TMP/few" --profile none \
    --roles earthling=user,machine=assistant
expect_no_text "$TMP/err" "a time that cannot be read"
tail -n 1 "$TMP/err" >"$TMP/last"
expect_text "$TMP/last" "no group is large enough to be shown"
expect_text "$TMP/last" "more conversations; for data that is your own, --privacy local --min-conv"
expect_no_text "$TMP/last" "accounts" # which these conversations do not have
expect_exit 0 "$CLIO" run --out "$TMP/few" --privacy local --min-accounts 1 --min-conversations 3
expect_no_text "$TMP/err" "your own" # these flags are given

# who reads the output may stop
{ sleep 0.3; "$CLIO" help man 2>"$TMP/err"; } | true || true
[ ! -s "$TMP/err" ] || fail "a closed pipe is complained of: $(cat "$TMP/err")"
{ sleep 0.3; "$CLIO" export "$TMP/few" 2>"$TMP/err"; } | true || true
[ ! -s "$TMP/err" ] || fail "a closed pipe is complained of: $(cat "$TMP/err")"

# a deep export of ChatGPT takes no time of its square
python3 - >"$TMP/deep.json" <<'PY'
import json
nodes = {f"n{i}": {"parent": f"n{i - 1}" if i else None,
                   "message": {"author": {"role": "user"}, "content": {"parts": [f"turn {i}"]}}}
         for i in range(40000)}
print(json.dumps([{"conversation_id": "c", "current_node": "n39999", "mapping": nodes}]))
PY
expect_exit 0 timeout 20 "$CLIO" ingest "$TMP/deep.json" --out "$TMP/o" --profile none
[ "$(sql o 'SELECT n_turns FROM conversation')" = 40000 ] || fail "turns of a deep export"

# answers are drawn where there are none
expect_exit 65 ingest "$TMP/logs.jsonl" --out "$TMP/p" --sample-by output
expect_text "$TMP/err" 'none of the 60 conversations has an answer of the assistant'
expect_text "$TMP/err" '--sample-by conversation'
expect_no_text "$TMP/err" 'there is no conversation'
expect_exit 65 ingest "$TMP/logs.jsonl" --out "$TMP/p" --sample-by output --where recipe
expect_text "$TMP/err" 'that fit --where has an answer of the assistant'
printf 'in,out\nHow do I sow peas?,In spring.\nHow do I bake bread?,\n' >"$TMP/v.csv"
expect_exit 65 ingest "$TMP/v.csv" --out "$TMP/q" --map text=in --sample-by output
expect_text "$TMP/err" '--map text=NAME,reply=NAME'
expect_exit 0 ingest "$TMP/v.csv" --out "$TMP/q" --map text=in,reply=out --sample-by output
expect_text "$TMP/err" '1 of 2 conversations have no answer of the assistant and are left out'

# a facet of a column that no conversation has
sed 's/"user"/"plan": "pro", "user"/' "$TMP/logs.jsonl" >"$TMP/plans.jsonl"
facet() { # COLUMN
    printf 'facets: [{name: plan, kind: computed, program: column, column: %s, values: [pro]}]\n' \
        "$1" >"$TMP/facets.yaml"
    ingest "$TMP/plans.jsonl" --out "$TMP/column-$1" --facets "$TMP/facets.yaml" --quiet
    "$CLIO" bound "$TMP/column-$1" --quiet
    "$CLIO" facet "$TMP/column-$1"
}
expect_exit 0 facet plam
expect_text "$TMP/err" 'no conversation has the column "plam" that the facet plan is made of'
expect_exit 0 facet plan
expect_no_text "$TMP/err" "no conversation has the column"
