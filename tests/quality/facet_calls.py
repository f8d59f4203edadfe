# SPDX-License-Identifier: Apache-2.0
"""All facets of a conversation in one call, or one call a facet: cost in tokens, and agreement.

    tests/quality/facet_calls.py CLIO ORACLE [--n N] [--openclio FOLDER] [--corpus FILE] [--record]

CLIO and ORACLE are the programs build/…/clio and build/…/tests/tool_oracle. A corpus with known
categories is planted (`clio evaluate plant`), run twice through profile remote against the oracle,
once with --facet-calls one and once with each, and its base clusters are compared with the truth.
The tokens of both are those that the server counts: four characters a token, prompts and answers.

With --openclio, a checkout of github.com/Phylliida/OpenClio, its own prompts for its four default
facets are made for the same conversations and counted in the same way, with answers as long as
ours. No model is asked by them: agreement is compared between --facet-calls one and each alone, not
with OpenClio's. --corpus adds the cost on conversations of your own (ShareGPT …), where there is no
truth. --record puts the rows into tests/quality/results.csv.
"""
import argparse
import ast
import contextlib
import csv
import datetime
import json
import sqlite3
import subprocess
import sys
import tempfile
import types
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results.csv"


class Tokenizer:
    """Four characters a token; a chat is its messages, one after the other."""

    def encode(self, text):
        return [text[i:i + 4] for i in range(0, len(text), 4)]

    def decode(self, tokens):
        return "".join(tokens)

    def apply_chat_template(self, messages, **_):
        text = "".join(message["content"] for message in messages)
        return {"input_ids": [self.encode(text)]}


def openclio_prompts(checkout):
    """Its function that makes a prompt, and its default facets, without what needs a GPU."""
    folder = Path(checkout) / "openclio"
    prompts = types.ModuleType("prompts")
    exec(compile((folder / "prompts.py").read_text(), "prompts.py", "exec"), prompts.__dict__)
    facets = []
    for node in ast.parse((folder / "openclio.py").read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "mainFacets":
            for call in node.value.elts:
                values = {k.arg: k.value.value for k in call.keywords
                          if k.arg in ("name", "question", "prefill")}
                facets.append(types.SimpleNamespace(**{"prefill": ""} | values))
    assert len(facets) == 4, "OpenClio has other default facets than are known here"
    return prompts, facets


def openclio_tokens(checkout, turns_of_all, n_out):
    prompts, facets = openclio_prompts(checkout)
    settings = types.SimpleNamespace(maxConversationTokens=8000)
    total = n_out
    for turns in turns_of_all:
        chat = [{"role": role, "content": text} for role, text in turns]
        for facet in facets:
            prompts.cachedTokenizer = None
            prompts.replacementCache.clear()
            text = prompts.getFacetPrompt(Tokenizer(), facet, chat, settings, {})
            total += len(text) // 4 + 1
    return total


@contextlib.contextmanager
def server(command):
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield "http://127.0.0.1:" + process.stdout.readline().decode().strip()
        process.stdin.close()


def run(clio, corpus, folder, url, calls, stages=("ingest", "bound", "facet")):
    flags = ["--profile", "remote", "--model", "m", "--base-url", url, "--titles", "phrases",
             "--facet-calls", calls, "--quiet"]
    subprocess.run([clio, "ingest", corpus, "--out", folder, *flags], check=True)
    for stage in stages[1:]:
        done = subprocess.run([clio, stage, folder, "--base-url", url, "--quiet"])
        assert done.returncode in (0, 5), f"clio {stage} failed" # 5: with gaps


def read_vault(folder):
    vault = sqlite3.connect(f"{folder}/vault.db")
    notes = dict(vault.execute("SELECT key, value FROM stage_note WHERE stage = 'facet'"))
    turns = [json.loads(row[0]) for row in vault.execute(
        "SELECT turns FROM conversation WHERE seq NOT IN (SELECT seq FROM copy UNION SELECT seq "
        "FROM left_out) AND turns != '[]' ORDER BY seq")]
    vault.close()
    return notes["prompt_tokens"], notes["reply_tokens"], turns


def nmi_of(clio, folder, truth):
    out = subprocess.run([clio, "evaluate", "agreement", folder, "--truth", truth, "--json"],
                         check=True, capture_output=True, text=True).stdout
    return json.loads(out)["levels"][0]["nmi"]


def cost(clio, corpus, url, folder, case, openclio, rows, stages=("ingest", "bound", "facet")):
    each_out, turns = 0, []
    for calls in ("one", "each"):
        run(clio, corpus, f"{folder}/{calls}", url, calls, stages)
        n_in, n_out, turns = read_vault(f"{folder}/{calls}")
        each_out = n_out
        rows.append((case, f"tokens a conversation, --facet-calls {calls}",
                     (n_in + n_out) / len(turns), len(turns)))
    if openclio:
        tokens = openclio_tokens(openclio, turns, each_out)
        rows.append((case, "tokens a conversation, OpenClio's default prompts",
                     tokens / len(turns), len(turns)))
    rows.append((case, f"cost of one call, of {'OpenClio' if openclio else 'one call a facet'}",
                 rows[-3 if openclio else -2][2] / rows[-1][2], len(turns)))


def record(rows):
    today = datetime.date.today().isoformat()
    fresh = [[c, m, f"{v:.4g}", "", "", str(n), today] for c, m, v, n in rows]
    with RESULTS.open(newline="") as file:
        old = list(csv.reader(file))
    keys = {tuple(row[:2]) for row in fresh}
    with RESULTS.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(
            [row for row in old if tuple(row[:2]) not in keys] + fresh)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clio")
    parser.add_argument("oracle")
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--openclio")
    parser.add_argument("--corpus")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([options.clio, "evaluate", "plant", f"{folder}/planted", "--limit",
                        str(options.n), "--quiet"], check=True)
        truth = f"{folder}/planted/ordinary.tsv"
        with server([options.oracle, f"{folder}/planted/ordinary-texts.tsv"]) as url:
            case = f"facet calls, {options.n} planted conversations"
            cost(options.clio, f"{folder}/planted/ordinary.jsonl", url, folder, case,
                 options.openclio, rows,
                 ("ingest", "bound", "facet", "embed", "cluster", "threshold", "describe",
                  "hierarchy", "audit", "map", "publish"))
            for calls in ("one", "each"):
                rows.append((case, f"NMI of base clusters, --facet-calls {calls}",
                             nmi_of(options.clio, f"{folder}/{calls}", truth), options.n))
        if options.corpus:
            answerer = [sys.executable, str(RESULTS.parent.parent / "answerer.py"), folder]
            Path(folder, "rules.json").write_text("{}")
            with server(answerer) as url:
                cost(options.clio, options.corpus, url, f"{folder}/own",
                     f"facet calls, {Path(options.corpus).stem}", options.openclio, rows)
    for case, metric, value, n in rows:
        print(f"{case}\t{metric}\t{value:.4g}\t{n}")
    if options.record:
        record(rows)


main()
