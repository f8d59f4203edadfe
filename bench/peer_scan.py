# SPDX-License-Identifier: Apache-2.0
"""What bench/scan.sh runs beside bench_scan: peer_scan.py FILE SECONDS

Presidio's pattern recognisers (those of its default registry for English), one after the other as
its engine calls them, over pieces of about 4 KB of FILE, for SECONDS of processor time. Prints
megabytes a second of processor time, how many recognisers and how many results."""
import sys
import time

import tldextract

# Its recogniser of e-mail addresses would ask the net for a list of domains.
tldextract.extract = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())

from presidio_analyzer import PatternRecognizer, RecognizerRegistry  # noqa: E402

PIECE = 4096


def recognisers():
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    return [one for one in registry.recognizers if isinstance(one, PatternRecognizer)]


def pieces(path):
    with open(path, "rb") as file:
        data = file.read()
    while data:
        end = data.rfind(b"\n", 0, PIECE) + 1 or PIECE
        yield data[:end]
        data = data[end:]


def main(path, seconds):
    rules = recognisers()
    n_bytes = n_found = 0
    start = time.process_time()
    for piece in pieces(path):
        text = piece.decode("utf-8", "replace")
        for rule in rules:
            n_found += len(rule.analyze(text, rule.supported_entities, None) or [])
        n_bytes += len(piece)
        if time.process_time() - start > seconds:
            break
    spent = time.process_time() - start
    print(f"{n_bytes / spent / 1e6:.4f} {len(rules)} {n_found}")


main(sys.argv[1], float(sys.argv[2]))
