#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the gates cost the product, gate by gate: the same conversations with all gates of the mode
# guarded, without one of them at a time, and without any (clio_gateless). How many conversations
# are left out, how many titles are replaced, withheld, say only "Various requests" or hold a word
# of a special category, and how far the groups agree (NMI, ARI) with those of the run with all
# gates and, for CLINC150, with its intents. Two corpora, profile none: SAMPLE (3,000) of ShareGPT,
# and EACH (40) texts of each intent of CLINC150 (../shared) of accounts of which some own much.
# RECORD=1 puts the rows into tests/quality/results.csv; ten minutes on two cores.
# Usage: tests/privacy/cost.sh [sharegpt|clinc]
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/record.sh"
SENSITIVE=${SENSITIVE:-$(dirname "$CLIO")/tests/tool_sensitive}
GATELESS=${GATELESS:-$(dirname "$CLIO")/tests/clio_gateless}
export RECORD_SMALLER=1 # n follows from the corpus: rows of today are the ones to have
need CLIO EMBEDDER SENSITIVE GATELESS
need_tool sqlite3 jq python3
what=${1:-sharegpt clinc}

vault() { sqlite3 "$TMP/$1/vault.db" "$2"; }
note() { vault "$1" "SELECT value FROM stage_note WHERE stage = '$2' AND key = '$3'"; }
record_value() { # CASE METRIC VALUE N
    printf '%s: %s: %s\n' "$1" "$2" "$3"
    [ "${RECORD:-}" = 1 ] || return 0
    python3 - "$SOURCE" "$@" <<'PY'
import sys
source, case, metric, value, n = sys.argv[1:]
sys.path.insert(0, f"{source}/tests/privacy")
from record import put
put(f"{source}/tests/quality/results.csv", case, metric, value, "", "", n)
PY
}
count() { # CASE METRIC COUNT OF
    printf '%s: %s: %s of %s\n' "$@"
    record "$@"
}

# measure CASE DIR: the rows of one run; of two where there is one with all gates, $TMP/all.
measure() {
    local case=$1 dir=$2 n titles various sensitive k
    local base='[.. | objects | select(.level == 0)][0]' # of the scores against labels
    n=$(vault "$dir" 'SELECT count(*) FROM conversation WHERE seq NOT IN (SELECT seq FROM copy)')
    titles=$(vault "$dir" 'SELECT count(*) FROM node')
    various=$(sqlite3 "$TMP/$dir/atlas.db" "SELECT count(*) FROM cluster
        WHERE title = 'Various requests' OR title LIKE 'Various requests (%'")
    sensitive=$(sqlite3 "$TMP/$dir/atlas.db" \
        'SELECT title FROM cluster WHERE title IS NOT NULL' | "$SENSITIVE")
    count "$case" "near-copies left out" "$(note "$dir" bound near_copies)" "$n"
    count "$case" "over the bound of an account" "$(note "$dir" bound over_bound)" "$n"
    count "$case" "conversations in no group" \
        "$(vault "$dir" 'SELECT count(*) FROM placed WHERE cluster_id IS NULL')" "$n"
    count "$case" "titles replaced" "$(note "$dir" audit replaced)" "$titles"
    count "$case" "titles withheld" "$(note "$dir" audit withheld)" "$titles"
    count "$case" "titles that say nothing" "$various" "$titles"
    count "$case" "titles with a sensitive word" "$sensitive" "$titles"
    if [ "$dir" != all ]; then
        "$CLIO" evaluate stability "$TMP/all" "$TMP/$dir" --json --quiet >"$TMP/scores"
        for k in nmi ari; do
            record_value "$case" "$k beside the run with all gates" \
                "$(jq ".levels[0].$k * 10000 | round / 10000" "$TMP/scores")" \
                "$(jq '.levels[0].n' "$TMP/scores")"
        done
    fi
    if [ -e "$TMP/truth.tsv" ]; then
        "$CLIO" evaluate agreement "$TMP/$dir" --truth "$TMP/truth.tsv" --json >"$TMP/scores"
        for k in nmi ari; do
            record_value "$case" "intent $k" \
                "$(jq "$base.$k * 10000 | round / 10000" "$TMP/scores")" \
                "$(jq "$base.n" "$TMP/scores")"
        done
    fi
    [ $((3 * various)) -lt "$titles" ] || fail "$case: a third of the titles say nothing"
}

# run NAME CASE PROGRAM FLAG…: the line over "${corpus[@]}", then its rows.
run() {
    local name=$1 case=$2 program=$3
    shift 3
    "$program" run "${corpus[@]}" --profile none --quiet --out "$TMP/$name" "$@" 2>"$TMP/err" ||
        { cat "$TMP/err" >&2; fail "the run ended with an error"; }
    measure "$case, $name" "$name"
    [ "$name" = all ] || rm -rf "${TMP:?}/$name"
}

variants() { # CASE
    run all "$1" "$CLIO"
    run "no bound on accounts" "$1" "$CLIO" --max-per-account 0
    run "near-copies count each" "$1" "$CLIO" --near-copies all
    run "floors of 1" "$1" "$CLIO" --min-accounts 1 --min-conversations 1
    run "mode local" "$1" "$CLIO" --privacy local
    run "no gate at all" "$1" "$GATELESS" --privacy local --max-per-account 0 --near-copies all \
        --min-accounts 1 --min-conversations 1
    rm -rf "$TMP/all"
}

if [[ $what == *sharegpt* ]]; then
    need SHAREGPT
    corpus=("$SHAREGPT" --account-from id-prefix --sample "${SAMPLE:-3000}")
    variants "gates on 3,000 of ShareGPT"
fi
if [[ $what == *clinc* ]]; then
    python3 - "$(shared data/clinc150.tsv)" "$TMP" "${EACH:-40}" <<'PY'
import collections, json, random, sys
tsv, folder, each = sys.argv[1], sys.argv[2], int(sys.argv[3])
taken, r, rows = collections.Counter(), random.Random(1), []
for i, line in enumerate(open(tsv, encoding="utf-8").read().splitlines()[1:]):
    domain, intent, text = line.split("\t")
    if domain != "out_of_scope" and taken[intent] < each:
        taken[intent] += 1
        user = f"heavy{int(100 * r.random() ** 2)}" if r.random() < 0.3 else f"u{i}"
        rows.append((f"c{i}", user, text, intent))
with open(f"{folder}/corpus.jsonl", "w") as out, open(f"{folder}/truth.tsv", "w") as truth:
    truth.write("conversation\tintent\n")
    for name, user, text, intent in rows:
        out.write(json.dumps({"id": name, "user": user, "text": text}) + "\n")
        truth.write(f"{name}\t{intent}\n")
PY
    corpus=("$TMP/corpus.jsonl")
    variants "gates on 6,000 of CLINC150"
fi
