#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The scripts that run peers beside ours say what to do where the peers' Python, or a package of
# theirs, is not there: before anything else is made, all in the same words.
. "$(dirname "$0")/../lib.sh"
need_tool python3
told() { # TEXT COMMAND…
    expect_exit 69 timeout 20 "${@:2}"
    expect_text "$TMP/err" "$1"
    expect_text "$TMP/err" '; make bench-peers makes build/peers/bin/python'
    [ "$(wc -l <"$TMP/err")" = 1 ] && [ ! -s "$TMP/out" ] || fail "$2 does more than to say it"
}
cd "$SOURCE"
for script in end_to_end reading requests scan vectors; do
    told "$script.sh: $TMP/none is not there" "bench/$script.sh" "$TMP/none"
done
told "kmeans_labels.sh: $TMP/none is not there" tests/quality/kmeans_labels.sh "$TMP/none"
PEERS=$TMP/none told "line_at.sh: $TMP/none is not there" bench/line_at.sh 100

# A Python that has none of the packages.
cat >"$TMP/bare" <<'END'
#!/usr/bin/env bash
exec python3 -S -I "$@"
END
chmod +x "$TMP/bare"
for script in end_to_end requests scan vectors; do
    told "$script.sh: $TMP/bare is not there, or has not all of: " "bench/$script.sh" "$TMP/bare"
done
PEERS=$TMP/bare told 'or has not all of: kura' bench/line_at.sh 100 kura
. bench/peers.sh
need_peers "$TMP/bare" json sqlite3 || fail 'what Python has itself is not found'
