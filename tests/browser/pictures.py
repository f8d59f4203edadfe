#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether pictures that pictures.mjs made are those of docs/images: the same names and sizes, more
in each than paper. Usage: pictures.py DOCS_IMAGES MADE"""
import pathlib
import struct
import sys


def size(path):
    head = path.read_bytes()[:24]
    if head[:8] != b"\x89PNG\r\n\x1a\n":
        sys.exit(f"FAIL: {path.name} is no PNG")
    return struct.unpack(">II", head[16:24])


docs, made = ({p.name: p for p in pathlib.Path(d).glob("*.png")} for d in sys.argv[1:3])
if set(docs) != set(made):
    sys.exit(f"FAIL: only one of docs/images and pictures.mjs has {sorted(set(docs) ^ set(made))}")
for name, path in sorted(made.items()):
    if size(path) != size(docs[name]):
        sys.exit(f"FAIL: {name} is {size(path)}, in docs/images {size(docs[name])}")
    # Of one colour it would have some hundred bytes; the emptiest real one packs to 15,000.
    if path.stat().st_size < 8000:
        sys.exit(f"FAIL: {name} is nearly empty: {path.stat().st_size} bytes")
print(f"{len(made)} pictures as in docs/images")
