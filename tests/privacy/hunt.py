# SPDX-License-Identifier: Apache-2.0
"""Looks for planted secrets: hunt.py NEEDLES FILE…, or hunt.py --try NEEDLES

The second judge of what comes out: it knows what was planted, and has no line in common with the
program. Every byte of the files is read, of SQLite files also every cell (a long one is cut into
pages), and looked through
- as it stands, small letters for capitals, with escapes of JSON, URLs and HTML taken out;
- in plain letters (NFKC, nothing invisible), letters and digits alone, forwards and backwards; but
  not across the numbers of a row like [28,37,0.159]: a map has thousands, and eight digits of a
  card come up in them by chance;
- the same by ROT13;
- for numbers with "five" for 5, and nothing between the digits;
- for the secret in hex and in base64, at any offset.
Prints "secret N (kind) is in FILE, as HOW" and last "found N of M secrets in B bytes". Ends with 1
when any was found. Never prints a secret. --try disguises every secret in each of these ways and
ends with 1 when one of them is not found, or when one is found in a text without any.
"""
import base64
import codecs
import html
import re
import sqlite3
import sys
import unicodedata
import urllib.parse

HEAD = 6  # letters by which a pattern is looked up
CHUNK = 1 << 20
DIGITS = dict(zip("zero one two three four five six seven eight nine".split(), "0123456789"))
SPELLED = re.compile("|".join(DIGITS))
ROW = re.compile(r"\[-?\d[\d.e+-]*(?:,-?\d[\d.e+-]*)+\]")
BREAK = "\u01c1"  # counts as a letter, and no secret has it
BETWEEN = re.compile(r"(?<=\d)[^\w,:\"'{}\[\]]{1,3}(?=\d)")


def plain(text):
    text = unicodedata.normalize("NFKC", html.unescape(text)).casefold()
    return "".join(c for c in text if c.isascii() or unicodedata.category(c) not in ("Cf", "Mn"))


def compact(text):
    apart = ROW.sub(lambda m: re.sub(r"[\[\],]", BREAK, m[0]), plain(text))
    return re.sub(r"[\W_]+", "", apart)


def numbers(text):
    return BETWEEN.sub("", SPELLED.sub(lambda m: DIGITS[m[0]], plain(text)))


def base64_of(raw):
    """The letters that any base64 of a text with `raw` in it has, by where it begins."""
    for shift in range(3):
        whole = base64.b64encode(b"." * shift + raw).decode().rstrip("=")
        yield whole[(0, 2, 3)[shift]:len(whole) - ((shift + len(raw)) % 3 > 0)]


def cells(path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in db.execute(f'SELECT * FROM "{table}"'):
                yield from (v if isinstance(v, str) else v.decode("utf-8", "replace")
                            for v in row if isinstance(v, (str, bytes)))


def views_of(data, more=""):
    """(how it is looked through, text): `more` stands behind what the bytes say."""
    text = data.decode("utf-8", "replace") + more
    yield "as it stands", text.casefold()
    if b"\\u" in data:
        yield "as it stands", re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)),
                                     text).casefold()
    if b"%" in data:
        yield "as it stands", urllib.parse.unquote(text).casefold()
    letters = compact(text)
    yield "letters", letters
    yield "letters", letters[::-1]
    yield "letters", codecs.encode(letters, "rot13")
    yield "numbers", numbers(text)
    yield "hex", text.casefold()
    yield "base64", text
    if b"\0" in data:  # UTF-16
        yield "as it stands", data.replace(b"\0", b"").decode("utf-8", "replace").casefold()


def patterns_of(look):
    """(how, pattern) of one secret."""
    yield "as it stands", look.casefold()
    if len(compact(look)) >= 8:
        yield "letters", compact(look)
    digits = numbers(look)
    if digits.isdigit() and len(digits) >= 8:
        yield "numbers", digits
    for form in {look, look.lower(), look.upper()}:
        yield "hex", form.encode().hex()
        for packed in base64_of(form.encode()):
            yield "base64", packed


class Hunt:
    def __init__(self, secrets):
        self.heads = {}  # how -> first letters -> patterns
        for secret, looks in secrets.items():
            for look in looks:
                for how, pattern in patterns_of(look):
                    heads = self.heads.setdefault(how, {})
                    heads.setdefault(pattern[:HEAD], set()).add((pattern, secret))
                    assert len(pattern) >= HEAD, "a secret is too short to be looked for"

    def find(self, data, more=""):
        found = {}
        for how, text in views_of(data, more):
            heads = self.heads.get(how, {})
            for start in range(0, len(text), CHUNK):
                part = text[start:start + CHUNK + HEAD]
                for head in {part[i:i + HEAD] for i in range(len(part))} & heads.keys():
                    for pattern, secret in heads[head]:
                        if secret not in found and pattern in text:
                            found[secret] = how
        return found


def read_needles(path):
    secrets = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            number, kind, look = line.rstrip("\n").split("\t")
            secrets.setdefault((int(number), kind), []).append(look)
    return secrets


def try_all(secrets):
    """Whether each secret is found in each disguise, and none in a text without."""
    spell = {v: f"{k} " for k, v in DIGITS.items()}
    disguises = {
        "capitals": str.upper, "spaces": " ".join, "hyphens": "-".join,
        "backwards": lambda s: s[::-1],
        "hex": lambda s: s.encode().hex(), "ROT13": lambda s: codecs.encode(s, "rot13"),
        "base64": lambda s: base64.b64encode(f"so, {s}!".encode()).decode(),
        "full width": lambda s: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in s),
        "zero width": "\u200b".join, "URL": lambda s: urllib.parse.quote(s, safe=""),
        "HTML": lambda s: "".join(f"&#{ord(c)};" for c in s),
        "number words": lambda s: "".join(spell.get(c, c) for c in s),
    }
    missed = {}
    for secret, looks in secrets.items():
        hunt = Hunt({secret: looks})
        if hunt.find(b"Ask for help with gardens, 12 of 340 people in 2026-11-28."):
            missed[secret] = ["nothing"]
        digits = compact(looks[-1])
        rows = "],[".join(f"{digits[i:i + 2]},{digits[i + 2:i + 4]}"
                          for i in range(0, len(digits) - 3, 4))
        if digits.isdigit() and hunt.find(f"[[{rows}]]".encode()):
            missed.setdefault(secret, []).append("nothing, in rows of numbers")
        text = looks[0]
        missed.setdefault(secret, []).extend(
            name for name, disguise in disguises.items()
            if (name != "number words" or numbers(text).isdigit())
            and not hunt.find(f"<p>People ask {disguise(text)} for help</p>".encode()))
    for (number, kind), names in missed.items():
        if names:
            print(f"secret {number} ({kind}) is not found as {', '.join(names)}")
    print(f"{len(disguises)} disguises of {len(secrets)} secrets tried")
    return 1 if any(missed.values()) else 0


def main():
    if sys.argv[1] == "--try":
        return try_all(read_needles(sys.argv[2]))
    secrets = read_needles(sys.argv[1])
    hunt, found, size = Hunt(secrets), set(), 0
    for path in sys.argv[2:]:
        with open(path, "rb") as file:
            data = file.read()
        size += len(data)
        more = "\n".join(cells(path)) if data.startswith(b"SQLite format 3\0") else ""
        here = hunt.find(data, "\n" + more)
        for number, kind in sorted(here.keys() - found):
            print(f"secret {number} ({kind}) is in {path}, as {here[number, kind]}")
        found |= here.keys()
    print(f"found {len(found)} of {len(secrets)} secrets in {size} bytes")
    return 1 if found else 0


sys.exit(main())
