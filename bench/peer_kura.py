# SPDX-License-Identifier: Apache-2.0
"""Kura's own line (kura on PyPI) with its model stubbed, for bench/line_at.sh.

peer_kura.py FILE.jsonl EMBEDDER: all of Kura's code as it is installed: summaries, MiniLM
(sentence-transformers), k-means with a tenth as many clusters as conversations, descriptions,
meta-clusters, UMAP of the clusters. Only the client that its models ask is replaced: answers come
at once and cost nothing, so what is timed is Kura and not a model. Prints one line a step, and at
the end: seconds, processor seconds and peak MiB.
"""
import asyncio
import json
import os
import resource
import sys
import time
from datetime import datetime, timezone

os.environ.setdefault("OPENAI_API_KEY", "not-used")
os.environ["HF_HUB_OFFLINE"] = "1"
start = time.time()
import instructor  # noqa: E402


class Stub:
    """A client whose answers are made of the question."""

    def __init__(self):
        self.chat = self.completions = self

    async def create(self, response_model, context, **_):
        kind = response_model.__name__
        if kind == "GeneratedSummary":
            said = [m.content for m in context["conversation"].messages if m.role == "user"]
            return response_model(summary=" ".join(said[:1])[:200] or "Nothing")
        if kind == "CandidateClusters":
            names = [c.name for c in context["clusters"]]
            return response_model(candidate_cluster_names=names[:context["desired_number"]])
        if kind == "ClusterLabel":
            names = context["candidate_clusters"]
            at = sum(context["cluster"].name.encode()) % len(names)
            return response_model.model_validate({"higher_level_cluster": names[at]},
                                                 context=context)
        among = context.get("positive_examples") or context["clusters"]
        text = getattr(among[0], "summary", None) or among[0].name
        return response_model(name=text[:60], summary=text, slug="a_few_words")


instructor.from_provider = lambda *_, **__: Stub()
from kura.cluster import (ClusterDescriptionModel, KmeansClusteringModel,  # noqa: E402
                          generate_base_clusters_from_conversation_summaries)
from kura.dimensionality import HDBUMAP, reduce_dimensionality_from_clusters  # noqa: E402
from kura.embedding import SentenceTransformerEmbeddingModel  # noqa: E402
from kura.meta_cluster import MetaClusterModel, reduce_clusters_from_base_clusters  # noqa: E402
from kura.summarisation import SummaryModel, summarise_conversations  # noqa: E402
from kura.types import Conversation, Message  # noqa: E402


def read(path):
    now = datetime.now(timezone.utc)
    for number, line in enumerate(open(path, encoding="utf-8")):
        record = json.loads(line)
        turns = record.get("messages") or [
            {"role": "user" if t["from"] in ("human", "user") else "assistant",
             "content": t["value"]} for t in record["conversations"]]
        yield Conversation(chat_id=str(record.get("id", number)), created_at=now, metadata={},
                           messages=[Message(created_at=now, role=t["role"], content=t["content"])
                                     for t in turns if t["role"] in ("user", "assistant")])


def spent():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def said(step):
    print(f"{step}: {time.time() - start:.1f} s, {spent():.1f} cpu s", file=sys.stderr, flush=True)


async def line(path, embedder):
    conversations = list(read(path))
    said("read")
    summaries = await summarise_conversations(conversations, model=SummaryModel())
    said("summaries")
    embedding = SentenceTransformerEmbeddingModel(embedder)
    clusters = await generate_base_clusters_from_conversation_summaries(
        summaries, embedding_model=embedding, clustering_method=KmeansClusteringModel(),
        clustering_model=ClusterDescriptionModel())
    said("clusters")
    tree = await reduce_clusters_from_base_clusters(
        clusters, model=MetaClusterModel(embedding_model=embedding))
    said("tree")
    places = await reduce_dimensionality_from_clusters(tree, model=HDBUMAP(embedding))
    said("map")
    assert len(places) == len(tree) > len(clusters) >= 10


asyncio.run(line(sys.argv[1], sys.argv[2]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{time.time() - start:.2f} {spent():.2f} {peak:.0f}")
