# SPDX-License-Identifier: Apache-2.0
# Shared by the kill tests: kill_test PROFILE N_CONVERSATIONS N_KILLS SECONDS. Runs a corpus once
# undisturbed; then again, killed with SIGKILL at random moments up to SECONDS after each start and
# started anew, and compares the dumps of the two atlases byte for byte.
# shellcheck shell=bash disable=SC2154

dump() { sqlite3 "$1/atlas.db" .dump; }

# Starts the run in the background and kills it after a random moment. Sets `finished` when it was
# done before.
run_and_kill() {
    local dir=$1 most=$2 pid status=0
    shift 2
    "$CLIO" run "$TMP/corpus.jsonl" --out "$dir" "$@" >"$TMP/out" 2>"$TMP/err" &
    pid=$!
    sleep "$(awk -v r=$RANDOM -v m="$most" 'BEGIN { print m * r / 32768 }')"
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || status=$?
    finished=''
    if [ $status = 0 ]; then finished=yes; fi
    [ $status = 0 ] || [ $status = 137 ] || {
        cat "$TMP/err" >&2
        fail "ended by itself with $status"
    }
}

kill_test() {
    local profile=$1 n=$2 kills=$3 seconds=$4 n_killed=0 round=0
    need CLIO EMBEDDER
    need_tool sqlite3 python3
    RANDOM=${KILL_SEED:-7}
    python3 "$SOURCE/tests/corpus.py" "$n" >"$TMP/corpus.jsonl"
    "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/calm" --profile "$profile" --quiet
    dump "$TMP/calm" >"$TMP/calm.sql"
    while [ $n_killed -lt "$kills" ]; do
        round=$((round + 1))
        [ $round -le $((kills * 6)) ] ||
            fail "only $n_killed kills in $round starts: the run is too short for this test"
        run_and_kill "$TMP/killed" "$seconds" --profile "$profile" --quiet
        if [ -n "$finished" ]; then
            dump "$TMP/killed" >"$TMP/killed.sql"
            expect_same "$TMP/calm.sql" "$TMP/killed.sql"
            rm -r "$TMP/killed"
        else
            n_killed=$((n_killed + 1))
        fi
    done
    "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/killed" --profile "$profile" --quiet
    dump "$TMP/killed" >"$TMP/killed.sql"
    expect_same "$TMP/calm.sql" "$TMP/killed.sql"
    [ "$(grep -c '^INSERT INTO cluster ' "$TMP/calm.sql")" -ge 3 ] ||
        fail "the atlas has hardly a cluster"
    echo "$n_killed kills in $round starts, the same atlas"
}
