# SPDX-License-Identifier: Apache-2.0
"""Texts that the scanner's own patterns match, for test_anchors.sh.

anchors.py make N < patterns    N texts of each pattern: a match put together at random from the
                                expression, between two stretches of other bytes. Lines of the
                                pattern's number and the text in hex.
anchors.py judge N < checked    says what was missed and of which pattern too little was found.
"""
import random
import re._constants as op
import re._parser as parser
import sys

SPACES = b"      \t\n"
LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = b"0123456789"
CLASSES = {
    op.CATEGORY_DIGIT: DIGITS, op.CATEGORY_SPACE: SPACES, op.CATEGORY_WORD: LETTERS + DIGITS + b"_",
    op.CATEGORY_NOT_SPACE: bytes(range(33, 127)),
    op.CATEGORY_NOT_WORD: b" .,:;!?-()/+#'\"\xc3\xa9",
}
FILLS = (b" ", b".", b"x", b"the word ", b"-", b"7", b"\n", b"a b", b"\xc3\xa9", b": ", b"A", b"_")


def one_of_set(items, rng):
    if items[0][0] is op.NEGATE:
        not_in = set()
        for kind, value in items[1:]:
            not_in.update(choices(kind, value))
        return rng.choice([c for c in range(33, 127) if c not in not_in])
    kind, value = rng.choice(items)
    return rng.choice(choices(kind, value))


def choices(kind, value):
    if kind is op.LITERAL:
        return [value]
    if kind is op.RANGE:
        return list(range(value[0], value[1] + 1))
    return list(CLASSES[value])


def times(least, most, rng):
    most = min(int(most), least + 45)
    return rng.choice((least, most, rng.randint(least, most)))


def make(tree, caseless, rng):
    out = bytearray()
    for kind, value in tree:
        if kind is op.LITERAL:
            c = bytes([value])
            out += (c.swapcase() if caseless and rng.random() < 0.2 else c)
        elif kind is op.IN:
            c = bytes([one_of_set(value, rng)])
            out += (c.swapcase() if caseless and rng.random() < 0.2 else c)
        elif kind is op.BRANCH:
            out += make(rng.choice(value[1]), caseless, rng)
        elif kind is op.SUBPATTERN:
            out += make(value[3], caseless, rng)
        elif kind is op.MAX_REPEAT:
            for _ in range(times(value[0], value[1], rng)):
                out += make(value[2], caseless, rng)
        elif kind is op.NOT_LITERAL:
            out.append(rng.choice([c for c in range(33, 127) if c != value]))
        elif kind is op.ANY:
            out.append(rng.randint(33, 126))
        elif kind is not op.AT:
            sys.exit(f"anchors.py: what is {kind}?")
    return bytes(out)


def around(rng):
    fill = rng.choice(FILLS) * rng.choice((0, 1, 1, 3, 30, 100))
    return fill[:rng.choice((0, 1, 2, 5, 61, 62, 63, 64, 65, 130, 260))]


def make_all(n, seed):
    rng = random.Random(seed)
    for line in sys.stdin.buffer.read().decode("utf-8").split("\n")[:-1]:
        number, caseless, expression = line.split("\t", 2)
        tree = parser.parse(expression.encode("utf-8"))
        for _ in range(n):
            edge = rng.choice((b" ", b" ", b"\n", b"(", b""))
            text = around(rng) + edge + make(tree, caseless == "1", rng) + edge + around(rng)
            print(f"{number} {text[:2000].hex()}")


# A pattern of which nothing passes its judge is one that is not tried: check digits are right in
# one of ten, of a hundred or of far more.
def judge(n):
    missed, found = [], {}
    for line in sys.stdin:
        what, number, rest = line.rstrip("\n").split("\t")
        if what == "differs":
            missed.append((number, bytes.fromhex(rest)))
        else:
            found[number] = int(rest)
    for number, text in missed[:20]:
        print(f"pattern {number}: anchors find something else in {text!r}")
    seldom = [number for number, count in found.items() if count < n / 1000]
    print(f"{len(found)} patterns, {n} texts each: {len(missed)} differ; "
          f"found in few: {' '.join(seldom) or 'none'}")
    sys.exit(bool(missed) or not found or len(seldom) > len(found) / 4)


if sys.argv[1] == "make":
    make_all(int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
else:
    judge(int(sys.argv[2]))
