#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole line on a small made-up corpus of twelve subjects, profile none: base clusters agree
# with the subjects, and the tree is sound.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3 sqlite3

python3 "$SOURCE/tests/corpus.py" 1200 >"$TMP/corpus.jsonl"
python3 "$SOURCE/tests/corpus.py" 1200 --truth >"$TMP/truth.tsv"
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --quiet
"$CLIO" evaluate agreement "$TMP/run" --truth "$TMP/truth.tsv" --json >"$TMP/agreement.json"
"$CLIO" export "$TMP/run" --format json >"$TMP/export.json"
python3 - "$TMP/agreement.json" "$TMP/export.json" <<'END' || fail "see the sentence above"
import json
import sys

agreement, atlas = (json.load(open(name)) for name in sys.argv[1:])
print(json.dumps(agreement))
base = (agreement["levels"] if "levels" in agreement else agreement)[0]
assert base["nmi"] >= 0.90 and base["ari"] >= 0.80, "the subjects are not found"
assert 10 <= base["n_clusters"] <= 24, base["n_clusters"]
clusters = {c["id"]: c for c in atlas["clusters"]}
children = {}
for c in clusters.values():
    if c["parent"] is not None:
        assert clusters[c["parent"]]["level"] == c["level"] + 1
        children.setdefault(c["parent"], []).append(c)
for parent, below in children.items():
    assert len(below) >= 2, "a parent with one child"
    assert len({c["title"] for c in below}) == len(below), "two children with one title"
END

# where nothing matches there is nothing to say, not that all agrees
sed '1!s/^/foreign-/' "$TMP/truth.tsv" >"$TMP/foreign.tsv"
expect_exit 65 "$CLIO" evaluate agreement "$TMP/run" --truth "$TMP/foreign.tsv"
expect_text "$TMP/err" "no conversation of $TMP/run that is in a cluster has a label in"
cp -r "$TMP/run" "$TMP/other"
sqlite3 "$TMP/other/vault.db" "UPDATE conversation SET external_id = 'other-' || external_id"
expect_exit 65 "$CLIO" evaluate stability "$TMP/run" "$TMP/run" "$TMP/other"
expect_text "$TMP/err" "have no conversation in common"
