#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Vectors of real texts for bench/vectors.sh: openings of turns of ShareGPT's conversations, each
once, 20 to 240 characters, people's first; of more than there are (106,843) also what follows them,
240 characters each. Embedded by clio with all-MiniLM-L6-v2 or another embedder.

    real_vectors.py CLIO SHAREGPT.json N FILE.f32 [EMBED_FLAG…]

FILE.f32: N rows of 384 float32 of unit length, in an order drawn with a seed. EMBED_FLAG: as
`--embedder DIR --precision int8`; all-mpnet-base-v2 makes rows of 768. Embedding takes a quarter of
an hour for 100,000 on one core with AVX2, mpnet five times as long in float32.
"""
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from sharegpt import records  # noqa: E402


def texts(path, n):
    people, others, further = {}, {}, {}
    for record in records(path):
        for turn in record["conversations"]:
            whole = " ".join(turn["value"].split())
            text = whole[:240]
            if len(text) >= 20:
                (people if turn["from"] in ("human", "user") else others).setdefault(text)
            for at in range(240, len(whole) - 20, 240):
                further.setdefault(whole[at:at + 240])
    draw = random.Random(1)
    found = [sorted(people), sorted(others.keys() - people.keys())]
    for some in found:
        draw.shuffle(some)
    found = (found[0] + found[1])[:n]
    if len(found) < n:
        more = sorted(further.keys() - set(found))
        draw.shuffle(more)
        found += more[:n - len(found)]
    if len(found) < n:
        sys.exit(f"real_vectors.py: there are only {len(found)} texts")
    draw.shuffle(found)
    return found


def main():
    clio, path, n, out, *embed_flags = sys.argv[1:]
    with tempfile.TemporaryDirectory() as room:
        with open(f"{room}/texts.jsonl", "w", encoding="utf-8") as file:
            for i, text in enumerate(texts(path, int(n))):
                row = {"id": str(i), "user": str(i), "text": text}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        source = [f"{room}/texts.jsonl", "--out", f"{room}/run"]
        for stage in ("ingest", "bound", "facet", "embed"):
            flags = {"bound": ["--near-copies", "all"], "embed": embed_flags}.get(stage, [])
            subprocess.run([clio, stage, *source, "--profile", "none", *flags], check=True)
            source = [f"{room}/run"]
        vault = sqlite3.connect(f"file:{room}/run/vault.db?mode=ro", uri=True)
        with open(out, "wb") as file:
            for block, in vault.execute("SELECT vectors FROM vector_block ORDER BY i_block"):
                file.write(block)


main()
