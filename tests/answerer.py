# SPDX-License-Identifier: Apache-2.0
"""A language model's server on loopback for tests of what is asked: python3 tests/answerer.py DIR

Speaks OpenAI's chat completions, answers by simple rules from what stands in the prompt, prints its
port, and serves until standard input ends. DIR/rules.json, read anew for every request, says how:

  yes       a word: the screen's answer is yes where the conversation holds it
  screen    instead of yes or no: this text
  values    {"facet": value} for facets asked for; else the schema decides
  assign    the answer to every question of the tree who belongs to whom; else one of the parents
  propose   the answer to every question for a list of titles
  plant     the answer to every question for a planted message
  language  of texts and titles, "German" or "English"; else English
Every request is a line of DIR/requests.jsonl: {"kind", "prompt", "schema", "n_in", "n_out"}.
"""
import json
import re
import sys
import threading
from pathlib import Path

sys.dont_write_bytecode = True
from completions import Handler, serve  # noqa: E402

FOLDER = Path(sys.argv[1])
LOCK = threading.Lock()
WORDS = {"German": ("Die Leute fragten nach", "und wollten Hilfe dabei", "Fragen zu"),
         "English": ("People asked about", "and wanted help with it", "Help with")}
REQUEST = {"German": "möchte Hilfe bei Folgendem: ", "English": ""}


def between(text, start, end, last=False):
    at = text.rfind(start) if last else text.find(start)
    if at < 0:
        return ""
    stop = text.find(end, at + len(start))
    return text[at + len(start):stop if stop >= 0 else len(text)].strip()


def first_turn(prompt):
    conversation = between(prompt, "<conversation>\n", "</conversation>", last=True)
    return between(conversation, "<user>", "</user>") or conversation


def value_of(name, member, turn, rules):
    if name in rules.get("values", {}):
        return rules["values"][name]
    if name == "language":
        return "English"
    if member.get("type") == "string" and "enum" not in member:
        return REQUEST[rules.get("language", "English")] + turn[:120] or "ask for nothing"
    if "enum" in member:
        return member["enum"][len(turn) % len(member["enum"])]
    return member.get("minimum", 1)


def facets(prompt, schema, rules):
    turn = first_turn(prompt)
    return json.dumps({name: value_of(name, member, turn, rules)
                       for name, member in schema["properties"].items()})


def titles(prompt, rules):
    about, help_with, short = WORDS[rules.get("language", "English")]
    listed_words = re.split(r"[,\n ]+", between(prompt, "<words>\n", "</words>"))
    words = [word for word in listed_words if word.isalpha()]
    subject = " ".join(words[:2]) or "things"
    return (f"<summary>{about} {subject} {help_with}. {about} {subject}.</summary>\n"
            f"<title>{short} {subject}</title>")


def listed(prompt, tag):
    lines = between(prompt, f"<{tag}>\n", f"</{tag}>").splitlines()
    names = [re.sub(r"^[-0-9. ]+", "", line).split(":")[0].strip() for line in lines]
    most = int(re.search(r"at most (\d+), in", prompt).group(1))
    return "\n".join(f"{i + 1}. {name}" for i, name in enumerate(names[:most]))


def parent(prompt):
    """One of the parents, by the group's name, in whatever order they are listed."""
    names = sorted(re.sub(r"^[-0-9. ]+", "", line).split(":")[0].strip()
                   for line in between(prompt, "<parents>\n", "</parents>").splitlines())
    return names[sum(between(prompt, "<group>\n", "</group>").encode()) % len(names)]


def answer(prompt, schema, rules):
    if schema:
        return "facets", facets(prompt, schema, rules)
    if "<question>\n" in prompt:
        yes = rules.get("yes", "").lower() in between(prompt, "<conversation>\n",
                                                      "</conversation>").lower()
        return "screen", rules.get("screen", f"<answer>{'yes' if yes else 'no'}</answer>")
    if "</words>" in prompt:
        return "titles", titles(prompt, rules)
    if "</parents>" in prompt:
        return "assign", f"<answer>{rules.get('assign') or parent(prompt)}</answer>"
    if "<grade>" in prompt:
        return "audit", f"<reason>nothing in it</reason>\n<grade>{rules.get('audit', 5)}</grade>"
    if "</wish>" in prompt:
        language = re.search(r"Write the message in (\w+)", prompt).group(1)
        wish = between(prompt, "<wish>\n", "</wish>")
        return "plant", rules.get("plant", f"<message>In {language}: {wish}</message>")
    tag = "titles" if "</titles>" in prompt else "groups"
    return "propose", rules.get("propose") or f"<answer>\n{listed(prompt, tag)}\n</answer>"


class Answerer(Handler):
    def answer(self, prompt, schema):
        with LOCK:
            rules = json.loads((FOLDER / "rules.json").read_text())
            kind, text = answer(prompt, schema, rules)
            n_in, n_out = len(prompt) // 4 + 1, len(text) // 4 + 1
            with (FOLDER / "requests.jsonl").open("a") as out:
                out.write(json.dumps({"kind": kind, "prompt": prompt, "schema": schema,
                                      "n_in": n_in, "n_out": n_out}) + "\n")
        return text, n_in, n_out


serve(Answerer)
