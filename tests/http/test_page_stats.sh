#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The explorer's intervals and tests (web/src/stats.ts, tail.ts) against brute force
# (tests/browser/stats.mjs).
. "$(dirname "$0")/../lib.sh"
need_tool node
[ -d "$SOURCE/web/node_modules/esbuild" ] || skip "web/node_modules (tools/build-web)"
node "$SOURCE/tests/browser/stats.mjs"
