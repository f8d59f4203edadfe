#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The samplers and the gates that draw, by experiments (noise.py): the statistical test cases of
# another library, sybils at the floor of `guarded` with noise and without, and a hunt for counts
# that tell more of an account than they promise. NOISE_SIZE is tiny (does it run at all) or whole
# (half an hour of one core), NOISE_PARTS some of facts, floor, hunt, hunt_dp, cases, small and
# planted.
# RECORD=1 puts the rows into tests/quality/results.csv. Fails when a figure is over its bar.
. "$(dirname "$0")/../lib.sh"
TOOL=${TOOL:-$SOURCE/build/release/tests/tool_noise}
need TOOL
need_tool python3
exec python3 "$SOURCE/tests/privacy/noise.py" "$TOOL" "$SOURCE" "${NOISE_SIZE:-whole}"
