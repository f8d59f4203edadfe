# SPDX-License-Identifier: Apache-2.0
"""What bench/reading.sh runs beside `clio ingest`: peer_reading.py json|orjson SHAREGPT.json OUT.db

The same work with the tools people use: parse the file, check every record and turn, give
conversations, accounts and transcripts keyed hashes, store each with its turns as one JSON text in
SQLite, in one transaction.
Prints seconds of processor time, peak MiB and how many were stored."""
import hashlib
import json
import os
import resource
import sqlite3
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
from sharegpt import records

SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE account (id INTEGER PRIMARY KEY);
CREATE TABLE conversation (seq INTEGER PRIMARY KEY, id INTEGER UNIQUE, external_id TEXT,
    account INTEGER, n_turns INTEGER, turns TEXT, transcript_hash INTEGER);
CREATE INDEX by_transcript ON conversation (transcript_hash);
"""
ROLES = {"human": "user", "user": "user", "gpt": "assistant", "chatgpt": "assistant",
         "bing": "assistant", "bard": "assistant", "system": "system"}


def records_orjson(path):
    """orjson takes whole documents only: what lies behind the last whole record goes first."""
    import orjson
    with open(path, "rb") as file:
        data = file.read()
    yield from orjson.loads(data[:data.rindex(b'"id":')].rstrip(b" \n\r\t,{") + b"]")


def keyed(key, text):
    digest = hashlib.blake2b(text.encode(), key=key, digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def main():
    kind, path, out = sys.argv[1:4]
    key, accounts, ids, seq = os.urandom(16), set(), set(), 0
    if kind == "json":
        def dump(rows):
            return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    else:
        import orjson

        def dump(rows):
            return orjson.dumps(rows).decode()
    store = sqlite3.connect(out, isolation_level=None)
    store.executescript(SCHEMA)
    store.execute("BEGIN")
    for record in (records if kind == "json" else records_orjson)(path):
        turns = record.get("conversations")
        if not isinstance(record.get("id"), str) or not isinstance(turns, list):
            continue
        rows = []
        for turn in turns:
            role, text = ROLES.get(turn.get("from")), turn.get("value")
            if role is None or not isinstance(text, str):
                break
            rows.append((role, text))
        else:
            number = keyed(key, record["id"])
            while number in ids:
                number += 1
            ids.add(number)
            account = keyed(key, record["id"].split("_")[0])
            if account not in accounts:
                accounts.add(account)
                store.execute("INSERT INTO account VALUES (?)", (account,))
            text = dump(rows)
            store.execute("INSERT INTO conversation VALUES (?, ?, ?, ?, ?, ?, ?)",
                          (seq, number, record["id"], account, len(rows), text, keyed(key, text)))
            seq += 1
    store.execute("COMMIT")
    store.close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{time.process_time():.2f} {memory:.0f} {seq}")


main()
