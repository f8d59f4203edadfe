#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the gates do to titles that a model writes, gate by gate. Of every title asked for: how many
# stand as they were written, how many gave way to phrases and at which gate, how many the auditor
# replaced or withheld. Two kinds of model:
#  oracle  the one of tests/oracle.h, which names groups of every CUTth (4th) topic of CLINC150
#          (../shared) by their known category, in words that the prompt says may be used;
#  FILE    a GGUF file, as it is, on SAMPLE (300) conversations of ShareGPT in a tenth as many
#          groups, with small floors; its facets are answers to the small model's prompt.
# RECORD=1 puts the rows into tests/quality/results.csv.
# Usage: tests/privacy/cost_titles.sh oracle | FILE.gguf [NAME]
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/record.sh"
ORACLE=${ORACLE:-$(dirname "$CLIO")/tests/tool_oracle}
export RECORD_SMALLER=1 # n follows from the corpus: rows of today are the ones to have
need CLIO EMBEDDER
need_tool sqlite3 python3
what=${1:-oracle}

note() { # DIR STAGE KEY: 0 where there is none
    sqlite3 "$1/vault.db" "SELECT coalesce(sum(value), 0) FROM stage_note
        WHERE stage = '$2' AND key = '$3'"
}
count() { # CASE METRIC COUNT OF
    printf '%s: %s: %s of %s\n' "$@"
    record "$@"
}

# measure CASE DIR: groups at the bottom by gate, then those above, then all. "form": none as asked
# for; "words": some that too few use; "taken": another group has the title.
measure() {
    local case=$1 dir=$2 n nodes above refused key left
    n=$(sqlite3 "$dir/vault.db" 'SELECT count(*) FROM kept_cluster')
    nodes=$(sqlite3 "$dir/vault.db" 'SELECT count(*) FROM node')
    [ "$n" -gt 4 ] || fail "$case: $n groups are too few to tell"
    left=$n
    while read -r key gate; do
        count "$case" "base titles refused: $gate" "$(note "$dir" describe "gap_$key")" "$n"
        left=$((left - $(note "$dir" describe "gap_$key")))
    done <<'END'
failed no answer
form form
words words
private scanner
same taken
language language
END
    count "$case" "base titles as the model wrote them" "$left" "$n"
    refused=$(note "$dir" hierarchy by_phrases_instead) above=$((nodes - n))
    [ "$refused" -le $above ] || above=$refused # of groups, too, that are gone
    count "$case" "titles of groups above refused" "$refused" "$above"
    count "$case" "titles replaced by the auditor" "$(note "$dir" audit replaced)" "$nodes"
    count "$case" "titles withheld by the auditor" "$(note "$dir" audit withheld)" "$nodes"
}

# run CASE FILE FLAG…
run() {
    local status=0
    "$CLIO" run "${@:2}" --quiet --out "$TMP/run" 2>"$TMP/err" || status=$?
    [ $status = 0 ] || [ $status = 5 ] || # 5: a model that errs leaves gaps
        { cat "$TMP/err" >&2; fail "the run ended with $status"; }
    measure "$1" "$TMP/run"
}

if [ "$what" = oracle ]; then
    need ORACLE
    python3 "$SOURCE/tests/quality/oracle_curve.py" clinc "$(shared data/clinc150.tsv)" \
        "$TMP/clinc" "${CUT:-4}"
    mkfifo "$TMP/hold"
    exec 9<>"$TMP/hold"
    "$ORACLE" "$TMP/clinc-texts.tsv" <"$TMP/hold" >"$TMP/port" 9>&- &
    server=$!
    at_exit 'kill $server 2>/dev/null; wait 2>/dev/null'
    wait_for "$TMP/port"
    run "titles by an oracle, $(wc -l <"$TMP/clinc.jsonl") of CLINC150" "$TMP/clinc.jsonl" \
        --profile remote --model oracle --yes --base-url "http://127.0.0.1:$(cat "$TMP/port")"
else
    need SHAREGPT
    [ -e "$what" ] || fail "there is no $what"
    sample=${SAMPLE:-300}
    run "titles by ${2:-$(basename "$what" .gguf)}, $sample of ShareGPT" "$SHAREGPT" \
        --account-from id-prefix --sample "$sample" --profile embedded --model "$what" \
        --titles model --auditor program --clusters $((sample / 10)) \
        --min-accounts 2 --min-conversations 3
fi
