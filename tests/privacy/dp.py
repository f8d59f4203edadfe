# SPDX-License-Identifier: Apache-2.0
"""The experiments of tests/privacy/dp.sh: dp.py CLIO SOURCE TMP CLINC.tsv tiny|short|long"""
import collections
import decimal
import json
import math
import os
import random
import sqlite3
import subprocess
import sys

clio, source, folder, clinc, size = sys.argv[1:]
sys.path.insert(0, f"{source}/tests/privacy")
from record import interval, put  # noqa: E402

LONG, TINY = size == "long", size == "tiny"
TOOL = f"{os.path.dirname(clio)}/tests/tool_dp"
CSV = f"{source}/tests/quality/results.csv"
faults = []


def note(case, metric, value, low, high, n, holds=True):
    print(f"{case}: {metric}: {value} [{low} … {high}] n {n}{'' if holds else '  OVER THE BAR'}",
          flush=True)
    if os.environ.get("RECORD") == "1":
        put(CSV, case, metric, value, low, high, n)
    if not holds and not TINY:  # too few for its bars
        faults.append(f"{case}: {metric}")


def tool(*words, text=None):
    done = subprocess.run([TOOL, *map(str, words)], capture_output=True, text=True, check=True,
                          input=text)
    return [line.split(",") for line in done.stdout.splitlines()]


def laws():
    """P-16: chi-square and Kolmogorov of 20 settings; none of the p-values may be under
    0.05 / 20 / 10, and those of chi-square have to look like any numbers from 0 to 1."""
    n = 100_000_000 if LONG else 10_000 if TINY else 1_000_000
    rows = tool("law", n)
    case, chi = "dp samplers, 20 settings", sorted(float(row[4]) for row in rows)
    far = min(kolmogorov(float(row[5])) for row in rows)
    low = sum(p < 0.05 for p in chi)
    note(case, "least p-value of chi-square", f"{chi[0]:.4f}", "", "", n * len(rows),
         chi[0] > 0.05 / len(rows) / 10)
    note(case, "least p-value of Kolmogorov", f"{far:.4f}", "", "", n * len(rows),
         far > 0.05 / len(rows) / 10)
    note(case, "p-values under 0.05", low, "", "", len(rows), low <= 5)
    gap = max(max((i + 1) / len(chi) - p, p - i / len(chi)) for i, p in enumerate(chi))
    even = kolmogorov(gap * (math.sqrt(len(chi)) + 0.12 + 0.11 / math.sqrt(len(chi))))
    note(case, "p-value that the p-values are even", f"{even:.4f}", "", "", len(rows), even > 0.005)


def kolmogorov(x):
    """P that the largest gap of two distributions, times the root of n, is over x; less for laws
    with steps."""
    if x < 0.2:
        return 1.0
    return min(1.0, 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * x * x) for k in range(1, 101)))


def exact_epsilon(rho, delta):
    """The conversion once more, in 60 digits, at the best order that a float search finds."""
    def at(x, number):
        less = number(x).exp() if number is decimal.Decimal else math.exp(x)
        one = number(1)
        log = (lambda v: v.ln()) if number is decimal.Decimal else math.log
        order = one + less
        return (number(rho) * order + (-log(number(delta)) - log(order)) / less
                + log(less / order))
    low, high = -30.0, 30.0
    for _ in range(200):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, b) if at(a, float) < at(b, float) else (a, high)
    decimal.getcontext().prec = 60
    return at(low, decimal.Decimal)


