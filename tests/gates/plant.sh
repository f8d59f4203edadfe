# SPDX-License-Identifier: Apache-2.0
# For the tests of the gates: a copy of the sources to plant faults in. Source after lib.sh.
# shellcheck shell=bash

# copy_tree: $TREE becomes a copy of what the gates look at, without what was built.
copy_tree() {
    TREE=$TMP/tree
    mkdir "$TREE"
    local part
    for part in src include docs tools cmake CMakeLists.txt .clang-tidy; do
        if [ -e "$SOURCE/$part" ]; then cp -r "$SOURCE/$part" "$TREE/"; fi
    done
}

# objects TEXT COMMAND…: the gate must fail and name what was planted.
objects() {
    local text=$1
    shift
    if "$@" >"$TMP/gate" 2>&1; then
        fail "the gate let it pass: $*"
    fi
    expect_text "$TMP/gate" "$text"
}

# passes TEXT COMMAND…: whatever else it finds, the gate does not name this.
passes() {
    local text=$1
    shift
    "$@" >"$TMP/gate" 2>&1 || true
    expect_no_text "$TMP/gate" "$text"
}
