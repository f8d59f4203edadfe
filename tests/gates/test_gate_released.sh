#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Mode dp on the compiled objects: what makes titles and the atlas names no symbol of the vault, of
# a run or of a model, so that it cannot reach a person's words; and what answers viewers draws no
# noise, so that nobody can time it (docs/privacy.md).
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool nm
build=$(dirname "$CLIO")
objects=$build/CMakeFiles/clio_lib.dir/src
[ -d "$objects" ] || skip "the objects of the build are not there"

# undefined OBJECT…: symbols that it needs from elsewhere.
undefined() { nm -u "$@" | awk '$1 == "U" { print $2 }' | sort -u; }

released="$objects/privacy/dp_atlas.c.o $objects/privacy/dp_title.c.o"
# shellcheck disable=SC2086
undefined $released >"$TMP/names"
[ -s "$TMP/names" ] || fail "nm shows nothing"
grep -qx release_text "$TMP/names" || fail "the atlas of mode dp does not go through the release"
if grep -E '^(vault_|gate_|facet_walk|sql_|run_|llm_|embedder_|file_)' "$TMP/names"; then
    fail "titles of mode dp can reach more than what was released"
fi
undefined "$objects/privacy/publish_stage.c.o" | grep -q '^vault_' || fail "this test sees nothing"

# shellcheck disable=SC2046
undefined $(find "$objects/serve" -name '*.o') >"$TMP/names"
if grep -E '^(noise_|crypto_stream_block|dp_)' "$TMP/names"; then
    fail "the server draws noise"
fi
undefined "$objects/dp/dp_draw.c.o" | grep -q '^noise_gauss' || fail "this test sees nothing"
