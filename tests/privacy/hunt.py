# SPDX-License-Identifier: Apache-2.0
"""Looks for planted secrets: hunt.py NEEDLES FILE…

Reads every byte of the files (capitals and small letters alike, also with JSON and URL escapes
taken out), prints "kinds and numbers found, file" and last "found N of M secrets in B bytes".
Ends with 1 when any was found. Never prints a secret.
"""
import re
import sys
import urllib.parse


def forms(data):
    yield data.lower()
    text = data.decode("utf-8", "replace")
    if b"\\u" in data:
        plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
        yield plain.lower().encode("utf-8", "replace")
    if b"%" in data:
        yield urllib.parse.unquote(text).lower().encode("utf-8", "replace")


def main():
    secrets = {}
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            number, kind, look = line.rstrip("\n").split("\t")
            secrets.setdefault((int(number), kind), []).append(look.lower().encode())
    found, size = set(), 0
    for path in sys.argv[2:]:
        with open(path, "rb") as file:
            data = file.read()
        size += len(data)
        for form in forms(data):
            here = {s for s, looks in secrets.items() if any(look in form for look in looks)}
            for number, kind in sorted(here - found):
                print(f"secret {number} ({kind}) is in {path}")
            found |= here
    print(f"found {len(found)} of {len(secrets)} secrets in {size} bytes")
    return 1 if found else 0


sys.exit(main())
