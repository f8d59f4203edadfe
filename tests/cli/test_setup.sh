# SPDX-License-Identifier: Apache-2.0
# tools/setup on a small deps.lock: places what is right, refuses what is not, says why it cannot
# fetch, and looks nothing up when all is there.
. "$(dirname "$0")/../lib.sh"
need_tool unzip python3

TREE=$TMP/tree
mkdir -p "$TREE/tools"
cp "$SOURCE/tools/setup" "$SOURCE/tools/help.sh" "$SOURCE/tools/progress" "$TREE/tools/"
export XDG_DATA_HOME=$TMP/data XDG_CACHE_HOME=$TMP/cache
unset CLIO_DATA
downloads=$XDG_CACHE_HOME/clio/downloads
# No index at all: whatever is looked up fails.
export PIP_NO_INDEX=1 PIP_FIND_LINKS=$TMP/links PIP_CONFIG_FILE=/dev/null
mkdir "$TMP/links"

sum() { sha256sum "$1" | cut -d' ' -f1; }
zip_of() { python3 -c 'import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.write(sys.argv[2], sys.argv[3])' "$@"; }
setup() { "$TREE/tools/setup" --without packages --without llama --without web "$@"; }
place_archive() { mkdir -p "$downloads" && cp "$TMP/archive" "$downloads/small-1.wheel"; }
write_lock() { # archive's sum, file's sum
    printf 'package base small 1 wheel %s MIT\nfile base small in/words.txt %s 1 data/words.txt\n' \
        "$1" "$2" >"$TREE/deps.lock"
}

printf 'some words\n' >"$TMP/words.txt"
zip_of "$TMP/archive" "$TMP/words.txt" in/words.txt
right=$(sum "$TMP/archive") words=$(sum "$TMP/words.txt")
wrong=$(printf 'x' | sha256sum | cut -d' ' -f1)

# The archive differs: said, 78, not kept.
write_lock "$wrong" "$words"
place_archive
expect_exit 78 setup
expect_text "$TMP/err" "small 1 is not what deps.lock names: its sha256 differs"
[ ! -e "$downloads/small-1.wheel" ] || fail "the wrong archive was kept"

# The file inside differs: the same, and nothing stands in its place.
write_lock "$right" "$wrong"
place_archive
expect_exit 78 setup
expect_text "$TMP/err" "data/words.txt is not what deps.lock names: its sha256 differs"
[ -z "$(find "$XDG_DATA_HOME" -type f)" ] || fail "the wrong file was kept"

# Nothing to fetch it from: a sentence and 69.
rm -rf "$downloads"
write_lock "$right" "$words"
expect_exit 69 setup
expect_text "$TMP/err" "pip could not fetch small 1:"
expect_text "$TMP/err" "run the same command again"

# All is right; then nothing is looked up any more, also not after a half-made earlier try.
place_archive
expect_exit 0 setup
expect_same "$TMP/words.txt" "$XDG_DATA_HOME/clio/data/words.txt"
mkdir "$downloads/.part-abc"
expect_exit 0 setup
expect_no_text "$TMP/err" "fetching"
[ ! -e "$downloads/.part-abc" ] || fail "what a stopped try left is still there"

# A file that was damaged later is fetched afresh.
printf 'x' >>"$XDG_DATA_HOME/clio/data/words.txt"
place_archive
expect_exit 0 setup
expect_text "$TMP/err" "it is fetched afresh"
expect_same "$TMP/words.txt" "$XDG_DATA_HOME/clio/data/words.txt"

# Parts that are joined to one zip.
head -c 50 "$TMP/archive" >"$TMP/x.zip.001"
tail -c +51 "$TMP/archive" >"$TMP/x.zip.002"
zip_of "$downloads/p1-1.wheel" "$TMP/x.zip.001" p/x.zip.001
zip_of "$downloads/p2-1.wheel" "$TMP/x.zip.002" p/x.zip.002
{
    printf 'package mpnet p1 1 wheel %s MIT\npackage mpnet p2 1 wheel %s MIT\n' \
        "$(sum "$downloads/p1-1.wheel")" "$(sum "$downloads/p2-1.wheel")"
    printf 'joined mpnet both %s p1 p2\nfile mpnet both in/words.txt %s 1 models/words.txt\n' \
        "$right" "$words"
} >>"$TREE/deps.lock"
expect_exit 0 setup
[ ! -e "$XDG_DATA_HOME/clio/models/words.txt" ] || fail "a set nobody asked for was placed"
expect_exit 0 setup --with mpnet
expect_same "$TMP/words.txt" "$XDG_DATA_HOME/clio/models/words.txt"

expect_exit 2 setup --with nonsense
