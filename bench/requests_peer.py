#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a Python client does with the same prompts, but for the list of facets in them: asyncio
and httpx, N_FLIGHT requests at a time, each answer parsed as JSON. Prints seconds, requests and
peak MiB.

    requests_peer.py PORT CORPUS.jsonl PROMPT.txt N_FLIGHT
"""
import asyncio
import json
import resource
import sys
import time

import httpx

port, corpus, prompt, n_flight = sys.argv[1:5]


async def main():
    text = open(prompt, encoding="utf-8").read()
    bodies = []
    for line in open(corpus, encoding="utf-8"):
        turn = json.loads(line)["text"]
        content = text.replace("{conversation}", f"<user>{turn}</user>")
        bodies.append({"model": "oracle", "max_tokens": 300, "temperature": 0,
                       "messages": [{"role": "user", "content": content}]})
    room = asyncio.Semaphore(int(n_flight))
    limits = httpx.Limits(max_connections=int(n_flight), max_keepalive_connections=int(n_flight))
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    async with httpx.AsyncClient(limits=limits, timeout=300, trust_env=False) as client:
        async def ask(body):
            async with room:
                answer = await client.post(url, json=body)
            return answer.json()["choices"][0]["message"]["content"]

        start = time.monotonic()
        answers = await asyncio.gather(*map(ask, bodies))
        seconds = time.monotonic() - start
    assert all(answers)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{seconds:.2f} {len(answers)} {peak:.0f}")


asyncio.run(main())
