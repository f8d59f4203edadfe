#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How many of the over-representations that tools/make-world plants can be found at all: the power
# of the explorer's test for each, in a world of the size that tests/http/test_planted.sh makes and
# in one of demo-world's, were the grouping perfect (planted_power.mjs). The sizes are what is left
# of 14,000 and 50,000 conversations when near-copies count once. Rows go to results.csv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
draws=${DRAWS:-300}
out=tests/quality/results.csv
expected() { # subject language share shares of the subject in the language and elsewhere
    python3 - <<'END'
import contextlib, io, runpy, sys
sys.dont_write_bytecode = True
sys.path.insert(0, "tools")
sys.argv[1:] = ["--truth"]
with contextlib.redirect_stdout(io.StringIO()):
    world = runpy.run_path("tools/make-world")
weeks, languages = world["WEEKS"], world["LANGUAGES"]
total = sum(languages.values())
def share(subject, language):
    return sum(world["share_of"](subject, week, language) for week in range(weeks)) / weeks
for language, subject in world["OVER"]:
    rest = [(n, share(subject, other)) for other, n in languages.items() if other != language]
    elsewhere = sum(n * s for n, s in rest) / sum(n for n, _ in rest)
    print(subject, language, languages[language] / total, share(subject, language), elsewhere)
END
}
sed -i '/^"\{0,1\}planted over-representations, /d' $out
for world in "12457 small world" "34239 demo-world"; do
    size=${world%% *}
    expected | node tests/quality/planted_power.mjs "$size" 32 "$draws" |
        while read -r subject language n power low high; do
            printf '"planted over-representations, %s of %s conversations","%s",%s,%s,%s,%s,%s\n' \
                "${world#* }" "$size" "found: $subject in $language ($n expected)" "$power" "$low" \
                "$high" "$draws" "$(date -u +%F)"
        done | tee -a $out
done
