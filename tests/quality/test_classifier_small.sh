#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A small cut of tests/quality/classifier.sh, on records as WildChat and LMSYS have them: planted
# faults are listed, a perfect classifier has empty lists, r is that of the planted grades, every
# language has its row; and `clio safety run` shows the clusters without floors, by concern.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3 sqlite3
make_flags() { python3 "$SOURCE/tests/quality/make_flags.py" "$@"; }
make_flags --truth >"$TMP/truth.tsv"
make_flags 2500 3 --shape wildchat >"$TMP/faulty.jsonl"
make_flags 1200 4 --perfect --shape lmsys >"$TMP/perfect.jsonl"
for name in faulty perfect; do
    "$CLIO" run "$TMP/$name.jsonl" --out "$TMP/$name" --profile none --privacy local \
        --near-copies all --quiet
    "$CLIO" safety classifier "$TMP/$name" --json --quiet >"$TMP/$name.json"
    python3 "$SOURCE/tests/quality/classifier_check.py" "$TMP/$name" "$TMP/$name.jsonl" \
        "$TMP/truth.tsv" "$TMP/$name.json" | tee "$TMP/$name.found"
    awk -F'\t' '/^r less/ && $2 > 0.02 { exit 1 }' "$TMP/$name.found" ||
        fail "r is not that of the planted grades"
done
awk -F'\t' '/^planted/ && $2 < 1 { exit 1 }' "$TMP/faulty.found" ||
    fail "a planted fault is missed"
awk -F'\t' '/^listed/ && $2 > 0 { exit 1 }' "$TMP/perfect.found" ||
    fail "a perfect classifier is listed"

"$CLIO" safety classifier "$TMP/faulty" --column toxic --quiet >"$TMP/text"
expect_text "$TMP/text" "Signals for human review"
expect_text "$TMP/text" "all in Turkish"
expect_text "$TMP/text" "by language"
# every language is in the table, listed or not
python3 - "$TMP/faulty.json" <<'END' || fail "languages are not as they should be"
import json
import sys

found = {row["language"]: row for row in json.load(open(sys.argv[1]))["languages"]}
assert set(found) == {"English", "Spanish", "Turkish", "French"}, found
assert found["Turkish"]["side"] == "missed" and found["Spanish"]["side"] == "", found
assert all(row["low"] <= row["rate"] <= row["high"] for row in found.values()), found
END
"$CLIO" safety classifier "$TMP/faulty" --column detoxify_moderation.toxicity --flag-from 0.8 \
    --quiet --json | python3 -c 'import json, sys; assert json.load(sys.stdin)["n_flagged"] > 100'
kept() { sqlite3 "$TMP/faulty/safety.db" "SELECT group_concat(column, ' ') FROM (SELECT column FROM
    classifier UNION SELECT column FROM classifier_cluster UNION SELECT substr(key, 21) FROM info
    WHERE key LIKE 'classifier_clusters.%' ORDER BY 1)"; }
before=$(kept)
[[ $before = *" toxic" ]] || fail "the column is not kept: $before"
expect_exit 0 "$CLIO" safety drop "$TMP/faulty" --column toxic
[ "$(kept)" = "${before% toxic}" ] || fail "after drop of toxic: $(kept)"
expect_exit 2 "$CLIO" safety drop "$TMP/faulty" --column toxic
expect_text "$TMP/err" 'nothing is kept of a classifier in column "toxic"'
expect_exit 2 "$CLIO" safety classifier "$TMP/faulty" --column nothing
expect_text "$TMP/err" "openai_moderation"
for map in detoxify_moderation openai_moderation; do # one that holds several: which they are
    expect_exit 2 "$CLIO" safety classifier "$TMP/faulty" --column $map
    expect_text "$TMP/err" "name one of them with --column: $map."
done
expect_text "$TMP/err" "openai_moderation.flagged"

"$CLIO" safety run "$TMP/faulty" --quiet --json >"$TMP/run.json"
python3 - "$TMP/run.json" "$TMP/faulty" <<'END' || fail "clusters are not as they should be"
import json
import sqlite3
import sys

found = json.load(open(sys.argv[1]))
assert found["notice"].startswith("Signals for human review")
means = [c["mean_concern"] for c in found["clusters"]]
assert means == sorted(means, reverse=True) and means[0] > 3 and means[-1] < 1.1, means
assert sum(c["n_conversations"] for c in found["clusters"]) == found["n_conversations"]
db = sqlite3.connect(f"file:{sys.argv[2]}/safety.db?mode=ro", uri=True)
n, graded = db.execute("SELECT count(*), count(concern) FROM conversation").fetchone()
assert n == graded == found["n_conversations"]
END
# Watches by cluster, grade, likeness and novelty count what they should; there is one day only.
while read -r name question; do
    "$CLIO" watch add "$TMP/faulty" "$name" "$question" --quiet
