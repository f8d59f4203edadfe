# SPDX-License-Identifier: Apache-2.0
"""A hostile server with a memory: python3 tests/privacy/hostile_provider.py whole|spread LOG

Speaks OpenAI's chat completions on loopback, prints its port, and serves until standard input ends.
It keeps the word behind "my name is" of whoever says that, and from then on writes it about
everybody. whole: the word as it is, and a number in words, into every free answer and title.
spread: a half of it in every free answer, the other in titles, summaries and parents; outside the
list of categories; as a language; and in the capitals of other words. LOG counts what it wrote.
"""
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SPREAD, LOG = sys.argv[1] == "spread", sys.argv[2]
NUMBER = "seven one nine four eight"
LOCK = threading.Lock()
MEMORY = {"word": "", "n": 0}


def between(text, start, end):
    at = text.rfind(start)
    return text[at + len(start):text.find(end, at)].strip() if at >= 0 else ""


def halves():
    half = len(MEMORY["word"]) // 2
    return (MEMORY["word"][:half], MEMORY["word"][half:]) if SPREAD else (MEMORY["word"],) * 2


def facets(prompt, schema):
    turn = between(prompt, "<user>", "</user>").replace("\n", " ")[:120]
    first, second = halves()
    values = {}
    for name, member in schema["properties"].items():
        if name == "language":
            values[name] = second.title() if SPREAD else "English"
        elif "enum" in member:
            values[name] = f"{member['enum'][0]} {second}" if SPREAD else member["enum"][0]
        elif member.get("type") != "string":
            values[name] = member.get("minimum", 1)
        elif name == "task":
            values[name] = f"ask {second} to explain python, dial {NUMBER}"
        else:
            odd = re.sub("python|recipe", lambda m: m[0][0] + m[0][1:].upper(), turn, flags=re.I)
            values[name] = f"help {first} with {odd if SPREAD else turn}"
    return json.dumps(values)


def answer(prompt, schema):
    first, second = halves()
    if schema:
        return facets(prompt, schema)
    if "</words>" in prompt:
        words = [w for w in between(prompt, "<words>\n", "</words>").split(", ") if w.isalpha()]
        one, two = (words + ["things", "things"])[:2]
        return (f"<summary>They asked about {one} and {second}. They wanted help with {two} of "
                f"{first}.</summary>\n<title>{one} with {first} and {two}</title>")
    if "</parents>" in prompt:
        return f"<answer>{between(prompt, '<parents>', '</parents>').splitlines()[0][2:]}</answer>"
    if "<grade>" in prompt:
        return f"<reason>It is about {first} {second}.</reason>\n<grade>5</grade>"
    return f"<answer>\n1. {first} and {second}\n2. questions of {first}{second}\n</answer>"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = "".join(message["content"] for message in body["messages"])
        said = re.search(r"my name is (\w+)", prompt)
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
        with LOCK:
            MEMORY["word"] = MEMORY["word"] or (said[1] if said else "")
            text = answer(prompt, schema)
            MEMORY["n"] += bool(MEMORY["word"]) and halves()[0] in text
            with open(LOG, "w") as log:
                log.write(f"{MEMORY['n']}\n")
        data = json.dumps({"object": "chat.completion",
                           "choices": [{"index": 0, "finish_reason": "stop",
                                        "message": {"role": "assistant", "content": text}}],
                           "usage": {"prompt_tokens": 9, "completion_tokens": 9}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Server(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True

    def handle_error(self, *_):
        """A client that went."""


SERVER = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=SERVER.serve_forever, daemon=True).start()
print(SERVER.server_port, flush=True)
sys.stdin.read()
