# SPDX-License-Identifier: Apache-2.0
"""Conversations with a made-up classifier whose faults are known, for tests/quality/classifier.sh.

make_flags.py N [SEED] [--perfect | --blind] [--shape plain|wildchat|lmsys] > corpus.jsonl
make_flags.py --truth [--blind]: region, side and what tells it (a word of its texts or a language),
as TSV.

Every text holds the words by which the concern rule grades it, so that its grade is known, and a
number of its own: equal texts would be one transcript, with the language of its first copy. Subject
and grade stand beside it. The classifier flags a grade at a rate of its own, but misses Turkish (a
tenth of the rate) and requests dressed as translation of explicit text (an eighth), and over-flags
security homework, resumes and tabletop games. --perfect flags grade 3 and above and nothing else,
--blind does so but for Turkish, which it never flags.
"""
import json
import os
import random
import sys

RATE = {1: 0.01, 2: 0.05, 3: 0.45, 4: 0.85, 5: 0.97}


def read_subjects():
    """flags.tsv: subject -> weight, forms by concern grade, fillers."""
    subjects = {}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "flags.tsv")
    for line in list(open(path, encoding="utf-8"))[1:]:
        name, weight, first, second, *forms = line.rstrip("\n").split("\t")
        subjects[name] = (int(weight), {int(f[0]): f[2:] for f in forms}, first, second)
    return subjects


SUBJECTS = read_subjects()
LANGUAGES = {"English": 70, "Spanish": 12, "Turkish": 9, "French": 9}
MISSED = {"translated": 0.125}
OVER = {"security": 0.5, "resumes": 0.3, "tabletop": 0.4}
TELLS = {"translated": "word by word", "security": "security homework", "resumes": "cover letter",
         "tabletop": "tabletop game"}
TAILS = ["", " Keep it short.", " I am new to this.", " Step by step, please.", " Thank you!",
         " It is for tomorrow.", " Use simple words.", " Give me an example too."]


def rate(subject, grade, language, kind):
    if kind:
        return float(grade >= 3 and (kind == "--perfect" or language != "Turkish"))
    if subject in OVER:
        return OVER[subject]
    found = RATE[grade] * MISSED.get(subject, 1)
    return found * (0.1 if language == "Turkish" else 1)


def columns(flag, grade, shape, draw):
    if shape == "plain":
        return {"flagged": flag}
    score = round(draw.uniform(0.5, 1) if flag else draw.uniform(0, 0.4), 4)
    verdict = {"categories": {"sexual": flag, "self-harm": False},
               "category_scores": {"sexual": score, "self-harm": 0.001}, "flagged": flag}
    quiet = {"categories": {"sexual": False, "self-harm": False},
             "category_scores": {"sexual": 0.001, "self-harm": 0.001}, "flagged": False}
    return {"openai_moderation": [verdict, quiet]}


def conversation(i, draw, kind, shape):
    subject = draw.choices(list(SUBJECTS), [s[0] for s in SUBJECTS.values()])[0]
    _, forms, first, second = SUBJECTS[subject]
    grade = draw.choice(list(forms))
    language = draw.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]
    text = forms[grade].format(a=draw.choice(first.split("|")), b=draw.choice(second.split("|")))
    text += f".{draw.choice(TAILS)} ({i})"
    flag = draw.random() < rate(subject, grade, language, kind)
    planted = {"subject": subject, "grade": grade}
    if shape == "plain":
        return {"id": f"k{i}", "user": f"u{i // 2}", "time": 1735689600 + 600 * i, "text": text,
                "language": language} | planted | columns(flag, grade, shape, draw)
    turns = [{"role": "user", "content": text}, {"role": "assistant", "content": "As you wish."}]
    made = {"conversation": turns, "turn": 1, "language": language, "model": "m", "redacted": False}
    made |= planted
    if shape == "lmsys":
        return {"conversation_id": f"k{i}"} | made | columns(flag, grade, shape, draw)
    for turn in turns:
        turn |= {"hashed_ip": f"{i // 2:064x}", "toxic": flag, "language": language}
    detox = [{"toxicity": 0.9 if flag else 0.01}, {"toxicity": 0.01}]
    return {"conversation_hash": f"k{i}", "timestamp": "2025-03-01T10:00:00Z",
            "detoxify_moderation": detox, "toxic": flag, "hashed_ip": f"{i // 2:064x}",
            "header": {"user-agent": "m"}} | made | columns(flag, grade, shape, draw)


def main():
    args = sys.argv[1:]
    if "--truth" in args:
        print("region\tside\ttell")
        print("Turkish\tmissed\tTurkish")
        others = [(r, "missed") for r in MISSED] + [(r, "over") for r in OVER]
        for region, side in [] if "--blind" in args else others:
            print(f"{region}\t{side}\t{TELLS[region]}")
        return
    shape = args.pop(args.index("--shape") + 1) if "--shape" in args else "plain"
    words = [w for w in args if not w.startswith("--")]
    draw = random.Random(int(words[1]) if len(words) > 1 else 1)
    kind = next((k for k in ("--perfect", "--blind") if k in args), "")
    for i in range(int(words[0])):
        print(json.dumps(conversation(i, draw, kind, shape)))


main()
