# SPDX-License-Identifier: Apache-2.0
"""A made-up atlas for tests of the explorer: python3 make_atlas.py SCHEMA OUT [N]
[--hostile FILE | --scripts] [--grown]

N base clusters (10000) in 4 levels, 12 facets, 52 weeks, in clouds on the map. With --hostile the
titles, summaries, phrases and facet values are the strings of a JSON list and 500 more that try to
be markup or script; there are as many clusters as that needs. With --scripts they are words of
many scripts, of 3 and of 90 characters. --grown: three releases, in which groups were born, split,
merged, ended and got another title. Deterministic.
"""
import json
import math
import random
import sqlite3
import sys

WORDS = ("recipe travel python story music garden loan resume lesson physics contract poem server "
         "query trip diet school video budget letter photo song chess history exam email novel "
         "visa rent bread logic robot market lyrics fitness chapter homework code table "
         "design").split()
FACETS = {f"facet {c}": [f"{c}{i}" for i in range(1, 7)] for c in "abcdefghi"}
FACETS = {"language": ["English", "Spanish", "Chinese", "German", "Japanese", "Arabic"],
          "concern": ["1", "2", "3"], "turns": ["1", "2", "3-5", "6-10", "11+"], **FACETS}


SCRIPTS = ["请写一封正式的求职信并附上简历和作品集，说明为什么适合这个职位，再翻译成英文和日文两种版本，"
           "最后检查语法和标点，并把所有内容整理成一个表格",
           "كتابة السيرة الذاتية باللغة العربية", "料理のレシピを作る", "履歴書を書く", "כתיבת מכתב",
           "Improve a resume and a cover letter for a job in a hospital, a school or a museum "
           "nearby, please", "SQL", "요리법 추천", "Планирование поездки", "สูตรอาหาร",
           "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen", "وصفات الطبخ السريعة"]


def own_payloads():
    tags = ["img src=x onerror=", "svg onload=", "body onload=", "input autofocus onfocus=",
            "details open ontoggle=", "video src=x onerror=", "audio src=x onerror=",
            "marquee onstart=", "iframe onload=", "object data=x onerror="]
    acts = ["alert(1)", "window.live=1", "eval('window.live=1')", "document.title='live'",
            "fetch('http://evil.example/')"]
    shells = ["<{}>", '"><{}>', "'><{}>", "</script><{}>", "</title><{}>", "--><{}>",
              "</style><{}>", "<<{}>", "]]><{}>", "\u202e<{}>"]
    return [shell.format(tag + act) for tag in tags for act in acts for shell in shells]


FORMULAS = ['=1+cmd|"/C calc"!A0', "+1+1", "-2+3", "@SUM(1,2)", "\t=1+1",
            ' =HYPERLINK("http://evil.example")', "\u200b=1+1", "\uff1d1+1", "%0A=1"]


def payloads(path):
    with open(path, encoding="utf-8") as file:
        known = [s.replace("\0", " ") for s in json.load(file)]
    return [s for s in FORMULAS + known + own_payloads() if s.strip()]


def place(tree, draw):
    """Each parent has a place, its children lie around it."""
    around = {0: (0.5, 0.5, 0.36)}
    for cluster, parent, _ in tree:
        x, y, reach = around[parent]
        angle, far = draw.uniform(0, 2 * math.pi), reach * math.sqrt(draw.random())
        at = (min(0.97, max(0.03, x + far * math.cos(angle))),
              min(0.97, max(0.03, y + far * math.sin(angle))))
        around[cluster] = (*at, reach * 0.32)
    return around


