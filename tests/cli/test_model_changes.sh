#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Another model in the same place with the same size is another model: vectors are made anew when
# the weights, the vocabulary or a configuration of the embedder changes.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3
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
