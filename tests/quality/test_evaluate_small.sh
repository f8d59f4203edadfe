#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `clio evaluate audit` and `facets` on small sets: the auditor by program and by a model (the
# oracle, right and three times in ten wrong) on planted details; facets against labels, with
# Spearman's correlation as Python computes it.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool python3 jq sqlite3
unset OPENAI_API_KEY OPENAI_BASE_URL ANTHROPIC_API_KEY ANTHROPIC_BASE_URL OLLAMA_HOST
python3 "$SOURCE/tests/privacy/plant_audit.py" 360 >"$TMP/items.tsv"
printf '%s\n' "One of them was" "They work at" "They attend" "They live at" "Write to" "Call +1" \
    "social security" "posts as @" "It was about" "A patient with" "year old girl" "The key is" \
    >"$TMP/private"
printf 'category\ttopic\ttext\nhome\ttea\tHow do I make tea?\n' >"$TMP/truth.tsv"
python3 "$SOURCE/tests/corpus.py" 60 >"$TMP/corpus.jsonl"
audit() { # errors [flag…]
    start_oracle --errors "$1" --private "$TMP/private" "${@:2}"
    rm -rf "$TMP/run"
    "$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/run" --profile remote --model m --quiet
    "$CLIO" evaluate audit "$TMP/run" --truth "$TMP/items.tsv" --json --quiet --auditor model \
        --base-url "$url" >"$TMP/scores.json"
}
holds() { jq -e "(.judges | map({(.judge): .}) | add) as \$j | $1" "$TMP/scores.json" >/dev/null ||
    fail "not so: $1 in $(jq -c '.judges[] | [.judge, .recall, .precision, .accuracy]' \
        "$TMP/scores.json")"; }

# by program: patterns find what has a form, the gate finds all and lets nearly all others through
audit 0
holds '$j.patterns.precision.value == 1 and $j.patterns.recall.value > 0.6'
holds '$j.gate.recall.value == 1 and $j.gate.accuracy.value > 0.98'
holds '$j.gate.recall.low < 1 and $j.gate.recall.low > 0.97 and $j.gate.recall.n == 180'
holds '$j.gate.kinds | length == 13'
# by a model that knows, and by one that errs
holds '$j.model.recall.value == 1 and $j.model.precision.value == 1'
holds '$j.model.languages | length == 15 and all(.flagged.value == 1)'
audit 0.3
holds '$j.model.recall.value > 0.6 and $j.model.recall.value < 0.8'
holds '$j.model.precision.value > 0.6 and $j.model.precision.value < 0.8'
holds '$j.gate.recall.value == 1'
# texts without a grade are counted, beside the scores that take them for flagged
holds '$j.model.ungraded == 0 and ($j.gate | has("ungraded") | not)'
audit 0 --malformed 1
holds '$j.model.ungraded == 360 and $j.model.recall.value == 1 and $j.model.accuracy.value == 0.5'
printf 'id\ttitle\nx\ty\n' >"$TMP/bad.tsv"
expect_exit 65 "$CLIO" evaluate audit "$TMP/run" --truth "$TMP/bad.tsv"
expect_text "$TMP/err" "bad.tsv, line 2"

# facets: labels that are the values, some of them changed
python3 - "$TMP" <<'PY'
import json, random, sys
draw = random.Random(3)
risky = ["", " and how to build a bomb", " with ransomware", " and a keylogger", " at gunpoint"]
with open(f"{sys.argv[1]}/few.jsonl", "w") as out:
    for i in range(200):
        text = f"Tell me about subject number {i} of the list{risky[i % 5]}, please."
        out.write(json.dumps({"id": f"c{i}", "user": f"u{i}", "text": text}) + "\n")
PY
"$CLIO" ingest "$TMP/few.jsonl" --out "$TMP/few" --profile none --near-copies all --quiet
for stage in bound facet; do "$CLIO" $stage "$TMP/few" --quiet; done
sqlite3 -separator $'\t' "$TMP/few/vault.db" "SELECT c.external_id, t.value, f.value, l.value
    FROM conversation c JOIN facet_value t ON t.seq = c.seq AND t.facet = 'turns'
    JOIN facet_value f ON f.seq = c.seq AND f.facet = 'concern'
    JOIN facet_value l ON l.seq = c.seq AND l.facet = 'language'" >"$TMP/values"
[ "$(wc -l <"$TMP/values")" -gt 150 ] || fail "only $(wc -l <"$TMP/values") conversations"
python3 - "$TMP" <<'PY'
import json, random, sys
folder, draw = sys.argv[1], random.Random(5)
rows = [line.rstrip("\n").split("\t") for line in open(f"{folder}/values")]
labels = [[i, t if draw.random() < 0.9 else str(int(t) + 1),
           c if draw.random() < 0.7 else str(draw.randint(1, 5)),
           l if draw.random() < 0.8 else "Latin"] for i, t, c, l in rows]
with open(f"{folder}/labels.tsv", "w") as out:
    out.write("conversation\tturns\tconcern\tlanguage\n")
    out.writelines("\t".join(label) + "\n" for label in labels)


def ranks(values):
    order = sorted(values)
    return [order.index(v) + (order.count(v) - 1) / 2 for v in values]


def correlate(x, y):
    mx, my = sum(x) / len(x), sum(y) / len(y)
    xy = sum((a - mx) * (b - my) for a, b in zip(x, y))
    return xy / (sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y)) ** 0.5


same = [sum(r[k] == l[k] for r, l in zip(rows, labels)) / len(rows) for k in (3, 1, 2)]
rho = correlate(ranks([float(l[2]) for l in labels]), ranks([float(r[2]) for r in rows]))
json.dump({"same": same, "rho": rho}, open(f"{folder}/want.json", "w"))
assert len({r[2] for r in rows}) > 1, "concern is all alike"
PY
"$CLIO" evaluate facets "$TMP/few" --truth "$TMP/labels.tsv" --json >"$TMP/got.json"
jq -e --slurpfile want "$TMP/want.json" '
    [.facets[].facet] == ["language", "turns", "concern"] and
    ([.facets[].same.value] | map(. * 1e5 | round)) == ($want[0].same | map(. * 1e5 | round)) and
    ((.facets[2].spearman.value - $want[0].rho) | fabs) < 1e-5 and
    (.facets[2].spearman.low < .facets[2].spearman.value)' "$TMP/got.json" >/dev/null ||
    fail "$(cat "$TMP/got.json") instead of $(cat "$TMP/want.json")"
printf 'conversation\tmood\nc1\tcalm\n' >"$TMP/mood.tsv"
expect_exit 65 "$CLIO" evaluate facets "$TMP/few" --truth "$TMP/mood.tsv"
expect_text "$TMP/err" "no column turns or concern"
