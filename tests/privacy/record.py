# SPDX-License-Identifier: Apache-2.0
"""record.py RESULTS.csv CASE METRIC COUNT OF: replaces or adds the row of this case and metric, the
value being COUNT, low and high the exact 95 % interval of COUNT / OF (Clopper and Pearson 1934).
Other lines stay as they are, byte for byte. A row of more trials is not replaced by one of fewer
unless RECORD_SMALLER=1: a test of minutes does not undo what took hours."""
import csv
import datetime
import math
import os
import sys


def beta(a, b, x):
    """The regularised incomplete beta function by its continued fraction (Lentz), x in (0, 1)."""
    if x > (a + 1) / (a + b + 2):  # where the other end converges fast
        return 1 - beta(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
                     + a * math.log(x) + b * math.log1p(-x)) / a
    value = c = 1.0
    d = 0.0
    for i in range(100000):
        m = i // 2
        step = (1.0 if i == 0 else m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)) if i % 2 == 0
                else -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)))
        d = 1 / ((1 + step * d) or 1e-300)
        c = (1 + step / c) or 1e-300
        value *= c * d
        if abs(c * d - 1) < 1e-13:
            break
    return front * (value - 1)


def tail(k, n, p):
    """P(X <= k) for X ~ Binomial(n, p), k < n."""
    return beta(n - k, k + 1, 1 - p)


def bound(k, n, wanted):
    """The p at which tail(k, n, p) falls to `wanted`."""
    low, high = 1e-12, 1 - 1e-12
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(k, n, middle) > wanted else (low, middle)
    return low


def interval(k, n):
    if k == 0:
        return 0.0, 1 - 0.05 ** (1 / n)  # one-sided: it cannot be less
    if k == n:
        return 0.05 ** (1 / n), 1.0
    return bound(k - 1, n, 0.975), bound(k, n, 0.025)


def shown(x):
    return f"{x:.0f}" if x >= 1000 else f"{x:.3g}"


def is_larger(row, n):
    try:
        return float(row[5]) > float(n)
    except (IndexError, ValueError):
        return False


def put(path, case, metric, value, low, high, n):
    row = [case, metric, value, low, high, n, datetime.date.today().isoformat()]
    with open(path, encoding="utf-8", newline="") as file:
        lines = list(file)
    old = [line for line in lines if next(csv.reader([line]))[:2] == [case, metric]]
    if os.environ.get("RECORD_SMALLER") != "1":
        for line in old:
            if is_larger(next(csv.reader([line])), n):
                print(f"record: kept, {n} trials are fewer: {line.strip()}", file=sys.stderr)
                return
    lines = [line for line in lines if line not in old]
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
        csv.writer(file, lineterminator="\n").writerow(row)


def main():
    path, case, metric, count, of = sys.argv[1:]
    low, high = interval(int(count), int(of))
    put(path, case, metric, count, shown(low * int(of)), shown(high * int(of)), of)


if __name__ == "__main__":
    main()
