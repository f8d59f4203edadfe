#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Profile embedded with the real models: SIGKILL at random moments (KILLS, 8; `make fault` takes
# 50), then the same atlas byte for byte. Groups of conversations are committed one by one, so each
# start gets a little further.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/kill.sh"
need MODEL
kill_test embedded 150 "${KILLS:-8}" 6