done <<'END'
cluster {"cluster": 1}
grade {"concern": 3}
like {"like": "Improve the resume and cover letter of a nurse", "least": 0.5}
new {"new": 0.5}
END
"$CLIO" watch run "$TMP/faulty" --quiet >"$TMP/alerts"
[ ! -s "$TMP/alerts" ] || fail "an alert on the first day there is"
sqlite3 "$TMP/faulty/safety.db" >"$TMP/counts" "ATTACH '$TMP/faulty/vault.db' AS v;
    SELECT sum(n_matched) = (SELECT count(*) FROM conversation WHERE cluster_id = 1)
        FROM watch_batch WHERE watch_id = 1;
    SELECT sum(n_matched) = (SELECT count(*) FROM conversation WHERE concern >= 3) FROM watch_batch
        WHERE watch_id = 2;
    SELECT sum(n_matched) BETWEEN 0.5 * n_like AND 1.5 * n_like FROM watch_batch,
        (SELECT count(*) AS n_like FROM v.conversation WHERE turns LIKE '%cover letter%')
        WHERE watch_id = 3;
    SELECT sum(n_matched) = (SELECT count(*) FROM v.conversation c
        LEFT JOIN v.copy d ON d.seq = c.seq JOIN v.member m
        ON m.seq = coalesce(d.first_seq, c.seq) WHERE m.similarity < 0.5) FROM watch_batch
        WHERE watch_id = 4"
[ "$(tr -d '\n' <"$TMP/counts")" = 1111 ] ||
    fail "watches count wrongly: $(tr '\n' ' ' <"$TMP/counts")"

# How much of each group is flagged, in the atlas: only when its column is named, under the floors,
# about what the input says, and every cell of it is looked at again by the gate before a release.
flags() { sqlite3 "$TMP/$1/atlas.db" "SELECT count(*) FROM $2 WHERE facet = 'classifier'"; }
[ "$(flags faulty cluster_facet)" = 0 ] || fail "a label is published that nobody named"
cp -r "$TMP/faulty" "$TMP/labelled"
"$CLIO" run --out "$TMP/labelled" --classifier flagged --privacy guarded --quiet
[ "$(flags labelled cluster_facet)" -gt 5 ] || fail "no label is published"
python3 - "$TMP/labelled/atlas.db" "$TMP/faulty.jsonl" <<'END' || fail "the published rate is wrong"
import json
import sqlite3
import sys

db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
share = dict(db.execute("SELECT value, share FROM corpus_facet WHERE facet = 'classifier'"))
rows = [json.loads(line) for line in open(sys.argv[2])]
rate = sum(any(v["flagged"] for v in r["openai_moderation"]) for r in rows) / len(rows)
assert abs(share["flagged"] - rate) < 0.05, (share, rate)
n, n_rates = db.execute("SELECT min(n_conversations), count(DISTINCT share) FROM cluster_facet "
                        "WHERE facet = 'classifier'").fetchone()
assert n >= 15 and n_rates > 3, (n, n_rates)
END
expect_exit 0 "$CLIO" audit "$TMP/labelled"
sqlite3 "$TMP/labelled/atlas.db" "UPDATE cluster_facet SET n_conversations = 14
    WHERE facet = 'classifier' AND value = 'flagged'"
expect_exit 3 "$CLIO" audit "$TMP/labelled"
expect_exit 78 "$CLIO" run --out "$TMP/labelled" --classifier nonesuch --quiet
expect_text "$TMP/err" nonesuch
"$CLIO" run --out "$TMP/labelled" --classifier flagged --privacy dp --quiet
[ "$(flags labelled corpus_facet)" = 0 ] || fail "mode dp publishes what it has no budget for"
sqlite3 "$TMP/labelled/atlas.db" "SELECT value FROM run_info WHERE key = 'left_out'" >"$TMP/left"
expect_text "$TMP/left" classifier

# Those over the bound of their account have no facets; the rule grades them.
"$CLIO" run "$TMP/faulty.jsonl" --out "$TMP/bounded" --profile none --max-per-account 1 --quiet
"$CLIO" safety run "$TMP/bounded" --quiet --json |
    python3 -c 'import json, sys; assert json.load(sys.stdin)["n_graded_by_rule"] > 500' ||
    fail "conversations over the bound are not graded"
expect_exit 66 "$CLIO" safety run "$TMP/none-such"
