#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Another model in the same place with the same size is another model: vectors are made anew when
# the weights, the vocabulary or a configuration of the embedder changes.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3 sqlite3
python3 "$SOURCE/tests/corpus.py" 120 >"$TMP/corpus.jsonl"
cp -rL "$EMBEDDER" "$TMP/model"
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --embedder "$TMP/model" --quiet
state() { "$CLIO" status "$TMP/run" --json | tr '{' '\n' | grep '"name":"embed"' |
    grep -o '"state":"[a-z]*"'; }
[ "$(state)" = '"state":"done"' ] || fail "embed: $(state)"
change() { # FILE: two of its bytes, in place, with the same size
    local kept=$TMP/kept
    cp -p "$TMP/model/$1" "$kept"
    python3 - "$TMP/model/$1" <<'END_OF_PYTHON'
import sys

with open(sys.argv[1], "r+b") as f:
    f.seek(-2, 2)
    two = f.read(2)
    f.seek(-2, 2)
    f.write(bytes([two[0] ^ 1, two[1]]))
END_OF_PYTHON
    [ "$(state)" = '"state":"stale"' ] || fail "$1 was changed, and embed is $(state)"
    cp -p "$kept" "$TMP/model/$1"
    [ "$(state)" = '"state":"done"' ] || fail "$1 is as it was, and embed is $(state)"
}
for file in vocab.txt config.json 1_Pooling/config.json model.safetensors; do change "$file"; done

# the same model as it lies in the cache of Hugging Face's programs: links to files named by their
# hash. It is known by its contents, so nothing is made anew, and it is called by its name.
hub=$TMP/hf/hub/models--org--fine-model
mkdir -p "$hub/refs" "$hub/blobs" "$hub/snapshots/12ab/1_Pooling"
printf 12ab >"$hub/refs/main"
for file in vocab.txt config.json sentence_bert_config.json model.safetensors \
    1_Pooling/config.json; do
    hash=$(sha256sum "$TMP/model/$file" | cut -d' ' -f1)
    mv "$TMP/model/$file" "$hub/blobs/$hash"
    ln -s "$hub/blobs/$hash" "$hub/snapshots/12ab/$file"
done
export HF_HOME=$TMP/hf
"$CLIO" check --embedder org/fine-model >"$TMP/check" || fail "check: $(cat "$TMP/check")"
expect_text "$TMP/check" "$hub/snapshots/12ab/model.safetensors"
expect_exit 0 "$CLIO" run --out "$TMP/run" --embedder org/fine-model --min-conversations 6
[ "$(grep -c 'clio: embed' "$TMP/err")" = 0 ] || fail "vectors are made anew"
name=$(sqlite3 "$TMP/run/atlas.db" "SELECT value FROM run_info WHERE key = 'embedder'")
[ "$name" = fine-model ] || fail "it is called $name"
