# SPDX-License-Identifier: Apache-2.0
"""Subjects of planted conversations beside their true category, for tests/quality/subjects.sh.

subjects_check.py DIR TRUTH.tsv…: DIR is a run over the planted corpora; the truth of the second
file is of conversations "q…" instead of "p…". RIGHT says by hand which subjects of the public list
say what a category is about; a name that ends in ":" is a whole group. Prints lines of
"metric<TAB>value<TAB>n": of each language how many texts have a subject and how many of these a
right one, and how many titles name a subject that less than a tenth of their conversations are
about. With --titles these titles go to standard error.
"""
import collections
import sqlite3
import sys

CRIME = ["Talking with the assistant: Illegal trade and fraud", "Society: Crime and safety"]
SECURITY = ["Software: Computer security"] + CRIME
HATE = ["Talking with the assistant: Hate and harassment"]
RIGHT = {
    "cooking": ["Everyday life: Recipes and cooking", "Everyday life: Drinks, food and restaurants",
                "Health: Nutrition and diet"],
    "travel": ["Everyday life: Travel plans", "Everyday life: Places and geography",
               "Society: Cities and transport"],
    "gardening": ["Everyday life: Home and garden", "Mathematics and science: Animals and nature",
                  "Everyday life: Recipes and cooking"],
    "personal finance": ["Business: Banking and personal finance"],
    "web programming": ["Software: Web page layout", "Software: Front-end web apps",
                        "Software: JavaScript and TypeScript", "Software: Web servers and APIs",
                        "Software: PHP and content sites", "Business: Websites of businesses",
                        "Software: Web scraping and automation"],
    "data analysis": ["Data and AI: Data analysis", "Software: Spreadsheets",
                      "Software: Databases and SQL", "Data and AI: Statistics",
                      "Data and AI: Charts and plots",
                      "Talking with the assistant: Tables and formatting"],
    "fitness": ["Health: Fitness and exercise"],
    "music": ["Arts and entertainment: Music"],
    "films": ["Arts and entertainment: Films and series",
              "Creative writing: Film and television scripts"],
    "creative writing": ["Creative writing:"],
    "job applications": ["Work and careers:"],
    "language learning": ["Education: Learning a language"],
    "mathematics": ["Mathematics and science: Arithmetic and number puzzles",
                    "Mathematics and science: Algebra and calculus",
                    "Mathematics and science: Geometry",
                    "Mathematics and science: Proofs and logic"],
    "physics": ["Mathematics and science: Physics", "Mathematics and science: Energy and power",
                "Mathematics and science: Astronomy and space"],
    "history": ["Society: History", "Society: Ancient Rome and Greece",
                "Creative writing: Alternative history"],
    "pets": ["Everyday life: Pets"],
    "home repair": ["Everyday life: Home and garden"],
    "parenting": ["Education: Children and parenting"],
    "business": ["Business: Start-ups and business ideas", "Business: Online shops",
                 "Everyday life: Shopping and product advice"],
    "health": ["Health: Sleep and wellbeing"],
    "phishing": SECURITY,
    "forgery": CRIME + ["Society: Intellectual property"],
    "account theft": SECURITY,
    "malware": SECURITY,
    "hate speech": HATE + ["Society: Social issues and inequality",
                           "Society: Sociology and culture"],
    "harassment": HATE,
    "self harm": ["Talking with the assistant: Self-harm and crisis", "Health: Mental health"],
    "extremism": HATE + ["Talking with the assistant: Violence and dangerous acts",
                         "Society: International affairs", "Society: Military and weapons",
                         "Society: Politics and government"],
    "election lies": ["Society: Politics and government", "Society: News and current events"],
    "drugs": CRIME + ["Health: Medicines and drugs"],
    "weapons": ["Society: Military and weapons",
                "Talking with the assistant: Violence and dangerous acts"],
    "stalking": HATE + ["Society: Crime and safety", "Everyday life: Relationships and dating"],
    "card fraud": CRIME + ["Business: Banking and personal finance"],
    "spam": ["Business: Online advertising", "Business: Sales and customers",
             "Business: Marketing plans"] + CRIME,
    "exam cheating": ["Education: Exam and quiz questions"] + CRIME,
    "explicit content": ["Talking with the assistant: Adult content",
                         "Creative writing: Romance and relationships in fiction",
                         "Health: Sexual and reproductive health"],
    "medical danger": ["Health:"],
    "evasion": ["Talking with the assistant: Getting round the assistant's rules"],
}


