#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The samplers of src/base/noise.c written a second time from the papers, with whole
numbers of any size: ChaCha20 (RFC 8439 rounds, 64-bit counter), BLAKE2b from hashlib, and
Canonne, Kamath and Steinke (arXiv 2004.00010). Prints the vectors that tests/unit/test_noise.c
holds:

    noise_reference.py            prints them
    noise_reference.py FILE.c     ends with 1 when FILE.c holds others
"""
import hashlib
import sys
from math import isqrt

MASK = 0xFFFFFFFF


def chacha20_block(key, counter):
    def quarter(s, a, b, c, d):
        for x, y, z, r in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = (s[x] + s[y]) & MASK
            s[z] ^= s[x]
            s[z] = (s[z] << r | s[z] >> (32 - r)) & MASK
    words = [int.from_bytes(key[i:i + 4], "little") for i in range(0, 32, 4)]
    start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *words,
             counter & MASK, counter >> 32, 0, 0]
    s = start[:]
    for _ in range(10):
        for column in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                       (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(s, *column)
    return b"".join(((a + b) & MASK).to_bytes(4, "little") for a, b in zip(s, start))


class Noise:
    def __init__(self, key, purpose):
        self.key = hashlib.blake2b(purpose, key=key, digest_size=32).digest()
        self.counter, self.bits = 0, []

    def bit(self):
        if not self.bits:
            block = chacha20_block(self.key, self.counter)
            self.counter += 1
            self.bits = [byte >> i & 1 for byte in block for i in range(8)]
        return self.bits.pop(0)

    def below(self, bound):
        while True:
            x = 0
            for _ in range((bound - 1).bit_length()):
                x = 2 * x + self.bit()
            if x < bound:
                return x

    def laplace(self, num, den):
        while True:
            u, v = self.below(num), 0
            if not self.exp_of(u, num):
                continue
            while self.exp_of(1, 1):
                v += 1
            size = (u + num * v) // den
            negative = self.below(2) == 1
            if not (negative and size == 0):
                return -size if negative else size

    def exp_of(self, num, den):
        """exp(-num/den) with the fraction as given, not in lowest terms: it decides on bits."""
        for _ in range(num // den):
            if not self.small_exp_of(1, 1):
                return False
        return self.small_exp_of(num % den, den)

    def small_exp_of(self, num, den):
        k = 1
        while self.below(den * k) < num:
            k += 1
        return k % 2 == 1

    def gauss(self, num, den):
        t = isqrt(num // den) + 1
        while True:
            y = self.laplace(t, 1)
            off = (abs(y) * t * den - num) ** 2
            if self.exp_of(off, 2 * num * den * t * t):
                return y


CASES = [("laplace", 1, 1), ("laplace", 7, 2), ("gauss", 1, 1), ("gauss", 9, 2),
         ("gauss", 160000, 7), ("gauss", 2 ** 31 + 12345, 1)]


def main():
    lines = []
    for kind, num, den in CASES:
        noise = Noise(b"a key of a test\0", f"known {kind} {num}/{den}".encode())
        values = [getattr(noise, kind)(num, den) for _ in range(16)]
        lines.append(f'    {{ "{kind}", {num}, {den}, {{ ' + ", ".join(map(str, values)) + " } },")
    if len(sys.argv) == 1:
        print("\n".join(lines))
        return 0
    with open(sys.argv[1], encoding="utf-8") as file:
        held = "".join(file.read().split())
    missing = [line for line in lines if "".join(line.split()).rstrip(",") not in held]
    for line in missing:
        print("noise_reference: not in the file:", line, file=sys.stderr)
    return 1 if missing else 0


sys.exit(main())
