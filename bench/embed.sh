#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Texts a second of both embedders on one core, beside onnxruntime and sentence-transformers: runs
# bench/embed.py over 512 texts for MiniLM and 256 for MPNet. Without AMX ten minutes for the
# former, more for the latter.
# Usage: bench/embed.sh [PYTHON [MODEL…]]     (all-minilm-l6-v2 all-mpnet-base-v2)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. bench/peers.sh
python=${1:-build/peers/bin/python}
need_peers "$python" numpy onnx onnxruntime tokenizers torch sentence_transformers
shift $(($# > 0))
[ $# -gt 0 ] || set -- all-minilm-l6-v2 all-mpnet-base-v2
data=${CLIO_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/clio}
status=0
for model in "$@"; do
    n=512
    [ "$model" = all-minilm-l6-v2 ] || n=256
    if [ ! -d "$data/models/$model" ]; then
        echo "embed.sh: $model is not there; tools/setup --with mpnet fetches MPNet" >&2
        status=66
        continue
    fi
    OMP_NUM_THREADS=1 taskset -c 1 "$python" bench/embed.py build/release/tests/tool_embed \
        "$data/models/$model" "$data/data/sharegpt.json" "$n"
done
exit $status
