# SPDX-License-Identifier: Apache-2.0
"""Reading a ShareGPT file for scripts: an array of records that may be cut off."""
import json
import sys


def refuse(why):
    """Ends a program that was called wrongly; `why` says what to do."""
    print(why, file=sys.stderr)
    sys.exit(64)


def check_file(name, path):
    """Refuses, for the program of that name, what is no ShareGPT file."""
    try:
        if any("conversations" in record for record in records(path)):
            return
    except (OSError, ValueError, TypeError):
        pass
    refuse(f"{name}: {path} is not there, or is no ShareGPT file: a JSON list of "
           "{id, conversations}; tools/setup fetches one")


def records(path):
    """One record after another, up to the end or to where the file is cut off."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    decoder, at = json.JSONDecoder(), text.index("[") + 1
    while True:
        while at < len(text) and text[at] in " \n\r\t,":
            at += 1
        try:
            record, at = decoder.raw_decode(text, at)
        except ValueError:
            return
        yield record


def first_requests(path, most, draw):
    """What people wrote first, at most so many characters each, in an order of `draw`."""
    found = []
    for record in records(path):
        turns = [t["value"] for t in record["conversations"] if t["from"] in ("human", "user")]
        if turns and turns[0].strip():
            found.append(turns[0][:most])
    draw.shuffle(found)
    return found
