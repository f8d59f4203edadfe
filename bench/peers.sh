# SPDX-License-Identifier: Apache-2.0
# For scripts that run peers beside ours: `. bench/peers.sh`, in the project's folder.
# shellcheck shell=bash

# need_peers PYTHON [MODULE…]: ends with 69 and what to do where that Python, or a module of what
# bench/peers.txt names, is not there. Modules are looked for and not loaded, as some take seconds.
need_peers() {
    "$1" -c 'import importlib.util, sys
sys.exit(not all(map(importlib.util.find_spec, sys.argv[1:])))' "${@:2}" 2>/dev/null || {
        printf '%s: %s is not there%s; make bench-peers makes build/peers/bin/python\n' \
            "${0##*/}" "$1" "${2:+, or has not all of: ${*:2}}" >&2
        exit 69
    }
}
