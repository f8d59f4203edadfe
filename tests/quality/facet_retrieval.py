#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Facet retrieval: how often a request facet finds its own conversation among all of a run.

Every facet value and every opening (the first human turn, its first 1,000 characters) is embedded
by MiniLM; the openings are ranked by cosine to the value. Also counts values that are an example's
answer of the prompt. Appends rows to tests/quality/results.csv when --record is given.

The run: 700 conversations of the ShareGPT file drawn by --sample-to, of records that open a
conversation (their id ends in _0: the others are its later parts) with a human turn.

    facet_retrieval.py --sample-to sample.json sharegpt.json
    clio ingest sample.json --out DIR && clio facet DIR
    facet_retrieval.py DIR --embed build/release/tests/tool_embed --embedder MODEL_DIR [--record]
"""
import argparse
import datetime
import json
import math
import random
import re
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from sharegpt import records

STEM = "The user asks the assistant to"
N_SAMPLE = 700


def sample(source, target):
    def opens(record):
        turns = record["conversations"]
        first = turns[0] if turns else {"from": "", "value": ""}
        return (record["id"].endswith("_0") and first["from"] in ("human", "user")
                and first["value"].strip() != "")

    opening = [r for r in records(source) if opens(r)]
    random.seed(11)
    with open(target, "w", encoding="utf-8") as file:
        json.dump(random.sample(opening, N_SAMPLE), file)


def embed(tool, model, texts):
    data = b"".join(t.replace("\0", " ").encode("utf-8", "replace") + b"\0" for t in texts)
    raw = subprocess.run([tool, model, "fp32", "2", "1"], input=data, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, check=True).stdout
    n_dims = len(raw) // 4 // len(texts)
    return [struct.unpack_from(f"{n_dims}f", raw, 4 * n_dims * i) for i in range(len(texts))]


def dot(x, y):
    return sum(map(float.__mul__, x, y))


def interval(share, n):
    """Wilson's 95 % interval."""
    z = 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - half, middle + half


def plain(text):
    return re.sub(r"[^a-z]", "", text.lower())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", help="run directory; with --sample-to the ShareGPT file")
    parser.add_argument("--sample-to")
    parser.add_argument("--embed")
    parser.add_argument("--embedder")
    parser.add_argument("--prompt", default="prompts/facet_request.txt")
    parser.add_argument("--case", default="facet retrieval, SmolLM2-135M")
    parser.add_argument("--record", action="store_true")
    args = parser.parse_args()
    if args.sample_to:
        return sample(args.run, args.sample_to)

    vault = sqlite3.connect(f"file:{args.run}/vault.db?mode=ro", uri=True)
    values, openings = [], []
    for value, turns in vault.execute("SELECT value, turns FROM facet_value JOIN conversation "
                                      "USING (seq) WHERE facet = 'request' ORDER BY seq"):
        human = [text for role, text in json.loads(turns) if role == "user" and text.strip()]
        values.append(value)
        openings.append(human[0][:1000] if human else "")
    n_gaps = vault.execute("SELECT count(*) FROM facet_gap").fetchone()[0]
    examples = [plain(line[len(STEM):]) for line in open(args.prompt, encoding="utf-8")
                if line.startswith(STEM)]
    n_copied = sum(plain(v) in examples for v in values)

    n = len(values)
    x = embed(args.embed, args.embedder, values)
    y = embed(args.embed, args.embedder, openings)
    ranks, own = [], 0.0
    for i in range(n):
        mine = dot(x[i], y[i])
        own += mine / n
        ranks.append(sum(dot(x[i], other) > mine for other in y))
    rows = [("own cosine", own, "", "")]
    for k in (1, 5, 20):
        share = sum(r < k for r in ranks) / n
        low, high = interval(share, n)
        rows.append((f"top {k}", share, f"{low:.3f}", f"{high:.3f}"))
    rows.append(("answers copied from the examples", n_copied, "", ""))
    rows.append(("answers by rule instead", n_gaps, "", ""))
    today = datetime.date.today().isoformat()
    for name, value, low, high in rows:
        shown = f"{value:.3f}" if isinstance(value, float) else value
        print(f"{name}: {shown}")
        if args.record:
            with open("tests/quality/results.csv", "a", encoding="utf-8") as file:
                if file.tell() == 0:
                    file.write("case,metric,value,low,high,n,date\n")
                file.write(f'"{args.case}",{name},{shown},{low},{high},{n},{today}\n')
    return 0


if __name__ == "__main__":
    sys.exit(main())