def make_tree(n):
    """(id, parent, level): 10 at the top, about the root of what is left in between."""
    sizes = [min(10, n // 4), max(n // 4, n // 100), max(n // 3, n // 12), n] if n < 40 else \
        [10, max(10, n // 100), max(10, n // 12), n]
    tree, first = [], 1
    for depth, size in enumerate(sizes):
        above = first - sizes[depth - 1] if depth else 0
        for i in range(size):
            parent = above + i * sizes[depth - 1] // size if depth else 0
            tree.append((first + i, parent, 3 - depth))
        first += size
    return tree


def fill(db, n, texts, draw):
    tree = make_tree(n)
    spots, size = place(tree, draw), {}
    for cluster, parent, level in reversed(tree):
        if level == 0:
            size[cluster] = 15 + int(draw.paretovariate(1.3) * 12)
        if parent:
            size[parent] = size.get(parent, 0) + size[cluster]
    total = sum(size[c] for c, parent, _ in tree if not parent)
    facets = dict(FACETS)
    if texts:
        facets["facet a"] = texts[:40]
    for i, (cluster, parent, level) in enumerate(tree):
        title = texts[i % len(texts)] if texts else \
            " ".join(draw.sample(WORDS, draw.randint(2, 5))).capitalize()
        summary = texts[(i + 7) % len(texts)] if texts else f"About {title}. Often asked."
        if level == 0:
            db.execute("INSERT INTO cluster_measure VALUES (?,'coherence',?)",
                       (cluster, draw.randrange(6, 18) / 20))
        x, y, _ = spots[cluster]
        n_here, withheld = size[cluster], 0 if texts else i % 97 == 96
        db.execute("INSERT INTO cluster VALUES (?,?,?,?,?,?,?,?,?,?,?,1)", (
            cluster, parent or None, level, withheld, None if withheld else title,
            None if withheld else summary, n_here, max(5, n_here // 3), n_here / total, x, y))
        for rank in range(1, 6):
            phrase = texts[(i * 5 + rank) % len(texts)] if texts else draw.choice(WORDS)
            db.execute("INSERT INTO cluster_phrase VALUES (?,?,?,?)",
                       (cluster, rank, phrase, (0, 50, 20, 10, 5, None)[rank]))
        for facet, values in facets.items():
            for value in values:
                if n_here * draw.random() > 60:
                    n_cell = int(n_here * draw.uniform(0.1, 0.5))
                    db.execute("INSERT INTO cluster_facet VALUES (?,?,?,?,?)",
                               (cluster, facet, value, n_cell, n_cell / n_here))
    fill_rest(db, tree, size, facets, total, draw)


def fill_pairs(db, facets, total):
    """Language with two other facets, one cell in five hidden; with all the rest there are none."""
    for b in ("facet a", "turns"):
        for i, value in enumerate(dict.fromkeys(facets["language"])):
            for j, other in enumerate(dict.fromkeys(facets[b])):
                if (i + j) % 5 < 4:
                    n = total / (i + 2) / (j + 2) * (1 + 0.6 * math.sin(3 * i + j))
                    db.execute("INSERT INTO facet_pair VALUES (?,?,?,?,?)",
                               ("language", value, b, other, max(15, int(n))))


def fill_rest(db, tree, size, facets, total, draw):
    for facet, values in facets.items():
        for i, value in enumerate(dict.fromkeys(values)):
            db.execute("INSERT INTO corpus_facet VALUES (?,?,?,?)",
                       (facet, value, total // (i + 2), 1 / (i + 2)))
    fill_pairs(db, facets, total)
    for week in range(52):
        day = f"2025-{1 + week // 5:02d}-{1 + 6 * (week % 5):02d}"
        db.execute("INSERT INTO period VALUES (?,?,?)", (week, day, total // 52))
    for cluster, _, _ in tree:
        if size[cluster] > 900:
            for week in range(52):
                wave = 1 + 0.5 * math.sin(cluster + week / 8)
                db.execute("INSERT INTO cluster_period VALUES (?,?,?)",
                           (cluster, week, int(size[cluster] / 52 * wave)))
    cells = {}
    xy = {row[0]: row[1:] for row in db.execute("SELECT id, x, y FROM cluster WHERE level = 0")}
    for cluster, (x, y) in xy.items():
        at = (int(x * 63.9), int(y * 63.9))
        cells[at] = cells.get(at, 0) + size[cluster]
    most = max(cells.values())
    for (x, y), n in cells.items():
        db.execute("INSERT INTO density VALUES (1,?,?,?)", (x, y, max(0.001, n / most)))
    info = {"n_conversations": total, "n_accounts": total // 3, "has_accounts": "yes", "seed": 1,
            "min_accounts": 5, "min_conversations": 15, "n_unclustered": 0, "version": "0.1.0",
            "share_unclustered": 0, "n_clusters": len(tree), "n_withheld": 0, "profile": "none",
            "period_step": "week", "first_day": "2025-01-01", "last_day": "2025-12-30"}
    db.executemany("INSERT INTO run_info VALUES (?,?)", [(k, str(v)) for k, v in info.items()])


def fill_lineage(db):
    """Ids 9001 and 9002 are of earlier releases; the rest is of this one."""
    base = [row[0] for row in db.execute("SELECT id FROM cluster WHERE level = 0 ORDER BY id")]
    db.executemany("INSERT INTO release VALUES (?,?,?,?)", [
        (1, "2025-06-30", 4000, len(base) - 1), (2, "2025-09-30", 6000, len(base)),
        (3, None, 8000, len(base))])
    db.executemany("INSERT INTO lineage VALUES (?,?,?,?,?,?,1)", [
        (2, 1, "born", base[0], None, None), (2, 2, "merged", 9001, base[1], "Model trains"),
        (3, 1, "split", base[2], base[1], None), (3, 2, "retitled", base[1], None, None),
        (3, 3, "died", 9002, None, None)])


def main():
    schema, out = sys.argv[1:3]
    texts = SCRIPTS if "--scripts" in sys.argv else None
    if "--hostile" in sys.argv:
        texts = payloads(sys.argv[sys.argv.index("--hostile") + 1])
    n = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3].isdigit() else 10000
    if texts:
        n = len(texts)
    db = sqlite3.connect(out)
    with open(schema, encoding="utf-8") as file:
        db.executescript(file.read())
    fill(db, n, texts, random.Random(1))
    if "--scripts" in sys.argv:
        db.executemany("INSERT INTO run_info VALUES (?,?)", [
            ("n_replaced", "2"), ("n_audited", "183"), ("leak_bound_95", "0.0162369")])
    if "--grown" in sys.argv:
        fill_lineage(db)
    db.commit()
    db.execute("VACUUM")


main()
