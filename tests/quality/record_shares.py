# SPDX-License-Identifier: Apache-2.0
"""Adds lines of "metric<TAB>share or number<TAB>n" up over runs, with Wilson's interval for shares,
and puts the rows into tests/quality/results.csv in place of those of the same case. Lines of other
cases stay as they are, byte for byte.

record_shares.py CASE RESULTS.csv < lines: a metric that is no share (its name begins with "r",
"listed", "corpora" or "false alerts") is averaged, without an interval.
"""
import csv
import datetime
import math
import sys

case, path = sys.argv[1:]
sums, order = {}, []
for line in sys.stdin:
    metric, value, n = line.rstrip("\n").split("\t")
    if metric not in sums:
        order.append(metric)
        sums[metric] = [0.0, 0, 0]
    sums[metric][0] += float(value) * float(n)
    sums[metric][1] += int(n)
    sums[metric][2] += 1
lines = [line for line in open(path, encoding="utf-8", newline="")
         if next(csv.reader([line]), [""])[0] != case]
rows = []
for metric in order:
    total, n, _ = sums[metric]
    share = total / n
    low = high = ""
    if not metric.startswith(("r ", "listed", "corpora", "false alerts")) and metric != "r":
        z2 = 1.959964 ** 2
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = math.sqrt(z2) / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
        low, high = f"{max(0, middle - half):.3f}", f"{min(1, middle + half):.3f}"
    rows.append([case, metric, f"{share:.4f}".rstrip("0").rstrip("."), low, high, n,
                 datetime.date.today().isoformat()])
with open(path, "w", encoding="utf-8", newline="") as file:
    file.writelines(lines)
    csv.writer(file, lineterminator="\n").writerows(rows)