def accountant():
    """P-19: random compositions, summed in fractions, against the tool."""
    n, rng, lines, want = 50 if TINY else 10_000, random.Random(1), [], []
    for _ in range(n):
        units = 0
        for _ in range(rng.randrange(1, 60)):
            square, variance = rng.randrange(1, 100), rng.randrange(1, 10 ** 5)
            units += -(-square * 2 ** 40 // (2 * variance))  # rounded up
        delta = 10 ** -rng.uniform(4, 10)
        lines.append(f"{units} {delta!r}")
        want.append(exact_epsilon(decimal.Decimal(units) / 2 ** 40, decimal.Decimal(delta)))
    got = [decimal.Decimal(row[0]) for row in tool("epsilon", text="\n".join(lines))]
    below = sum(g < w for g, w in zip(got, want))
    above = max(float(g / w - 1) for g, w in zip(got, want))
    note("dp accountant", "compositions below a second accountant", below,
         *[f"{v * n:.3g}" for v in interval(below, n)], n, below == 0)
    note("dp accountant", "most above it", f"{above:.2e}", "", "", n, above <= 0.01)


def sybils():
    """P-6: T - 1 accounts of the attacker's own, with and without one more."""
    for epsilon, n in (8, 400 if TINY else 200_000), (1, 400 if TINY else 20_000):
        _, _, threshold, _, without, with_, bound = tool("sybil", n, epsilon)[0]
        gain = (int(with_) - int(without)) / n
        room = 1.96 * math.sqrt(0.5 / n)
        note(f"dp sybils at the threshold ({threshold} accounts), epsilon {epsilon}",
             f"advantage (bound {float(bound):.4f})", f"{gain:.4f}", f"{gain - room:.4f}",
             f"{gain + room:.4f}", n, gain - room <= float(bound))


def auc(pairs):
    """Area under the curve."""
    pairs.sort()
    rank, total, i = 1, 0.0, 0
    n_in = sum(inside for _, inside in pairs)
    while i < len(pairs):
        j = i
        while j < len(pairs) and pairs[j][0] == pairs[i][0]:
            j += 1
        middle = rank + (j - i - 1) / 2
        total += middle * sum(inside for _, inside in pairs[i:j])
        rank, i = rank + j - i, j
    return (total - n_in * (n_in + 1) / 2) / (n_in * (len(pairs) - n_in))


def least_epsilon(pairs, delta):
    """What the attack proves epsilon to be at least (Jagielski et al. 2020): of thresholds at seven
    shares of all scores the best, by the ends of the exact intervals of hits and false alarms."""
    pairs, best = sorted(pairs, reverse=True), 0.0
    n_in = int(sum(inside for _, inside in pairs))
    n_out = len(pairs) - n_in
    for share in (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3):
        taken = [inside for _, inside in pairs[:int(share * len(pairs))]]
        hits = int(sum(taken))
        hit_low = interval(hits, n_in)[0]
        alarm_high = interval(len(taken) - hits, n_out)[1]
        if hit_low > delta:
            best = max(best, math.log((hit_low - delta) / alarm_high))
    return best


ATLAS = ["place", "conversations", "accounts", "language", "concern", "order of words", "rare word"]
VAULT = ["centre", "counts of words", "cells of language", "cells of concern"]
KINDS = {"place": [0], "sizes": [1, 2], "cells": [3, 4], "words": [5, 6]}


class Attack:
    """Learns what is normal for each canary, and what a canary in the release changes: the shift of
    each number in deviations, over all canaries and releases together, as one canary's own shift is
    far under what it varies by; weighed by the numbers' covariance (the best of all linear
    attacks, Fisher 1936)."""

    def __init__(self):
        self.n = len(ATLAS) + len(VAULT)
        self.seen = {}  # canary -> [times, times in, sums, sums when in, sums of products]

    def learn(self, canary, inside, x):
        if canary not in self.seen:
            self.seen[canary] = [0, 0, [0.0] * self.n, [0.0] * self.n,
                                 [[0.0] * self.n for _ in x]]
        it = self.seen[canary]
        it[0] += 1
        it[1] += inside
        for f, value in enumerate(x):
            it[2][f] += value
            it[3][f] += value * inside
            row = it[4][f]
            for g in range(f + 1):
                row[g] += value * x[g]

    def end(self):
        """Means and deviations of each canary; shift and covariance of all."""
        n, total, n_in = self.n, 0, 0
        sums = [0.0] * n
        self.spread = [[0.0] * n for _ in range(n)]
        self.normal = {}
        for canary, (times, times_in, all_, in_, products) in self.seen.items():
            mean = [v / times for v in all_]
            deviation = [math.sqrt(max(0.0, products[f][f] / times - mean[f] ** 2))
                         for f in range(n)]
            self.normal[canary] = mean, deviation
            total, n_in = total + times, n_in + times_in
            ok = [d > 1e-9 for d in deviation]
            for f in range(n):
                if ok[f]:
                    sums[f] += (in_[f] - times_in * mean[f]) / deviation[f]
                for g in range(f + 1):
                    if ok[f] and ok[g]:
                        self.spread[f][g] += ((products[f][g] - times * mean[f] * mean[g])
                                              / deviation[f] / deviation[g])
        for f in range(n):
            for g in range(f + 1):
                self.spread[f][g] /= total
                self.spread[g][f] = self.spread[f][g]
        # All deviations from the mean add up to zero: those of the others are the rest.
        self.shift = [v / max(1, n_in) + v / max(1, total - n_in) for v in sums]

    def weights(self, which):
        """The shift over the covariance, by elimination."""
        rows = [[self.spread[f][g] + (0.001 if f == g else 0) for g in which] + [self.shift[f]]
                for f in which]
        for i, pivot in enumerate(rows):
            for row in rows[i + 1:]:
                factor = row[i] / pivot[i]
                for j in range(i, len(row)):
                    row[j] -= factor * pivot[j]
        found = [0.0] * len(which)
        for i in reversed(range(len(which))):
            rest = sum(rows[i][j] * found[j] for j in range(i + 1, len(which)))
            found[i] = (rows[i][-1] - rest) / rows[i][i]
        return list(zip(which, found))

    def score(self, canary, x, weights):
        mean, deviation = self.normal[canary]
        return sum(w * (x[f] - mean[f]) / deviation[f] for f, w in weights if deviation[f] > 1e-9)


def membership(others, n, most, epsilon=8):
    """P-8: 500 canaries, half in. What is normal for a canary, and what one changes, is learnt from
    half of the releases (shadow releases); the others are judged. The reader of the atlas sees what
    is published, and knows which group a canary would be in. Beside it one who reads the noisy
    numbers in the vault that are not shown. How much an attack sees at this epsilon depends on how
    many others there are in a group, whose own coming and going hides a canary better than any
    noise. The interval is of the releases, as canaries of one share its noise. What the mode
    promises is an epsilon, so that is what may not be broken. Without noise the attack must work.
    """
    case = f"dp membership of 500 canaries among {others:,}, epsilon {epsilon}"
    for off in (True, False) if epsilon == 8 else (False,):
        n_all = 8 if TINY else 40 if off else n
        attack, judged = Attack(), []
        for row in tool("attack", n_all, epsilon, others, *(["off"] if off else [])):
            release, canary, inside = map(int, row[1:4])
            x = [float(v) for v in row[4:]]
            if release < n_all // 2:
                attack.learn(canary, inside, x)
            else:
                judged.append((release, canary, inside, x))
        attack.end()
        by = {"AUC": list(range(len(ATLAS))), "AUC, who reads the vault's noisy numbers, too":
              list(range(attack.n)), **{f"AUC by {name}": which for name, which in KINDS.items()}}
        for metric, which in list(by.items())[:1] if off else by.items():
            weights, of_release = attack.weights(which), collections.defaultdict(list)
            for release, canary, inside, x in judged:
                of_release[release].append((attack.score(canary, x, weights), inside))
            areas = [auc(pairs) for pairs in of_release.values()]
            area = sum(areas) / len(areas)
            room = 1.96 * math.sqrt(sum((v - area) ** 2 for v in areas)
                                    / (len(areas) - 1) / len(areas))
            holds = (area > 0.9 if off else area - room <= most) or metric != "AUC"
            note(case, metric + (" without noise" if off else ""), f"{area:.3f}",
                 f"{area - room:.3f}", f"{area + room:.3f}", len(judged), holds)
            if metric.startswith("AUC by"):
                continue
            scores = [pair for pairs in of_release.values() for pair in pairs]
            least = least_epsilon(scores, 1e-6)
            note(case, metric.replace("AUC", "epsilon is at least")
                 + (", without noise" if off else ""), f"{least:.2f}", "", "", len(scores),
                 least > 1 if off else least <= 1)


def timing():
    """P-20: |noise| of a batch beside the time that it took, and beside the time that is seen."""
    rows = tool("time", 1_000_000)
    sizes, took, seen = ([float(row[k]) for row in rows] for k in (1, 2, 3))
    def correlation(x, y):
        mx, my = sum(x) / len(x), sum(y) / len(y)
        sx = math.sqrt(sum((v - mx) ** 2 for v in x))
        sy = math.sqrt(sum((v - my) ** 2 for v in y))
        return 0.0 if sx == 0 or sy == 0 else sum(
            (a - mx) * (b - my) for a, b in zip(x, y)) / sx / sy
    inner, outer = correlation(sizes, took), correlation(sizes, seen)
    note("dp noise and time, 1,000 batches of 1,000", "correlation with what is seen",
         f"{outer:.4f}", "", "", 1_000_000, abs(outer) < 0.003)
    note("dp noise and time, 1,000 batches of 1,000", "correlation with the time itself",
         f"{inner:.4f}", "", "", 1_000_000)


def covered(directory, truth, floor):
    """Topics that are the most frequent one of a shown group, with half of it or more."""
    db = sqlite3.connect(f"{directory}/vault.db")
    groups = collections.defaultdict(collections.Counter)
    for conversation, cluster in db.execute(
            "SELECT conversation_id, cluster_id FROM assignment WHERE cluster_id NOT NULL"):
        groups[cluster][truth[conversation]] += 1
    found = set()
    for counts in groups.values():
        topic, most = counts.most_common(1)[0]
        if sum(counts.values()) >= floor and 2 * most >= sum(counts.values()):
            found.add(topic)
    return len(found), len(groups)


def utility(level):
    """P-7 on CLINC150 (one account a text): the 150 intents or the 10 domains as topics."""
    truth, records = {}, []
    for i, line in enumerate(open(clinc, encoding="utf-8").read().splitlines()[1:]):
        if TINY and i % 10:
            continue
        domain, intent, text = line.split("\t")
        if domain != "out_of_scope":
            truth[f"c{i}"] = domain if level == "domains" else intent
            records.append({"id": f"c{i}", "user": f"u{i}", "text": text})
    corpus = f"{folder}/clinc.jsonl"
    with open(corpus, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(r) + "\n" for r in records)
    n_topics = len(set(truth.values()))

    def run(mode, *words):
        subprocess.run([clio, "run", corpus, "--out", f"{folder}/{mode}", "--profile", "none",
                        "--privacy", mode, "--quiet", *words], check=True)
        return covered(f"{folder}/{mode}", truth, 15)
    base, groups = run("guarded")
    case = f"dp utility, clinc150, {n_topics} {level}"
    note(case, "guarded: topics covered", f"{base / n_topics:.3f}", *bounds(base, n_topics),
         groups)
    for epsilon in (1, 2, 4, 8, 16) if LONG or level == "intents" and not TINY else (8,):
        got, groups = run("dp", "--epsilon", epsilon_text(epsilon), "--budget", "1000",
                          "--max-per-account", "1")
        note(case, f"epsilon {epsilon}: topics covered", f"{got / n_topics:.3f}",
             *bounds(got, n_topics), groups)


def epsilon_text(epsilon):
    return str(epsilon)


def bounds(k, n):
    return [f"{v:.3f}" for v in interval(k, n)]


parts = {"accountant": accountant, "sybils": sybils,
         "membership": lambda: (membership(5_000, 1000, 0.52), membership(5_000, 400, 0.52, 4)),
         "membership_large": lambda: membership(50_000, 300, 0.52),
         "timing": timing, "laws": laws,
         "utility": lambda: (utility("intents"), utility("domains"))}
for part in os.environ.get("DP_PARTS", " ".join(parts)).split():
    parts[part]()
if faults:
    sys.exit("over the bar: " + "; ".join(faults))
