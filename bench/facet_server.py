#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Embedded facets against llama.cpp's own server: same model file, prompt, stem, grammar, length
and threads; the server with 16 slots and its prompt cache. In alternation, ROUNDS times; medians.

    facet_server.py TOOL_FACET LLAMA_SERVER MODEL.gguf RUN [--threads 2] [--rounds 3] [--record]

TOOL_FACET is build/release/tests/tool_facet; LLAMA_SERVER the program of the same llama.cpp, built
with the same compiler; RUN a run directory with 200 ShareGPT conversations ingested.
"""
import argparse
import concurrent.futures
import json
import statistics
import subprocess
import time
import urllib.request

import record

SLOTS = 16


def post(port, path, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=600))


def serve(args, port):
    process = subprocess.Popen(
        [args.server, "-m", args.model, "-t", str(args.threads), "-tb", str(args.threads), "-np",
         str(SLOTS), "-c", str(SLOTS * 768), "--port", str(port), "--no-webui"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2)
            return process
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the server does not start")


def ask(port, asked):
    text = post(port, "/apply-template", {"messages": asked["messages"]})["prompt"]
    reply = post(port, "/completion", {
        "prompt": text + asked["stem"], "grammar": asked["grammar"], "temperature": 0,
        "n_predict": asked["max_tokens"], "cache_prompt": True})
    return reply["tokens_predicted"]


def time_server(args, asked):
    port = 18431
    process = serve(args, port)
    try:
        for item in asked[:2]:
            ask(port, item)  # warm: the prefix of one slot
        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(SLOTS) as pool:
            n_tokens = sum(pool.map(lambda item: ask(port, item), asked))
        return time.monotonic() - start, n_tokens
    finally:
        process.terminate()
        process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("tool", "server", "model", "run"):
        parser.add_argument(name)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", action="store_true")
    args = parser.parse_args()
    lines = subprocess.run([args.tool, "prompts", args.run], stdout=subprocess.PIPE, check=True)
    asked = [json.loads(line) for line in lines.stdout.splitlines()]
    ours, theirs = [], []
    for _ in range(args.rounds):
        out = subprocess.run([args.tool, "time", args.run, args.model, str(args.threads)],
                             stdout=subprocess.PIPE, check=True).stdout.split()
        ours.append(float(out[0]))
        seconds, n_tokens = time_server(args, asked)
        theirs.append(seconds)
        print(f"ours {ours[-1]:.1f} s ({int(out[2])} tokens), server {seconds:.1f} s "
              f"({n_tokens} tokens)", flush=True)
    n, a, b = len(asked), statistics.median(ours), statistics.median(theirs)
    print(f"{n} conversations: {n / a:.2f} a second, server {n / b:.2f}, ratio {b / a:.2f}")
    if args.record:
        record.put(f"facets of {n} ShareGPT conversations, SmolLM2-135M, {args.threads} threads",
                   "llama.cpp server", f"{n / a:.2f}", f"{n / b:.2f}", "conversations/s")


if __name__ == "__main__":
    main()
