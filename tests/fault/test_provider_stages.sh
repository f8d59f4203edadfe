#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything that a model's server can do wrong (tests/tool/provider_faults.inc) at the stages that
# ask about clusters: describe, hierarchy, audit. Whatever comes, no row is wrong; what passes costs
# no token more; the same command goes on afterwards without asking twice for what was answered, and
# fills what was left open, so that all is as without faults.
# tests/fault/test_provider_faults.sh has the facets.
# Usage: test_provider_stages.sh [FAULT…]; EVERY=1 tries all at each stage, else one in twelve.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool curl sqlite3 jq python3
tool=$(dirname "$CLIO")/tests/tool_provider
every=${EVERY:-12}
[ $# = 0 ] || every=1
stages=(describe hierarchy audit)

oracle_corpus 600

servers=()
at_exit 'kill "${servers[@]}" 2>/dev/null; wait 2>/dev/null'
for i in 0 1; do
    "$tool" 0 "$TMP/truth.tsv" >"$TMP/port$i" &
    servers+=($!)
done
for i in 0 1; do wait_for "$TMP/port$i"; done
set_fault() { curl -sf "http://127.0.0.1:$(cat "$TMP/port$1")/set?fault=$2&share=3" >/dev/null; }
count() { curl -sf "http://127.0.0.1:$(cat "$TMP/port$1")/count" | jq ".$2"; }
work() { # server stage directory [flag…]
    "$CLIO" "$2" "$3" --base-url "http://127.0.0.1:$(cat "$TMP/port$1")" --tries 5 --timeout 1 \
        --retry-wait 0.02 --in-flight 16 --quiet "${@:4}"
}
rows() { # stage directory
    case $1 in
    describe) sqlite3 "$2/vault.db" 'SELECT * FROM description ORDER BY 1;
        SELECT cluster_id, rank, phrase FROM phrase ORDER BY 1, 2' ;;
    hierarchy) sqlite3 "$2/vault.db" 'SELECT * FROM node ORDER BY 1;
        SELECT node_id, rank, phrase FROM node_phrase ORDER BY 1, 2' ;;
    audit) sqlite3 "$2/vault.db" 'SELECT * FROM verdict ORDER BY 1' ;;
    esac
}

# without faults: the state before each stage, its rows, requests and tokens
good=$TMP/good
set_fault 0 ""
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$good" --profile remote --model oracle --quiet
for stage in bound facet embed cluster threshold; do work 0 $stage "$good"; done
for stage in "${stages[@]}"; do
    cp -r "$good" "$TMP/at-$stage"
    set_fault 0 ""
    work 0 "$stage" "$good"
    rows "$stage" "$good" >"$TMP/want-$stage"
    count 0 requests >"$TMP/requests-$stage"
    count 0 tokens >"$TMP/tokens-$stage"
    [ "$(cat "$TMP/requests-$stage")" -gt 3 ] || fail "$stage asks nothing: the test tests nothing"
done
n_model=$(sqlite3 "$good/vault.db" "SELECT count(*) FROM description WHERE title LIKE '% in %'")
[ "$n_model" -ge 8 ] || fail "only $n_model titles are the model's"
# titles by phrases, which take the place of those that did not come
cp -r "$TMP/at-describe" "$TMP/phrases"
"$CLIO" describe "$TMP/phrases" --titles phrases --quiet
rows describe "$TMP/phrases" >"$TMP/want-phrases"

# a ceiling of money leaves titles out; the same command under a higher one asks for them
printf 'oracle,10,10\n' >"$TMP/prices"
cp -r "$TMP/at-describe" "$TMP/cost"
set_fault 0 ""
for step in "4 0.02" "0 10"; do
    expect_exit "${step% *}" work 0 describe "$TMP/cost" --prices "$TMP/prices" \
        --max-cost "${step#* }"
    [ "${step% *}" = 0 ] || expect_text "$TMP/err" "(describe: not-asked"
done
rows describe "$TMP/cost" >"$TMP/got"
expect_same "$TMP/want-describe" "$TMP/got"

# the whole run again from its answers alone, with nobody to ask: the same atlas
for stage in map publish; do work 0 $stage "$good"; done
mkdir "$TMP/again"
cp "$good/answers.jsonl" "$TMP/again/"
expect_exit 0 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/again" --profile remote --model oracle \
    --provider replay
for run in good again; do sqlite3 "$TMP/$run/atlas.db" .dump >"$TMP/$run.sql"; done
expect_same "$TMP/good.sql" "$TMP/again.sql"

# Rows of a stage that had gaps: each is as without faults or what the program puts in its place.
check_rows() { # stage directory out
    case $1 in
    describe)
        rows describe "$2" | sort >"$3"
        cat "$TMP/want-describe" "$TMP/want-phrases" | sort -u | comm -13 - "$3" >"$3.wrong"
        ;;
    hierarchy)
        sqlite3 "$2/vault.db" "
            SELECT 'no parent', id FROM node n WHERE parent_id IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM node p WHERE p.id = n.parent_id AND p.level > n.level);
            SELECT 'a lone child', parent_id FROM node WHERE parent_id IS NOT NULL
              GROUP BY parent_id HAVING count(*) < 2;
            SELECT 'a sum', p.id FROM node p JOIN node c ON c.parent_id = p.id
              GROUP BY p.id HAVING sum(c.n_conversations) <> p.n_conversations;
            SELECT 'no title', id FROM node WHERE length(title) < 3;
            SELECT 'a lost cluster', id FROM kept_cluster WHERE id NOT IN
              (SELECT id FROM node WHERE level = 0);" >"$3.wrong"
        ;;
    audit) # what was not judged is withheld; what passes passed without faults too
        sqlite3 "$2/vault.db" 'SELECT node_id FROM verdict WHERE grade >= 3 ORDER BY 1' |
            sort >"$3"
        sqlite3 "$good/vault.db" 'SELECT node_id FROM verdict WHERE grade >= 3' | sort |
            comm -13 - "$3" >"$3.wrong"
        ;;
    esac
    [ ! -s "$3.wrong" ]
}

