# SPDX-License-Identifier: Apache-2.0
"""Texts a second on one core, ours and onnxruntime in alternation; rows of bench/results.csv.

python3 bench/embed.py TOOL MODEL_DIR SHAREGPT.json [N]: takes N (512) opening turns, cut at 104
tokens. onnxruntime gets the same weights as a graph of its own fused operators (Attention or, for
MPNet, MultiHeadAttention; SkipLayerNormalization, BiasGelu), texts sorted by length in batches of
32, one thread, tokens made beforehand: in fp32, and with its dynamic int8. sentence-transformers
gets the texts, in fp32 and with weights in bf16, batches of 32. Ours includes making the tokens.
Processor seconds are compared: on a machine that others use too, wall time says little. How much of
the CPU's products in bf16 the whole encoder reaches is what `clio bench` beside TOOL says. Needs
numpy, onnx, onnxruntime, tokenizers; torch and sentence-transformers, else their rows are left out.
"""
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "quality"))
import record
from embed_agreement import turns
from reference_encoder import Reference

MOST_TOKENS = 104
MODES = ("fp32", "bf16", "int16", "int8")
ROUNDS = int(os.environ.get("CLIO_BENCH_ROUNDS", "5"))


def onnx_graph(reference, path):
    """BERT or MPNet as onnxruntime likes it best. Input ids [batch, length], lengths [batch]."""
    nodes, weights, t = [], [], reference.t

    def constant(name, x):
        weights.append(numpy_helper.from_array(np.ascontiguousarray(x, np.float32), name))
        return name

    def node(kind, inputs, out, **attributes):
        nodes.append(helper.make_node(kind, inputs, [out], domain=attributes.pop("domain", ""),
                                      **attributes))
        return out

    def dense(x, p, out):
        return node("MatMul", [x, constant(p + ".w", t[p + ".weight"].T)], out)

    words = node("Gather", [constant("words", t["embeddings.word_embeddings.weight"]), "ids"], "w")
    is_mpnet = reference.kind == "mpnet"
    places = t["embeddings.position_embeddings.weight"]
    if is_mpnet:
        places = places[2:2 + reference.max_tokens]  # what stands before is for padding
        weights.append(numpy_helper.from_array(np.array([0, 0], np.int64), "corner"))
        weights.append(numpy_helper.from_array(np.array([2, 3], np.int64), "sides"))
    else:
        places = places[:reference.max_tokens] + t["embeddings.token_type_embeddings.weight"][0]
    nodes.append(helper.make_node("Shape", ["ids"], ["n"], start=1, end=2))
    weights.append(numpy_helper.from_array(np.array([0], np.int64), "zero"))
    weights.append(numpy_helper.from_array(np.array([0], np.int64), "axis"))
    place = node("Slice", [constant("places", places), "zero", "n", "axis"], "p")
    x = node("Add", [words, place], "sum")
    x = node("LayerNormalization", [x, constant("g", t["embeddings.LayerNorm.weight"]),
                                    constant("b", t["embeddings.LayerNorm.bias"])], "x",
             axis=-1, epsilon=float(reference.eps))
    if is_mpnet:
        near = node("Slice", [constant("near", reference.bias(MOST_TOKENS)[None]), "corner",
                              node("Concat", ["n", "n"], "nn", axis=0), "sides"], "bias")
    for i in range(reference.n_layers):
        p = f"encoder.layer.{i}."
        names = [p + name for name in reference.names[reference.kind]]
        qkv = np.concatenate([t[name + ".weight"] for name in names[:3]]).T
        bias = np.concatenate([t[name + ".bias"] for name in names[:3]])
        if is_mpnet:  # the fused operator with its products inside loses the bias in int8
            parts, every = [p + "q", p + "k", p + "v"], constant(p + "qkv", qkv)
            nodes.append(helper.make_node("Split", [node("MatMul", [x, every], p + "all")], parts,
                                          axis=-1))
            parts += [constant(p + "qkvb", bias), "lengths", near]
            mixed = node("MultiHeadAttention", parts, p + "mixed", domain="com.microsoft",
                         num_heads=reference.n_heads)
        else:
            mixed = node("Attention", [x, constant(p + "qkv", qkv), constant(p + "qkvb", bias),
                                       "lengths"], p + "mixed", domain="com.microsoft",
                         num_heads=reference.n_heads)

        def add_norm(y, name, source, out):
            return node("SkipLayerNormalization",
                        [y, x, constant(name + ".g", t[name + ".weight"]),
                         constant(name + ".b", t[name + ".bias"]),
                         constant(name + ".d", t[source + ".bias"])], out,
                        domain="com.microsoft", epsilon=float(reference.eps))

        x = add_norm(dense(mixed, names[3], p + "o"), names[4], names[3], p + "x1")
        up = p + "intermediate.dense"
        wide = node("BiasGelu", [dense(x, up, p + "u"), constant(up + ".bb", t[up + ".bias"])],
                    p + "gelu", domain="com.microsoft")
        down = p + "output.dense"
        x = add_norm(dense(wide, down, p + "d"), p + "output.LayerNorm", down, p + "x2")
    graph = helper.make_graph(
        nodes, "bert", [helper.make_tensor_value_info("ids", TensorProto.INT64, ["b", "l"]),
                        helper.make_tensor_value_info("lengths", TensorProto.INT32, ["b"])],
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, None)], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17),
                                                    helper.make_opsetid("com.microsoft", 1)])
    model.ir_version = 8
    onnx.save(model, path)