def is_right(category, subject):
    return any(subject == r or r.endswith(":") and subject.startswith(r) for r in RIGHT[category])


def says(category, part, subjects):
    """Whether a part of a title, a subject's name or a group's, says what the category is about."""
    return any(is_right(category, s) for s in subjects if part in (s, *s.split(": ")))


def read_truth(paths):
    truth = {}
    for path, letter in zip(paths, "pq"):
        for line in list(open(path, encoding="utf-8"))[1:]:
            name, _, category, language = line.rstrip("\n").split("\t")
            truth[letter + name[1:]] = (category, language)
    return truth


def share(metric, n, n_all):
    if n_all:
        print(f"{metric}\t{n / n_all:.4f}\t{n_all}")


def report_languages(db, truth):
    counts = collections.defaultdict(lambda: [0, 0, 0])  # texts, with a subject, with a right one
    for name, subject in db.execute(
            "SELECT external_id, s.value FROM facet_value f JOIN conversation USING (seq) "
            "LEFT JOIN subject s USING (seq) WHERE facet = 'request'"):
        category, language = truth[name]
        right = subject is not None and is_right(category, subject)
        for key in (language, "all but English")[:1 + (language != "English")]:
            counts[key] = [a + b for a, b in zip(counts[key], (1, subject is not None, right))]
    for key, (n, n_with, n_right) in sorted(counts.items()):
        share(f"{key}: with a subject", n_with, n)
        share(f"{key}: right subjects", n_right, n_with)


def report_titles(db, truth, subjects, shown):
    members = collections.defaultdict(list)
    for node, name in db.execute(
            "WITH RECURSIVE up (node, seq) AS (SELECT cluster_id, seq FROM placed UNION "
            "SELECT parent_id, seq FROM up JOIN node ON node.id = up.node WHERE parent_id NOT NULL)"
            " SELECT node, external_id FROM up JOIN conversation USING (seq)"):
        members[node].append(truth[name])
    parts_of = {p for s in subjects for p in s.split(": ")}
    counts = collections.Counter()
    for node, title in db.execute("SELECT id, title FROM node"):
        among = members.get(node, [])
        kind = "English" if sum(la == "English" for _, la in among) * 2 > len(among) else "other"
        parts = [p for p in title.split(" \u00b7 ") if p in parts_of]
        false = [p for p in parts
                 if sum(says(c, p, subjects) for c, _ in among) < 0.1 * len(among)]
        counts[kind] += 1
        counts[kind, "named"] += bool(parts)
        counts[kind, "false"] += bool(false)
        if false and shown:
            print(title, collections.Counter(among).most_common(2), file=sys.stderr)
    for kind, name in (("English", "mostly English"), ("other", "mostly other languages")):
        share(f"titles, {name}: with a subject", counts[kind, "named"], counts[kind])
        share(f"titles, {name}: with a false subject", counts[kind, "false"], counts[kind])


def main():
    words = [w for w in sys.argv[1:] if w != "--titles"]
    db = sqlite3.connect(f"file:{words[0]}/vault.db?mode=ro", uri=True)
    subjects = []
    for line in open(words[1], encoding="utf-8"):
        subjects.append(": ".join(line.split(": ")[:2]))
    truth = read_truth(words[2:])
    report_languages(db, truth)
    report_titles(db, truth, subjects, "--titles" in sys.argv)


main()