# answers that the next command will not ask for
known() { echo $(($(grep -c '"reply":' "$1/answers.jsonl") -
    $(grep -c '"forgotten":' "$1/answers.jsonl"))); }
complain() { echo "FAULT $1 at $2: $3" >>"$TMP/failed"; }

try_fault() { # server stage name mode kind what
    local server=$1 stage=$2 name=$3 mode=$4 kind=$5 want=${6:-} dir=$TMP/run$1 status=0 n sent
    n=$(cat "$TMP/requests-$stage")
    rm -rf "$dir"
    cp -r "$TMP/at-$stage" "$dir"
    set_fault "$server" "$name"
    work "$server" "$stage" "$dir" >"$TMP/out$server" 2>&1 || status=$?
    local tokens before
    tokens=$(count "$server" tokens)
    case $kind:$status in
    rule:0 | rule:5) ;;
    same:0 | gap:0 | gap:5 | stop:0 | stop:5) ;; # one question alone may fail and leave a gap
    stop:"$want") ;;
    *) complain "$name" "$stage" "exit $status, $kind $want: $(tail -n 1 "$TMP/out$server")" ;;
    esac
    case $status in
    0) # nothing is missing: an answer that was asked for again is as good
        rows "$stage" "$dir" | cmp -s "$TMP/want-$stage" - ||
            complain "$name" "$stage" "other rows, and no word of it"
        ;;
    5)
        check_rows "$stage" "$dir" "$TMP/rows$server" ||
            complain "$name" "$stage" "wrong rows: $(head -c 160 "$TMP/rows$server.wrong")"
        grep -q "about clusters ha.* no answer.*($stage: [a-z-]* [0-9]" "$TMP/out$server" ||
            complain "$name" "$stage" "no reason: $(tail -n 1 "$TMP/out$server")"
        ;;
    *) [ -z "$(rows "$stage" "$dir")" ] || complain "$name" "$stage" "rows of a stage that ended" ;;
    esac
    if [ "$kind" = same ] && grep -q "^$name " "$TMP/uncharged"; then
        [ $((20 * tokens)) -le $((21 * $(cat "$TMP/tokens-$stage"))) ] ||
            complain "$name" "$stage" "$tokens tokens, $(cat "$TMP/tokens-$stage") without faults"
    fi
    before=$(($(known "$dir") - $(known "$TMP/at-$stage")))
    local open
    open=$(sqlite3 "$dir/vault.db" "SELECT coalesce(sum(value), 0) FROM stage_note
        WHERE stage = '$stage' AND key GLOB 'unanswered_*'")
    # the same command with a server that is well: it asks for what is missing, and for that alone
    set_fault "$server" ""
    work "$server" "$stage" "$dir" >"$TMP/out$server" 2>&1 ||
        complain "$name" "$stage" "does not go on: $(tail -n 1 "$TMP/out$server")"
    rows "$stage" "$dir" | cmp -s "$TMP/want-$stage" - ||
        complain "$name" "$stage" "gone on with, other rows"
    sent=$(count "$server" requests)
    case $stage:$status in
    *:0) n=0 ;;
    audit:5) n=$open ;;
    *:5) # what follows from an answer was not asked before, and what followed from none is not now
        [ "$open" -gt 0 ] && [ "$sent" -gt 0 ] && [ "$sent" -lt "$n" ] && n=$sent
        ;;
    *) n=$((n - before)) ;;
    esac
    [ "$sent" = "$n" ] || complain "$name" "$stage" "asked again: $sent instead of $n"
    echo "$name $stage" >>"$TMP/tried"
}

"$tool" --list >"$TMP/all"
"$tool" --uncharged >"$TMP/uncharged"
[ $# = 0 ] || grep -E "^($(IFS='|'; echo "$*")) " "$TMP/all" >"$TMP/some"
[ $# = 0 ] || mv "$TMP/some" "$TMP/all"
for i in "${!stages[@]}"; do # another part at each stage
    awk -v e="$every" -v i="$i" -v s="${stages[$i]}" 'NR % e == i % e { print s, $0 }' "$TMP/all"
done >"$TMP/list"
: >"$TMP/tried"
: >"$TMP/failed"
run_half() {
    local stage name mode kind what
    while read -r stage name mode kind what; do
        try_fault "$1" "$stage" "$name" "$mode" "$kind" "$what"
    done < <(awk -v r="$1" 'NR % 2 == r' "$TMP/list")
}
run_half 0 &
other=$!
run_half 1
wait "$other"
sort "$TMP/failed" >&2
[ ! -s "$TMP/failed" ] || fail "$(wc -l <"$TMP/failed") complaints"
[ "$(wc -l <"$TMP/tried")" = "$(wc -l <"$TMP/list")" ] || fail "not all were tried"
echo "$(wc -l <"$TMP/tried") faults at three stages"
