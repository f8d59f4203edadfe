# SPDX-License-Identifier: Apache-2.0
# Our vectors against the reference encoder's over real texts, and our token ids against
# HuggingFace's; rows go to tests/quality/results.csv in the place of older ones.
#   embed_agreement.py TOOL MODEL_DIR TEXTS.json N [N_IDS [STRINGS.json]]
# TOOL is build/release/tests/tool_embed, TEXTS a ShareGPT file (the array may be cut off) from
# which the first N opening turns are taken, at most 400 characters each (0: token ids only); token
# ids are compared on N_IDS whole turns and on STRINGS, a list of texts (blns.json). Needs numpy and
# tokenizers. With sentence-transformers (bench/peers.txt) our vectors are compared with that
# package's as well as with our transcription of the definition.
import csv
import datetime
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from reference_encoder import Reference
from sharegpt import records

RESULTS = Path(__file__).resolve().parent / "results.csv"


def turns(path, n, only_first):
    found = []
    for record in records(path):
        if len(found) >= n:
            break
        values = [t["value"] for t in record["conversations"]
                  if t["from"] in ("human", "user") or not only_first]
        found += values[:1] if only_first else values[:4]
    return [t.encode("utf-8", "replace").decode().replace("\0", "") for t in found[:n]]


def run(tool, arguments, texts):
    stdin = b"".join(t.encode() + b"\0" for t in texts)
    return subprocess.run([tool, *arguments], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True).stdout


def count_different_ids(tool, directory, reference, texts):
    numbers, at, bad = np.frombuffer(
        run(tool, [directory, "ids", str(reference.max_tokens)], texts), np.uint32), 0, 0
    for text in texts:
        n = int(numbers[at])
        bad += numbers[at + 1:at + 1 + n].tolist() != reference.ids(text)
        at += 1 + n
    return bad


def record(case, metric, value, low, high, n):
    rows = list(csv.reader(RESULTS.open(newline=""))) if RESULTS.exists() else []
    rows = rows or ["case metric value low high n date".split()]
    row = [case, metric, value, low, high, n, datetime.date.today().isoformat()]
    old = [i for i, r in enumerate(rows) if r[:2] == [case, metric]]
    at = old[0] if old else len(rows)
    rows[at:at + 1] = [row]
    with RESULTS.open("w", newline="") as f:
        csv.writer(f, lineterminator="\n").writerows(rows)
    print(case, metric, value, n, flush=True)


# Vectors of sentence-transformers, pooling and cut as its files say; None where it is missing.
def peer_vectors(directory, texts):
    try:
        import sentence_transformers
        from sentence_transformers import SentenceTransformer, models
    except ImportError:
        print("sentence-transformers is not installed: compared with our transcription only")
        return None, None
    settings = json.loads((Path(directory) / "sentence_bert_config.json").read_text())
    body = models.Transformer(str(directory), max_seq_length=settings["max_seq_length"])
    model = SentenceTransformer(modules=[body, models.Pooling(
        body.get_word_embedding_dimension(), "mean"), models.Normalize()], device="cpu")
    return (f"sentence-transformers {sentence_transformers.__version__}",
            model.encode(texts, batch_size=32).astype(np.float64))


def compare(case, beside, tool, directory, texts, expected):
    for precision, floor in (("fp32", 0.9999), ("bf16", 0.999), ("int16", 0.9999),
                             ("int8", 0.98)):
        got = np.frombuffer(run(tool, [directory, precision, "0", "1"], texts), np.float32)
        cosine = (got.reshape(expected.shape) * expected).sum(1)
        record(case, f"least cosine {precision}{beside}", f"{cosine.min():.7f}", floor, 1,
               len(texts))
        record(case, f"mean cosine {precision}{beside}", f"{cosine.mean():.7f}", floor, 1,
               len(texts))
        assert cosine.min() >= floor, precision


def main():
    tool, directory, source, n = sys.argv[1:5]
    case, reference = "embed " + Path(directory).name, Reference(directory)
    if len(sys.argv) > 5:
        texts = turns(source, int(sys.argv[5]), False)
        texts += json.loads(Path(sys.argv[6]).read_text()) if len(sys.argv) > 6 else []
        record(case, "texts with other token ids", count_different_ids(
            tool, directory, reference, texts), 0, 0, len(texts))
    if int(n) == 0:
        return
    texts = [t[:400] for t in turns(source, int(n), True)]
    expected = np.stack([reference.vector(t) for t in texts]).astype(np.float64)
    compare(case, "", tool, directory, texts, expected)
    peer, theirs = peer_vectors(directory, texts)
    if peer:
        compare(case, f", {peer}", tool, directory, texts, theirs)


if __name__ == "__main__":
    main()
