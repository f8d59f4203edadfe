# SPDX-License-Identifier: Apache-2.0
"""Puts a row into bench/results.csv in place of the one of the same case, peer and CPU.

record.py CASE PEER OURS THEIRS UNIT: the ratio says how many times better ours is: of a rate
(UNIT has a "/") or a share more is better, of seconds and memory less. PEER and THEIRS may be
empty. record.py --clear PREFIX: takes away the rows of this CPU whose case begins so, before a
script writes them anew. record.py --cpu: prints this CPU, with the widest instructions it has."""
import csv
import datetime
import sys
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results.csv"
HEAD = "case peer ours theirs ratio unit cpu date".split()
WIDEST = (("amx_tile", "AMX"), ("avx512_bf16", "AVX-512 BF16"), ("avx512_vnni", "AVX-512 VNNI"),
          ("avx512f", "AVX-512"), ("avx_vnni", "AVX2 VNNI"), ("avx2", "AVX2"))


def cpu():
    name, flags = "unknown", []
    for line in open("/proc/cpuinfo", encoding="utf-8"):
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            name = value.strip().replace(",", " ")
        elif key.strip() == "flags":
            flags = value.split()
    widest = next((words for flag, words in WIDEST if flag in flags), None)
    return f"{name} ({widest})" if widest else name


def read():
    if not RESULTS.exists():
        return []
    with RESULTS.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(rows):
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, HEAD, lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def clear(prefix):
    here = cpu()
    write([r for r in read() if r["cpu"] != here or not r["case"].startswith(prefix)])


def put(case, peer, ours, theirs, unit):
    """Numbers as texts, as they are to be read. Returns the row."""
    ratio = ""
    if theirs:
        more, less = (ours, theirs) if "/" in unit or unit == "share" else (theirs, ours)
        better = float(more) / (float(less) or 1)
        ratio = f"{better:.2f}" if better < 100 else f"{better:.0f}"
    row = dict(zip(HEAD, (case, peer, ours, theirs, ratio, unit, cpu(),
                          datetime.date.today().isoformat())))
    rows = read()
    same = [i for i, r in enumerate(rows) if all(r[k] == row[k] for k in ("case", "peer", "cpu"))]
    if same:
        rows[same[0]] = row
    else:
        rows.append(row)
    write([r for i, r in enumerate(rows) if i not in same[1:]])
    return row


def main():
    if sys.argv[1:] == ["--cpu"]:
        print(cpu())
    elif len(sys.argv) == 3 and sys.argv[1] == "--clear":
        clear(sys.argv[2])
    elif len(sys.argv) == 6:
        print(",".join(put(*sys.argv[1:]).values()))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
