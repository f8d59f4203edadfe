# SPDX-License-Identifier: Apache-2.0
"""Made-up numbers, keys and contacts that their issuers would call valid: ids.py N [FAMILY…] writes
N lines a family, "family TAB c or p TAB the text" (c: it carries check digits). Written from the
issuers' rules alone and without our scanner's code, so that a fault of one is no fault of the
other; plain and in the groups that people write, half and half. The seed is the family's name."""
import base64
import hashlib
import random
import string
import sys

r = random.Random()
digits, upper = string.digits, string.ascii_uppercase


def num(n):
    return "%0*d" % (n, r.randrange(10 ** n))


def pick(alphabet, n):
    return "".join(r.choices(alphabet, k=n))


def groups(s, sizes, sep=" "):
    if r.random() < 0.5:
        return s
    out, at = [], 0
    for size in sizes:
        out.append(s[at:at + size])
        at += size
    return sep.join(out)


def luhn(body):
    """The digit that makes body's sum a multiple of ten."""
    total = 0
    for i, c in enumerate(reversed(body)):
        d = ord(c) - 48
        if i % 2 == 0:
            d = 2 * d if d < 5 else 2 * d - 9
        total += d
    return str(-total % 10)


def weighted(s, weights):
    return sum(w * (ord(c) - 48) for w, c in zip(weights, s))


def day():
    return f"{r.randrange(1, 29):02}"


def month():
    return f"{r.randrange(1, 13):02}"


def year():
    return f"{r.randrange(30, 100):02}"


# Families with check digits -----------------------------------------------------------------------

def card():
    prefix, n = r.choice((("4", 16), ("4", 13), (str(r.randrange(51, 56)), 16),
                          (str(r.randrange(2221, 2721)), 16), (r.choice(("34", "37")), 15),
                          ("6011", 16), ("65", 16), (str(r.randrange(3528, 3590)), 16), ("36", 14),
                          ("62", 16), ("62", 19)))
    body = prefix + num(n - 1 - len(prefix))
    s = body + luhn(body)
    shape = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4), 13: (4, 3, 3, 3), 19: (4, 4, 4, 4, 3)}
    return groups(s, shape[n], r.choice(" -"))


# Of the national part: n digit, a capital, c either.
IBAN = {"DE": "18n", "GB": "4a14n", "FR": "10n11c2n", "ES": "20n", "IT": "1a10n12c", "NL": "4a10n",
        "BE": "12n", "CH": "5n12c", "AT": "16n", "PL": "24n", "PT": "21n", "SE": "20n", "NO": "11n",
        "DK": "14n", "FI": "14n", "IE": "4a14n", "CZ": "20n", "HU": "24n", "GR": "7n16c",
        "RO": "4a16c", "TR": "5n1n16c", "SA": "2n18c", "AE": "19n", "IL": "19n", "MT": "4a5n18c",
        "LU": "3n13c", "HR": "17n", "LT": "16n", "EE": "16n", "BR": "23n1a1c"}


def iban():
    country = r.choice(list(IBAN))
    rest, number = "", ""
    for c in IBAN[country]:
        if c in digits:
            number += c
            continue
        rest += pick({"n": digits, "a": upper, "c": digits + upper}[c], int(number))
        number = ""
    flat = "".join(str(int(c, 36)) for c in rest + country + "00")
    s = country + f"{98 - int(flat) % 97:02}" + rest
    if r.random() < 0.5:
        s = " ".join(s[i:i + 4] for i in range(0, len(s), 4))
    return s.lower() if r.random() < 0.05 else s


ODD = dict(zip(digits + upper, (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19,
                                21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)))


def codice_fiscale():
    s = (pick("BCDFGLMNPRSTVZ", 6) + year() + r.choice("ABCDEHLMPRST") +
         f"{int(day()) + r.choice((0, 40)):02}" + r.choice("ABCDEFGHIL") + num(3))
    value = sum(ODD[c] if i % 2 == 0 else int(c, 36) - (10 if c in upper else 0)
                for i, c in enumerate(s))
    s += upper[value % 26]
    return s.lower() if r.random() < 0.1 else s


LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
VALUE = dict(zip(LETTERS, (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9)),
             **{c: int(c) for c in digits})


def vin():
    s = (r.choice("145" + "JKLSWVYZ") + pick(LETTERS, 2) + pick(LETTERS + digits, 5) + "0" +
         r.choice(LETTERS.replace("U", "").replace("Z", "") + "123456789") + r.choice(LETTERS) +
         num(6))
    total = sum(VALUE[c] * w for c, w in zip(s, (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3,
                                                 2)))
    return s[:8] + "0123456789X"[total % 11] + s[9:]


def nif():
    s = num(8)
    return s + r.choice(("", "-", " ")) + "TRWAGMYFPDXBNJZSQVHLCKE"[int(s) % 23]


def nie():
    first, s = r.randrange(3), num(7)
    letter = "TRWAGMYFPDXBNJZSQVHLCKE"[int(str(first) + s) % 23]
    sep = r.choice(("", "-"))
    return "XYZ"[first] + sep + s + sep + letter


def nir():
    place = r.choice([f"{i:02}" for i in range(1, 96) if i != 20] + ["2A", "2B", "99"])
    s = r.choice("12") + num(2) + month() + place + f"{r.randrange(1, 990):03}" + num(3)
    key = 97 - int(s.replace("2A", "19").replace("2B", "18")) % 97 if place[1] in "AB" else \
        97 - int(s) % 97
    return groups(f"{s}{key:02}", (1, 2, 2, 2, 3, 3, 2))


def imei():
    body = r.choice(("01", "35", "86", "99")) + num(12)
    return groups(body + luhn(body), (2, 6, 6, 1), "-")


D5 = [[(i + j) % 5 if i < 5 and j < 5 else 5 + (i + j - 5) % 5 if i < 5 else
       5 + (i - 5 - j) % 5 if j < 5 else (i - j) % 5 for j in range(10)] for i in range(10)]