class Peer:
    def __init__(self, path, ids):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        self.batches, self.n = [], len(ids)
        for start in range(0, len(order), 32):
            rows = order[start:start + 32]
            lengths = np.array([len(ids[i]) for i in rows], np.int32)
            padded = np.zeros((len(rows), lengths.max()), np.int64)
            for row, i in zip(padded, rows):
                row[:len(ids[i])] = ids[i]
            self.batches.append((rows, padded, lengths))

    def encode(self):
        out = None
        for rows, padded, lengths in self.batches:
            x = self.session.run(None, {"ids": padded, "lengths": lengths})[0]
            mask = np.arange(padded.shape[1])[None, :, None] < lengths[:, None, None]
            v = (x * mask).sum(1)
            out = np.zeros((self.n, v.shape[1]), np.float32) if out is None else out
            out[rows] = v / np.linalg.norm(v, axis=1, keepdims=True)
        return out

    def seconds(self):
        start = time.process_time()
        self.encode()
        return time.process_time() - start


class SentenceTransformers:
    """What most people use; sorts by length itself."""

    def __init__(self, directory, texts, kind):
        import sentence_transformers
        import torch
        torch.set_num_threads(1)
        self.version, self.texts = sentence_transformers.__version__, texts
        self.model = sentence_transformers.SentenceTransformer(directory, device="cpu")
        self.model.max_seq_length = MOST_TOKENS
        if kind == "bf16":
            self.model = self.model.to(torch.bfloat16)

    def encode(self):
        return np.asarray(self.model.encode(self.texts, batch_size=32, convert_to_tensor=True,
                                            normalize_embeddings=True).float())

    def seconds(self):
        start = time.process_time()
        self.encode()
        return time.process_time() - start


def torch_peers(directory, texts):
    try:
        return {kind: SentenceTransformers(directory, texts, kind) for kind in ("fp32", "bf16")}
    except ImportError:
        print("sentence-transformers is not installed: left out")
        return {}


def ours(tool, directory, precision, stdin):
    r = subprocess.run(["taskset", "-c", "1", tool, directory, precision, "1", "2"], input=stdin,
                       capture_output=True, check=True)
    return float(r.stderr.split()[-1]), np.frombuffer(r.stdout, np.float32)


def put_share_of_peak(tool, directory):
    clio, shares = Path(tool).resolve().parents[1] / "clio", []
    for _ in range(ROUNDS):
        said = subprocess.run(["taskset", "-c", "1", clio, "bench", "--embedder", directory],
                              capture_output=True, check=True, text=True).stdout
        shares += map(int, re.findall(r"^texts to vectors, .* bf16 .* (\d+) %$", said, re.M))
    if shares:
        record.put(f"embed {Path(directory).name} bf16, share of the product peak",
                   "the goal set", f"{statistics.median(shares) / 100:.2f}", "0.50", "share")


def main():
    tool, directory, source = sys.argv[1:4]
    n = int(sys.argv[4]) if len(sys.argv) > 4 else 512
    reference = Reference(directory)
    reference.tokenizer.enable_truncation(MOST_TOKENS)
    texts = []
    for text in turns(source, n, True):
        end = reference.tokenizer.encode(text)
        is_long = len(end.ids) == MOST_TOKENS
        texts.append(text[:end.offsets[MOST_TOKENS - 2][1]] if is_long else text)
    ids = [reference.ids(t) for t in texts]
    stdin = b"".join(t.encode() + b"\0" for t in texts)
    with tempfile.TemporaryDirectory() as place:
        onnx_graph(reference, place + "/fp32.onnx")
        quantize_dynamic(place + "/fp32.onnx", place + "/int8.onnx", weight_type=QuantType.QInt8,
                         extra_options={"DefaultTensorType": TensorProto.FLOAT})
        peers = {name: Peer(f"{place}/{name}.onnx", ids) for name in ("fp32", "int8")}
    peers = {f"onnxruntime {onnxruntime.__version__} {name}": p for name, p in peers.items()}
    peers.update((f"sentence-transformers {p.version} {name}", p)
                 for name, p in torch_peers(directory, texts).items())
    vectors = {name: peer.encode() for name, peer in peers.items()}
    exact = next(v for name, v in vectors.items() if name.startswith("onnx"))
    times = {name: [] for name in [*peers, *MODES]}
    for _ in range(ROUNDS):
        for name, peer in peers.items():
            times[name].append(peer.seconds())
        for precision in MODES:
            seconds, v = ours(tool, directory, precision, stdin)
            times[precision].append(seconds)
            vectors[precision] = v.reshape(len(texts), -1)
    rate = {name: len(texts) / statistics.median(t) for name, t in times.items()}
    mean = sum(map(len, ids)) / len(ids)
    print(f"{len(texts)} texts of {mean:.1f} tokens; texts a second of one core, cosine to "
          "onnxruntime's fp32, least and mean:")
    for name, value in rate.items():
        cosine = (vectors[name] * exact).sum(1)
        print(f"  {name:36} {value:8.1f} {cosine.min():.5f} {cosine.mean():.5f}")
    for precision in ("bf16", "int16"):
        assert (vectors[precision] * vectors["fp32"]).sum(1).min() > 0.999
    put_rows(directory, mean, rate, peers)
    put_share_of_peak(tool, directory)


def put_rows(directory, mean, rate, peers):
    """Every precision of ours beside every peer, in place of the rows of the same case."""
    for mode in MODES:
        case = f"embed {Path(directory).name} {mode}, {mean:.0f} tokens, one core"
        record.clear(case)
        for peer in peers:
            if not mode == "fp32" or peer.endswith("fp32"):
                record.put(case, peer, f"{rate[mode]:.1f}", f"{rate[peer]:.1f}", "texts/s")


if __name__ == "__main__":
    main()
