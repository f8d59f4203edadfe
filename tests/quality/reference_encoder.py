# SPDX-License-Identifier: Apache-2.0
# The encoder once more, straight from the definition, in numpy float32: one text at a time, no
# packing, no tricks. Reads the same safetensors; the tokens come from HuggingFace's `tokenizers`
# (tokenizer.json of the model). What our C encoder is compared with.
import json
import math
import struct
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer


def read_tensors(path):
    data = Path(path).read_bytes()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + n])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] in ("F32", "F16", "BF16"):
            start, end = entry["data_offsets"]
            raw = data[8 + n + start:8 + n + end]
            if entry["dtype"] == "BF16":
                x = (np.frombuffer(raw, np.uint16).astype(np.uint32) << 16).view(np.float32)
            else:
                x = np.frombuffer(raw, "f" + entry["dtype"][1:].replace("32", "4").replace(
                    "16", "2")).astype(np.float32)
            tensors[name] = x.reshape(entry["shape"])
    return tensors


class GeluTable:
    """GELU by erf, interpolated in a fine table made with math.erf (error below 1e-7)."""

    def __init__(self, most=8.0, step=1 / 4096):
        self.most, self.step = most, step
        x = np.arange(-most, most + 2 * step, step)
        self.values = x * 0.5 * (1 + np.array([math.erf(v / math.sqrt(2)) for v in x]))

    def __call__(self, x):
        at = (np.clip(x, -self.most, self.most).astype(np.float64) + self.most) / self.step
        low = at.astype(np.int64)
        part = at - low
        inside = self.values[low] * (1 - part) + self.values[low + 1] * part
        return np.where(x > self.most, x, inside).astype(np.float32)


def bucket_of(distance, n_buckets=32, far=128):
    n, half = -distance, n_buckets // 2
    side = half if n < 0 else 0
    n, exact = abs(n), half // 2
    if n < exact:
        return side + n
    part = np.log(np.float32(n) / np.float32(exact)) / np.float32(math.log(far / exact))
    return side + min(exact + int(part * np.float32(half - exact)), half - 1)


class Reference:
    names = {
        "bert": ("attention.self.query", "attention.self.key", "attention.self.value",
                 "attention.output.dense", "attention.output.LayerNorm"),
        "mpnet": ("attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o",
                  "attention.LayerNorm"),
    }

    def __init__(self, directory):
        directory = Path(directory)
        self.t = read_tensors(directory / "model.safetensors")
        config = json.loads((directory / "config.json").read_text())
        self.kind, self.eps = config["model_type"], np.float32(config["layer_norm_eps"])
        self.n_heads = config["num_attention_heads"]
        self.n_layers = config["num_hidden_layers"]
        self.max_tokens = json.loads(
            (directory / "sentence_bert_config.json").read_text())["max_seq_length"]
        self.gelu = GeluTable()
        self.tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(self.max_tokens)

    def ids(self, text):
        return self.tokenizer.encode(text).ids

    def dense(self, name, x):
        return x @ self.t[name + ".weight"].T + self.t[name + ".bias"]

    def norm(self, name, x):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + self.eps)
        return x * self.t[name + ".weight"] + self.t[name + ".bias"]

    def bias(self, n):
        if self.kind != "mpnet":
            return np.float32(0)
        table = self.t["encoder.relative_attention_bias.weight"]
        buckets = [[bucket_of(j - i) for j in range(n)] for i in range(n)]
        return table[np.array(buckets)].transpose(2, 0, 1)

    def vector(self, text):
        ids, t = np.array(self.ids(text)), self.t
        n = len(ids)
        x = t["embeddings.word_embeddings.weight"][ids]
        if self.kind == "mpnet":
            keep = ids != 1
            x = x + t["embeddings.position_embeddings.weight"][np.cumsum(keep) * keep + 1]
        else:
            x = (x + t["embeddings.position_embeddings.weight"][:n] +
                 t["embeddings.token_type_embeddings.weight"][0])
        x = self.norm("embeddings.LayerNorm", x)
        bias = self.bias(n)
        for i in range(self.n_layers):
            x = self.layer(f"encoder.layer.{i}.", x, bias)
        v = x.mean(0)
        return v / np.sqrt((v * v).sum())

    def layer(self, p, x, bias):
        n, dims = x.shape
        query, key, value, out, out_norm = (p + name for name in self.names[self.kind])
        heads = [self.dense(name, x).reshape(n, self.n_heads, -1).transpose(1, 0, 2)
                 for name in (query, key, value)]
        scores = heads[0] @ heads[1].transpose(0, 2, 1) / np.float32(
            math.sqrt(dims / self.n_heads)) + bias
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores = scores / scores.sum(-1, keepdims=True)
        mixed = (scores @ heads[2]).transpose(1, 0, 2).reshape(n, dims)
        x = self.norm(out_norm, self.dense(out, mixed) + x)
        wide = self.gelu(self.dense(p + "intermediate.dense", x))
        return self.norm(p + "output.LayerNorm", self.dense(p + "output.dense", wide) + x)
