#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tools/make-rings-paraphrases.tsv: the clauses of planted misuse (tools/make-rings.json) as
a small model says them, three times each. Kept is what keeps the slots, is of a clause's length, is
no refusal, and is not the clause or an example of the prompt once more.

    make_paraphrases.py MODEL.gguf NAME BUILD     BUILD: where tests/tool_paraphrase is built

The file is in git, so that tools/make-rings needs no model; the same model makes the same file.
"""
import json
import os
import re
import subprocess
import sys

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")
STYLES = ["plainly", "formally", "casually"]
# What stands for a slot while the model reads it: a word that it will not translate or shorten.
STANDS = {"kw": "garden chairs", "site": "zorvik.example", "product": "Nuvola lamps",
          "place": "Marburg", "name": "Anna", "n": "37", "topic": "river law",
          "company": "Corvel Bank", "coin": "QTX", "who": "beginners"}
REFUSES = re.compile(r"\b(sorry|cannot|can't|assist|inappropriate|unethical|illegal|as an ai)\b",
                     re.I)
EXAMPLES = re.compile(r"Boyle|Tom\b|Oslo|300|kitchen|queue|Monday|a draft|something funny", re.I)


def filled(clause):
    for slot, word in STANDS.items():
        clause = clause.replace("{" + slot + "}", word)
    return clause


def kept(clause, answer, seen):
    """The answer as a clause with the slots of `clause`; None when it is of no use."""
    text = answer.strip().strip('"').rstrip(".!").strip()
    slots = [s for s in STANDS if "{" + s + "}" in clause]
    for slot in slots:
        text = re.sub(re.escape(STANDS[slot]), "{" + slot + "}", text, count=1, flags=re.I)
    plain = re.sub(r"\W+", " ", text.lower()).strip()
    n_words = len(text.split())
    if (REFUSES.search(text) or EXAMPLES.search(text) or not 4 <= n_words <= 28 or
            any("{" + s + "}" not in text for s in slots) or
            any(STANDS[s].lower() in text.lower() for s in STANDS) or
            re.sub(r"\{\w+\}", "", text).count("{") or plain in seen):
        return None
    seen.add(plain)
    return text


def main():
    model, name, build = sys.argv[1:]
    themes = json.load(open(os.path.join(TOOLS, "make-rings.json"), encoding="utf-8"))["themes"]
    asked = [(theme, i, clause, style) for theme, clauses in themes.items()
             for i, wordings in enumerate(clauses) for clause in wordings for style in STYLES]
    said = subprocess.run([os.path.join(build, "tests", "tool_paraphrase"), model], check=True,
                          input="".join(f"{style}\t{filled(c)}\n" for _, _, c, style in asked),
                          stdout=subprocess.PIPE, encoding="utf-8").stdout.split("\n")
    seen = {re.sub(r"\W+", " ", c.lower()).strip() for _, _, c, _ in asked}
    rows = []
    for (theme, i, clause, _), answer in zip(asked, said):
        text = kept(clause, answer, seen)
        if text:
            rows.append(f"{theme}\t{i}\t{text}\n")
    with open(os.path.join(TOOLS, "make-rings-paraphrases.tsv"), "w", encoding="utf-8") as out:
        out.write(f"# Clauses of tools/make-rings.json as {name} says them ({len(rows)} of "
                  f"{len(asked)} answers kept):\n# tests/quality/make_paraphrases.py\n"
                  "theme\tclause\ttext\n")
        out.writelines(rows)
    few = {}
    for row in rows:
        theme, i, _ = row.split("\t")
        few[theme, i] = few.get((theme, i), 0) + 1
    print(f"{len(rows)} of {len(asked)} kept; of a clause {min(few.values())} to "
          f"{max(few.values())}, of {len(few)} clauses")


main()
