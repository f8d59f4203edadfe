# SPDX-License-Identifier: Apache-2.0
"""Planted rings beside what was found, for tests/quality/coordinated.sh.

coordinated_check.py DIR TRUTH.tsv [LEAST]: DIR is a run after `clio safety coordinated`. A group is
right when at least 80 % of its accounts are of rings; a ring is found when at least half of its
accounts stand in right groups of score LEAST (45) or more. Lines of "metric<TAB>value<TAB>n";
with --verbose each group too.
"""
import collections
import sqlite3
import sys


def read_truth(path):
    accounts, rings = {}, {}
    for line in list(open(path))[1:]:
        account, name, kind, size = line.rstrip("\n").split("\t")
        # An ordinary account may be in a look-alike; rings have accounts of their own.
        accounts[account] = name
        rings.setdefault(name, (kind, int(size), set()))[2].add(account)
    return accounts, rings


def read_groups(folder, least):
    vault = sqlite3.connect(f"file:{folder}/vault.db?mode=ro", uri=True)
    names = dict(vault.execute("SELECT id, external_id FROM account"))
    db = sqlite3.connect(f"file:{folder}/safety.db?mode=ro", uri=True)
    groups = []
    for group_id, score, kind, template in db.execute(
            "SELECT id, score, kind, template FROM coordinated WHERE score >= ? ORDER BY id",
            (least,)).fetchall():
        members = {names[a] for a, in db.execute(
            "SELECT DISTINCT account_id FROM coordinated_member WHERE group_id = ?", (group_id,))}
        groups.append((group_id, score, kind, template, members))
    return groups


def share(part, whole):
    return part / whole if whole else 1.0


def judge(groups, accounts):
    """Accounts in right groups, and how many groups are right."""
    covered, n_right = set(), 0
    for _, _, _, _, members in groups:
        if sum(accounts.get(a, "").startswith("ring") for a in members) >= 0.8 * len(members):
            n_right += 1
            covered |= members
    return covered, n_right


def main():
    verbose = "--verbose" in sys.argv
    words = [w for w in sys.argv[1:] if not w.startswith("--")]
    folder, truth_file, least = words[0], words[1], float(words[2]) if len(words) > 2 else 45.0
    accounts, named = read_truth(truth_file)
    rings = {n: v for n, v in named.items() if n.startswith("ring")}
    groups = read_groups(folder, least)
    covered, n_right = judge(groups, accounts)
    found = {n: len(v[2] & covered) >= 0.5 * len(v[2]) for n, v in rings.items()}
    large = [n for n in rings if rings[n][1] >= 5]
    print(f"recall of rings of 5 or more\t{share(sum(found[n] for n in large), len(large)):.4f}\t"
          f"{len(large)}")
    print(f"precision of groups\t{share(n_right, len(groups)):.4f}\t{len(groups)}")
    for kind in sorted({v[0] for v in rings.values()}):
        some = [n for n in large if rings[n][0] == kind]
        print(f"recall of disguise {kind}\t{share(sum(found[n] for n in some), len(some)):.4f}\t"
              f"{len(some)}")
    for low, high in ((3, 4), (5, 9), (10, 29), (30, 99), (100, 300)):
        some = [n for n in rings if low <= rings[n][1] <= high]
        if some:
            print(f"recall of size {low} to {high}\t"
                  f"{share(sum(found[n] for n in some), len(some)):.4f}\t{len(some)}")
    if verbose:
        for group_id, score, kind, template, members in groups:
            who = collections.Counter(accounts.get(a, "nobody") for a in members).most_common(3)
            print(group_id, round(score, 1), kind, len(members), who, template[:60])
        for name in rings:
            if not found[name]:
                print("missed", name, rings[name][:2])


if __name__ == "__main__":
    main()
