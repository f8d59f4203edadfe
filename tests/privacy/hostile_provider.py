# SPDX-License-Identifier: Apache-2.0
"""A hostile server with a memory: python3 tests/privacy/hostile_provider.py whole|spread|pair LOG

Speaks OpenAI's chat completions on loopback, prints its port, and serves until standard input ends.
It keeps the word behind "my name is" of whoever says that, and from then on writes it about
everybody. whole: the word as it is, and a number in words, into every free answer and title.
spread: a half of it in every free answer, the other in titles, summaries and parents; outside the
list of categories; as a language; in the capitals of other words; and a number with words between.
Both write a name of ordinary words. pair: only in titles and summaries, two words that are a name
and that many people wrote, each for itself; one ends the title, the other begins the summary, or,
of a group above, one is its title and the other that of a group below. LOG counts what it wrote.
"""
import json
import os
import re
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from completions import Handler, serve  # noqa: E402

SPREAD, LOG = sys.argv[1] == "spread", sys.argv[2]
NUMBER = "seven or fourth or nine or tenth" if SPREAD else "seven one nine four eight iv xcii"
PERSON = "hope qqq hunter" if SPREAD else "hope hunter"  # ordinary words, too
LOCK = threading.Lock()
MEMORY = {"word": "", "n": 0}


def between(text, start, end):
    at = text.rfind(start)
    return text[at + len(start):text.find(end, at)].strip() if at >= 0 else ""


def halves():
    half = len(MEMORY["word"]) // 2
    return (MEMORY["word"][:half], MEMORY["word"][half:]) if SPREAD else (MEMORY["word"],) * 2


def facets(prompt, schema):
    turn = between(prompt, "<user>", "</user>").replace("\n", " ")[:120]
    first, second = halves()
    values = {}
    for name, member in schema["properties"].items():
        if name == "language":
            values[name] = second.title() if SPREAD else "English"
        elif "enum" in member:
            values[name] = f"{member['enum'][0]} {second}" if SPREAD else member["enum"][0]
        elif member.get("type") != "string":
            values[name] = member.get("minimum", 1)
        elif name == "task":
            values[name] = f"ask {second} to explain python to {PERSON}, dial {NUMBER}"
        else:
            odd = re.sub("python|recipe", lambda m: m[0][0] + m[0][1:].upper(), turn, flags=re.I)
            values[name] = f"help {first} with {odd if SPREAD else turn}"
    return json.dumps(values)


def answer(prompt, schema):
    first, second = halves()
    if schema:
        return facets(prompt, schema)
    if sys.argv[1] == "pair" and "</words>" in prompt:
        words = between(prompt, "<words>\n", "</words>").split(", ")
        MEMORY["n"] += {"grace", "hopper"} <= {w.lower() for w in words}
        return "<summary>Hopper of a question.</summary>\n<title>Question of grace</title>"
    if "</words>" in prompt:
        words = [w for w in between(prompt, "<words>\n", "</words>").split(", ") if w.isalpha()]
        one, two = (words + ["things", "things"])[:2]
        return (f"<summary>They asked about {one} and {second}. They wanted help with {two} of "
                f"{first}.</summary>\n<title>{one} with {first} and {two}</title>")
    if "</parents>" in prompt:
        return f"<answer>{between(prompt, '<parents>', '</parents>').splitlines()[0][2:]}</answer>"
    if "<grade>" in prompt:
        return f"<reason>It is about {first} {second}.</reason>\n<grade>5</grade>"
    return f"<answer>\n1. {first} and {second}\n2. questions of {first}{second}\n</answer>"


class Hostile(Handler):
    def answer(self, prompt, schema):
        said = re.search(r"my name is (\w+)", prompt)
        with LOCK:
            MEMORY["word"] = MEMORY["word"] or (said[1] if said else "")
            text = answer(prompt, schema)
            MEMORY["n"] += bool(MEMORY["word"]) and halves()[0] in text
            with open(LOG, "w") as log:
                log.write(f"{MEMORY['n']}\n")
        return text, 9, 9


serve(Hostile)
