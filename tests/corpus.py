# SPDX-License-Identifier: Apache-2.0
"""A small made-up corpus for tests: python3 tests/corpus.py N [SEED] > corpus.jsonl

One JSON object a line: id, user, time, text. Twelve subjects, each asked in many ways by many
accounts, so that clusters pass the floors; about three conversations an account. The label of
conversation i is subject(i), printed with --truth as a TSV. Deterministic for N and SEED.
"""
import json
import random
import signal
import sys

signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # without a reader it ends quietly, as filters do

SUBJECTS = {
    "recipes": ("Give me a recipe for {} with {}", ["bread", "lentil soup", "apple cake", "curry",
                                                    "noodles"],
                ["few ingredients", "garlic", "no oven", "oat flour", "fresh herbs"]),
    "sql": ("Write a SQL query that {} from a table of {}", ["counts rows", "joins two tables",
            "finds duplicates", "sums sales", "ranks players"],
            ["orders", "customers", "games", "invoices", "students"]),
    "travel": ("Plan a trip of three days to {} for {}", ["Lisbon", "Kyoto", "the mountains",
                                                          "a quiet island", "Prague"],
               ["a family", "two friends", "hikers", "students", "an older couple"]),
    "resume": ("Improve the resume and cover letter of a {} who looks for a job in {}", ["nurse",
               "teacher", "driver", "designer", "clerk"],
               ["a hospital", "a school", "logistics", "a museum", "local government"]),
    "story": ("Write a short story about a {} who finds {}", ["dragon", "baker", "robot", "sailor",
              "librarian"],
              ["a lost key", "an old map", "a new friend", "a hidden garden",
               "the end of the rainbow"]),
    "python": ("Explain why my Python function for {} raises {}", ["parsing dates",
               "reading a file", "sorting a list", "calling an API", "drawing a plot"],
               ["a type error", "a key error", "an index error", "a timeout", "an import error"]),
    "fitness": ("Make a workout plan for {} who wants to {}", ["a beginner", "a runner",
                "a cyclist", "an office worker", "a swimmer"],
                ["build muscle", "lose weight", "sleep better", "run ten kilometres",
                 "stretch more"]),
    "physics": ("Explain the physics of {} to {}", ["black holes", "magnets", "light waves",
                                                    "heat engines", "pendulums"],
                ["a child", "a student", "my grandmother", "a class", "a curious friend"]),
    "marketing": ("Write a marketing email for a {} that offers {}", ["coffee shop", "bookshop",
                  "gym", "software company", "florist"],
                  ["a discount", "a new product", "free delivery", "a loyalty card",
                   "an open day"]),
    "translation": ("Translate this sentence about {} into {}", ["the weather", "a train ride",
                    "dinner", "a birthday", "an apology"],
                    ["Spanish", "Japanese", "German", "French", "Swahili"]),
    "garden": ("How do I grow {} in {}", ["tomatoes", "roses", "potatoes", "basil", "strawberries"],
               ["a small garden", "pots on a balcony", "dry soil", "the shade", "a greenhouse"]),
    "finance": ("Explain how a {} works when interest rates {}", ["mortgage", "savings account",
                "bond", "student loan", "pension"],
                ["rise", "fall", "stay low", "change often", "are negative"]),
}
EXTRA = ["", " Please keep it short.", " I am new to this.", " Step by step, please.",
         " Thank you!", " It is for tomorrow.",
         " Use simple words.", " Give me an example too.", " I tried once and failed.",
         " What should I watch out for?"]
NAMES = list(SUBJECTS)


def subject(i):
    return NAMES[i % len(NAMES)]


def conversation(i, draw):
    form, first, second = SUBJECTS[subject(i)]
    why = ["for me", "for work", "for a course", "just curious"]
    text = form.format(draw.choice(first), draw.choice(second)) + draw.choice(EXTRA)
    text += f" ({draw.choice(why)})"
    return {"id": f"c{i}", "user": f"u{i // 3}", "time": 1735689600 + 3600 * i, "text": text}


def main():
    words = [w for w in sys.argv[1:] if not w.startswith("--")]
    draw = random.Random(int(words[1]) if len(words) > 1 else 1)
    if "--truth" in sys.argv:
        print("conversation\tsubject")
    for i in range(int(words[0])):
        made = conversation(i, draw)
        line = json.dumps(made, ensure_ascii=False)
        print(f"c{i}\t{subject(i)}" if "--truth" in sys.argv else line)


main()
