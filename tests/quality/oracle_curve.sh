#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How many errors of a model the line makes up for: CLINC150 and the planted corpora through profile
# remote with the oracle as the server, which is wrong in a given share of its answers about
# clusters (titles, proposals, assignments, verdicts); then `clio evaluate reconstruct` against the
# known categories. "facets" is CLINC150 with as many errors in the facets too: conversations that
# are misread. Prints rows of tests/quality/results.csv; fails when a figure is below its
# floor (98 % without errors, 94 % at one in ten, the paper's figure, 80 % at three in ten).
#     tests/quality/oracle_curve.sh [clinc150|ordinary|concerning|facets …]
# CUT=N takes an Nth of each corpus; RATES the shares; RECORD=1 writes the rows and the picture.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3
oracle=$(dirname "$CLIO")/tests/tool_oracle
py=$SOURCE/tests/quality/oracle_curve.py
cut=${CUT:-1}
read -ra rates <<<"${RATES:-0 0.05 0.1 0.2 0.3 0.4 0.5}"
read -ra facet_rates <<<"${RATES:-0.1 0.2 0.3}" # each embeds anew
[ $# -gt 0 ] || set -- clinc150 ordinary concerning facets
servers=()
mkfifo "$TMP/hold"
exec 9<>"$TMP/hold" # an oracle ends when its input does: with this script
at_exit 'kill "${servers[@]}" 2>/dev/null; wait 2>/dev/null'

start_oracle() { # name truth [option…]: its address into $url
    "$oracle" "$2" "${@:3}" <"$TMP/hold" >"$TMP/port-$1" 9>&- &
    servers+=($!)
    wait_for "$TMP/port-$1"
    url=http://127.0.0.1:$(cat "$TMP/port-$1")
}

# corpus: conversations, labels and the oracle's truth, an Nth of them
prepare() {
    local corpus=$1
    case $corpus in
    clinc150 | facets)
        python3 "$py" clinc "$(shared data/clinc150.tsv)" "$TMP/$corpus" "$cut"
        ;;
    *)
        [ -e "$TMP/planted" ] || "$CLIO" evaluate plant "$TMP/planted"
        python3 "$py" planted "$TMP/planted/$corpus" "$TMP/$corpus" "$cut"
        ;;
    esac
}

# the stages that do not depend on answers about clusters
up_to_threshold() { # directory
    local stage
    for stage in bound facet embed cluster threshold; do
        "$CLIO" $stage "$1" --base-url "$url" --quiet 2>"$TMP/err" ||
            fail "$stage: $(cat "$TMP/err")"
    done
}

one() { # corpus rate
    local corpus=$1 rate=$2 dir=$TMP/run-$1-$2
    if [ "$corpus" = facets ]; then
        start_oracle "$corpus-$rate" "$TMP/$corpus-texts.tsv" --errors "$rate" \
            --facet-errors "$rate"
        "$CLIO" ingest "$TMP/$corpus.jsonl" --out "$dir" --profile remote --model oracle --quiet
        up_to_threshold "$dir"
    else
        start_oracle "$corpus-$rate" "$TMP/$corpus-texts.tsv" --errors "$rate"
        cp -r "$TMP/start-$corpus" "$dir"
    fi
    local status=0 # 5: with gaps, as must be expected of a model that errs
    "$CLIO" run --out "$dir" --base-url "$url" --quiet 2>"$TMP/err" || status=$?
    [ $status = 0 ] || [ $status = 5 ] ||
        fail "$corpus at $rate: exit $status: $(tail -n 3 "$TMP/err")"
    "$CLIO" evaluate reconstruct "$dir" --truth "$TMP/$corpus.tsv" --base-url "$url" --json \
        --quiet >"$TMP/result.json" 2>"$TMP/err"
    case $corpus in # who wrote the texts is in the result
    ordinary | concerning) expect_text "$TMP/result.json" '"texts_by":"grammar"' ;;
    *) expect_text "$TMP/result.json" '"texts_by":null' ;;
    esac
    python3 "$py" rows "$corpus" "$rate" "$cut" "$TMP/result.json" | tee -a "$TMP/rows"
    rm -rf "$dir"
}

: >"$TMP/rows"
for corpus; do
    prepare "$corpus"
    if [ "$corpus" != facets ]; then
        start_oracle "$corpus" "$TMP/$corpus-texts.tsv"
        "$CLIO" ingest "$TMP/$corpus.jsonl" --out "$TMP/start-$corpus" --profile remote \
            --model oracle --quiet
        up_to_threshold "$TMP/start-$corpus"
    fi
    some=("${rates[@]}")
    [ "$corpus" != facets ] || some=("${facet_rates[@]}")
    for rate in "${some[@]}"; do one "$corpus" "$rate"; done
    rm -rf "$TMP/start-$corpus"
done
python3 "$py" floors "$TMP/rows" || fail "a figure is below its floor"
[ "${RECORD:-}" = 1 ] || exit 0
python3 "$py" record "$TMP/rows" "$SOURCE/tests/quality/results.csv"
python3 "$SOURCE/tests/quality/draw_oracle_curve.py"
