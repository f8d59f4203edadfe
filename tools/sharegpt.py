# SPDX-License-Identifier: Apache-2.0
"""Reading a ShareGPT file for scripts: an array of records that may be cut off."""
import json
import os
import sys


def refuse(why):
    """Ends a program that was called wrongly; `why` says what to do."""
    print(why, file=sys.stderr)
    sys.exit(64)


def records(path):
    """One record after another, up to the end or to where the file is cut off; what is none is
    left out. Ends the program with a sentence where there is no file, or none of ShareGPT's."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        text = ""
    decoder, at, n_found = json.JSONDecoder(), text.find("[") + 1, 0
    while at:  # 0 where no list begins
        while at < len(text) and text[at] in " \n\r\t,":
            at += 1
        try:
            record, at = decoder.raw_decode(text, at)
        except ValueError:
            break
        if isinstance(record, dict) and isinstance(record.get("conversations"), list):
            n_found += 1
            yield record
    if not n_found:
        refuse(f"{os.path.basename(sys.argv[0])}: {path} is not there, or is no ShareGPT file: a "
               "JSON list of {id, conversations}; tools/setup fetches one")


def first_requests(path, most, draw):
    """What people wrote first, at most so many characters each, in an order of `draw`."""
    found = []
    for record in records(path):
        turns = [t["value"] for t in record["conversations"] if t["from"] in ("human", "user")]
        if turns and turns[0].strip():
            found.append(turns[0][:most])
    draw.shuffle(found)
    return found
