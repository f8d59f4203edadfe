# SPDX-License-Identifier: Apache-2.0
"""Plants 200 secrets in a corpus: plant.py NEEDLES [TIMES] < corpus.jsonl > planted.jsonl

Every conversation gets an account of its own. 170 secrets stand in one conversation each, 20 are
typed again and again by one person (15 conversations each), 10 are an account's own name at the
service; TIMES as many of each. Some are in disguise: zero-width characters, base64, full width,
escapes, small capitals, " at … dot ". NEEDLES gets "number <tab> kind <tab> what to look for", any
of which is a leak. Deterministic.
"""
import base64
import json
import random
import sys

draw = random.Random(20261123)
CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"
FRAMES = ["{text} It is for {secret}.", "{text} My contact is {secret}, please use it.",
          "I am {secret}. {text}", "{text} Mention {secret} in it.", "{secret} asked me: {text}",
          "{text} {secret}", "Remember {secret} and then: {text}"]
needles = []


def word(n):
    body = "".join(draw.choice(CONSONANTS) + draw.choice(VOWELS) for _ in range(n))
    return body + draw.choice("nrsk")


def digits(n):
    return "".join(draw.choice("0123456789") for _ in range(n))


def luhn(head):
    total = 0
    for i, c in enumerate(reversed(head)):
        d = int(c) * (2 if i % 2 == 0 else 1)
        total += d - 9 if d > 9 else d
    return head + str(-total % 10)


def iban():
    body = digits(18)
    check = 98 - int(body + "131400") % 97  # DE = 13 14
    return f"DE{check:02d}{body}"


# Long enough to stand in no text by chance: "Rovider" is in every "Provider" of the page's script.
def name():
    given, family = word(4).capitalize(), word(4).capitalize()
    return f"{given} {family}", [given, family]


def email():
    local = f"{word(2)}.{word(3)}{digits(2)}"
    return f"{local}@{word(3)}.example", [local]


def phone():
    n = digits(9)
    return f"+49 {n[:3]} {n[3:6]} {n[6:]}", [f"{n[:3]} {n[3:6]} {n[6:]}", n]


def card():
    n = luhn("4" + digits(14))
    return " ".join(n[i:i + 4] for i in range(0, 16, 4)), [n, n[4:8] + " " + n[8:12]]


def account():
    n = iban()
    return n, [n[4:]]


def social():
    n = digits(9)
    return f"{n[:3]}-{n[3:5]}-{n[5:]}", [f"{n[:3]}-{n[3:5]}-{n[5:]}", n]


def key():
    body = "".join(draw.choice("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
                   for _ in range(32))
    return draw.choice(["sk-", "ghp_", "AKIA", "xoxb-", "api_key="]) + body, [body, body[:12]]


def password():
    body = word(2) + digits(3) + draw.choice("!#%") + word(1).upper()
    return f"password: {body}", [body]


def handle():
    body = word(4) + digits(2)
    return "@" + body, [body]


def address():
    street = word(4).capitalize()
    return f"{draw.randrange(2, 99)} {street} Street", [street]


def zero_width():
    local = word(4)
    return "\u200b".join(local) + "@mail.example", [local, "\u200b".join(local)]


def packed():
    local = f"{word(3)}@{word(2)}.example"
    packed_up = base64.b64encode(local.encode()).decode()
    return packed_up, [packed_up, local]


def wide():
    local = word(4)
    return "".join(chr(ord(c) + 0xFEE0) for c in local) + "\uff20mail.example", \
        [local, "".join(chr(ord(c) + 0xFEE0) for c in local)]


def spelled():
    local = word(3) + digits(1)
    return f"{local} at gmail dot com", [local]


# As an escape: a link's %40, HTML's &#64;, JSON's \\u0040, quoted-printable's =40.
def escaped():
    local, host = f"{word(3)}{digits(1)}", word(2)
    at, point = draw.choice((("%40", "%2E"), ("%40", "."), ("&#64;", "&#46;"), ("&commat;", "."),
                             ("\\u0040", "."), ("=40", "=2E")))
    return f"{local}{at}{host}{point}example", [local]


def small_capitals():
    local = word(4)
    small = local.translate(dict(zip(range(97, 123), "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ")))
    return small + "@mail.example", [local, small]


def keys_of_phone():
    n = digits(10)
    keys = "".join(c + "\ufe0f\u20e3" for c in n)
    return keys, [n, keys]


def odd_groups():
    n = luhn("4" + digits(14))
    sep = draw.choice("_*\u00b7")
    groups = [n[i:i + 4] for i in range(0, 16, 4)]
    return sep.join(groups), [n, sep.join(groups[:3]), sep.join(groups[1:])]


def short_network():
    tail = "".join(draw.choice("0123456789abcdef") for _ in range(8))
    return f"2001:db8::{tail[:4]}:{tail[4:]}", [f"{tail[:4]}:{tail[4:]}"]


MAKERS = [name] * 55 + [email] * 25 + [phone] * 15 + [card] * 10 + [account] * 10 + \
    [social] * 10 + [key] * 20 + [password] * 5 + [handle] * 5 + [address] * 10 + \
    [zero_width] * 3 + [packed] * 2 + [wide] * 2 + [spelled] * 3 + [escaped] * 7 + \
    [small_capitals] * 2 + [keys_of_phone] * 2 + [odd_groups] * 2 + [short_network] * 2


def make(maker):
    secret, looks = maker()
    number = len(set(n for n, _, _ in needles)) + 1
    needles.extend((number, maker.__name__, look) for look in looks)
    return secret


def main():
    records = [json.loads(line) for line in sys.stdin]
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    makers = MAKERS * times
    draw.shuffle(makers)
    for i, record in enumerate(records):
        record["user"] = f"user-{i}"
    order = list(range(len(records)))
    draw.shuffle(order)
    repeats = 15 if len(records) >= 1000 else 3
    for i, maker in enumerate(makers):
        secret = make(maker)
        count = repeats if i < 20 * times else 1
        person = None
        for _ in range(count):
            record = records[order.pop()]
            person = person or record["user"]
            record["user"] = person
            record["text"] = draw.choice(FRAMES).format(text=record["text"], secret=secret)
    for _ in range(10 * times):
        record = records[order.pop()]
        record["user"] = make(email)
        record["id"] = record["user"] + "/1"
    for record in records:
        print(json.dumps(record, ensure_ascii=False))
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        for number, kind, look in needles:
            out.write(f"{number}\t{kind}\t{look}\n")


main()