TURN = [list(range(10))]
for _ in range(7):
    TURN.append([(1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[i] for i in TURN[-1]])


def aadhaar():
    s, c = r.choice("23456789") + num(10), 0
    for i, d in enumerate(reversed(s)):
        c = D5[c][TURN[(i + 1) % 8][int(d)]]
    return groups(s + str(next(x for x in range(10) if D5[c][x] == 0)), (4, 4, 4),
                  r.choice(" -"))


def pesel():
    s = num(2) + f"{r.randrange(1, 13) + r.choice((0, 20, 80)):02}" + day() + num(4)
    return s + str(-weighted(s, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10)


def cpf():
    s = num(9)
    while len(set(s)) == 1:
        s = num(9)
    for _ in range(2):
        rest = weighted(s, range(len(s) + 1, 1, -1)) % 11
        s += str(0 if rest < 2 else 11 - rest)
    return s if r.random() < 0.5 else f"{s[:3]}.{s[3:6]}.{s[6:9]}-{s[9:]}"


def mod_11_10(s):
    p = 10
    for c in s:
        p = ((int(c) + p) % 10 or 10) * 2 % 11
    return str((11 - p) % 10)


def tax_germany():
    one = r.sample(digits, 9)  # of ten digits one stands twice, or three times not in a row
    s = one + [r.choice(one)]
    while True:
        r.shuffle(s)
        if s[0] != "0":
            break
    body = "".join(s)
    return groups(body + mod_11_10(body), (2, 3, 3, 3))


def abn():
    while True:
        s = num(9)
        total = weighted(s, (3, 5, 7, 9, 11, 13, 15, 17, 19))
        check = 89 - total % 89  # in front: (10 + first) and second by 10 and 1, less one of first
        for head in range(10, 100):
            a, b = divmod(head, 10)
            if ((a - 1) * 10 + b - check) % 89 == 0:
                return groups(f"{head}{s}", (2, 3, 3, 3))


def nhs():
    while True:
        s = num(9)
        check = 11 - weighted(s, range(10, 1, -1)) % 11
        if check != 10 and len(set(s)) > 1:
            return groups(s + str(check % 11), (3, 3, 4))


def npi():
    s = r.choice("12") + num(8)
    return s + luhn("80840" + s)


def bsn():
    while True:
        s = num(8)
        check = weighted(s, range(9, 1, -1)) % 11
        if check < 10 and len(set(s + str(check))) > 1:
            return groups(s + str(check), (4, 2, 3), ".")


def tfn():
    while True:
        s = num(8)
        total = weighted(s, (1, 4, 3, 7, 5, 8, 6, 9))
        check = next((d for d in range(10) if (total + 10 * d) % 11 == 0), None)
        if check is not None and len(set(s)) > 1:
            return groups(s + str(check), (3, 3, 3))


def aba():
    bank = r.choice(list(range(1, 13)) + list(range(21, 33)) + list(range(61, 73)) + [80])
    s = f"{bank:02}" + num(6)
    return s + str(-weighted(s, (3, 7, 1, 3, 7, 1, 3, 7)) % 10)


def sin_canada():
    s = r.choice("1234567") + num(7)
    return groups(s + luhn(s), (3, 3, 3), r.choice(" -"))


def person_sweden():
    s = year() + month() + day() + num(3)
    return r.choice(("19", "")) + s[:6] + r.choice(("-", "")) + s[6:] + luhn(s)


def id_south_africa():
    s = year() + month() + day() + num(4) + r.choice("01") + "8"
    return groups(s + luhn(s), (6, 4, 3))


def acn():
    s = num(8)
    return groups(s + str(-weighted(s, range(8, 0, -1)) % 10), (3, 3, 3))


def resident_korea():
    s = year() + month() + day() + r.choice("1234") + num(5)
    check = (11 - weighted(s, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10
    return groups(s + str(check), (6, 7), "-")


def citizen_thailand():
    s = r.choice("12345678") + num(11)
    return groups(s + str((11 - weighted(s, range(13, 1, -1)) % 11) % 10), (1, 4, 5, 2, 1), "-")


def oib_croatia():
    s = num(10)
    return s + mod_11_10(s)


def passport_line():
    """The second line of a passport's machine-readable zone (ICAO 9303)."""
    def check(s):
        return str(sum((7, 3, 1)[i % 3] * (0 if c == "<" else int(c, 36))
                       for i, c in enumerate(s)) % 10)
    number, birth = pick(upper, r.randrange(3)), year() + month() + day()
    number += num(9 - len(number))
    until, own = f"{r.randrange(25, 36)}" + month() + day(), pick(digits, 8) + "<" * 6
    country = r.choice(("GBR", "USA", "FRA", "ITA", "UTO", "IND", "BRA"))
    number, birth, until = (s + check(s) for s in (number, birth, until))
    own += check(own)
    return number + country + birth + r.choice("MF<") + until + own + check(
        number + birth + until + own)


B58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def bitcoin():
    raw = bytes([r.choice((0, 5))]) + r.randbytes(20)
    raw += hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    value, s = int.from_bytes(raw, "big"), ""
    while value:
        value, rest = divmod(value, 58)
        s = B58[rest] + s
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + s


B32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bitcoin_segwit():
    """Bech32 (BIP 173)."""
    data = [0] + [r.randrange(32) for _ in range(32)]
    data[-1] &= 0  # 160 bits in fives
    c = 1
    for v in [3, 3, 0, 2, 3] + data + [0] * 6:
        top = c >> 25
        c = (c & 0x1FFFFFF) << 5 ^ v
        for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> i & 1:
                c ^= g
    c ^= 1
    return "bc1" + "".join(B32[v] for v in data + [c >> 5 * (5 - i) & 31 for i in range(6)])


# Families without check digits --------------------------------------------------------------------

WORDS = ("river stone maple cedar ocean winter summer garden silver copper amber falcon badger "
         "otter robin meadow valley harbor bridge lantern").split()


def name():
    return r.choice(WORDS) + r.choice(("", ".", "_", "-", "")) + r.choice(WORDS)


def email():
    s = f"{name()}{r.choice(('', num(2)))}@{name().replace('_', '-')}."
    s = s + r.choice(("com", "org", "net", "de", "co.uk", "fr", "info", "edu", "io", "museum"))
    return s.replace("@.", "@").upper() if r.random() < 0.05 else s


def link():
    return (r.choice(("http://", "https://", "ftp://", "https://www.")) +
            name().replace("_", "-").replace(".", "-") + r.choice((".com", ".org/", ".de/a/b",
                                                                   ".net:8080/x?y=1#z", ".io/~u")))


def phone():
    return r.choice((
        lambda: f"+1 ({r.randrange(200, 999)}) {r.randrange(200, 999)}-{num(4)}",
        lambda: f"({r.randrange(200, 999)}) {r.randrange(200, 999)}-{num(4)}",
        lambda: f"{r.randrange(200, 999)}-{r.randrange(200, 999)}-{num(4)}",
        lambda: f"{r.randrange(200, 999)}.{r.randrange(200, 999)}.{num(4)}",
        lambda: f"+44 20 7{num(3)} {num(4)}", lambda: f"+44 7{num(3)} {num(6)}",
        lambda: f"+49 30 {num(8)}", lambda: f"0{r.randrange(150, 180)} {num(7)}",
        lambda: f"+33 6 {num(2)} {num(2)} {num(2)} {num(2)}", lambda: f"06.{num(2)}.{num(2)}."
        f"{num(2)}.{num(2)}", lambda: f"+91-9{num(4)}-{num(5)}", lambda: f"+86 13{num(9)}",
        lambda: f"+55 (11) 9{num(4)}-{num(4)}", lambda: f"0031{r.randrange(6, 7)}{num(8)}"))()


def ipv4():
    return ".".join(str(r.randrange(256)) for _ in range(4))


def ipv6():
    parts = [f"{r.randrange(1, 65536):x}" for _ in range(8)]
    form = r.randrange(10)
    if form < 3:
        parts[3:6] = [""]
    if form < 6:
        return ":".join(parts)
    # short ones as people have them: global, local, of a link, of many, mapped, their own
    first = r.choice((f"{r.randrange(0x2000, 0x4000):x}", f"fd{r.randrange(256):02x}", "fe80",
                      "ff02"))
    head = ":".join([first] + parts[:r.randrange(3)])
    tail = ":".join(parts[5:5 + r.randrange(1, 4)])
    return r.choice((f"{head}::{tail}",) * 6 + (f"{head}::/{r.randrange(16, 65)}",
                                                f"::ffff:{ipv4()}", f"[{head}::{tail}]",
                                                "::1"))


def mac():
    return r.choice(":-").join(f"{b:02x}" for b in r.randbytes(6))


def ssn():
    area = r.choice([i for i in (r.randrange(1, 900), 1) if i != 666])
    return f"{area:03}-{r.randrange(1, 100):02}-{r.randrange(1, 10000):04}"


TOKEN = string.ascii_letters + digits


def key():
    return r.choice((
        lambda: "AKIA" + pick(upper + "234567", 16), lambda: "ghp_" + pick(TOKEN, 36),
        lambda: "github_pat_" + pick(TOKEN, 22) + "_" + pick(TOKEN, 59),
        lambda: "glpat-" + pick(TOKEN + "-_", 20), lambda: "sk_live_" + pick(TOKEN, 24),
        lambda: "sk-" + pick(TOKEN, 48), lambda: f"xoxb-{num(11)}-{num(11)}-" + pick(TOKEN, 24),
        lambda: "hf_" + pick(string.ascii_letters, 34), lambda: "npm_" + pick(TOKEN, 36),
        lambda: "AIza" + pick(TOKEN + "-_", 35), lambda: "SG." + pick(TOKEN, 22) + "." +
        pick(TOKEN, 43), lambda: "eyJhbGciOiJIUzI1NiJ9." + base64.urlsafe_b64encode(
            r.randbytes(30)).decode() + "." + pick(TOKEN, 43),
        lambda: pick("0123456789abcdef", 40), lambda: pick("0123456789abcdef", 64)))()


def uuid():
    s = pick("0123456789abcdef", 32)
    return "-".join((s[:8], s[8:12], "4" + s[13:16], "89ab"[int(s[16], 16) % 4] + s[17:20], s[20:]))


def ethereum():
    return "0x" + pick("0123456789abcdef", 40)


def position():
    lat, lon = r.uniform(-89, 89), r.uniform(-179, 179)
    return f"{lat:.{r.randrange(4, 7)}f}, {lon:.{r.randrange(4, 7)}f}"


def date():
    months = ("January February March April May June July August September October November "
              "December").split()
    y, m, d = r.randrange(1930, 2026), r.randrange(1, 13), r.randrange(1, 29)
    return r.choice((f"{y}-{m:02}-{d:02}", f"{d:02}/{m:02}/{y}", f"{d:02}.{m:02}.{y}",
                     f"{d} {months[m - 1]} {y}", f"{months[m - 1]} {d}, {y}",
                     f"{d} {months[m - 1][:3]} {y}"))


FAMILIES = {  # name: (maker, has check digits)
    "codice fiscale (Italy)": (codice_fiscale, 1), "vehicle number": (vin, 1),
    "NIF (Spain)": (nif, 1), "NIE (Spain)": (nie, 1), "NIR (France)": (nir, 1), "IMEI": (imei, 1),
    "Aadhaar (India)": (aadhaar, 1), "PESEL (Poland)": (pesel, 1), "CPF (Brazil)": (cpf, 1),
    "tax number (Germany)": (tax_germany, 1), "business number (Australia)": (abn, 1),
    "NHS number (United Kingdom)": (nhs, 1), "provider number (United States)": (npi, 1),
    "BSN (Netherlands)": (bsn, 1), "tax file number (Australia)": (tfn, 1),
    "routing number (United States)": (aba, 1),
    "social insurance number (Canada)": (sin_canada, 1), "card": (card, 1), "IBAN": (iban, 1),
    "personal number (Sweden)": (person_sweden, 1), "ID number (South Africa)":
    (id_south_africa, 1), "company number (Australia)": (acn, 1),
    "resident number (Korea)": (resident_korea, 1), "citizen number (Thailand)":
    (citizen_thailand, 1), "OIB (Croatia)": (oib_croatia, 1), "passport line": (passport_line, 1),
    "Bitcoin address": (bitcoin, 1), "Bitcoin address, Bech32": (bitcoin_segwit, 1),
    "e-mail address": (email, 0), "link": (link, 0), "phone number": (phone, 0), "IPv4": (ipv4, 0),
    "IPv6": (ipv6, 0), "MAC": (mac, 0), "SSN (United States)": (ssn, 0), "key": (key, 0),
    "UUID": (uuid, 0), "Ethereum address": (ethereum, 0), "position": (position, 0),
    "date": (date, 0)}


def main():
    n, names = int(sys.argv[1]), sys.argv[2:] or list(FAMILIES)
    for family in names:
        make, checked = FAMILIES[family]
        r.seed(family)
        head = f"{family}\t{'pc'[checked]}\t"
        for at in range(0, n, 10000):
            sys.stdout.write("".join(f"{head}{make()}\n" for _ in range(min(10000, n - at))))


if __name__ == "__main__":
    main()
