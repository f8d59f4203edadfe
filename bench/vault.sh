#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What encrypting the vault costs: the whole line, profile none, on 3,000 conversations of ShareGPT,
# with a key and without, in turns, five times each. Medians of CPU seconds go to bench/results.csv.
# Usage: bench/vault.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
data=${CLIO_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/clio}
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
median() { sort -n | sed -n 3p; }
once() { # NAME FLAG…
    rm -rf "$room/run"
    /usr/bin/time -f '%U %S' -a -o "$room/$1" build/release/clio run \
        "$data/data/sharegpt.json" --account-from id-prefix --sample 3000 --profile none \
        --out "$room/run" --quiet "${@:2}"
}
once warm
for _ in 1 2 3 4 5; do
    once plain
    once sealed --vault-key "$room/key"
done
plain=$(awk '{ print $1 + $2 }' "$room/plain" | median)
sealed=$(awk '{ print $1 + $2 }' "$room/sealed" | median)
echo "$sealed CPU seconds with an encrypted vault, $plain without"
python3 bench/record.py sharegpt-3000-encrypted-vault 'clio without a key' "$sealed" "$plain" \
    'cpu s'
