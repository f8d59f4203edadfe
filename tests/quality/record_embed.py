# SPDX-License-Identifier: Apache-2.0
# Records what the unit tests of src/embed compare with, into tests/unit/data:
#   wordpiece_cases.json          ids of tricky texts by HuggingFace's tokenizers, both vocabularies
#   embed_{minilm,mpnet}.f16      vectors of the texts in embed_texts.json by reference_encoder.py
#   tiny-{bert,mpnet}/            two small models with random weights, in F32 and in BF16 and F16,
#   tiny-{bert,mpnet}.f32         and their vectors of the same texts
# Run again only when the texts change: record_embed.py MINILM_DIR MPNET_DIR (numpy, tokenizers).
import json
import shutil
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from reference_encoder import Reference

DATA = Path(__file__).resolve().parent.parent / "unit" / "data"


def record_ids(directories):
    path = DATA / "wordpiece_cases.json"
    texts = [case[0] for case in json.loads(path.read_text())]
    columns = []
    for directory in directories:
        t = Tokenizer.from_file(str(directory / "tokenizer.json"))
        t.no_padding()
        t.enable_truncation(64)
        columns.append([e.ids for e in t.encode_batch(texts)])
    lines = [json.dumps(list(case)) for case in zip(texts, *columns)]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")


def record_vectors(directory, out, kind, texts):
    r = Reference(directory)
    vectors = np.stack([r.vector(text) for text in texts])
    (DATA / out).write_bytes(vectors.astype(kind).tobytes())


def bf16(x):
    bits = x.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, x in tensors.items():
        raw = bf16(x) if name.endswith("dense.weight") and "layer.1" in name else None
        kind = "BF16" if raw is not None else "F16" if "word_emb" in name else "F32"
        raw = raw if raw is not None else x.astype(np.float16 if kind == "F16" else np.float32)
        blob = raw.tobytes()
        header[name] = {"dtype": kind, "shape": list(x.shape),
                        "data_offsets": [len(data), len(data) + len(blob)]}
        data += blob
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def tiny_tensors(kind, dims, n_heads, n_ffn, n_vocab, n_positions, rng):
    def w(*shape):
        return rng.normal(0, 0.25, shape)

    t = {"embeddings.word_embeddings.weight": w(n_vocab, dims),
         "embeddings.position_embeddings.weight": w(n_positions, dims),
         "embeddings.LayerNorm.weight": 1 + w(dims), "embeddings.LayerNorm.bias": w(dims)}
    if kind == "bert":
        t["embeddings.token_type_embeddings.weight"] = w(2, dims)
    else:
        t["encoder.relative_attention_bias.weight"] = w(32, n_heads) * 8
    query, key, value, out, out_norm = Reference.names[kind]
    for i in range(2):
        p = f"encoder.layer.{i}."
        for name, rows, cols in ((query, dims, dims), (key, dims, dims), (value, dims, dims),
                                 (out, dims, dims), ("intermediate.dense", n_ffn, dims),
                                 ("output.dense", dims, n_ffn)):
            t[p + name + ".weight"], t[p + name + ".bias"] = w(rows, cols), w(rows)
        for name in (out_norm, "output.LayerNorm"):
            t[p + name + ".weight"], t[p + name + ".bias"] = 1 + w(dims), w(dims)
    return t


def tiny_tokenizer(pieces, kind, path):
    vocab = {piece: i for i, piece in enumerate(pieces)}
    t = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    t.normalizer = normalizers.BertNormalizer()
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    begin, end = ("[CLS]", "[SEP]") if kind == "bert" else ("<s>", "</s>")
    t.post_processor = processors.BertProcessing((end, vocab[end]), (begin, vocab[begin]))
    t.save(str(path))


def make_tiny(kind, dims, n_heads, texts, rng):
    directory = DATA / f"tiny-{kind}"
    directory.mkdir(exist_ok=True)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    special = (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] if kind == "bert" else
               ["<s>", "<pad>", "</s>", "<unk>", "[UNK]", "<mask>"])
    pieces = special + list(letters + ".,:;?!'\"()-") + ["##" + c for c in letters]
    pieces += ["the", "##ing"]
    (directory / "vocab.txt").write_text("\n".join(pieces) + "\n")
    write_safetensors(directory / "model.safetensors",
                      tiny_tensors(kind, dims, n_heads, 64, len(pieces), 66, rng))
    (directory / "config.json").write_text(json.dumps(
        {"model_type": kind, "num_attention_heads": n_heads, "num_hidden_layers": 2,
         "layer_norm_eps": 1e-12 if kind == "bert" else 1e-5, "hidden_act": "gelu"}) + "\n")
    (directory / "sentence_bert_config.json").write_text('{"max_seq_length": 64}\n')
    with tempfile.TemporaryDirectory() as place:
        for file in directory.iterdir():
            shutil.copy(file, place)
        tiny_tokenizer(pieces, kind, Path(place) / "tokenizer.json")
        record_vectors(place, f"tiny-{kind}.f32", np.float32, texts)


def main():
    directories = [Path(a) for a in sys.argv[1:3]]
    texts = json.loads((DATA / "embed_texts.json").read_text())
    record_ids(directories)
    for directory, name in zip(directories, ("minilm", "mpnet")):
        record_vectors(directory, f"embed_{name}.f16", np.float16, texts)
    rng = np.random.default_rng(1)
    make_tiny("bert", 32, 2, texts, rng)
    make_tiny("mpnet", 48, 3, texts, rng)


if __name__ == "__main__":
    main()
