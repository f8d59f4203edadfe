#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# CLINC150 through the whole line (profile none, one conversation a text, floors 1, clusters auto)
# beside scikit-learn's k-means and BERTopic on the same vectors; rows go to
# tests/quality/results.csv. Fails when a figure of ours is below its floor.
# Usage: tests/quality/clinc.sh PYTHON clinc150.tsv [mpnet]
# PYTHON has numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1, umap-learn 0.5.12, hdbscan 0.8.44,
# pandas 3.1.1, plotly 7.1.0, PyYAML, tqdm, and bertopic 0.17.4 (installed with --no-deps).
. "$(dirname "$0")/../lib.sh"
python=$1 tsv=$2 model=${3:-minilm}
case=clinc150-$model
nmi=0.895 ari=0.71 top=0.45
if [ "$model" = mpnet ]; then
    EMBEDDER=$DATA/models/all-mpnet-base-v2 nmi=0.92 ari=0.77
fi
need CLIO EMBEDDER

"$python" - "$tsv" "$TMP" <<'END'
import json
import sys

tsv, folder = sys.argv[1:]
names = ("in.jsonl", "all.jsonl", "truth.tsv")
inside, whole, truth = (open(f"{folder}/{name}", "w") for name in names)
with inside, whole, truth:
    truth.write("conversation\tintent\tdomain\n")
    for i, line in enumerate(open(tsv).read().splitlines()[1:]):
        domain, intent, text = line.split("\t")
        record = json.dumps({"id": f"c{i}", "user": f"u{i}", "text": text}) + "\n"
        whole.write(record)
        if domain != "out_of_scope":
            inside.write(record)
            truth.write(f"c{i}\t{intent}\t{domain}\n")
END

# one CASE CORPUS: rows "case,metric,value,n" into $TMP/CASE
one() {
    "$CLIO" run "$TMP/$2.jsonl" --out "$TMP/$1" --profile none --embedder "$EMBEDDER" \
        --min-accounts 1 --min-conversations 1 --quiet
    "$CLIO" evaluate agreement "$TMP/$1" --truth "$TMP/truth.tsv"
    k=$(sqlite3 "$TMP/$1/vault.db" 'SELECT count(*) FROM base_cluster')
    "$python" "$SOURCE/tests/quality/clinc_peers.py" "$TMP/$1/vault.db" "$TMP/$2.jsonl" \
        "$TMP/truth.tsv" "$k" "$1" | tee "$TMP/rows-$1"
}
one "$case" in
if [ "$model" = minilm ]; then one "$case-with-out-of-scope" all; fi

out=$SOURCE/tests/quality/results.csv
[ -s "$out" ] || echo 'case,metric,value,low,high,n,date' >"$out"
sed -i "/^$case,/d; /^$case-with-out-of-scope,/d" "$out"
cat "$TMP"/rows-* | awk -F, -v OFS=, -v date="$(date -u +%F)" -v name="$case" -v nmi=$nmi \
    -v ari=$ari -v top=$top '
    { low = high = "" }
    $1 == name && $2 == "clio intent nmi" { low = nmi }
    $1 == name && $2 == "clio intent ari" { low = ari }
    $1 == name && $2 == "clio top domain ari" { low = top }
    $1 == name && $2 == "clio clusters" { low = 100; high = 250 }
    { print $1, $2, $3, low, high, $4, date }
    low != "" && $3 + 0 < low + 0 || high != "" && $3 + 0 > high + 0 {
        print "out of range: " $0 >"/dev/stderr"
        bad = 1
    }
    END { exit bad }' >>"$out" || fail "a figure is out of its range"
